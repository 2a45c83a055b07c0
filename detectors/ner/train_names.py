"""Fit the weights of `detectors.names`: `python -m detectors.ner.train_names CORPORA` (a minute on one core).

CORPORA holds MANIFEST.json and the files it names (`{"text", "spans": [[start, end, label]]}` a line). Only files
whose tier is green and that are not marked DEV are read. Templates and name lists fill what corpora lack:
forms, tables, chat; source code stands for text without names.
"""

from __future__ import annotations

import collections
import gzip
import json
import random
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from detectors.names import chinese, english
from detectors.names.lexicon import DATA, chinese_words
from detectors.ner.name_templates import generate

type Example = tuple[list[str], int, float]
"""Features, class, weight."""
CLASSES = ("O", "PERSON", "LOCATION", "ORGANIZATION")
LOWER = ("multiconer", "slurp")


def records(folder: Path, lang: str) -> Iterator[tuple[str, dict[str, Any]]]:
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    for name, entry in manifest.items():
        if entry["tier"] != "green" or "DEV" in entry["note"] or entry["lang"] != lang:
            continue
        if any(word in name for word in LOWER):
            continue
        file = folder.parent / entry["file"]
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield name, json.loads(line)


def source_code(size: int) -> Iterator[str]:
    folder = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(folder.glob("*.py"))[:size]:
        yield path.read_text("utf-8", "replace")[:6_000]


def english_examples(text: str, spans: Sequence[Sequence[Any]], weight: float, skip: bool = False) -> Iterator[Example]:
    """`skip`: what the corpus does not label is unknown rather than O."""
    label_at = {}
    for start, end, label in spans:
        for i in range(start, end):
            label_at[i] = label
    for run in english.runs(english.words(text)):
        kinds = [english._kind(word.lower) for word in run]
        last = "^"
        for i, word in enumerate(run):
            label = label_at.get(word.start, "O")
            known = label in CLASSES and not (skip and label == "O" and kinds[i][0] in "flUP")
            if known:
                features = english.word_features(word.text, word.lower)
                features.extend(english.context_features(run, i, kinds, last))
                yield features, CLASSES.index(label), weight
            last = label[0] if label in CLASSES else "O"


def chinese_examples(text: str, spans: Sequence[Sequence[Any]], weight: float) -> Iterator[Example]:
    people = {(s, e) for s, e, label in spans if label == "PERSON"}
    guarded = chinese.Text(text)
    words = chinese_words()
    t = guarded.simple
    for start, size, level in chinese.surnames(guarded):
        for end in chinese.ends(t, start, size):
            features = chinese.start_features(t, start, size, level, words)
            features.extend(chinese.end_features(t, start, size, level, end, words))
            yield features, int((start - guarded.PAD, end - guarded.PAD) in people), weight


def english_set(folder: Path, rng: random.Random) -> Iterator[Example]:
    for name, record in records(folder, "en"):
        if "piianon" in name:
            if rng.random() < 0.3:
                yield from english_examples(record["text"], record["spans"], 0.3, skip=True)
            continue
        yield from english_examples(record["text"], record["spans"], 1.0)
        if rng.random() < 0.04:
            yield from english_examples(record["text"].upper(), record["spans"], 0.5)
    for text, spans in generate("en", 6000, rng):
        yield from english_examples(text, spans, 0.5)
    for text in source_code(140):
        yield from english_examples(text, (), 0.5)


def chinese_set(folder: Path, rng: random.Random) -> Iterator[Example]:
    for name, record in records(folder, "zh"):
        distant = "distant" in name
        if distant and (rng.random() > 0.35 or "kdconv" in name):
            continue
        yield from chinese_examples(record["text"], record["spans"], 0.5 if distant else 1.0)
    for text, spans in generate("zh", 14000, rng):
        yield from chinese_examples(text, spans, 0.5)


def fit(examples: Iterable[Example], classes: int, least: int, decay: float, epochs: int = 6) -> dict[str, list[float]]:
    """Logistic regression by AdamW on an embedding bag; class 0 is the reference."""
    rows = list(examples)
    counts = collections.Counter(feature for features, _, _ in rows for feature in features)
    index = {feature: i for i, feature in enumerate(sorted(f for f, n in counts.items() if n >= least))}
    sys.stdout.write(
        f"{len(rows)} examples, {len(index)} features, classes {collections.Counter(r[1] for r in rows)}\n"
    )
    bag = torch.nn.EmbeddingBag(len(index), classes, mode="sum")
    torch.nn.init.zeros_(bag.weight)
    encoded = [([index[f] for f in features if f in index], label, weight) for features, label, weight in rows]
    optimiser = torch.optim.Adam(bag.parameters(), lr=0.05)
    for epoch in range(epochs):
        random.Random(epoch).shuffle(encoded)  # noqa: S311  reproducible, no secret
        for group in optimiser.param_groups:
            group["lr"] = 0.05 * (1 - epoch / epochs)
        loss_sum = 0.0
        for at in range(0, len(encoded), 512):
            batch = encoded[at : at + 512]
            flat = torch.tensor([i for ids, _, _ in batch for i in ids])
            offsets = torch.tensor([0, *[len(ids) for ids, _, _ in batch][:-1]]).cumsum(0)
            logits = bag(flat, offsets)
            labels = torch.tensor([label for _, label, _ in batch])
            weights = torch.tensor([weight for _, _, weight in batch])
            losses = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
            loss = (losses * weights).mean() + decay * bag.weight.square().sum() / len(encoded)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            loss_sum += float(loss.detach()) * len(batch)
        sys.stdout.write(f"epoch {epoch}: loss {loss_sum / len(encoded):.4f}\n")
    table = bag.weight.detach()
    table = table[:, 1:] - table[:, :1]
    return {feature: [round(float(x) * 100) for x in table[i]] for feature, i in index.items()}


def save(path: Path, classes: Sequence[str], weights: dict[str, list[float]], smallest: int) -> None:
    kept = {f: w for f, w in weights.items() if max(map(abs, w)) >= smallest and "\t" not in f and "\n" not in f}
    lines = [" ".join(classes), *(f"{f}\t{' '.join(map(str, w))}" for f, w in sorted(kept.items()))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(f"{path.name}: {len(kept)} features, {path.stat().st_size // 1024} KB\n")


def main() -> None:
    folder = Path(sys.argv[1])
    only = sys.argv[2:] or ["en", "zh"]
    torch.manual_seed(1)
    torch.set_num_threads(1)
    rng = random.Random(1)  # noqa: S311  reproducible, no secret
    if "zh" in only:
        weights = fit(chinese_set(folder, rng), 2, least=4, decay=0.15)
        save(DATA / "zh_model.txt", CLASSES[:2], weights, 20)
    if "en" in only:
        weights = fit(english_set(folder, rng), 4, least=10, decay=0.15)
        save(DATA / "en_model.txt", CLASSES, weights, 25)


if __name__ == "__main__":
    main()
