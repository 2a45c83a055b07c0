"""The corpora folder: which files train, how much of each, and which labels a file really annotates.

A file's `annotated` list bounds what its O means: for a label that it does not annotate, O is "unknown".
Only files whose tier is green train; files whose note begins with DEV only measure.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from detectors.ner.embedded.decode import LABELS

type Span = tuple[int, int, str]


class CorporaError(Exception):
    """The corpora folder cannot be read. One sentence for people."""


@dataclass(frozen=True, slots=True)
class Record:
    text: str = field(repr=False)
    spans: tuple[Span, ...] = field(repr=False)
    known: frozenset[str]
    """The labels of which every mention is marked."""
    lang: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Use:
    """How a corpus takes part in one epoch: a share of its records (above 1: repeated), their weight in the loss."""

    share: float = 1.0
    weight: float = 1.0
    drop: frozenset[str] = frozenset()
    """Labels whose O we do not believe."""
    swap: float = 0.0
    """Share of records that come with their mentions replaced by generated ones."""
    only_labelled: bool = False


DEFAULT = Use()
USES: Final[Mapping[str, Use]] = {
    "en_uner_ewt_train": Use(swap=0.3),
    "en_gum_permissive": Use(swap=0.2),
    "en_wikigold": Use(swap=0.3),
    "en_multiconer1_train": Use(share=0.35),
    "en_suralk_gov": Use(share=0.4),
    "en_sec_fin5_train": Use(share=0.5),
    "en_slurp_devtest": Use(share=0.5),
    "en_crossner_politics": Use(share=0.6),
    "en_crossner_science": Use(share=0.6),
    "en_crossner_music": Use(share=0.6),
    "en_crossner_literature": Use(share=0.7),
    "en_crossner_ai": Use(share=0.5),
    "en_piianon_synth": Use(share=0.15, weight=0.5),
    "zh_uner_gsdsimp_train": Use(share=3.0, swap=0.55),
    # Distant labels miss mentions: their O is worth less.
    "zh_crosswoz_distant": Use(share=0.12, weight=0.5, drop=frozenset({"PERSON"}), only_labelled=True),
    "zh_kdconv_distant": Use(share=0.35, weight=0.5, drop=frozenset({"ORGANIZATION"}), only_labelled=True),
}


def manifest(folder: Path) -> dict[str, dict[str, Any]]:
    """Entries of `ner/MANIFEST.json` under the corpora folder."""
    try:
        return json.loads((folder / "ner" / "MANIFEST.json").read_text("utf-8"))  # type: ignore[no-any-return]
    except (OSError, json.JSONDecodeError):
        raise CorporaError(f"{folder}: ner/MANIFEST.json cannot be read; give the folder of the corpora") from None


def read(folder: Path, entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    try:
        with gzip.open(folder / entry["file"], "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    except (OSError, EOFError, json.JSONDecodeError):
        raise CorporaError(f"{folder / entry['file']}: cannot be read; copy the corpora again") from None


def _known(entry: Mapping[str, Any], use: Use) -> frozenset[str]:
    annotated: Sequence[str] = entry["annotated"]
    known = set(LABELS) if "*" in annotated else set(annotated) & set(LABELS)
    return frozenset(known - use.drop)


def training(folder: Path) -> dict[str, list[Record]]:
    """Name -> records of every green file that is not for measuring."""
    found: dict[str, list[Record]] = {}
    for name, entry in manifest(folder).items():
        if entry["tier"] != "green" or entry["note"].startswith("DEV"):
            continue
        use = USES.get(name, DEFAULT)
        known = _known(entry, use)
        rows = read(folder, entry)
        if use.only_labelled:
            rows = [row for row in rows if row["spans"]]
        found[name] = [Record(r["text"], _spans(r), known, entry["lang"], use.weight) for r in rows]
    return found


def _spans(row: Mapping[str, Any]) -> tuple[Span, ...]:
    return tuple((s, e, label) for s, e, label in row["spans"] if label in LABELS)


def development(folder: Path, tiers: Sequence[str] = ("green", "amber")) -> dict[str, list[Record]]:
    """Name -> records of every file for measuring. `known`: the labels that count there."""
    return {
        name: [Record(r["text"], _spans(r), _known(entry, DEFAULT), entry["lang"]) for r in read(folder, entry)]
        for name, entry in manifest(folder).items()
        if entry["note"].startswith("DEV") and entry["tier"] in tiers
    }
