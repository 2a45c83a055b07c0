"""The embedded demo model: corpus, tokenizer, seeded training, evaluation, committed weights in `model/`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

MODEL_DIR: Final = Path(__file__).parent / "model"
"""The committed weights, tokenizer, configuration, manifest and card."""
