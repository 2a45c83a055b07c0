"""What the page shows, gathered from reader and probe, and rendered on the server."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway.dashboard.chart import STACK, bars
from gateway.dashboard.reader import Point, Readiness, RecordReader, StoredRecord
from gateway.dashboard.words import WORDS
from gateway.errors import StoreError

FOLDER: Final = Path(__file__).parent
_HOUR: Final = 3600
_ROWS: Final = 40
_EXPERIMENTS: Final = 8

_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


async def render(
    name: str, language: str, reader: RecordReader, ready: Readiness, rules: Mapping[str, Any] | None = None
) -> str:
    """`page.html` is the whole page, `live.html` the part of it that changes. `rules`: `RulesAdmin.state`."""
    view = await _view(reader, language) | {"in_force": await _in_force(rules or {}, reader)}
    other = "en" if language == "zh" else "zh"
    template = _templates.get_template(name)
    return template.render(words=WORDS[language], language=language, other=other, ready=ready, **view)


async def _view(reader: RecordReader, language: str) -> dict[str, Any]:
    try:
        points, latest, entities, rules, reasons, health = await asyncio.gather(
            reader.series(_HOUR),
            reader.latest(_ROWS),
            reader.top("entity", limit=8),
            reader.top("rule", limit=8),
            reader.top("reason", limit=8),
            reader.health(),
        )
        said = await reader.top("policy_rule", limit=8)
    except StoreError:
        return {"readable": False}
    words = WORDS[language]
    tops = (("entities", entities), ("rules", rules), ("reasons", reasons), ("policy_rules", said))
    return {
        "readable": True,
        "tiles": _tiles(points, words),
        "chart": bars(points, words["per_minute"]),
        "effects": STACK,
        "rows": [_row(stored) for stored in latest],
        "tops": [(words[name], _shares(some)) for name, some in tops if some],
        "health": health,
        "memory": _size(health.used_memory),
    }


async def _in_force(rules: Mapping[str, Any], reader: RecordReader) -> dict[str, Any]:
    """What rules run, what was refused, and what experimental ones would have found in 24 hours."""
    if not rules:
        return {}
    names = ("rules", "policy", "release", "refused", "rolled_back")
    experiments: list[tuple[str, str, str]] = []
    if rules["experimental"]:
        try:
            found, new = [dict(await reader.top(kind, limit=500)) for kind in ("observed", "observed_new")]
        except StoreError:
            found, new = {}, {}
        shown = sorted(rules["experimental"], key=lambda rule: (-new.get(rule, 0), -found.get(rule, 0), rule))
        experiments = [(rule, _count(found.get(rule, 0)), _count(new.get(rule, 0))) for rule in shown[:_EXPERIMENTS]]
    since = datetime.fromtimestamp(rules["since"], UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return {name: rules[name] for name in names} | {"since": since, "experiments": experiments}


def _tiles(points: Sequence[Point], words: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(class, value, label)"""
    sums: Counter[str] = Counter()
    for point in points:
        sums.update(point.counts)
    records = sums["records"]
    findings = sum(count for name, count in sums.items() if name.startswith("entity:"))
    delay = f"{sums['latency_us'] / records / 1000:.1f} ms" if records else "–"
    shadow = sum(count for name, count in sums.items() if name.startswith("shadow:"))
    tiles = [
        ("", _count(records), words["messages"]),
        *((effect, _count(sums[f"effect:{effect}"]), words[effect]) for effect in reversed(STACK)),
        ("", _count(findings), words["findings"]),
        ("", delay, words["delay"]),
    ]
    return tiles if not shadow else [*tiles, ("observe", _count(shadow), words["observe"])]


def _row(stored: StoredRecord) -> dict[str, Any]:
    fields = stored.fields
    shadow = fields.get("shadow_effect", "")
    return {
        "time": datetime.fromtimestamp(fields["time"], UTC).astimezone().strftime("%H:%M:%S"),
        "exchange": fields["exchange_id"],
        "direction": fields["direction"],
        "route": fields["route"],
        "upstream": fields["upstream"],
        "effect": shadow or fields["effect"],
        "shadow": bool(shadow),
        "entities": sorted(fields["entities"].items(), key=lambda item: -item[1]),
        "reasons": [*fields["reasons"], *fields.get("articles", ())],
        "expires": lifetime(stored.ttl_seconds),
    }


def _shares(top: Sequence[tuple[str, int]]) -> list[tuple[str, str, int]]:
    """(label, count, percent of the largest)"""
    largest = max((count for _, count in top), default=1) or 1
    return [(label, _count(count), round(100 * count / largest)) for label, count in top]


def _count(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _size(number: int) -> str:
    return f"{number / 1024**2:.1f} MiB"


def lifetime(seconds: float) -> str:
    """`6d 23h`, `4h 12m`, `2m 05s`, `53s`."""
    whole = max(int(seconds), 0)
    for unit, size, lower, part in (("d", 86400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1)):
        if whole >= size:
            return f"{whole // size}{unit} {whole % size // part:02d}{lower}"
    return f"{whole}s"


def as_json(stored: StoredRecord) -> dict[str, Any]:
    return {"id": stored.id, **stored.fields, "ttl_seconds": int(stored.ttl_seconds)}


def readiness_json(ready: Readiness) -> dict[str, Any]:
    checks = {name: {"ok": check.ok, "detail": check.detail} for name, check in ready.checks.items()}
    return {"ready": ready.ready, "checks": checks, "self_test": dict(ready.self_test)}
