"""What a model's labels mean: its own names and tagging scheme -> our entity types and span boundaries."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ALIASES: Mapping[str, str] = {
    alias: entity
    for entity, aliases in {
        "PERSON": "PER PERSON PERS PEOPLE NAME NAMES FIRSTNAME LASTNAME MIDDLENAME GIVENNAME SURNAME FULLNAME "
        "PERSONNAME PRIVATEPERSON PATIENT DOCTOR STAFF PERNAM NR 人名 姓名",
        "LOCATION": "LOC LOCATION GPE CITY COUNTRY STATE COUNTY PLACE FAC LOCNAM GPENAM NS 地名",
        "ADDRESS": "ADDRESS STREETADDRESS STREET PRIVATEADDRESS BUILDINGNUMBER SECONDARYADDRESS ZIPCODE ADDR 地址",
        "ORGANIZATION": "ORG ORGANIZATION ORGANISATION COMPANY COMPANYNAME CORP CORPORATION GRP GROUP HOSPITAL "
        "ORGNAM NT GOVERNMENT 机构",
        "DATE_OF_BIRTH": "DATEOFBIRTH DOB BIRTHDATE",
        "PHONE_NUMBER": "PHONE PHONENUMBER TELEPHONE TELEPHONENUM MOBILE PRIVATEPHONE",
        "EMAIL_ADDRESS": "EMAIL EMAILADDRESS PRIVATEEMAIL",
        "CREDIT_CARD": "CREDITCARD CREDITCARDNUMBER CARDNUMBER",
        "IBAN_CODE": "IBAN IBANCODE",
        "IP_ADDRESS": "IP IPADDRESS IPV4 IPV6",
        "MAC_ADDRESS": "MAC MACADDRESS",
        "US_SSN": "SSN SOCIALNUM SOCIALSECURITYNUMBER USSSN",
        "PASSWORD": "PASSWORD PASSWD PIN",
        "API_KEY": "APIKEY SECRET",
    }.items()
    for alias in aliases.split()
}
PREFIX = re.compile(r"^([BIESLUO])[-_](.+)$", re.DOTALL)
SUFFIX = re.compile(r"^(.+)[-_]([BIESLU])$", re.DOTALL)
STARTS, STOPS = frozenset("BSU"), frozenset("ESLU")


class ProfileError(Exception):
    """A model folder cannot be used. The text is one sentence for people: what, where, mend."""


@dataclass(frozen=True, slots=True)
class Label:
    prefix: str
    """B, I, E or S of its scheme (L and U mean E and S); empty in a plain scheme."""
    entity: str
    """Our entity type; empty: outside, or a kind of text that we do not look for."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Class index -> label; `entities` in a fixed order, the outside group first."""

    labels: tuple[Label, ...]
    entities: tuple[str, ...]
    ignored: tuple[str, ...]
    """The model's own labels that have no counterpart here."""

    def group(self, index: int) -> int:
        """Position of a class's entity in `entities`."""
        return self.entities.index(self.labels[index].entity)


def parse_label(name: str) -> tuple[str, str]:
    """`B-PER` -> (`B`, `PER`); a plain label has no prefix."""
    match = PREFIX.match(name)
    if match:
        return match.group(1), match.group(2)
    match = SUFFIX.match(name)
    return (match.group(2), match.group(1)) if match else ("", name)


def entity_of(label: str, extra: Mapping[str, str] | None = None) -> str:
    """Our entity type for a model's bare label, or empty. `extra` (label -> entity type or empty) goes first."""
    if extra is not None and label in extra:
        return extra[label]
    return ALIASES.get(re.sub(r"[\s_.\-]", "", label).upper(), "")


def profile(id2label: Mapping[Any, str], extra: Mapping[str, str] | None = None) -> Profile:
    """Read a model's `id2label`; raises ProfileError where nothing of it is known to us."""
    count = len(id2label)
    try:
        names = {int(key): str(value) for key, value in id2label.items()}
        ordered = [names[i] for i in range(count)]
    except (KeyError, ValueError):
        raise ProfileError("config.json: id2label must number its labels from 0 without a gap") from None
    labels, ignored = [], []
    for name in ordered:
        prefix, bare = parse_label(name)
        entity = "" if name in {"O", "o", "0"} or prefix == "O" else entity_of(bare, extra)
        if not entity and name.upper() != "O":
            ignored.append(name)
        labels.append(Label(prefix if entity else "", entity))
    entities = tuple(sorted({label.entity for label in labels if label.entity}))
    if not entities:
        known = ", ".join(ordered[:8])
        raise ProfileError(f"config.json: no label of this model is known ({known}); give a label map for it")
    return Profile(tuple(labels), ("", *entities), tuple(ignored))


@dataclass(frozen=True, slots=True)
class Span:
    """An entity in code points of its text."""

    start: int
    end: int
    entity: str
    score: float


def decode(
    groups: Sequence[int],
    prefixes: Sequence[str],
    scores: Sequence[float],
    offsets: Sequence[tuple[int, int]],
    entities: Sequence[str],
    text: str,
) -> list[Span]:
    """Tokens -> spans. For each token: its entity group (0 = outside), the prefix of its best class, its score.

    Lenient on purpose, since a broken sequence must not hide a name: I without B begins a span. A span that cuts
    through a word of an alphabet is widened to the word; Han characters are words of their own.
    """
    spans: list[Span] = []
    start = end = group = 0
    values: list[float] = []
    closed = True

    def flush() -> None:
        if values:
            s, e = widen(text, start, end)
            spans.append(Span(s, e, entities[group], sum(values) / len(values)))
            values.clear()

    for kind, prefix, score, (s, e) in zip(groups, prefixes, scores, offsets, strict=True):
        if s == e:
            continue
        if kind == 0:
            flush()
            closed = True
            continue
        glued = bool(values) and s == end and _inside_word(text, s)
        if kind != group or not values or ((closed or prefix in STARTS) and not glued):
            flush()
            start, group = s, kind
        end = e
        values.append(score)
        closed = prefix in STOPS
    flush()
    return merge(spans)


def merge(spans: Sequence[Span]) -> list[Span]:
    """Join spans of one type that widening made overlap."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, s.end)):
        last = merged[-1] if merged else None
        if last is not None and span.start < last.end and span.entity == last.entity:
            merged[-1] = Span(last.start, max(last.end, span.end), last.entity, max(last.score, span.score))
        else:
            merged.append(span)
    return merged


def _joins(c: str) -> bool:
    """A character of a word whose letters are not words themselves."""
    return (
        c.isalnum()
        and not "\u2e80" <= c <= "\u9fff"
        and not "\uac00" <= c <= "\ud7a3"
        and not "\u3040" <= c <= "\u30ff"
    )


def _inside_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and _joins(text[at - 1]) and _joins(text[at])


def widen(text: str, start: int, end: int, most: int = 40) -> tuple[int, int]:
    """Grow to word borders, at most `most` characters on either side."""
    lowest, highest = max(0, start - most), min(len(text), end + most)
    while start > lowest and _inside_word(text, start):
        start -= 1
    while end < highest and _inside_word(text, end):
        end += 1
    return start, end
