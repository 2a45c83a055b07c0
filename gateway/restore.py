"""Tokens in an answer turn back into the originals, for the client that owns them.

A token is restored only if this exchange minted it, or if the vault knows it in the very scope of this
client; an unknown one stays as it is. Nothing restored is ever inspected, cached or recorded again.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from gateway.protocols.streaming import ChannelKind
from gateway.tokens import TokenGrammar
from gateway.types import Edit, Part, Scope, TokenVault


def _as_json_source(value: str) -> str:
    """The value as it must stand inside a JSON string literal."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _as_text(value: str) -> str:
    return value


_SPELL: Final[Mapping[ChannelKind, Callable[[str], str]]] = {
    ChannelKind.TEXT: _as_text,
    ChannelKind.JSON_FRAGMENT: _as_json_source,
}


class Restorer:
    """Token → value for one exchange: what it minted itself first, then one batched look-up for the rest."""

    def __init__(self, grammar: TokenGrammar, vault: TokenVault, scope: Scope, minted: Mapping[str, str]) -> None:
        self.grammar = grammar
        self._vault = vault
        self._scope = scope
        self._known: dict[str, str | None] = dict(minted)
        self.restored = 0
        self.unresolved = 0

    async def text(self, text: str, kind: ChannelKind = ChannelKind.TEXT) -> str:
        """The text with every token of this scope restored."""
        found = list(self.grammar.find(text))
        if not found:
            return text
        await self._learn([token for _, _, token in found])
        spell = _SPELL[kind]
        out: list[str] = []
        position = 0
        for start, end, token in found:
            value = self._count(token)
            if value is not None:
                out += (text[position:start], spell(value))
                position = end
        out.append(text[position:])
        return "".join(out)

    async def edits(self, parts: Sequence[Part], taken: Sequence[Edit] = ()) -> list[Edit]:
        """The same for parsed parts, as edits; a token that one of `taken` already rewrites is left to it."""
        found = [(part.id, *hit) for part in parts if "_" in part.text or "＿" in part.text
                 for hit in self.grammar.find(part.text)]  # fmt: skip
        if not found:
            return []
        await self._learn([token for *_, token in found])
        busy: dict[int, list[tuple[int, int]]] = {}
        for edit in sorted(taken, key=lambda one: one.start):
            busy.setdefault(edit.part, []).append((edit.start, edit.end))
        out = []
        for part, start, end, token in found:
            if part in busy and _overlaps(start, end, busy[part]):
                continue
            value = self._count(token)
            if value is not None:
                out.append(Edit(part, start, end, value))
        return out

    def _count(self, token: str) -> str | None:
        value = self._known.get(token)
        if value is None:
            self.unresolved += 1
        else:
            self.restored += 1
        return value

    async def _learn(self, tokens: Sequence[str]) -> None:
        unknown = list(dict.fromkeys(token for token in tokens if token not in self._known))
        if unknown:
            values = await self._vault.detokenize(self._scope, unknown)
            self._known.update(zip(unknown, values, strict=True))


def _overlaps(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    """`spans` are disjoint and ascending."""
    at = bisect_left(spans, (end, 0)) - 1
    return at >= 0 and spans[at][1] > start
