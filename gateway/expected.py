"""Findings that are no news: our own tokens, and the client's credentials in the headers that are there for them.

Linear in the text and in the findings: a part is searched for tokens once, however many findings it has.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence

from gateway.tokens import TokenGrammar
from gateway.types import Finding, Part, PartKind

type Spans = tuple[list[int], list[int]]
"""Starts and ends of disjoint spans, ascending."""


def unexpected(
    findings: Sequence[Finding], parts: Sequence[Part], grammar: TokenGrammar, credential_types: Collection[str]
) -> list[Finding]:
    """`findings` without those that lie within a token, or are a credential in a header that authenticates."""
    by_id = {part.id: part for part in parts}
    tokens: dict[int, Spans] = {}
    kept = []
    for finding in findings:
        part = by_id[finding.part]
        if part.kind is PartKind.CREDENTIAL and finding.entity_type in credential_types:
            continue
        if part.id not in tokens:
            tokens[part.id] = _tokens(part.text, grammar)
        if not _within(finding.start, finding.end, tokens[part.id]):
            kept.append(finding)
    return kept


def _tokens(text: str, grammar: TokenGrammar) -> Spans:
    if "_" not in text and "＿" not in text:
        return [], []
    found = [(start, end) for start, end, _ in grammar.find(text)]
    return [start for start, _ in found], [end for _, end in found]


def _within(start: int, end: int, spans: Spans) -> bool:
    starts, ends = spans
    at = bisect_right(starts, start) - 1
    return at >= 0 and end <= ends[at]
