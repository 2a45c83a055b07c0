"""How far each label leans towards being found: chosen on the green development files, by script, for redline.json.

For a label, the least leaning that reaches its aim of recall (any overlap); where none does, the largest that keeps
the floor of precision and the bound on false positives in text that names nobody.
"""

from __future__ import annotations

import collections
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from detectors.ner import blanks
from detectors.ner.embedded.decode import Leanings, spans
from detectors.ner.embedded.features import HAN
from detectors.ner.embedded.runtime import EmbeddedRuntime
from detectors.ner.reading.windows import stitch
from detectors.ner.runtime import Reading
from detectors.ner.scores import Labelled, Tally, disjoint, files, tally
from detectors.ner.train.corpora import manifest
from detectors.ner.train.export import write_card

STEPS: Final = (-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
LABELS: Final = ("PERSON", "LOCATION", "ORGANIZATION")
AIMS: Final[Mapping[tuple[str, str], float]] = {("latin", "PERSON"): 0.95, ("han", "PERSON"): 0.92}
FLOORS: Final[Mapping[str, float]] = {"PERSON": 0.75, "LOCATION": 0.74, "ORGANIZATION": 0.65}
MOST_FALSE: Final[Mapping[str, float]] = {"PERSON": 1.0, "LOCATION": 0.8, "ORGANIZATION": 0.8}
"""Findings of a label in one script for each 100 KB of text that names nobody; one template that misleads counts
dozens of times."""
ADDRESS: Final = -0.5
"""No development file marks addresses. This halves false positives in product texts and loses no generated address."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A file's texts with their logits, so that leanings can be tried without running the model again."""

    file: Labelled
    readings: Sequence[tuple[Reading, Any]] = field(repr=False)


def score(runtime: EmbeddedRuntime, file: Labelled) -> Scored:
    readings = []
    for record in file.records:
        reading = runtime.prepare(str(record["text"]))
        readings.append(
            (reading, stitch(reading.state[0], runtime.forward(reading.chunks)) if reading.chunks else None)
        )
    return Scored(file, readings)


def count(scored: Scored, lean: float) -> dict[str, Tally]:
    leanings = Leanings(dict.fromkeys(LABELS, lean), dict.fromkeys(LABELS, lean))
    found = [
        disjoint((s.start, s.end, s.entity, s.score) for s in spans(rows, reading.state[1], reading.text, leanings))
        if rows is not None
        else []
        for reading, rows in scored.readings
    ]
    return tally(scored.file.records, found, scored.file.labels)


def mistaken(scored: Scored, lean: float) -> Mapping[tuple[str, str], int]:
    """(script, label) -> findings."""
    leanings = Leanings(dict.fromkeys(LABELS, lean), dict.fromkeys(LABELS, lean))
    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    for reading, rows in scored.readings:
        if rows is not None:
            for span in spans(rows, reading.state[1], reading.text, leanings):
                script = "han" if HAN.search(reading.text[span.start : span.end]) else "latin"
                counts[script, span.entity] += 1
    return counts


def _blank(script: str) -> Labelled:
    pieces: list[Mapping[str, Any]] = []
    for text in (text for kind, text in blanks.texts().items() if kind != "traps"):
        pieces += [{"text": text[at : at + 1500], "spans": []} for at in range(0, len(text), 1500)]
    return Labelled("blank", script, LABELS, pieces)


def pick(rows: Sequence[tuple[float, Tally, float]], aim: float, floor: float, most: float) -> float:
    """rows: (leaning, its tally, false positives for each 100 KB), leanings rising."""
    precise = [one for one in rows if one[1].precision >= floor]
    fit = [(lean, row) for lean, row, false in precise if false <= most]
    if not fit:
        return min(precise or rows[:1], key=lambda one: one[2])[0]
    for lean, row in fit:
        if row.recall >= aim:
            return lean
    return fit[-1][0]


def choose(folder: Path, data: Path) -> dict[str, dict[str, float]]:
    """Measure, write the leanings into the folder's card, and return them."""
    runtime = EmbeddedRuntime(folder)
    green = [name for name, entry in manifest(data).items() if entry["tier"] == "green" and "DEV" in entry["note"]]
    scored = [score(runtime, file) for file in files(data, green)]
    blank = score(runtime, _blank("both"))
    kilobytes = sum(len(str(r["text"]).encode()) for r in blank.file.records) / 100_000
    empty = {lean: mistaken(blank, lean) for lean in STEPS}
    leanings: dict[str, dict[str, float]] = {}
    for script, lang in (("latin", "en"), ("han", "zh")):
        mine = [one for one in scored if one.file.lang == lang]
        table = {lean: [count(one, lean) for one in mine] for lean in STEPS}
        chosen = {"ADDRESS": ADDRESS}
        for label in LABELS:
            rows = [(lean, _sum(table[lean], label), empty[lean][script, label] / kilobytes) for lean in STEPS]
            chosen[label] = pick(rows, AIMS.get((script, label), 1.0), FLOORS[label], MOST_FALSE[label])
            for lean, row, false in rows:
                mark = "*" if lean == chosen[label] else " "
                sys.stdout.write(f"{mark} {script:5s} {label:13s} {lean:4.1f} {row.row()}  false {false:.2f}\n")
        leanings[script] = chosen
    card = json.loads((folder / "redline.json").read_text("utf-8"))
    write_card(folder, {**card, "leanings": leanings})
    return leanings


def _sum(tallies: Sequence[Mapping[str, Tally]], label: str) -> Tally:
    return sum((t[label] for t in tallies if label in t), Tally())
