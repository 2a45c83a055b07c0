"""Server-sent events: bytes into JSON documents and back."""

from __future__ import annotations

import json
from typing import Any

DONE = b"data: [DONE]\n\n"


class EventReader:
    """Collects the model server's events, however its chunks are cut."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, chunk: bytes) -> list[dict[str, Any]]:
        """The documents that `chunk` completes. Raises ValueError on anything but JSON objects."""
        *events, self._buffer = (self._buffer + chunk).split(b"\n\n")
        documents = []
        for event in events:
            lines = [line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:")]
            if not lines or lines == [b"[DONE]"]:
                continue
            document = json.loads(b"\n".join(lines))
            if not isinstance(document, dict):
                raise ValueError("an event is not an object")  # noqa: TRY004 - one error for all bad events
            documents.append(document)
        return documents


def event(document: dict[str, Any], name: str | None = None) -> bytes:
    """One event as bytes."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(document, ensure_ascii=False)}\n\n".encode()
