"""Stop sequences as clients know them: the answer ends before the sequence. The model server leaves it in."""

from __future__ import annotations

from collections.abc import Sequence


class StopCut:
    """Cuts a text that arrives in pieces before the first stop sequence; holds back only a sequence's beginning."""

    def __init__(self, stops: Sequence[str] = ()) -> None:
        self._stops = tuple(stops)
        self._held = ""
        self.found: str | None = None
        """The sequence that ended the text."""

    def feed(self, piece: str) -> str:
        """What may be sent now."""
        if not self._stops or self.found:
            return "" if self.found else piece
        text = self._held + piece
        hits = [(at, stop) for stop in self._stops if (at := text.find(stop)) >= 0]
        if hits:
            at, self.found = min(hits)
            self._held = ""
            return text[:at]
        held = max(self._overlap(text, stop) for stop in self._stops)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]

    @staticmethod
    def _overlap(text: str, stop: str) -> int:
        """Length of the longest end of `text` that begins `stop`."""
        return next((size for size in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:size])), 0)

    def finish(self) -> str:
        """What was held back and began no stop sequence after all."""
        held, self._held = self._held, ""
        return held

    def whole(self, text: str) -> str:
        """The same for a whole text."""
        return self.feed(text) + self.finish()
