"""The model that ships with the product: Chinese and English, ONNX int8, one CPU core, no network.

`MODEL` is its folder; `runtime.EmbeddedRuntime` runs it, `python -m detectors.ner.train` makes it.
Import-cheap on purpose: the proxy only wants to know where the folder is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

MODEL: Final = Path(__file__).resolve().parent / "model"
