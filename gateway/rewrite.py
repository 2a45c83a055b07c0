"""Obligations → edits. Each operator sees its findings as one batch; offsets stay those of the original text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.tokens import decorate
from gateway.types import Edit, Finding, Operator, Part, Scope


async def rewrite(
    scope: Scope,
    parts: Sequence[Part],
    obligations: Mapping[str, Sequence[Finding]],
    operators: Mapping[str, Operator],
) -> tuple[list[Edit], dict[str, str]]:
    """Edits for all findings, and token → value for the reversible ones.

    An operator that returns too few or too many replacements is a ValueError: nothing is left out silently.
    """
    texts = {part.id: part.text for part in parts}
    replaced: list[tuple[Finding, str, bool]] = []
    minted: dict[str, str] = {}
    for name, findings in obligations.items():
        operator = operators[name]
        values = [texts[f.part][f.start : f.end] for f in findings]
        replacements = await operator.apply(scope, findings, values)
        replaced += zip(findings, replacements, [operator.reversible] * len(findings), strict=True)
        if operator.reversible:
            minted.update(zip(replacements, values, strict=True))
    replaced.sort(key=lambda item: (item[0].part, item[0].start))
    return [_edit(replaced, index, texts) for index in range(len(replaced))], minted


def _edit(replaced: Sequence[tuple[Finding, str, bool]], index: int, texts: Mapping[int, str]) -> Edit:
    finding, replacement, reversible = replaced[index]
    if reversible:
        text = texts[finding.part]
        before = text[finding.start - 1 : finding.start] if finding.start else ""
        after = text[finding.end : finding.end + 1]
        if index and _touch(replaced[index - 1][0], finding):
            before = "_"  # the neighbour will be another replacement: word characters
        if index + 1 < len(replaced) and _touch(finding, replaced[index + 1][0]):
            after = "_"
        replacement = decorate(replacement, before, after)
    return Edit(finding.part, finding.start, finding.end, replacement)


def _touch(left: Finding, right: Finding) -> bool:
    return left.part == right.part and left.end == right.start
