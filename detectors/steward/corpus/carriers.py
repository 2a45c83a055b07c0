"""Sentences in which a value travels, by language; `{}` is where its label and it stand."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CARRIERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "zh": (
            "请帮我看一下{}，谢谢。",
            "我们的{}已经配置好了",
            "客户发来：{}。请尽快处理",
            "【备注】{}",
            "（{}）",
            "一、{}；二、其他事项",
            "你好，{}，麻烦核实一下",
            "以下是登记信息\n{}\n以上请确认",
            "“{}”这一行填对了吗？",
            "上次说的{}、还有别的材料都准备好了",
            '{{"备注": "{}", "状态": "待办"}}',
            "| 项目 | 内容 |\n| --- | --- |\n| 一 | {} |",
        ),
        "en": (
            "Please check {} for me.",
            "It says {} in the file, does that look right?",
            "config:\n  {}\n",
            "- {}\n- next item",
            '"{}"',
            "see {}, then reply",
            "Hi team, {}; could you update the record?",
            "Dear Sir or Madam,\n\n{}\n\nKind regards",
            '{{"note": "{}", "state": "open"}}',
            "<td>{}</td>",
            "Why does the form reject {}?",
            "(customer wrote: {}) please follow up",
        ),
    }
)
