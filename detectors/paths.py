"""Where the data of the rules lies: beside the packages, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path
from typing import Final

RULES: Final[Path] = Path(__file__).resolve().parent.parent / "rules"
"""Holds `entities.yaml`, `packs/` and `policies/`."""
PACKS: Final[Path] = RULES / "packs"
