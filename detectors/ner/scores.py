"""Counting a detector's hits on labelled texts: recall of any overlap, of characters, strict F1, precision.

any: mentions that a finding of any type overlaps (what masking needs); same: of the same type; letters: characters of
mentions that lie under some finding; precision: findings that overlap a mention of their type; strict: F1 of exact
span and type. Labels that a file does not annotate are left out, on both sides.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

LABELS: Final = ("PERSON", "LOCATION", "ORGANIZATION", "ADDRESS")
type Found = tuple[int, int, str, float]
type Find = Callable[[str], Sequence[Found]]


@dataclass
class Tally:
    """Counts of one label in one file. Shares are 0 to 1; 0 where there is nothing to share."""

    gold: int = 0
    any: int = 0
    same: int = 0
    strict: int = 0
    found: int = 0
    right: int = 0
    letters: int = 0
    covered: int = 0

    @property
    def recall(self) -> float:
        return self.any / max(1, self.gold)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.found)

    @property
    def characters(self) -> float:
        return self.covered / max(1, self.letters)

    @property
    def f1(self) -> float:
        return 2 * self.strict / max(1, self.gold + self.found)

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    def row(self) -> str:
        same = 100 * self.same / max(1, self.gold)
        return (
            f"n {self.gold:5d}  any {100 * self.recall:5.1f}  same {same:5.1f}  letters {100 * self.characters:5.1f}  "
            f"precision {100 * self.precision:5.1f}  strict {100 * self.f1:5.1f}"
        )


@dataclass(frozen=True, slots=True)
class Labelled:
    """One file for measuring."""

    name: str
    lang: str
    labels: tuple[str, ...]
    records: Sequence[Mapping[str, Any]] = field(repr=False)


def files(folder: Path, names: Sequence[str] = ()) -> Iterator[Labelled]:
    """`folder`: the corpora, or their `ner` folder. Without `names`: every file whose note begins with DEV."""
    path = folder / "MANIFEST.json" if (folder / "MANIFEST.json").is_file() else folder / "ner" / "MANIFEST.json"
    for name, entry in json.loads(path.read_text("utf-8")).items():
        if name in names or (not names and entry["note"].startswith("DEV")):
            marked = entry["annotated"]
            labels = tuple(x for x in LABELS if x in marked or "*" in marked)
            with gzip.open(path.parent.parent / entry["file"], "rt", encoding="utf-8") as lines:
                yield Labelled(name, entry["lang"], labels, [json.loads(line) for line in lines])


def tally(
    records: Iterable[Mapping[str, Any]], found: Iterable[Sequence[Found]], labels: Sequence[str]
) -> dict[str, Tally]:
    """`found[i]` belongs to `records[i]`."""
    tallies = {label: Tally() for label in labels}
    for record, findings in zip(records, found, strict=True):
        spans = [(s, e, label) for s, e, label, _ in findings]
        gold = [(s, e, label) for s, e, label in record["spans"]]
        under = {i for s, e, _ in spans for i in range(s, e)}
        for start, end, label in gold:
            if label in tallies:
                row = tallies[label]
                over = [kind for s, e, kind in spans if s < end and start < e]
                row.gold += 1
                row.any += bool(over)
                row.same += label in over
                row.strict += (start, end, label) in spans
                row.letters += end - start
                row.covered += sum(i in under for i in range(start, end))
        for start, end, label in spans:
            if label in tallies:
                tallies[label].found += 1
                tallies[label].right += any(s < end and start < e and kind == label for s, e, kind in gold)
    return tallies


def disjoint(found: Iterable[Found]) -> list[Found]:
    """Best first, none over another: what a policy sees."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda f: (-f[3], f[0] - f[1])):
        if all(one[1] <= k[0] or k[1] <= one[0] for k in kept):
            kept.append(one)
    return kept
