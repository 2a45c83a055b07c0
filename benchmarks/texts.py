"""Texts to measure the rules on, of the kinds that pass a gateway, and items to find in them. The same on every run.

English prose and source code are those of Python's own library; the rest is made here.
"""

from __future__ import annotations

import ast
import base64
import functools
import json
import random
import sysconfig
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

_BASE: Final = 250_000
"""Characters of a kind, before it is repeated."""
_LIBRARY: Final = Path(sysconfig.get_paths()["stdlib"])
_WORDS: Final = (
    *("alpha", "report", "order", "customer", "invoice", "status", "shipment", "warehouse", "summary", "network"),
    *("service", "account", "project", "review"),
)
_SENTENCES: Final = (
    "今天下午的会议讨论了明年的预算安排",
    "各部门负责人分别汇报了项目进展和存在的问题",
    "并就下一步工作提出了意见和建议",
    "本市今年第一季度国内生产总值同比增长百分之五点三",
    "随着政策的持续落地，市场信心正在逐步恢复",
    "他说自己从小在海边长大",
    "老人把钥匙交给邻居以后便独自去了车站",
    "客户希望了解定期存款的利率调整以及提前支取的规则",
    "研究团队在实验中发现新材料的强度比传统材料高出近两倍",
)


def english() -> str:
    found: list[str] = []
    for file in sorted(_LIBRARY.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
                text = ast.get_docstring(node) or ""
                if len(text) > 300 and ">>>" not in text:
                    found.append(text)
    return "\n\n".join(found)


def source_code() -> str:
    return "".join(file.read_text(encoding="utf-8") for file in sorted(_LIBRARY.glob("*.py"))[:60])


def chinese() -> str:
    dice = random.Random(1)

    def line() -> str:
        text = "，".join(dice.sample(_SENTENCES, dice.randint(2, 4))) + "。"
        if dice.random() < 0.15:
            text += f"截至{dice.randint(2015, 2026)}年{dice.randint(1, 12)}月，共有{dice.randint(100, 99999)}人参加。"
        return text + ("\n" if dice.random() < 0.1 else "")

    return _many(line)


def json_lines() -> str:
    dice = random.Random(2)

    def line() -> str:
        value: dict[str, object] = {
            "id": dice.randint(1000, 99999),
            "sku": f"TX-{dice.randint(1000, 9999)}-B",
            "price": round(dice.random() * 500, 2),
            "created": f"2024-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}T{dice.randint(0, 23):02}:30:45Z",
            "tags": dice.sample(_WORDS, 3),
            "note": " ".join(dice.choices(_WORDS, k=8)),
            "items": [{"sku": f"A{dice.randint(100, 999)}", "count": dice.randint(1, 9)} for _ in range(2)],
            "active": True,
        }
        if dice.random() < 0.2:
            value["trace"] = uuid.UUID(int=dice.getrandbits(128)).hex
        return json.dumps(value) + "\n"

    return _many(line)


def logs() -> str:
    dice = random.Random(3)

    def line() -> str:
        return (
            f"2024-05-17 {dice.randint(0, 23):02}:{dice.randint(0, 59):02}:{dice.randint(0, 59):02},"
            f"{dice.randint(0, 999):03} INFO worker-{dice.randint(1, 16)} request id={dice.getrandbits(32):08x} "
            f"path=/api/v2/{dice.choice(_WORDS)}s/{dice.randint(1, 99999)} status=200 took={dice.randint(1, 900)}ms "
            f"bytes={dice.randint(100, 99999)} {' '.join(dice.choices(_WORDS, k=5))}\n"
        )

    return _many(line)


def _many(line: Callable[[], str]) -> str:
    found: list[str] = []
    size = 0
    while size < _BASE:
        found.append(line())
        size += len(found[-1])
    return "".join(found)


KINDS: Final[Mapping[str, Callable[[], str]]] = {
    "English prose": english,
    "Chinese prose": chinese,
    "source code": source_code,
    "JSON": json_lines,
    "logs": logs,
}
base = functools.cache(lambda kind: KINDS[kind]())


def items(dice: random.Random) -> Iterator[str]:
    """Values of eight kinds in turn, each another one. Synthetic: ranges and domains for examples, drawn digits."""
    while True:
        yield f"13{dice.randint(0, 9)}{dice.randint(0, 99_999_999):08}"
        yield f"{dice.choice(_WORDS)}{dice.randint(1, 999)}@example.com"
        yield _luhn("4" + "".join(dice.choices("0123456789", k=14)))
        yield _resident_id(dice)
        yield f"+1 415 {dice.randint(200, 999)} {dice.randint(0, 9999):04}"
        yield f"{dice.randint(101, 665)}-{dice.randint(10, 99)}-{dice.randint(1000, 9999)}"
        yield ".".join(str(dice.randint(11, 199)) for _ in range(4))
        yield "sk-proj-" + "".join(dice.choices("abcdefghABCDEFG0123456789", k=40))


def _luhn(digits: str) -> str:
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-1::-2])
    return digits + str(-(doubled + sum(map(int, digits[-2::-2]))) % 10)


def _resident_id(dice: random.Random) -> str:
    number = (
        f"110105{dice.randint(1950, 2004)}{dice.randint(1, 12):02}{dice.randint(1, 28):02}{dice.randint(0, 999):03}"
    )
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return number + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True)) % 11]


def spread(kind: str, size: int, every: int) -> str:
    """`size` characters of the kind, with an item each `every`; 0: without."""
    text = base(kind)
    dice = random.Random(size + every)
    if not every:
        return (text * (size // len(text) + 1))[:size]
    values = items(dice)
    found: list[str] = []
    at, length = dice.randrange(len(text)), 0
    while length < size:
        piece = text[at : at + every]
        at = at + every if at + every < len(text) else 0
        found += [piece, " ", next(values), " "]
        length += len(piece) + len(found[-2]) + 2
    return "".join(found)[:size]


def hostile(size: int) -> dict[str, str]:
    """Text made to trigger whatever can be triggered."""
    dice = random.Random(5)

    def again(text: str) -> str:
        return (text * (size // len(text) + 1))[:size]

    def drawn(alphabet: str, count: int) -> str:
        return "".join(dice.choices(alphabet, k=count))

    def encoded(number: int) -> str:
        return base64.b64encode(f"tel 138001380{number % 90 + 10}, x{number}@example.com".encode()).decode() + " "

    return {
        "digits, drawn": drawn("0123456789", size),
        "1111…": again("1"),
        "12 12 …": again("12 "),
        "1-1-1-…": again("1-"),
        "1.1.1.…": again("1."),
        "a.a.a.…": again("a."),
        "a@a@…": again("a@"),
        "a@a.…": again("a@a."),
        "AAAA…": again("A"),
        "ab:cd:…": again("ab:cd:"),
        "capitals and digits": drawn("ABCDEFGHJKLMNP0123456789", size),
        "hexadecimal": drawn("0123456789abcdef", size),
        "hashes": "".join(drawn("0123456789abcdef", 32) + " " for _ in range(size // 33)),
        "numbers of 9 digits": "".join(f"id={dice.randint(10**8, 10**9)} " for _ in range(size // 13)),
        "base64": base64.b64encode(drawn("abcdefgh 0123456789", size).encode()).decode()[:size],
        "base64 of items": "".join(map(encoded, range(size // 52)))[:size],
        "percent-encoded": again("%41%20%31"),
        "percent-encoded items": again(quote("zhang@example.com, 13800138000 ", safe="") + "%20"),
        "entities": again("&#64;&amp;"),
        "\\u escapes": again("\\u0031"),
        "full-width digits": again("１３８００"),
        "Chinese numerals": again("一二三四五"),
        "zero-width": again("1\u200b"),
        "paths": again("/usr/local/lib/python3/site-packages/"),
        "URLs": again("https://a.b/c?d=e "),
        "keywords": again("password token secret phone tel card "),
        "password: …": again("password: "),
        "dates": again("1990-01-02 "),
        "dates of birth": again("born 1990-01-02 "),
        "phones": again("13800138000 "),
        "phones in groups": again("138 0013 8000 "),
        "e-mail addresses": again("zhang@example.com "),
        "cards": again("4111111111111111 "),
        "IP addresses": again("10.1.2.3 "),
    }
