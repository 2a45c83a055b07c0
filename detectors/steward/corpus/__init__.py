"""Texts of our own to judge rules by: what is not sensitive and looks like it, and sentences that carry a value."""

from __future__ import annotations

from detectors.steward.corpus.carriers import CARRIERS
from detectors.steward.corpus.negatives import KINDS, corpus

__all__ = ["CARRIERS", "KINDS", "corpus"]
