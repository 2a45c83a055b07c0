"""Recall, precision and speed of a detector on labelled files: `python -m detectors.ner.evaluate CORPORA [FILE ...]`.

CORPORA holds MANIFEST.json; without FILE every file whose note begins with DEV is read. `any` is the share of
labelled mentions that some finding of any type overlaps (what masking needs), `same` of the same type,
`precision` the share of findings that overlap a mention of their type, `strict` F1 of span and type.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detectors.names import NameDetector
from detectors.types import Finding, Part, PartKind

type Find = Callable[[str], Sequence[Finding]]


@dataclass
class Tally:
    gold: int = 0
    any: int = 0
    same: int = 0
    strict: int = 0
    found: int = 0
    right: int = 0

    def row(self) -> str:
        recall, precision = self.strict / max(1, self.gold), self.strict / max(1, self.found)
        f1 = 2 * recall * precision / max(1e-9, recall + precision)
        overlap, same = 100 * self.any / max(1, self.gold), 100 * self.same / max(1, self.gold)
        right = 100 * self.right / max(1, self.found)
        return f"n {self.gold:5d}  any {overlap:5.1f}  same {same:5.1f}  precision {right:5.1f}  strict {100 * f1:5.1f}"


def tally(records: Iterable[dict[str, Any]], find: Find, labels: Sequence[str]) -> dict[str, Tally]:
    tallies = {label: Tally() for label in labels}
    for record in records:
        findings = find(record["text"])
        spans = [(f.start, f.end, f.entity_type) for f in findings]
        gold = [tuple(span) for span in record["spans"]]
        for start, end, label in gold:
            if label in tallies:
                row = tallies[label]
                over = [kind for s, e, kind in spans if s < end and start < e]
                row.gold += 1
                row.any += bool(over)
                row.same += label in over
                row.strict += (start, end, label) in spans
        for start, end, label in spans:
            if label in tallies:
                tallies[label].found += 1
                tallies[label].right += any(s < end and start < e and kind == label for s, e, kind in gold)
    return tallies


def files(folder: Path, names: Sequence[str]) -> Iterable[tuple[str, list[str], list[dict[str, Any]]]]:
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    for name, entry in manifest.items():
        if name in names or (not names and entry["note"].startswith("DEV")):
            with gzip.open(folder.parent / entry["file"], "rt", encoding="utf-8") as lines:
                yield name, entry["annotated"], [json.loads(line) for line in lines]


def resolved(find: Find) -> Find:
    """Best first, disjoint: what a policy sees."""

    def best(text: str) -> Sequence[Finding]:
        kept: list[Finding] = []
        for finding in sorted(find(text), key=lambda f: (-f.score, f.start - f.end)):
            if all(finding.end <= k.start or k.end <= finding.start for k in kept):
                kept.append(finding)
        return kept

    return best


def model_find(folder: str) -> Find:
    """One text at a time through the model runtime of this package, in this process."""
    from detectors.ner.runtime_torch import TorchRuntime

    runtime = TorchRuntime(Path(folder))

    async def ask(text: str) -> Sequence[Finding]:
        try:
            return await runtime.detect([Part(0, "text", PartKind.TEXT, text)])
        finally:
            await runtime.aclose()  # its queue belongs to this event loop

    return lambda text: asyncio.run(ask(text))


def main() -> None:
    arguments = sys.argv[1:]
    if not arguments:
        sys.exit("usage: python -m detectors.ner.evaluate CORPORA [--model FOLDER] [FILE ...]")
    model = arguments.pop(arguments.index("--model") + 1) if "--model" in arguments else None
    folder, *names = [a for a in arguments if a != "--model"]
    find = resolved(model_find(model) if model else NameDetector().find)
    for name, annotated, records in files(Path(folder), names):
        labels = [x for x in ("PERSON", "LOCATION", "ORGANIZATION", "ADDRESS") if x in annotated or "*" in annotated]
        begin = time.perf_counter()
        tallies = tally(records, find, labels)
        seconds = time.perf_counter() - begin
        size = sum(len(r["text"].encode()) for r in records)
        sys.stdout.write(f"{name}: {size / seconds / 1e6:.2f} MB/s\n")
        for label, row in tallies.items():
            sys.stdout.write(f"  {label:13s} {row.row()}\n")


if __name__ == "__main__":
    main()
