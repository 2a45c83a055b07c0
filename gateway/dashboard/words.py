"""The page's words, in English and in Chinese. A test sees to it that neither is missing one."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "title": "Redline",
        "claim": "nothing sensitive passes unseen",
        "other": "中文",
        "ready": "ready",
        "not_ready": "not ready",
        "messages": "messages",
        "allow": "allowed",
        "transform": "rewritten",
        "block": "blocked",
        "observe": "observed only",
        "findings": "findings",
        "delay": "mean time of inspection",
        "last_hour": "last hour",
        "per_minute": "Messages per minute",
        "latest": "Latest records",
        "entities": "Entity types",
        "rules": "Rules",
        "reasons": "Reasons",
        "policy_rules": "Rules of the policy",
        "in_force": "Rules in force",
        "since": "since",
        "refused": "The files on disk are refused, and the old rules stay",
        "rolled_back": "rolled back",
        "experimental": "Experimental rule",
        "would_find": "would find",
        "would_add": "found by no other",
        "day": "24 hours",
        "time": "time",
        "exchange": "exchange",
        "direction": "direction",
        "route": "route",
        "effect": "effect",
        "found": "found",
        "expires": "expires in",
        "request": "request",
        "response": "answer",
        "nothing": "Nothing yet. Send a request to the gateway and it shows up here.",
        "unreadable": "The decision log cannot be read. See /readyz.",
        "checks": "Readiness",
        "self_test": "Self-test",
        "store": "Decision log",
        "kept": "Records hold counts, positions and codes, never the text, and expire by themselves.",
        "stale": "No answer from the gateway; what you see is old.",
    },
    "zh": {
        "title": "Redline",
        "claim": "敏感信息，无一漏检",
        "other": "English",
        "ready": "就绪",
        "not_ready": "未就绪",
        "messages": "消息",
        "allow": "放行",
        "transform": "改写",
        "block": "拦截",
        "observe": "仅观察",
        "findings": "命中",
        "delay": "平均检查耗时",
        "last_hour": "最近一小时",
        "per_minute": "每分钟消息数",
        "latest": "最新记录",
        "entities": "实体类型",
        "rules": "规则",
        "reasons": "原因",
        "policy_rules": "策略规则",
        "in_force": "生效规则",
        "since": "自",
        "refused": "磁盘上的文件未被采用，沿用旧规则",
        "rolled_back": "已回退",
        "experimental": "试验规则",
        "would_find": "可命中",
        "would_add": "仅其命中",
        "day": "24 小时",
        "time": "时间",
        "exchange": "编号",
        "direction": "方向",
        "route": "接口",
        "effect": "处置",
        "found": "命中",
        "expires": "剩余留存",
        "request": "请求",
        "response": "应答",
        "nothing": "暂无记录。向网关发送一个请求，即可在此看到。",
        "unreadable": "无法读取决策日志，详见 /readyz。",
        "checks": "就绪检查",
        "self_test": "自检",
        "store": "决策日志",
        "kept": "记录只含计数、位置与代码，不含原文，到期自动消失。",
        "stale": "网关没有应答，页面内容已过时。",
    },
}


def language(asked: str, accepts: str) -> str:
    """`?lang=` first, then the browser's first language that we speak."""
    if asked in WORDS:
        return asked
    for item in accepts.split(","):
        tag = item.partition(";")[0].strip().lower()[:2]
        if tag in WORDS:
            return tag
    return "en"
