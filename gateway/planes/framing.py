"""Bytes on their way out, counted against the length that was promised."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.errors import Refusal


class FramedBody:
    """Holds back the piece that would complete a body of known length until the gate has said `end`.

    Without it a receiver has the whole message before the verdict on its last byte. A chunked body needs no
    such care: only its terminator completes it, and that is sent at `end` alone.
    """

    __slots__ = ("_fail", "_held", "_length", "_seen")

    def __init__(self, length: int | None, fail: Callable[[str], Refusal]) -> None:
        self._length = length
        self._fail = fail
        self._seen = 0
        self._held: list[bytes] = []

    def admit(self, pieces: Sequence[bytes], end: bool) -> list[bytes]:
        """What may be sent now. Raises `Refusal` if the body is longer or shorter than was promised."""
        if self._length is None:
            return list(pieces)
        self._seen += sum(map(len, pieces))
        if self._seen > self._length or (end and self._seen < self._length):
            raise self._fail("inspection_failed")
        out = [*self._held, *pieces]
        self._held = [out.pop()] if out and self._seen == self._length and not end else []
        return out
