"""Request bodies of about 2 KB: prose in both languages, every one different, with or without personal data."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

SIZE: Final = 2048

_PROSE: Final = (
    "Please summarise the following notes for the branch manager and keep the tone friendly. ",
    "The customer asked how interest is credited and when the statement is sent by post. ",
    "客户希望了解定期存款的利率调整以及提前支取的规则,请用简单的语言说明。",
    "We explained the fees of the account, and the customer agreed to think about it until next week. ",
    "另外,请列出办理网上银行所需要的材料,并说明大概需要多长时间。",
)
_VALUES: Final = "她的手机是139{n:08d},邮箱 u{n:08d}@example.com,请回电。 "
"""Two values that no earlier request had: the dearest case for the token vault."""


def _body(text: str) -> bytes:
    messages = [{"role": "system", "content": "You help the staff of a bank."}, {"role": "user", "content": text}]
    return json.dumps({"model": "bench", "messages": messages}, ensure_ascii=False).encode()


def maker(kind: str) -> Callable[[int], bytes]:
    """`clean` or `values`: number → a body of `SIZE` bytes that differs from that of every other number."""
    values = _VALUES if kind == "values" else ""
    prose, at = "", 0
    while len(_body(_head(0, values) + prose)) < SIZE:
        prose += _PROSE[at % len(_PROSE)]
        at += 1
    fixed = _body("@@" + prose)
    before, after = fixed.split(b"@@")

    def make(number: int) -> bytes:
        return before + _head(number, values).encode() + after

    return make


def _head(number: int, values: str) -> str:
    reference = "".join("bcdfghjkmn"[int(digit)] for digit in f"{number:08d}")
    return f"Case {reference}: " + values.format(n=number % 100_000_000)


def stream_body(count: int, gap_ms: float) -> bytes:
    messages = [{"role": "user", "content": "Write to u00000001@example.com, please."}]
    return json.dumps({"model": f"stream-{count}-{gap_ms:g}", "stream": True, "messages": messages}).encode()
