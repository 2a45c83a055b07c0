"""Quality and speed of detectors on labelled files, and false positives on text that names nobody:

    python -m detectors.ner.evaluate CORPORA [--model FOLDER ...] [--names] [--json FILE] [FILE ...]

CORPORA holds the corpora (or is their `ner` folder); without FILE every file for tuning is read. `--model` may be
given several times and takes any model folder or `embedded`; `--names` adds the word-list detector, which is also
what runs where no model is named. What the columns mean is said in `detectors.ner.scores`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from detectors.ner import blanks
from detectors.ner.scores import LABELS, Find, Found, Labelled, Tally, disjoint, files, tally


def names_find() -> Find:
    """The word-list detector."""
    from detectors.names import NameDetector

    detector = NameDetector()
    return lambda text: [(f.start, f.end, f.entity_type, f.score) for f in detector.find(text) if f.score >= 0.5]


def model_find(model: str) -> Find:
    """A model of any kind in this process, one text at a time."""
    from detectors.ner.models.load import open_runtime
    from detectors.ner.runtime import read_alone

    runtime = open_runtime(model)
    return lambda text: [(s.start, s.end, s.entity, s.score) for s in read_alone(runtime, text)]


def measure(find: Find, file: Labelled) -> tuple[dict[str, Tally], float]:
    """Tallies by label, and characters a second of CPU time."""
    begin = time.process_time()
    found: list[Sequence[Found]] = [disjoint(find(str(record["text"]))) for record in file.records]
    seconds = time.process_time() - begin
    size = sum(len(str(record["text"])) for record in file.records)
    return tally(file.records, found, file.labels), size / max(1e-9, seconds)


def false_positives(find: Find, texts: Mapping[str, str], piece: int = 1500) -> dict[str, dict[str, float]]:
    """Kind -> label -> findings for each 100 KB; texts are given in pieces, as messages are."""
    result: dict[str, dict[str, float]] = {}
    for kind, text in texts.items():
        counts = dict.fromkeys(LABELS, 0)
        for at in range(0, len(text), piece):
            for _, _, label, _ in disjoint(find(text[at : at + piece])):
                if label in counts:
                    counts[label] += 1
        size = len(text.encode()) / 100_000
        result[kind] = {label: round(count / size, 2) for label, count in counts.items()}
    return result


def report(name: str, find: Find, corpora: Sequence[Labelled]) -> dict[str, Any]:
    """Prints as it goes; returns the same as plain data."""
    out: dict[str, Any] = {"files": {}, "false_positives": {}}
    sys.stdout.write(f"== {name}\n")
    for file in corpora:
        tallies, speed = measure(find, file)
        sys.stdout.write(f"{file.name}: {speed / 1000:.1f} thousand characters a second of CPU\n")
        for label, row in tallies.items():
            if row.gold:
                sys.stdout.write(f"  {label:13s} {row.row()}\n")
        sys.stdout.flush()
        out["files"][file.name] = {
            label: {
                "n": row.gold,
                "any": round(100 * row.recall, 1),
                "letters": round(100 * row.characters, 1),
                "precision": round(100 * row.precision, 1),
                "strict_f1": round(100 * row.f1, 1),
            }
            for label, row in tallies.items()
            if row.gold
        }
    out["false_positives"] = false_positives(find, blanks.texts())
    sys.stdout.write("false positives for each 100 KB:\n")
    for kind, counts in out["false_positives"].items():
        each = "  ".join(f"{label} {count}" for label, count in counts.items())
        sys.stdout.write(f"  {kind:10s} {each}  all {sum(counts.values()):.2f}\n")
    return out


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m detectors.ner.evaluate", description=__doc__.splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("files", nargs="*", metavar="FILE", help="names in the manifest; none: all for tuning")
    parser.add_argument("--model", action="append", default=[], help="a model folder, or `embedded`")
    parser.add_argument("--names", action="store_true", help="the word-list detector as well")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args(argv)
    corpora = list(files(options.corpora, options.files))
    finders = {model: model_find(model) for model in options.model}
    if options.names or not finders:
        finders["names"] = names_find()
    results = {name: report(name, find, corpora) for name, find in finders.items()}
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
