"""What a benchmark says: printed at once, and kept for the file. Progress goes to standard error."""

from __future__ import annotations

import sys
from pathlib import Path


class Sheet:
    def __init__(self) -> None:
        self._lines: list[str] = []

    def say(self, text: str) -> None:
        """A line, or several, of Markdown."""
        self._lines.append(text)
        print(text, flush=True)

    @staticmethod
    def progress(what: str) -> None:
        print(f"… {what}", file=sys.stderr, flush=True)

    def write(self, target: Path) -> None:
        target.parent.mkdir(exist_ok=True)
        target.write_text("\n".join(self._lines).rstrip() + "\n", "utf-8")
        self.progress(f"wrote {target}")
