"""How an account of a text is printed: one screen, headings in English and Chinese, values masked unless asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from detectors.steward.account import Account, Line, Word

_VERDICTS: Final = {
    "finding": "found 命中",
    "agrees": "the same as 同",
    "overlapped": "covered by 被覆盖",
    "threshold": "below 低于",
    "allowed": "allow-listed by 白名单",
    "lapsed": "deny entry not in force 黑名单已失效",
    "consistency": "found: named elsewhere 同名",
}
_WIDEST: Final = 40
_STYLES: Final = {"finding": "bold green", "consistency": "green", "allowed": "cyan", "threshold": "yellow"}
_MARKS: Final = {"finding": "+", "agrees": "=", "consistency": "+", "allowed": "o", "lapsed": "o"}


def table(account: Account, text: str, *, show: bool) -> None:
    """Two lines for each candidate: what it is and what became of it; who found it and what moved its score."""
    from rich.console import Console
    from rich.text import Text

    from detectors.entities import load_entities

    console, entities = Console(highlight=False, soft_wrap=True), load_entities()
    language = {"zh": "Chinese 中文", "en": "English 英文"}[account.language]
    console.print(Text(f"{account.characters} characters, read as {language}"))
    for name, what in account.revisions:
        console.print(Text(f"  {name}: {what.removeprefix(f'{name}: ')}"), style="dim")
    rows = []
    for line in account.lines:
        entity = entities.get(line.entity_type)
        kind = f"{line.entity_type} {entity.zh}" if entity else line.entity_type
        rows.append((f"{line.start}-{line.end}", _value(text, line, show), kind, _score(line), _verdict(line)))
    widths = _widths(rows)
    for line, row in zip(account.lines, rows, strict=True):
        cells = "  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        style = _STYLES.get(line.verdict, "")
        console.print(Text(f"{_MARKS.get(line.verdict, '-')} {cells}"), style=style)
        console.print(Text("    " + "; ".join([line.rule, *_why(line, text)])), style="dim")
    found = sum(line.found for line in account.lines)
    console.print(Text(f"{found} found 命中, {len(account.lines) - found} not 未命中"))


def _widths(rows: Sequence[tuple[str, ...]]) -> list[int]:
    """Of each column, in cells of a terminal: a Han character takes two."""
    from rich.cells import cell_len

    return [min(_WIDEST, max(cell_len(cell) for cell in column)) for column in zip(*rows, strict=True)]


def _padded(cell: str, width: int) -> str:
    from rich.cells import cell_len

    shown = cell.replace("\n", "⏎")
    return shown + " " * (width - cell_len(shown))


def as_json(account: Account, text: str, *, show: bool) -> None:
    import typer

    report: dict[str, Any] = {
        "language": account.language,
        "characters": account.characters,
        "detectors": dict(account.revisions),
        "lines": [_fields(line, text, show) for line in account.lines],
    }
    typer.echo(json.dumps(report, ensure_ascii=False, indent=2))


def _fields(line: Line, text: str, show: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "start": line.start,
        "end": line.end,
        "value": _value(text, line, show),
        "entity_type": line.entity_type,
        "detector": line.detector,
        "rule": line.rule,
        "score_before": round(line.before, 3),
        "score": round(line.after, 3),
        "context": [
            {"cue": word.cue, "weight": word.weight, "start": word.start, "end": word.end} for word in line.words
        ],
        "rule_context": line.effect,
        "threshold": line.threshold,
        "threshold_line": line.threshold_line,
        "found": line.found,
        "verdict": line.verdict,
        "by": line.by,
        "reason": line.reason,
    }
    return fields


def _value(text: str, line: Line, show: bool) -> str:
    from detectors.steward.masking import told

    return told(text[line.start : line.end], show=show)


def _score(line: Line) -> str:
    moved = "" if round(line.before, 2) == round(line.after, 2) else f"{line.before:.2f} → "
    return f"{moved}{line.after:.2f}"


def _why(line: Line, text: str) -> list[str]:
    return [*(_word(word, line, text) for word in line.words), *([line.effect] if line.effect else [])]


def _word(word: Word, line: Line, text: str) -> str:
    """A context word as it stands; what is a part of the value itself stays masked."""
    if word.start < 0:
        where = "key 键"
    elif word.start < line.end and line.start < word.end:
        where = "itself 自身"
    else:
        where = f"{text[word.start : word.end]} {word.start}-{word.end}"
    return f"{word.cue} {word.weight:+g} ({where})"


def _verdict(line: Line) -> str:
    said = _VERDICTS[line.verdict]
    if line.verdict == "threshold":
        return f"{said} {line.threshold:g} ({line.threshold_line})"
    if line.by:
        return f"{said} {line.by}{f': {line.reason}' if line.reason else ''}"
    return said
