"""The initializers of an ONNX file as numpy arrays, without the onnx package: a GPU box need not have it.

Reads protobuf's wire format of three messages (onnx.proto3): ModelProto.graph = 7, GraphProto.initializer = 5,
TensorProto.dims = 1, data_type = 2, float_data = 4, int32_data = 5, int64_data = 7, name = 8, raw_data = 9.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

TYPES: Final[dict[int, Any]] = {1: np.float32, 2: np.uint8, 3: np.int8, 6: np.int32, 7: np.int64, 10: np.float16}


def initializers(path: Path) -> dict[str, NDArray[Any]]:
    """Name -> array. Raises ValueError where the file is cut or of another kind."""
    found: dict[str, NDArray[Any]] = {}
    for field, graph in _fields(memoryview(path.read_bytes())):
        if field == 7 and isinstance(graph, memoryview):
            for inner, tensor in _fields(graph):
                if inner == 5 and isinstance(tensor, memoryview):
                    name, array = _tensor(tensor)
                    found[name] = array
    if not found:
        raise ValueError("no weights")
    return found


def _tensor(message: memoryview) -> tuple[str, NDArray[Any]]:
    dims: list[int] = []
    kind, name, raw = 0, "", memoryview(b"")
    listed: list[int] = []
    for field, value in _fields(message):
        if field == 1:
            dims += [value] if isinstance(value, int) else _packed(value)
        elif field == 2 and isinstance(value, int):
            kind = value
        elif field == 8 and isinstance(value, memoryview):
            name = bytes(value).decode()
        elif field in {4, 9} and isinstance(value, memoryview):
            raw = value
        elif field in {5, 7}:
            listed += [value] if isinstance(value, int) else _packed(value)
    if kind not in TYPES:
        raise ValueError("a weight of an unknown type")
    if listed:
        signed = [value - (1 << 64) if value >> 63 else value for value in listed]
        return name, np.array(signed, np.int64).astype(TYPES[kind]).reshape(dims)
    return name, np.frombuffer(raw, TYPES[kind]).reshape(dims)


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        field, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield field, value
        elif wire in {1, 2, 5}:
            if wire == 2:
                size, at = _varint(message, at)
            else:
                size = 8 if wire == 1 else 4
            if at + size > len(message):
                raise ValueError("cut short")
            yield field, message[at : at + size]
            at += size
        else:
            raise ValueError("not an ONNX file")


def _packed(message: memoryview) -> list[int]:
    values, at = [], 0
    while at < len(message):
        value, at = _varint(message, at)
        values.append(value)
    return values


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise ValueError("cut short")
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
