"""Event streams, event by event: the texts that a model writes piece by piece flow through filters.

A *channel* is one such text: the content of choice 0, the arguments of tool call 1. Its pieces go through a stateful
`ChannelFilter`, which may hold some characters back; at the channel's end they are released, in the event that
ends it where that event carries text of the channel, else in an event of ours placed before it.
Every other string goes through `ChannelFilters.whole`.

Rules for the next editor
1. Bytes that no filter changed are sent on as they came.
2. An event whose text became empty is sent all the same: roles, timing and ids survive.
3. The output depends on the sequence of events only, never on how the bytes were cut into chunks.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import orjson

from gateway.errors import ContentError
from gateway.protocols import sse
from gateway.protocols.wire.cuts import Cut, apply, difference, plain
from gateway.protocols.wire.parts import Collector, Source
from gateway.protocols.wire.reader import Schema, read_json
from gateway.types import Edit, Limits, Part, PartKind

ROOT: Final = "data"
"""First segment of the paths in an event's JSON."""

_DONE: Final = "[DONE]"
_SHOWN: Final = 16
_SEEN: Final = 256
"""Words and numbers remembered as unchanged; a stream repeats a handful in each event."""
_REPEATED: Final = frozenset({PartKind.STRUCTURAL, PartKind.NUMBER})


class ChannelKind(enum.StrEnum):
    TEXT = "text"
    JSON_FRAGMENT = "json_fragment"
    """Raw JSON source text in pieces, such as the arguments of a tool call: what is put in must be escaped."""


class ChannelFilter(Protocol):
    """One text that arrives in pieces."""

    async def feed(self, text: str) -> str:
        """What may be sent of the text so far."""
        ...

    async def finish(self) -> str:
        """What was held back."""
        ...


class ChannelFilters(Protocol):
    """The filters of one stream."""

    def open(self, kind: ChannelKind) -> ChannelFilter: ...

    async def whole(self, text: str, kind: ChannelKind) -> str:
        """A text that is complete in itself."""
        ...


type Key = tuple[str | int, ...]
"""Names a channel; what ends a channel names it or a prefix of it, so `()` ends all."""


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of a channel."""

    key: Key
    kind: ChannelKind
    render: Callable[[str], dict[str, Any]] = field(repr=False)
    """Text → the JSON of an event that carries nothing but this text of this channel."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one event means."""

    deltas: Mapping[str, Delta] = field(default_factory=dict)
    """Path of a string → the channel that it continues."""
    fragments: frozenset[str] = frozenset()
    """Paths of strings that are whole JSON source texts."""
    ends: Sequence[Key] = ()
    sequence: bool = False
    """Whether events are numbered (`sequence_number`)."""


type Dialect = Callable[[Any], Plan]
"""The parsed JSON of an event → what it means."""

NOTHING: Final = Plan()


@dataclass(slots=True)
class _Channel:
    filter: ChannelFilter
    delta: Delta
    event_name: str


class StreamTransform:
    """Bytes of an event stream in, bytes out; no I/O. Raises ContentError("invalid_stream")."""

    def __init__(
        self,
        dialect: Dialect,
        schema: Schema,
        filters: ChannelFilters,
        limits: Limits,
        event_limit: int = sse.EVENT_LIMIT,
    ) -> None:
        self._dialect = dialect
        self._schema = schema
        self._filters = filters
        self._limits = limits
        self._framer = sse.Framer(event_limit)
        self._channels: dict[Key, _Channel] = {}
        self._unchanged: set[str] = set()
        self.unreadable: list[str] = []
        """Paths of what could not be read in the events so far, such as audio; the first few."""
        self._number = 0
        """`sequence_number` of the last event sent."""
        self._inserted = 0
        """Events of ours so far: later ones are renumbered by as many."""

    async def feed(self, chunk: bytes) -> list[bytes]:
        """Bytes that may be sent now, possibly none; never an empty one."""
        out: list[bytes] = []
        for raw in self._framer.feed(chunk):
            out += await self._event(raw)
        return out

    async def finish(self) -> list[bytes]:
        """The rest, at the end of the stream."""
        rest = self._framer.finish()
        # Nothing can follow an event that lacks its blank line, so it ends every channel itself.
        out = await self._event(rest, last=True) if rest else []
        return out + await self._release(((),))

    async def _event(self, raw: bytes, last: bool = False) -> list[bytes]:
        event = sse.parse(raw)
        if cuts := await self._others(event):
            raw = apply(event.source.text, cuts).encode()
            event = sse.parse(raw)
        if event.data is None or event.leaf is None:
            return [raw] if not last else [*await self._release(((),)), raw]
        if not _is_json(event.data):
            return await self._plain(raw, event, last)
        return await self._json(raw, event, last)

    async def _others(self, event: sse.Event) -> list[Cut]:
        """Cuts for what the other lines say: comments, names, ids."""
        cuts: list[Cut] = []
        for start, end in event.others:
            text = event.source.text[start:end]
            if text in self._unchanged:
                continue
            result = await self._filters.whole(text, ChannelKind.TEXT)
            if result != text:
                cuts.append((start, end, " ".join(result.splitlines())))
            elif len(self._unchanged) < _SEEN:
                self._unchanged.add(text)
        return cuts

    async def _plain(self, raw: bytes, event: sse.Event, last: bool) -> list[bytes]:
        data, leaf = event.data or "", event.leaf
        done = data.strip() == _DONE
        before = await self._release(((),)) if done or last else []
        if done or leaf is None:
            return [*before, raw]
        cuts = difference(data, await self._filters.whole(data, ChannelKind.TEXT))
        if not cuts:
            return [*before, raw]
        source, start, end, syntax = leaf
        moved = [(start + a, start + b, _one_line(text)) for a, b, text in syntax(source.text[start:end], cuts)]
        return [*before, apply(source.text, moved).encode()]

    async def _json(self, raw: bytes, event: sse.Event, last: bool) -> list[bytes]:
        parts, plan, source = self._read(event)
        ends = ((),) if last else plan.ends
        edits: list[Edit] = []
        for part in parts.parts:
            delta = plan.deltas.get(part.path)
            if delta is None:
                text = await self._whole(part, plan)
            else:
                text = await self._piece(part, delta, event.name, ends)
            edits += [Edit(part.id, *cut) for cut in difference(part.text, text)]
        before = await self._release(ends)
        if plan.sequence:
            edits += self._renumber(parts)
        if not edits:
            return [*before, raw]
        return [*before, apply(source.text, parts.cuts(edits).get(source, ())).encode()]

    def _read(self, event: sse.Event) -> tuple[Collector, Plan, Source]:
        """The parts of an event's JSON, and what it means."""
        leaf = event.leaf
        into = Collector(self._limits)
        try:
            value = orjson.loads(event.data or "")
            plan = self._dialect(value) if isinstance(value, dict) else NOTHING
            read_json(Source(event.data or "", leaf), ROOT, into, self._schema, plan.deltas.keys() | plan.fragments)
        except (ValueError, ContentError):
            raise ContentError("invalid_stream", "event data") from None
        if into.unreadable and len(self.unreadable) < _SHOWN:
            self.unreadable += into.unreadable
        return into, plan, event.source

    async def _piece(self, part: Part, delta: Delta, event_name: str, ends: Sequence[Key]) -> str:
        channel = self._channels.get(delta.key)
        if channel is None:
            channel = self._channels[delta.key] = _Channel(self._filters.open(delta.kind), delta, event_name)
        channel.delta, channel.event_name = delta, event_name
        text = await channel.filter.feed(part.text)
        if _ended(delta.key, ends):
            del self._channels[delta.key]
            text += await channel.filter.finish()
        return text

    async def _whole(self, part: Part, plan: Plan) -> str:
        text = part.text
        if not text or text in self._unchanged:
            return text
        kind = ChannelKind.JSON_FRAGMENT if part.path in plan.fragments else ChannelKind.TEXT
        result = await self._filters.whole(text, kind)
        if part.kind in _REPEATED and result == text and len(self._unchanged) < _SEEN:
            self._unchanged.add(text)
        return result

    async def _release(self, ends: Sequence[Key]) -> list[bytes]:
        """Close the channels that end here; events for what they still held."""
        out: list[bytes] = []
        for key in [key for key in self._channels if _ended(key, ends)]:
            channel = self._channels.pop(key)
            if text := await channel.filter.finish():
                body = channel.delta.render(text)
                if "sequence_number" in body:
                    self._inserted += 1
                    self._number += 1
                    body["sequence_number"] = self._number
                out.append(sse.render(channel.event_name, orjson.dumps(body).decode()))
        return out

    def _renumber(self, parts: Collector) -> list[Edit]:
        """Keep `sequence_number` rising by one after events of ours."""
        for part in parts.parts:
            if part.path == f"{ROOT}/sequence_number" and part.kind is PartKind.NUMBER and part.text.isdecimal():
                self._number = int(part.text) + self._inserted
                source, start, end, _ = parts.leaves[part.id]
                parts.leaves[part.id] = (source, start, end, plain)  # it stays a number
                return [Edit(part.id, 0, len(part.text), str(self._number))] if self._inserted else []
        return []


def _ended(key: Key, ends: Sequence[Key]) -> bool:
    return any(key[: len(end)] == end for end in ends)


def _is_json(data: str) -> bool:
    """Whether an event's data claims to be JSON. What begins with a quotation mark may as well be prose."""
    first = data.lstrip()[:1]
    if first == '"':
        try:
            orjson.loads(data)
        except ValueError:
            return False
        return True
    return first in {"{", "["} and data.strip() != _DONE


def _one_line(text: str) -> str:
    """A line end in a replacement would begin a new field."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\ndata: ")
