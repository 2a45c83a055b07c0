"""The texts of a file or a folder, as a steward's sample."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from detectors.files.problems import PackError

MAX_BYTES: Final = 64 * 1024 * 1024
_HEAD: Final = 8192


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    text: str = field(repr=False)
    lines: tuple[int, ...] = field(repr=False)
    """Where each line begins."""

    def place(self, start: int) -> str:
        """`line:column`, both from 1."""
        line = bisect_right(self.lines, start)
        return f"{line}:{start - self.lines[line - 1] + 1}"


def of_text(text: str, name: str = "text") -> Sample:
    starts = [0]
    at = text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return Sample(name, text, tuple(starts))


def read(path: Path, skipped: list[str]) -> Iterator[Sample]:
    """Every text file; what is no text goes to `skipped`. Raises `PackError` where there is nothing to read."""
    if not path.exists():
        raise PackError.one(path, 0, "There is no such file or folder. Check the path.")
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    for file in files:
        try:
            data = file.read_bytes() if file.stat().st_size <= MAX_BYTES else None
        except OSError as error:
            raise PackError.one(file, 0, f"It cannot be read ({error.strerror}). Check its rights.") from None
        if data is None or b"\0" in data[:_HEAD]:
            skipped.append(str(file))
        else:
            yield of_text(data.decode("utf-8-sig", "replace"), str(file))
