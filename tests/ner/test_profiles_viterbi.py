"""Constrained decoding of BIOES tags against every lawful sequence there is."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.ner.models.profiles import ProfileError, profile
from detectors.ner.reading.viterbi import CALIBRATION, Biases, Viterbi, read_biases

NAMES = ["O", *(f"{prefix}-{kind}" for kind in ("PER", "LOC") for prefix in "BIES")]
LABELS = profile(dict(enumerate(NAMES))).labels
NONE = Biases()


def step(before: int, after: int, biases: Biases) -> float | None:
    """What a transition adds; None where it is against the rules."""
    one, other = LABELS[before], LABELS[after]
    if one.prefix in {"B", "I"}:
        if other.bare != one.bare or other.prefix not in {"I", "E"}:
            return None
        return biases.inside_to_continue if other.prefix == "I" else biases.inside_to_end
    if other.prefix in {"I", "E"}:
        return None
    if one.prefix:
        return biases.end_to_start if other.prefix else biases.end_to_background
    return biases.background_to_start if other.prefix else biases.background_stay


def total(rows: np.ndarray, path: tuple[int, ...], biases: Biases) -> float | None:
    if LABELS[path[-1]].prefix in {"B", "I"}:
        return None
    score, before = 0.0, 0  # a text begins as if outside went before
    for row, label in zip(rows, path, strict=True):
        added = step(before, label, biases)
        if added is None:
            return None
        score, before = score + added + float(row[label]), label
    return score


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.booleans())
def test_no_lawful_sequence_is_better(seed: int, length: int, biased: bool) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (length, len(NAMES)))
    rows = (logits - np.log(np.exp(logits).sum(-1, keepdims=True))).astype(np.float32)
    biases = Biases(*rng.normal(0, 1, 6)) if biased else NONE
    path = tuple(int(i) for i in Viterbi(LABELS, biases).best(rows))
    scores = [total(rows, one, biases) for one in itertools.product(range(len(NAMES)), repeat=length)]
    mine = total(rows, path, biases)
    assert mine is not None
    assert mine == pytest.approx(max(score for score in scores if score is not None), abs=1e-4)


def test_what_is_surely_outside_is_not_looked_at_and_stays_outside() -> None:
    rows = np.full((1000, len(NAMES)), -30.0, np.float32)
    rows[:, 0] = 0.0
    rows[500:503] = -30.0
    for at, name in ((500, "B-PER"), (501, "I-PER"), (502, "E-PER")):
        rows[at, NAMES.index(name)] = -0.01
    path = Viterbi(LABELS).best(rows)
    assert {i: NAMES[label] for i, label in enumerate(path) if label} == {500: "B-PER", 501: "I-PER", 502: "E-PER"}
    assert Viterbi(LABELS).best(rows[:0]).tolist() == []


def test_a_broken_sequence_is_mended_to_a_whole_span() -> None:
    rows = np.full((3, len(NAMES)), -9.0, np.float32)
    for at, name in enumerate(("B-PER", "O", "E-PER")):
        rows[at, NAMES.index(name)] = -0.1
    rows[1, NAMES.index("I-PER")] = -2.4
    assert [NAMES[i] for i in Viterbi(LABELS).best(rows)] == ["B-PER", "I-PER", "E-PER"]


def test_calibration_is_read_or_refused(tmp_path: Path) -> None:
    assert read_biases(tmp_path) == NONE
    biases = {f"transition_bias_{name}": i / 4 for i, name in enumerate(Biases.__slots__)}
    path = tmp_path / CALIBRATION
    path.write_text(json.dumps({"operating_points": {"default": {"biases": biases}}}))
    assert read_biases(tmp_path) == Biases(0.0, 0.25, 0.5, 0.75, 1.0, 1.25)
    for bad in ("{", "{}", json.dumps({"operating_points": {"default": {"biases": {}}}})):
        path.write_text(bad)
        with pytest.raises(ProfileError, match="not a Viterbi calibration"):
            read_biases(tmp_path)
    path.write_text(json.dumps({"operating_points": {"default": {"biases": biases | {next(iter(biases)): 1e999}}}}))
    with pytest.raises(ProfileError, match="is not a finite number"):
        read_biases(tmp_path)
