"""Records -> pieces, features and tags; records -> the batches of one epoch."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detectors.ner.embedded.decode import LABELS, TAGS
from detectors.ner.embedded.features import BITS, Featuriser, unpack
from detectors.ner.train.corpora import USES, Record, Use
from detectors.ner.train.negatives import Negatives
from detectors.ner.train.noise import disturb
from detectors.ner.train.synthesis import Synthesis, source_code
from detectors.ner.train.templates_logs import log_lines

IGNORED: Final = -1
LEXICAL: Final = np.uint32(sum(1 << bit for bit in (*range(12), 16, 17, 18, 19, 24)))
"""Bits that say "this word is on a list": hidden in some sentences, so that context is learnt too."""


@dataclass(frozen=True, slots=True)
class Example:
    ids: NDArray[np.int64] = field(repr=False)
    bits: NDArray[np.uint32] = field(repr=False)
    tags: NDArray[np.int64] = field(repr=False)
    free: NDArray[np.bool_] = field(repr=False)
    """Tags that an O may stand for: O itself and the labels that the record does not know."""
    weight: float

    def __len__(self) -> int:
        return len(self.ids)


def free_tags(known: frozenset[str]) -> NDArray[np.bool_]:
    return np.array([tag == "O" or tag[2:] not in known for tag in TAGS])


def encode(record: Record, featuriser: Featuriser, special: tuple[int, int], longest: int) -> Example:
    """At most `longest` rows, the two special ones included."""
    pieces = featuriser.pieces(record.text)
    count = min(len(pieces), longest - 2)
    letters = np.zeros(len(record.text) + 1, dtype=np.int64)
    for number, (start, end, _) in enumerate(record.spans, 1):
        letters[start:end] = number
    tags = np.full(count + 2, IGNORED, dtype=np.int64)
    last = 0
    for i, (start, end) in enumerate(pieces.offsets[:count]):
        inside = letters[start:end]
        number = int(inside.max()) if end > start else 0
        tags[i + 1] = 0
        if number:
            label = LABELS.index(record.spans[number - 1][2])
            tags[i + 1] = 1 + 2 * label + (number == last)
        last = number
    ids = np.array([special[0], *pieces.ids[:count], special[1]], dtype=np.int64)
    bits = np.concatenate([[0], pieces.bits[:count], [0]]).astype(np.uint32)
    return Example(ids, bits, tags, free_tags(record.known), record.weight)


def join(records: Sequence[Record], rng: random.Random, chance: float = 0.3) -> Iterator[Record]:
    """Some neighbours become one longer text: what is served is seldom a single sentence."""
    held: Record | None = None
    for record in records:
        if held is not None and (held.known, held.lang) == (record.known, record.lang) and len(held.text) < 500:
            gap = rng.choice(("\n", " ", "\n\n") if record.lang == "en" else ("\n", "", " "))
            at = len(held.text) + len(gap)
            moved = tuple((s + at, e + at, label) for s, e, label in record.spans)
            held = replace(held, text=held.text + gap + record.text, spans=held.spans + moved)
        else:
            if held is not None:
                yield held
            held = record
        if rng.random() > chance:
            yield held
            held = None
    if held is not None:
        yield held


def _share(records: Sequence[Record], share: float, rng: random.Random) -> list[Record]:
    whole, part = divmod(share, 1.0)
    chosen = list(records) * int(whole)
    return chosen + rng.sample(list(records), int(len(records) * part))


def epoch_records(
    corpora: dict[str, list[Record]],
    data: Path,
    seed: int,
    synthetic: tuple[int, int],
    code: int = 500,
    english: float = 1.0,
) -> Iterator[Record]:
    """Everything of one epoch, disturbed; `synthetic`: English and Chinese passages; `code`: pieces of source
    code; `english`: what all English shares are multiplied with."""
    rng = random.Random(seed)  # noqa: S311  reproducible, no secret
    synthesis = Synthesis(rng, data)
    for name, records in corpora.items():
        use = USES.get(name, Use())
        scale = english if records and records[0].lang == "en" else 1.0
        chosen = _share(records, use.share * scale, rng)
        rng.shuffle(chosen)
        chosen = [synthesis.swap(r) if r.spans and rng.random() < use.swap else r for r in chosen]
        yield from (disturb(r, rng) for r in join(chosen, rng))
    for lang, count in zip(("en", "zh"), (round(synthetic[0] * english), synthetic[1]), strict=True):
        yield from (disturb(r, rng) for r in synthesis.generate(lang, count))
    yield from source_code(rng, code)
    yield from (disturb(r, rng) for r in Negatives(rng).generate(code * 2))


POLISH: Final[Mapping[str, float]] = {
    "en_uner_ewt_train": 0.5,
    "en_wnut17_train": 0.7,
    "en_btc_train": 0.7,
    "en_gum_permissive": 0.25,
    "en_multiconer1_train": 0.06,
    "zh_uner_gsdsimp_train": 0.8,
    "zh_kdconv_distant": 0.1,
    "zh_crosswoz_distant": 0.1,
}
"""Shares of the corpora in the polish."""


def polish_records(corpora: dict[str, list[Record]], data: Path, seed: int, share: float) -> Iterator[Record]:
    """The end of a run: some of everything, and log lines. `share` scales what is generated."""
    rng = random.Random(seed)  # noqa: S311  reproducible, no secret
    synthesis = Synthesis(rng, data)
    for name, part in POLISH.items():
        use = USES.get(name, Use())
        chosen = _share(corpora.get(name, []), part, rng)
        chosen = [synthesis.swap(r) if r.spans and rng.random() < use.swap else r for r in chosen]
        yield from (disturb(r, rng) for r in join(chosen, rng))
    for lang, count in (("en", 1800), ("zh", 2600)):
        yield from (disturb(r, rng) for r in synthesis.generate(lang, max(1, round(count * share))))
    yield from source_code(rng, max(1, round(300 * share)))
    yield from (disturb(r, rng) for r in Negatives(rng).generate(max(1, round(250 * share))))
    yield from (disturb(r, rng) for r in log_lines(rng, max(1, round(500 * share)), synthesis.slots))


def batches(examples: Sequence[Example], cells: int, rng: random.Random) -> list[list[int]]:
    """Numbers of examples, similar lengths together, at most about `cells` rows a batch, in random order."""
    order = list(range(len(examples)))
    rng.shuffle(order)
    found: list[list[int]] = []
    for at in range(0, len(order), 2048):
        chunk = sorted(order[at : at + 2048], key=lambda i: len(examples[i]))
        batch: list[int] = []
        for i in chunk:
            if batch and len(examples[i]) * (len(batch) + 1) > cells:
                found.append(batch)
                batch = []
            batch.append(i)
        found.append(batch)
    rng.shuffle(found)
    return [b for b in found if b]


@dataclass(frozen=True, slots=True)
class Batch:
    ids: Tensor
    mask: Tensor
    features: Tensor
    tags: Tensor
    free: Tensor
    weights: Tensor

    def to(self, device: torch.device) -> Batch:
        return Batch(*(getattr(self, name).to(device) for name in Batch.__slots__))


def collate(examples: Iterable[Example], rng: random.Random | None = None, unknown: int = 1) -> Batch:
    """Pads with zeros. With `rng`, hides some lexicon bits and some pieces, as training does."""
    rows = list(examples)
    longest = max(len(x) for x in rows)
    ids = np.zeros((len(rows), longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    tags = np.full_like(ids, IGNORED)
    features = np.zeros((len(rows), longest, BITS), dtype=np.uint8)
    for i, x in enumerate(rows):
        n = len(x)
        ids[i, :n], mask[i, :n], tags[i, :n] = x.ids, 1, x.tags
        bits = x.bits
        if rng is not None:
            if rng.random() < 0.12:
                bits = bits & ~LEXICAL
            hidden = np.random.default_rng(rng.randrange(2**32)).random(n) < 0.03
            ids[i, :n][hidden] = unknown
        features[i, :n] = unpack(bits)
    free = np.stack([x.free for x in rows])
    weights = np.array([x.weight for x in rows], dtype=np.float32)
    tensors: list[Any] = [torch.from_numpy(a) for a in (ids, mask, features, tags, free, weights)]
    return Batch(*tensors)


def partial_loss(logits: Tensor, batch: Batch) -> Tensor:
    """Cross entropy where a gold O counts as "O or any label that this record does not know", by logarithm of the sum.

    logits (b, n, tags) -> a scalar, the weighted mean over the pieces that carry a tag.
    """
    scores = torch.log_softmax(logits.float(), -1)
    marked = -scores.gather(-1, batch.tags.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    outside = -scores.masked_fill(~batch.free.unsqueeze(1), -1e9).logsumexp(-1)
    each = torch.where(batch.tags == 0, outside, marked)
    weight = (batch.tags != IGNORED).float() * batch.weights.unsqueeze(1)
    return (each * weight).sum() / weight.sum().clamp(min=1.0)
