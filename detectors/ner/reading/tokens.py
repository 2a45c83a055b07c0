"""Any text -> token ids and code-point offsets, whatever its length. Needs numpy and a Hugging Face `Tokenizer`."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detectors.ner.runtime import ProfileError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SEGMENT = 20_000
"""Characters that are tokenised at once: the library's own objects for them take a hundred bytes a token."""
LOOK_BACK = 400
"""How far before the end of a segment a space is looked for."""

type Ids = NDArray[np.int32]
type Offsets = NDArray[np.int32]


def load_tokenizer(folder: Path) -> Tokenizer:
    """Raises ProfileError. Its own truncation and padding are switched off: windows are ours."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception:  # noqa: BLE001  the library raises bare Exception
        raise ProfileError(f"{folder}/tokenizer.json: cannot be read; copy the model again") from None
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.encode_special_tokens = True  # a text that spells [SEP] or <|endoftext|> is text
    return tokenizer


def specials(tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """What the tokenizer puts before and behind a sequence, such as [CLS] and [SEP]."""
    bare = tokenizer.encode("a", add_special_tokens=False).ids
    full = tokenizer.encode("a", add_special_tokens=True).ids
    for at in range(len(full) - len(bare) + 1):
        if full[at : at + len(bare)] == bare:
            return full[:at], full[at + len(bare) :]
    return [], []


def cuts(text: str, segment: int = SEGMENT) -> list[int]:
    """Where a text is cut for the tokenizer, with 0 and its length: before a space if there is one near."""
    found = [0]
    while len(text) - found[-1] > segment:
        end = found[-1] + segment
        near = max(found[-1], end - LOOK_BACK)
        at = max(text.rfind(" ", near, end), text.rfind("\n", near, end))
        found.append(at if at > found[-1] else end)
    return [*found, len(text)]


def tokenize(tokenizer: Tokenizer, text: str, segment: int = SEGMENT) -> tuple[Ids, Offsets]:
    """Ids (n,) and half-open offsets (n, 2) of the whole text, without special tokens."""
    ids, offsets = [np.empty(0, np.int32)], [np.empty((0, 2), np.int32)]
    for first, last in itertools.pairwise(cuts(text, segment)):
        encoding = tokenizer.encode(text[first:last], add_special_tokens=False)
        if encoding.ids:
            ids.append(np.array(encoding.ids, np.int32))
            offsets.append(np.array(encoding.offsets, np.int32) + first)
    return np.concatenate(ids), np.concatenate(offsets)
