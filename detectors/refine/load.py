"""The steward's files → a `Refiner`, in one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from detectors.entities import EntityType
from detectors.refine.refiner import Refiner
from detectors.refine.steering import load_steering


def load_refiner(
    paths: Sequence[Path] = (), entities: Mapping[str, EntityType] | None = None, *, consistency: bool = True
) -> Refiner:
    """Raises `PackError` with everything that is wrong."""
    return Refiner(load_steering(paths, entities), consistency=consistency)
