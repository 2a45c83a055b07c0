"""Streamed answers: each text channel is restored, and inspected where policy asks for it, as it flows.

Held back: the tail that may be an unfinished token; and, only where the policy inspects answers, the last
`window` characters, so that an entity no longer than that is whole before its first character leaves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.errors import ContentError
from gateway.protocols.streaming import ChannelFilter, ChannelFilters, ChannelKind
from gateway.restore import Restorer
from gateway.types import Finding


@dataclass(frozen=True, slots=True)
class Hit:
    """A finding in a streamed text; `replacement` None: it may pass."""

    finding: Finding
    replacement: str | None = field(repr=False)


type Rewrite = Callable[[str], Awaitable[Sequence[Hit]]]
"""text → disjoint hits, sorted. Raises where the policy blocks."""

_CONTEXT: Final = 64
"""Characters already released that detectors still see, for boundaries and context words."""
_PATIENCE: Final = 1024
_LONGEST: Final = 256 * 1024
"""Characters of one finding that may be held back before the answer is refused."""


class AnswerFilters(ChannelFilters):
    """The filters of one streamed answer. `rewrite` None: restore only."""

    def __init__(self, restorer: Restorer, rewrite: Rewrite | None, window: int) -> None:
        self._restorer = restorer
        self._rewrite = rewrite
        self._window = window
        self.released: list[Finding] = []
        """Findings in what has been let go, each once, for the record."""

    def open(self, kind: ChannelKind) -> ChannelFilter:
        if self._rewrite is None:
            return _Restoring(self._restorer, kind)
        return _Inspecting(self._restorer, kind, self._rewrite, self._window, self.released)

    async def whole(self, text: str, kind: ChannelKind) -> str:
        channel = self.open(kind)
        return await channel.feed(text) + await channel.finish()


class _Restoring(ChannelFilter):
    def __init__(self, restorer: Restorer, kind: ChannelKind) -> None:
        self._restorer = restorer
        self._kind = kind
        self._held = ""

    async def feed(self, text: str) -> str:
        text = self._held + text
        cut = self._restorer.grammar.hold_from(text)
        self._held = text[cut:]
        return await self._restorer.text(text[:cut], self._kind)

    async def finish(self) -> str:
        text, self._held = self._held, ""
        return await self._restorer.text(text, self._kind)


class _Inspecting(ChannelFilter):
    def __init__(
        self, restorer: Restorer, kind: ChannelKind, rewrite: Rewrite, window: int, released: list[Finding]
    ) -> None:
        self._restoring = _Restoring(restorer, kind)
        self._rewrite = rewrite
        self._window = window
        self._released = released
        self._context = ""
        self._held = ""
        self._enough = 0
        """Characters that must be held before it is worth looking again."""

    async def feed(self, text: str) -> str:
        self._held += text
        if len(self._held) < self._enough:
            return ""
        return await self._release(len(self._held) - self._window)

    async def finish(self) -> str:
        return await self._release(len(self._held)) + await self._restoring.finish()

    async def _release(self, cut: int) -> str:
        """Judge all that is held; let go of what lies before `cut` and before any finding that crosses it."""
        if cut <= 0:
            return ""
        seen = len(self._context)
        hits = [hit for hit in await self._rewrite(self._context + self._held) if hit.finding.end > seen]
        for hit in hits:
            if hit.finding.start - seen < cut < hit.finding.end - seen:
                cut = max(0, hit.finding.start - seen)
        out: list[str] = []
        position = 0
        for hit in hits:
            start, end = max(0, hit.finding.start - seen), hit.finding.end - seen
            if end > cut:
                break
            self._released.append(hit.finding)
            if hit.replacement is not None:
                out += (self._held[position:start], hit.replacement)
                position = end
        out.append(self._held[position:cut])
        self._context = (self._context + self._held[:cut])[-_CONTEXT:]
        self._held = self._held[cut:]
        if len(self._held) > _LONGEST:
            raise ContentError("response_unreadable", "a finding without end")
        # A finding that goes on and on is looked at again when it has grown by a quarter: else each piece would
        # cost as much as all before it.
        self._enough = len(self._held) * 5 // 4 if len(self._held) > self._window + _PATIENCE else 0
        return await self._restoring.feed("".join(out))
