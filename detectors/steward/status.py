"""A rule's status, changed in place: one word in one line, after its examples have held. Comments and layout stay."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Final

from detectors.files import yamlfile
from detectors.files.problems import PackError
from detectors.packs.detector import read_packs
from detectors.packs.rules import Rule, Status
from detectors.steward import trial
from detectors.steward.release import replace_file

_STATUS: Final = re.compile(r"""(\bstatus["']?\s*:\s*)(["']?)([a-z]+)\2""")


def set_status(rule: Rule, status: Status, entity_types: Collection[str] | None = None) -> None:
    """Raises `PackError` where an example of the rule does not hold, or the line cannot be changed."""
    if status.acts:
        _prove(rule, entity_types)
    file = Path(rule.file)
    text = file.read_text(encoding="utf-8")
    changed = _changed(text, rule, status)
    if _said(changed, rule, entity_types) is not status:
        raise PackError.one(file, rule.line, f"The status cannot be changed here. Write `status: {status}` by hand.")
    replace_file(file, changed.encode())


def _prove(rule: Rule, entity_types: Collection[str] | None) -> None:
    """The rule by itself, in every wrapping; what it does among all others `redline rules test` says."""
    rules = read_packs([Path(rule.file)], entity_types)
    own = [one for one in rules.rules if one.id == rule.id]
    failures = [failure.problem for one in trial.run(rules, own) for failure in one.failures]
    if failures:
        raise PackError(failures)


def _changed(text: str, rule: Rule, status: Status) -> str:
    root = yamlfile.parse(text, rule.file).mapping() or {}
    nodes = [item.mapping() or {} for item in (root["rules"].sequence() or [])] if "rules" in root else []
    node = next(
        (one["status"] for one in nodes if "id" in one and one["id"].value == rule.id and "status" in one), None
    )
    if node is None:
        return text
    lines = text.splitlines(keepends=True)
    lines[node.line - 1] = _STATUS.sub(lambda found: f"{found[1]}{found[2]}{status}{found[2]}", lines[node.line - 1], 1)
    return "".join(lines)


def _said(text: str, rule: Rule, entity_types: Collection[str] | None) -> Status | None:
    """What the changed text says of it: several rules may share a line."""
    with tempfile.TemporaryDirectory(prefix="redline-") as place:
        file = Path(place) / Path(rule.file).name
        file.write_text(text, encoding="utf-8")
        return next((one.status for one in read_packs([file], entity_types).rules if one.id == rule.id), None)
