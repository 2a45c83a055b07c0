"""Sentences from templates, gold sentences with other mentions in them, and text that holds nothing.

Everything yields `Record`s whose five labels are all known, but for swapped ones, which know what their corpus knew.
"""

from __future__ import annotations

import itertools
import random
import re
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.ner.embedded.decode import LABELS
from detectors.ner.train import goods, templates_en, templates_short, templates_zh
from detectors.ner.train.corpora import Record, Span
from detectors.ner.train.negatives import common_chinese, common_english
from detectors.ner.train.tokens import placeholder
from detectors.ner.train.values_en import EnglishValues
from detectors.ner.train.values_zh import ChineseValues

SLOT = re.compile(r"\{([A-Z])\}")
SLOT_LABELS = {"P": "PERSON", "F": "PERSON", "Q": "PERSON", "T": "PERSON", "A": "ADDRESS", "L": "LOCATION",
               "Y": "LOCATION", "O": "ORGANIZATION", "D": "DATE"}  # fmt: skip
ALL = frozenset(LABELS)
SHORT, SHORT_PLAIN = 0.34, 0.45
"""Share of short and crowded passages, and of those the share that names nobody."""
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
        self._slots["en"] |= goods.english_slots(rng, common_english())
        self._slots["zh"] |= goods.chinese_slots(rng, common_chinese())
        self._slots["zh"]["Y"] = lambda: rng.choice(templates_short.COUNTRIES)
        self._slots["zh"]["Z"] = self._laugh
        for slots in self._slots.values():
            slots["K"] = lambda: placeholder(rng)
        self._texts = {
            "en": (templates_en.SENTENCES, templates_en.PLAIN),
            "zh": (templates_zh.SENTENCES, templates_zh.PLAIN),
        }
        self._short = {
            "en": (templates_short.CELLS_EN, templates_short.CELLS_PLAIN_EN),
            "zh": (templates_short.CELLS_ZH, templates_short.CELLS_PLAIN_ZH),
        }

    @property
    def slots(self) -> Mapping[str, Mapping[str, Callable[[], str]]]:
        """Language -> slot -> maker of a value."""
        return self._slots

    def _laugh(self) -> str:
        """哈哈, 哈哈哈哈, 呵呵~: said of nobody."""
        rng = self._rng
        sound = rng.choice(templates_short.LAUGHS)
        longer = sound + sound[-1] * rng.randint(0, 6) if len(set(sound)) == 1 else sound
        return longer + rng.choice(("", "", "", "~", "！", "……", "。", "，"))

    def fill(self, template: str, lang: str) -> Draft:
        """One template. A title's surname (T) is labelled alone, as the corpora do."""
        slots = dict(self._slots[lang])
        if self._rng.random() < 0.08:  # a name of the other language
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
        short = rng.random() < SHORT
        sentences, plain = (self._short if short else self._texts)[lang]
        draft = self.fill(rng.choice(plain if rng.random() < (SHORT_PLAIN if short else 0.14) else sentences), lang)
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
