"""What a spelling hides the model reads, at its place; what hides nothing stays as it is."""

from __future__ import annotations

import base64
import json
import quopri
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from email.header import Header
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.names import NameDetector
from detectors.ner.reading.legible import legible
from detectors.ner.serving.front import Answer, Model, NerFront, worth_reading
from detectors.types import Finding, Part, PartKind

type Spelling = Callable[[str], str]

NAMES = ("张伟", "欧阳修远", "John", "Smith", "Müller", "Łukasz")


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalpha() else c for c in text)


def bold(text: str) -> str:
    table = str.maketrans(string.ascii_uppercase + string.ascii_lowercase, "".join(chr(0x1D400 + i) for i in range(52)))
    return text.translate(table)


def units(text: str) -> str:
    return json.dumps(text)[1:-1] if not text.isascii() else "".join(f"\\u{ord(c):04x}" for c in text)


def after_each(sign: str) -> Spelling:
    return lambda text: "".join(c + sign for c in text)


INSIDE: dict[str, Spelling] = {
    **{f"U+{ord(c):04X}": after_each(c) for c in "\u00ad\u200b\u200c\u200d\u2060\ufeff\u202e\u2066\U000e0061\ufe0f"},
    "full width": full_width,
    "bold": bold,
    "decimal references": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "hexadecimal references": lambda text: "".join(f"&#x{ord(c):X};" for c in text),
    "references twice": lambda text: "".join(f"&amp;#{ord(c)};" for c in text),
    "percent": lambda text: "".join(f"%{b:02X}" for b in text.encode()),
    "percent twice": lambda text: "".join(f"%25{b:02x}" for b in text.encode()),
    "\\x": lambda text: "".join(f"\\x{b:02x}" for b in text.encode()),
    "\\u": lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
    "\\\\u": lambda text: "".join(f"\\\\u{ord(c):04x}" for c in text),
    "\\u{}": lambda text: "".join(f"\\u{{{ord(c):x}}}" for c in text),
    "\\U": lambda text: "".join(f"\\U{ord(c):08x}" for c in text),
}  # fmt: skip
HAN: dict[str, Spelling] = {
    "quoted-printable": lambda text: quopri.encodestring(text.encode()).decode(),
    "octal": lambda text: "".join(f"\\{b:o}" for b in text.encode()),
    "GBK percent": lambda text: quote(text.encode("gbk")),
    "mark-up": "</span><span lang=zh>".join,
}
LATIN: dict[str, Spelling] = {
    "spaced": " ".join,
    "dotted": ".".join,
    "dashed": "-".join,
    "underlined": "_".join,
    "emoji": lambda text: f"😀{text}🇨🇳",
    "marks": lambda text: f"★{text}™",
    "number": lambda text: f"①{text}",
    "line break": lambda text: f"\\n{text}\\n",
    "tabulator": lambda text: f"\\t{text}\\r",
}
AROUND = ("", " ", "，", "请转告", "dear ", "\r\n", "1 ", "é̂ ", "𠮷")


def spelt(name: str) -> dict[str, Spelling]:
    return {**INSIDE, **(LATIN if name.isascii() else HAN if name[0] > "\u3000" else {})}


def test_a_name_is_read_whatever_hides_it_and_found_at_its_place() -> None:
    for name in NAMES:
        for kind, spelling in spelt(name).items():
            hidden = spelling(name)
            if hidden == name:
                continue
            for before in AROUND:
                text = f"{before}{hidden} 。"
                view = legible(text)
                assert view is not None, (kind, name)
                at = view.text.find(name)
                assert at >= 0, (kind, name, before)
                start, end = view.span(at, at + len(name))
                assert text[:start].rstrip("😀★①\\nt") == before.rstrip("😀★①\\nt"), (kind, name, before)
                assert len(before) <= start < end <= len(before) + len(hidden), (kind, name)
                left = "".join(c for c in text[end : len(before) + len(hidden)] if c not in "🇨🇳™\\nr=\r")
                assert all(unicodedata.category(c) in {"Cf", "Mn"} for c in left), (kind, name)


def test_encoded_text_is_read_in_its_place_and_found_as_a_whole() -> None:
    said = "请转告张伟，明天上午九点来公司。Call John Smith."
    for run in (
        base64.b64encode(said.encode()).decode(),
        base64.urlsafe_b64encode(said.encode()).decode(),
        said.encode().hex(),
    ):
        text = f"payload: {run} end"
        view = legible(text)
        assert view is not None
        assert view.text == f"payload: \n{said}\n end"
        for name in ("张伟", "John Smith"):
            at = view.text.index(name)
            start, end = view.span(at, at + len(name))
            assert text[start:end] == run
        assert view.span(0, 7) == (0, 7)
    word = Header("张伟", "utf-8").encode()
    view = legible(f"From: {word} <a@example.com>")
    assert view is not None
    assert view.text == "From: 张伟 <a@example.com>"
    assert view.span(6, 8) == (6, 6 + len(word))


def test_what_hides_nothing_stays() -> None:
    for text in (
        "Dear John Smith, the meeting is at 9:00.", "请转告李娜女士，她的电话是13800138000。", "J.R.R. Tolkien",
        "U.S.A.F.", "CORP\\nancy", "C:\\temp\\tom", "20%Dean Smith", "5 % tax & more = less", "a <b> c", "É́ 😀 ok 😀。",
        "x\\ud800y", "&nothing;",
        "\ud800 John", "", "日本語 한국어 Ünal Łukasz Nguyễn", "https://example.com/a?b=c", "{\"a\": 1}", "A B or C D",
    ):  # fmt: skip
        assert legible(text) is None, text


PIECES = (
    "&#24352;",
    "\\u5f20",
    "%E4%BC%9F",
    "5byg5Lyf5byg5Lyf5byg5Lyf5byg5Lyf",
    "J o h n",
    "\ud83d",
    "ｊ",
    " ",
    "张",
    "\u200b",
)
SIGNS = "%&=\\;<>.-_*·+/'\"😀①\u200b\u00ad\n\t #{}0aZ"


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(("Dean", "Abe", "Nancy", "tom", "Ed", "fabian", "张伟")),
    st.text(SIGNS, max_size=8),
    st.text(SIGNS, max_size=8),
)
def test_no_name_in_plain_letters_is_lost(name: str, before: str, after: str) -> None:
    """Set apart from letters and digits, which would make another word of it."""
    text = f"{before}{'' if before[-1:] in {*'%&;=<>.-_*·+/😀#{}'} else ' '}{name} {after}"
    view = legible(text)
    if view is not None:
        assert name in view.text, text


@settings(max_examples=150, deadline=None)
@given(st.text() | st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_every_place_leads_back_into_the_text(text: str) -> None:
    view = legible(text)
    if view is None:
        return
    assert view.text != text
    last = 0
    inside = len(view.text.partition("\n")[0])
    for at in range(len(view.text)):
        start, end = view.span(at, at + 1)
        assert 0 <= start < end <= len(text)
        if at < inside and at < len(text):
            assert start >= last
            last = start
        assert view.span(0, at + 1)[0] == view.span(0, 1)[0]


class Reads(NerFront):
    """Finds 张伟 and John wherever they stand in what it is given."""

    def __init__(self) -> None:
        super().__init__(Model("reads", "0" * 64, "reads", frozenset({"PERSON"})), 5)
        self.given: list[str] = []

    async def _ask(self, texts: Sequence[str], until: float, *, bulk: bool) -> Answer:
        self.given += texts
        rows = [
            [[text.index(n), text.index(n) + len(n), "PERSON", 0.9] for n in ("张伟", "John") if n in text]
            for text in texts
        ]
        return Answer(rows, self._model)


async def test_a_client_asks_for_the_legible_text_and_answers_for_the_written_one() -> None:
    reader = Reads()
    texts = ["plain 张伟", "\\u5f20\\u4f1f!", "Jo\u00adhn", "\ud800张\u200b伟", "&#x4A;ohn", "1" * 9]
    found = await reader.detect([Part(i, "p", PartKind.TEXT, text) for i, text in enumerate(texts)])
    places = {f.part: texts[f.part][f.start : f.end] for f in found}
    assert places == {0: "张伟", 1: "\\u5f20\\u4f1f", 2: "Jo\u00adhn", 3: "张\u200b伟", 4: "&#x4A;ohn"}
    assert reader.given == ["plain 张伟", "张伟!", "John", "\ufffd张伟", "John"]
    assert all(isinstance(one, Finding) and one.rule == "ner/reads@000000000000" for one in found)


def test_of_paths_and_headers_what_may_be_a_name_is_read() -> None:
    read = {
        PartKind.QUERY: ["john", "张伟"],
        PartKind.PATH: ["张伟.pdf", "%E5%BC%A0%E4%BC%9F", "John Smith.pdf", "O'Brien+Mary"],
        PartKind.HEADER: ["张伟", "John Smith", "=?utf-8?B?5byg5Lyf?=", "hello, John Smith!"],
    }
    unread = {
        PartKind.PATH: ["gpt-4o-mini", "ernie-bot", "backup.tar.gz", "file-abc123", "models"],
        PartKind.HEADER: ["CPython", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101", "text/html, */*"],
        PartKind.STRUCTURAL: ["John Smith"],
    }  # fmt: skip
    skipped: Counter[str] = Counter()
    for kinds, wanted in ((read, True), (unread, False)):
        for kind, texts in kinds.items():
            for text in texts:
                assert bool(worth_reading([Part(0, "p", kind, text)], skipped)) is wanted, (kind, text)


async def test_the_word_lists_read_the_same() -> None:
    texts = [
        "客户\\u5f20\\u4f1f先生来电。",
        "Please call Mr. Ｊｏｈｎ Ｓｍｉｔｈ today.",
        "Dear Mr. Jo\u00adhn Smith,",
    ]
    found = await NameDetector().detect([Part(i, "p", PartKind.TEXT, text) for i, text in enumerate(texts)])
    places = {f.part: texts[f.part][f.start : f.end] for f in found if f.entity_type == "PERSON"}
    assert places == {0: "\\u5f20\\u4f1f", 1: "Ｊｏｈｎ Ｓｍｉｔｈ", 2: "Jo\u00adhn Smith"}
