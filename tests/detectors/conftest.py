from __future__ import annotations

import pytest

from detectors.packs.detector import RuleDetector, RuleSet, load_packs


@pytest.fixture(scope="session")
def rules() -> RuleSet:
    return load_packs()


@pytest.fixture(scope="session")
def detector(rules: RuleSet) -> RuleDetector:
    return RuleDetector(rules, experimental=True)
