"""Filters for the stream tests."""

from __future__ import annotations

from gateway.protocols.streaming import ChannelFilter, ChannelKind


class Hold:
    """Sends what it gets, but keeps the last `most` characters back until the end."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = ""

    async def feed(self, text: str) -> str:
        text = self._held + text
        cut = max(0, len(text) - self._most)
        self._held = text[cut:]
        return text[:cut]

    async def finish(self) -> str:
        held, self._held = self._held, ""
        return held


class Filters:
    """Holds back, and remembers what it was shown."""

    def __init__(self, hold: int = 0) -> None:
        self._hold = hold
        self.opened: list[ChannelKind] = []
        self.wholes: list[tuple[str, ChannelKind]] = []

    def open(self, kind: ChannelKind) -> ChannelFilter:
        self.opened.append(kind)
        return Hold(self._hold)

    async def whole(self, text: str, kind: ChannelKind) -> str:
        self.wholes.append((text, kind))
        return text


class Replace(Hold):
    """Puts `new` for `old`, wherever events cut it."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(0)
        self._old, self._new = old, new

    async def feed(self, text: str) -> str:
        text = (self._held + text).replace(self._old, self._new)
        keep = next((n for n in range(len(self._old) - 1, 0, -1) if text.endswith(self._old[:n])), 0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]


class Replacing(Filters):
    """Restores one token, in the way that the kind of text asks for."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__()
        self._old = old
        self._new = {ChannelKind.TEXT: new, ChannelKind.JSON_FRAGMENT: new.replace("\\", "\\\\").replace('"', '\\"')}

    def open(self, kind: ChannelKind) -> ChannelFilter:
        return Replace(self._old, self._new[kind])

    async def whole(self, text: str, kind: ChannelKind) -> str:
        return text.replace(self._old, self._new[kind])
