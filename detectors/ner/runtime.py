"""The seam between a model and everything that serves it: prepare, forward, decode. Imports nothing heavy.

    text -> prepare -> Reading(chunks) -> forward(batch of chunks of any texts) -> answers -> decode -> spans
            any thread                     a thread of the model                             any thread

Rules for the next editor
1. Offsets that leave `decode` are half-open code points of the text that came in. Whatever is replaced before
   tokenising (`readable`) is replaced one code point by one.
2. The chunks of a text together hold all of it; nothing is cut off, whatever its length.
3. `prepare` and `decode` keep no state, so that they may run for many texts at once. `forward` is called from at most
   `lanes` threads at once. An answer does not depend on what else was in its batch.
4. Whatever goes wrong raises. An empty answer means: read, and nothing there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

SURROGATE = re.compile("[\ud800-\udfff]")


class ProfileError(Exception):
    """A model cannot be used. The text is one sentence for people: what, where, mend."""


@dataclass(frozen=True, slots=True)
class RuntimeSettings:
    """How a model is run. What a model does not know it ignores."""

    device: str = "auto"
    """`auto`, `cpu`, `cuda` or `cuda:N`."""
    threads: int = 1
    """CPU threads of one forward pass; more than one spins on a busy machine."""
    window: int = 256
    """Tokens of one window, special tokens included; capped by what the model can read."""
    overlap: int = 64
    """Tokens that neighbouring windows share."""
    min_score: float = 0.5
    labels: Mapping[str, str] = field(default_factory=dict)
    """The model's bare label -> our entity type, before the folder's and the built-in map; empty value: ignore."""
    compile: bool = False
    """`torch.compile` on CUDA: pays after minutes of steady traffic, costs a minute at start."""


@dataclass(frozen=True, slots=True)
class Span:
    """An entity in code points of its text."""

    start: int
    end: int
    entity: str
    score: float


@dataclass(frozen=True, slots=True)
class Chunk:
    """What `forward` reads of one window. Only its runtime looks into it; its length is its cost in tokens."""

    payload: Any = field(repr=False)
    tokens: int

    def __len__(self) -> int:
        return self.tokens


@dataclass(frozen=True, slots=True)
class Reading:
    """One text made ready: its chunks in order, and what `decode` needs to find the way back to the text."""

    text: str = field(repr=False)
    chunks: tuple[Chunk, ...] = field(repr=False)
    state: Any = field(repr=False, default=None)


@runtime_checkable
class Runtime(Protocol):
    """One loaded model. Its constructor raises ProfileError; its methods raise whatever goes wrong."""

    name: str
    """Of the model, for people and for rule ids: letters, digits, `.`, `_`, `-`."""
    revision: str
    """SHA-256 (hex) over everything that decides its answers."""
    device: str
    """Where it really runs: `cpu`, `cuda:0`."""
    kind: str
    """What runs it: `torch`, `onnxruntime`, `spacy`, `gliner`."""
    entity_types: tuple[str, ...]
    """Ours, sorted."""
    batch_tokens: int
    """Cells that one `forward` should hold: few on a CPU, where a batch only makes callers wait, many on CUDA."""
    lanes: int
    """Threads that may be in `forward` at once: 1 on a CPU; more on CUDA, to copy while another computes."""

    def describe(self) -> str:
        """One line for people: model, class, number format, device, threads, window."""
        ...

    def prepare(self, text: str) -> Reading: ...

    def forward(self, batch: Sequence[Chunk]) -> Sequence[Any]:
        """One answer a chunk, in order: numpy rows or plain values, nothing that lives on the device."""
        ...

    def decode(self, reading: Reading, answers: Sequence[Any]) -> list[Span]:
        """`answers[i]` belongs to `reading.chunks[i]`. Sorted, disjoint within an entity type, score >= min_score."""
        ...

    def close(self) -> None:
        """Give back memory and threads. No call follows."""
        ...


def readable(text: str) -> str:
    """A lone surrogate has no UTF-8; it is read as U+FFFD, so that offsets stay."""
    return SURROGATE.sub("\ufffd", text)


def read_alone(runtime: Runtime, text: str) -> list[Span]:
    """The spans of one text, without a queue: for tests, evaluation and warming up."""
    reading = runtime.prepare(text)
    answers = [answer for chunk in reading.chunks for answer in runtime.forward([chunk])]
    return runtime.decode(reading, answers)


def rule_id(name: str, revision: str) -> str:
    """`ner/NAME@REVISION`, what a finding of this model says it came from."""
    return f"ner/{name}@{revision[:12]}"


def model_name(folder: Path) -> str:
    """A folder's name as it may stand in a rule id."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", folder.name)[:80] or "model"
