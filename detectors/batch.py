"""JSON lines in, findings out, in the same order: the core of `redline detect`, usable without the gateway.

Reads and writes in chunks, so memory does not grow with the input. A line that cannot be read costs one message and
no other line. Messages name the line, never its text.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import orjson

from detectors.refine.refiner import Refiner
from detectors.spans import resolve
from detectors.types import Detector, DetectorError, Finding, Part, PartKind

CHUNK_LINES: Final = 512
CHUNK_CHARS: Final = 4 * 1024 * 1024


class Output(Protocol):
    def write(self, data: bytes, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Options:
    min_score: float = 0.5
    unresolved: bool = False
    """True: every finding, before overlaps are resolved."""
    refiner: Refiner | None = None
    """Context, thresholds and lists; a name found once in a line is found everywhere in it."""


@dataclass(slots=True)
class Totals:
    lines: int = 0
    findings: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True)
class _Item:
    id: Any
    text: str


def run(
    lines: Iterable[bytes],
    output: Output,
    detectors: Sequence[Detector],
    options: Options,
    complain: Callable[[str], None],
) -> Totals:
    """Detectors that have a synchronous `find(text)` are called by it; the others through one event loop."""
    totals = Totals()
    with asyncio.Runner() as runner:
        for items in _chunks(lines, totals, complain):
            for item, found in zip(items, _detect(runner, items, detectors, options), strict=True):
                totals.findings += len(found)
                output.write(_line(item.id, found))
    return totals


def _chunks(lines: Iterable[bytes], totals: Totals, complain: Callable[[str], None]) -> Iterator[list[_Item]]:
    chunk: list[_Item] = []
    size = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        item = _item(line)
        if isinstance(item, str):
            totals.bad += 1
            complain(f"line {number}: {item}")
            continue
        totals.lines += 1
        chunk.append(item)
        size += len(item.text)
        if len(chunk) >= CHUNK_LINES or size >= CHUNK_CHARS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _item(line: bytes) -> _Item | str:
    """The item, or what is wrong with the line."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return 'not a JSON object on one line; write {"id": …, "text": "…"}'
    if not isinstance(value, dict):
        return 'not a JSON object; write {"id": …, "text": "…"}'
    text = value.get("text")
    if not isinstance(text, str):
        return "the field 'text' is missing or no string"
    if not isinstance(value.get("lang", ""), str | None):
        return 'the field \'lang\' is no string; write "zh" or "en", or leave it out'
    return _Item(value.get("id"), text)


def _detect(
    runner: asyncio.Runner, items: list[_Item], detectors: Sequence[Detector], options: Options
) -> list[list[Finding]]:
    result: list[list[tuple[str, Finding]]] = [[] for _ in items]
    parts: list[Part] | None = None
    for detector in detectors:
        find = getattr(detector, "find", None)
        if callable(find):
            for place, item in enumerate(items):
                result[place].extend((detector.name, finding) for finding in _find(find, item.text))
            continue
        if parts is None:
            parts = [Part(place, "text", PartKind.TEXT, item.text) for place, item in enumerate(items)]
        for finding in runner.run(_all(detector, parts)):
            result[finding.part].append((detector.name, finding))
    return [_select(item.text, found, options) for item, found in zip(items, result, strict=True)]


def _find(find: Callable[[str], list[Finding]], text: str) -> list[Finding]:
    try:
        return find(text)
    except Exception:  # noqa: BLE001 - its message may quote the text
        raise DetectorError from None


async def _all(detector: Detector, parts: list[Part]) -> Sequence[Finding]:
    try:
        return await detector.detect(parts)
    except DetectorError:
        raise
    except Exception:  # noqa: BLE001 - a foreign error may quote the text
        raise DetectorError from None


def _select(text: str, raw: list[tuple[str, Finding]], options: Options) -> list[Finding]:
    refiner = options.refiner
    some = [
        Finding(0, finding.start, finding.end, finding.entity_type, finding.score, finding.rule)
        for finding in ([one for _, one in raw] if refiner is None else refiner.part(text, "", raw))
    ]
    kept = [finding for finding in some if finding.score >= options.min_score]
    if options.unresolved:
        return sorted(kept)
    found = resolve(kept)
    if refiner is None or not found:
        return found
    return resolve([*found, *refiner.message([(Part(0, "text", PartKind.TEXT, text), "")], {0: found})])


def _line(identifier: Any, found: list[Finding]) -> bytes:
    findings = [
        {
            "start": finding.start,
            "end": finding.end,
            "entity_type": finding.entity_type,
            "score": round(finding.score, 4),
            "rule": finding.rule,
        }
        for finding in found
    ]
    return orjson.dumps({"id": identifier, "findings": findings}, option=orjson.OPT_APPEND_NEWLINE)
