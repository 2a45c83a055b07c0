"""Sentences from templates, gold sentences with other mentions in them, and text that holds nothing.

Everything yields `Record`s whose five labels are all known, but for swapped ones, which know what their corpus knew.
"""

from __future__ import annotations

import itertools
import random
import re
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.ner.embedded.decode import LABELS
from detectors.ner.train import templates_en, templates_zh
from detectors.ner.train.corpora import Record, Span
from detectors.ner.train.tokens import placeholder
from detectors.ner.train.values_en import EnglishValues
from detectors.ner.train.values_zh import ChineseValues

SLOT = re.compile(r"\{([A-Z])\}")
SLOT_LABELS = {"P": "PERSON", "F": "PERSON", "Q": "PERSON", "T": "PERSON", "A": "ADDRESS", "L": "LOCATION",
               "O": "ORGANIZATION", "D": "DATE"}  # fmt: skip
ALL = frozenset(LABELS)
CREDITS = re.compile(r"copyright|author|written|contributed|thanks|maintain|@|by ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    text: str
    spans: tuple[Span, ...]

    def __add__(self, other: Draft) -> Draft:
        at = len(self.text)
        return Draft(self.text + other.text, self.spans + tuple((s + at, e + at, x) for s, e, x in other.spans))


class Synthesis:
    def __init__(self, rng: random.Random, data: Path) -> None:
        self._rng = rng
        english, chinese = EnglishValues(rng, data), ChineseValues(rng, data)
        chinese.slots["Q"] = chinese.nick
        self._slots = {"en": english.slots, "zh": chinese.slots}
        for slots in self._slots.values():
            slots["K"] = lambda: placeholder(rng)
        self._texts = {
            "en": (templates_en.SENTENCES, templates_en.PLAIN),
            "zh": (templates_zh.SENTENCES, templates_zh.PLAIN),
        }

    def fill(self, template: str, lang: str) -> Draft:
        """One template. A title's surname (T) is labelled alone, as the corpora do."""
        slots = dict(self._slots[lang])
        if self._rng.random() < 0.06:  # a name of the other language
            slots["P"] = self._slots["zh" if lang == "en" else "en"]["P"]
        parts: list[str] = []
        spans: list[Span] = []
        at = done = 0
        template = template.replace("\\n", "\n").replace("\\t", "\t")
        for match in SLOT.finditer(template):
            value = slots[match[1]]()
            before = template[done : match.start()]
            at += len(before)
            label = SLOT_LABELS.get(match[1])
            if label and value:
                spans.append((at, at + len(value), label))
            parts += (before, value)
            at += len(value)
            done = match.end()
        return Draft("".join(parts) + template[done:], tuple(spans))

    def passage(self, lang: str) -> Draft:
        """One to several filled templates; some with plain text beside them, some plain text alone."""
        rng = self._rng
        sentences, plain = self._texts[lang]
        draft = self.fill(rng.choice(plain if rng.random() < 0.14 else sentences), lang)
        while rng.random() < 0.4 and len(draft.text) < 500:
            gap = rng.choice(("\n", "\n", " ", "" if lang == "zh" else "  ", "\n\n", "\r\n"))
            pool = plain if rng.random() < 0.3 else sentences
            draft = draft + Draft(gap, ()) + self.fill(rng.choice(pool), lang)
        return draft

    def generate(self, lang: str, count: int) -> Iterator[Record]:
        for _ in range(count):
            draft = self.passage(lang)
            yield Record(draft.text, draft.spans, ALL, lang)

    def swap(self, record: Record, hide: float = 0.04) -> Record:
        """Other mentions in the same sentence; a few become placeholders of ours, which are nothing."""
        rng = self._rng
        makers: Mapping[str, str] = {"PERSON": "P", "LOCATION": "L", "ORGANIZATION": "O"}
        slots = self._slots[record.lang]
        draft = Draft("", ())
        at = 0
        for start, end, label in sorted(record.spans):
            if start < at:
                continue
            draft += Draft(record.text[at:start], ())
            old, chance = record.text[start:end], rng.random()
            if label in makers and chance < hide:
                draft += Draft(placeholder(rng), ())
            else:
                new = slots[makers[label]]() if label in makers and chance < 0.75 else old
                draft += Draft(new, ((0, len(new), label),))
            at = end
        draft += Draft(record.text[at:], ())
        return Record(draft.text, draft.spans, record.known, record.lang, record.weight)


def source_code(rng: random.Random, count: int, first: str = "a", last: str = "m") -> Iterator[Record]:
    """Pieces of Python's own library, of modules whose names begin with `first` to `last`; lines of credit left out.
    The other half of the alphabet measures false positives."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    files = [p for p in sorted(folder.glob("*.py")) if first <= p.name[0] <= last]
    for path in itertools.islice(itertools.cycle(files), count):
        lines = [x for x in path.read_text("utf-8", "replace").splitlines() if not CREDITS.search(x)]
        at = rng.randrange(max(1, len(lines) - 20))
        yield Record("\n".join(lines[at : at + rng.randint(4, 20)])[:700], (), ALL, "en", 0.7)


def labelled(record: Record) -> Sequence[str]:
    """The mentions' texts, for people who read samples."""
    return [f"{label}:{record.text[s:e]}" for s, e, label in record.spans]
