from __future__ import annotations

import pytest

from detectors.refine import Refiner, load_refiner


@pytest.fixture(scope="session")
def refiner() -> Refiner:
    """With the shipped files."""
    return load_refiner()
