"""Operators: what replaces a value that a policy does not let pass. One file each; `build` lists them all.

Rule for the next editor: an operator answers every value it is given, or raises `StoreError`. It never returns
the value itself, nor text from which more of it can be read than its docstring admits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from gateway.operators.hash import HashOperator
from gateway.operators.mask import DEFAULT_MASKS, Mask, MaskOperator
from gateway.operators.redact import RedactOperator
from gateway.operators.tokenize import TokenizeOperator
from gateway.types import Operator, TokenVault

__all__ = [
    "DEFAULT_MASKS",
    "NAMES",
    "HashOperator",
    "Mask",
    "MaskOperator",
    "RedactOperator",
    "TokenizeOperator",
    "build",
]

NAMES: Final = ("tokenize", "redact", "mask", "hash")
"""What a policy may ask for."""


def build(
    vault: TokenVault, hash_key: bytes, masks: Mapping[str, Mask] = DEFAULT_MASKS, extra: Iterable[Operator] = ()
) -> Mapping[str, Operator]:
    """Name → operator. `hash_key`: 32 bytes, such as `KeyRing.identity("hash")`;
    `masks`: entity type → what `mask` keeps of it; `extra`: more of them, such as a `PresidioOperator`."""
    operators: tuple[Operator, ...] = (
        TokenizeOperator(vault),
        RedactOperator(),
        MaskOperator(masks),
        HashOperator(hash_key),
        *extra,
    )
    return {operator.name: operator for operator in operators}
