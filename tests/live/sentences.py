"""What the clients say: the same needs in both languages, and the values that must not leave."""

from __future__ import annotations

from dataclasses import dataclass, field

from .values import CARD, EMAIL, EN_NAME, MOBILE, OTHER_EMAIL, OTHER_MOBILE, RESIDENT_ID, ZH_NAME


@dataclass(frozen=True)
class Sentence:
    name: str
    text: str = field(repr=False)
    values: tuple[str, ...] = field(repr=False)


SENTENCES = (
    Sentence(
        "zh",
        f"我的身份证号是{RESIDENT_ID.value},手机{MOBILE.value},邮箱{EMAIL.value},请帮我查余额。",
        (RESIDENT_ID.value, MOBILE.value, EMAIL.value),
    ),
    Sentence(
        "en",
        f"My card {CARD.value} was charged twice; write to {OTHER_EMAIL.value} or call {OTHER_MOBILE.value}.",
        (CARD.value, OTHER_EMAIL.value, OTHER_MOBILE.value),
    ),
)

NAMED = (
    Sentence("zh-name", f"客户{ZH_NAME}的身份证号是{RESIDENT_ID.value}。", (ZH_NAME, RESIDENT_ID.value)),
    Sentence("en-name", f"Our customer {EN_NAME} wrote from {EMAIL.value} today.", (EN_NAME, EMAIL.value)),
)

HARMLESS = ("今天天气怎么样？请用一句话回答。", "Please explain in one sentence how a savings account works.")
