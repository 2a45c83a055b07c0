"""Case, width and typing noise. Every change keeps spans right: case and width change one character to one."""

from __future__ import annotations

import random

from detectors.ner.train.corpora import Record, Span

FULL = {code: chr(code + 0xFEE0) for code in range(0x21, 0x7F)}


def same_length(text: str, changed: str) -> str:
    """`changed`, unless a character's other case is two characters."""
    return changed if len(changed) == len(text) else text


def case(record: Record, rng: random.Random) -> Record:
    """Lower, upper or title case for some; names in lower case are where people in a hurry leak them."""
    chance, text = rng.random(), record.text
    if chance < 0.14:
        text = same_length(text, text.lower())
    elif chance < 0.20:
        text = same_length(text, text.upper())
    elif chance < 0.22:
        text = same_length(text, text.title())
    elif chance < 0.235:
        text = text.translate(FULL)
    return Record(text, record.spans, record.known, record.lang, record.weight)


def typos(record: Record, rng: random.Random, rate: float = 0.02) -> Record:
    """Dropped, doubled and exchanged letters and lost spaces, outside and inside of mentions."""
    pieces: list[str] = []
    place = [0]
    text = record.text
    for i, c in enumerate(text):
        chance = rng.random()
        out = c
        if c.isalpha() and c.isascii():
            if chance < rate / 3:
                out = ""
            elif chance < rate / 2:
                out = c + c
            elif chance < rate and i + 1 < len(text) and text[i + 1].isalpha():
                out = text[i + 1]
        elif c == " " and chance < rate * 2:
            out = ""
        pieces.append(out)
        place.append(place[-1] + len(out))
    spans: tuple[Span, ...] = tuple((place[s], place[e], label) for s, e, label in record.spans if place[s] < place[e])
    return Record("".join(pieces), spans, record.known, record.lang, record.weight)


def unspaced(record: Record) -> Record:
    """Without any space: as Chinese text with Latin words in it is often typed, and as broken PDFs come out."""
    place = [0]
    for c in record.text:
        place.append(place[-1] + (c != " "))
    spans: tuple[Span, ...] = tuple((place[s], place[e], label) for s, e, label in record.spans if place[s] < place[e])
    return Record(record.text.replace(" ", ""), spans, record.known, record.lang, record.weight)


def disturb(record: Record, rng: random.Random) -> Record:
    chance = rng.random()
    if chance < 0.06:
        record = typos(record, rng)
    elif chance < 0.075 and record.lang == "zh":
        record = unspaced(record)
    return case(record, rng)
