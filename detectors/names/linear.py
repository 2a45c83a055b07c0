"""A log-linear model over sparse text features: a table of weights, a sum, a softmax.

File format: the class names on the first line (the first is the reference class, always 0), then
`feature<TAB>weight weight ...` in hundredths, one for each other class. Written by `detectors.ner.train_names`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from detectors.names.lexicon import DATA

type Weights = tuple[float, float, float]


class LinearModel:
    """Up to three classes beside the reference class; fewer are padded with impossible ones."""

    def __init__(self, classes: tuple[str, ...], weights: Mapping[str, Weights]) -> None:
        self.classes = classes
        self.weights = weights

    @classmethod
    def load(cls, path: Path) -> LinearModel:
        with path.open(encoding="utf-8") as file:
            classes = tuple(next(file).split())
            weights = dict(_line(line) for line in file)
        return cls(classes, weights)

    def total(self, features: Iterable[str], onto: Weights = (0.0, 0.0, 0.0)) -> Weights:
        """Sum of the weights of those features that the model knows, added one by one `onto` a sum."""
        a, b, c = onto
        get = self.weights.get
        for feature in features:
            found = get(feature)
            if found is not None:
                a += found[0]
                b += found[1]
                c += found[2]
        return a, b, c


def _line(line: str) -> tuple[str, Weights]:
    feature, values = line.rstrip("\n").split("\t")
    numbers = [int(value) / 100 for value in values.split()] + [0.0, 0.0]
    return feature, (numbers[0], numbers[1], numbers[2])


def logistic(value: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))


def softmax3(a: float, b: float, c: float) -> tuple[float, float, float]:
    """Probabilities of the three classes beside a reference class at 0."""
    top = max(a, b, c, 0.0)
    x, y, z, o = math.exp(a - top), math.exp(b - top), math.exp(c - top), math.exp(-top)
    total = x + y + z + o
    return x / total, y / total, z / total


@functools.cache
def english_model() -> LinearModel:
    return LinearModel.load(DATA / "en_model.txt")


@functools.cache
def chinese_model() -> LinearModel:
    return LinearModel.load(DATA / "zh_model.txt")
