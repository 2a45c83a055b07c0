"""From a policy file to `PolicySource`. Every name in it must exist; every mistake is told with its line.

    policy: name            version: 1            description: one sentence
    mode: enforce | shadow
    upstreams: [host globs]                       optional allow list
    min_score: 0.5                                where a line names none
    default: ACTION                               for types that no matching rule names
    unreadable, error: allow | block              what cannot be read; what failed
    unknown_route: allow | block
    rules:
      - name: credentials
        when: {direction: request, route: openai/*, upstream: "*.example.com", tenant: bank-*, client: c_*}
        unless: {upstream: [llm.internal]}
        entities:
          category:credential: block
          PERSON: {action: tokenize, min_score: 0.6}
          "*": allow

ACTION is `allow`, `block`, an operator, or `{action: …, min_score: …}`. `default`, `unreadable` and `error` may be
given for each direction: `{request: …, response: …}`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.hosts import Glob, HostGlob
from gateway.policy.model import (
    ALLOW,
    ANY,
    BLOCK,
    OPERATORS,
    Categorised,
    Line,
    Match,
    PolicySource,
    Rule,
    Sides,
)
from gateway.types import Direction
from gateway.yamlfile import Value, nearest, parse, read

_EXCEPTIONS: Final = frozenset({"unreadable", "error", "unknown_route"})
_TOP: Final = _EXCEPTIONS | {"policy", "version", "description", "mode", "upstreams", "min_score", "default", "rules"}
_RULE: Final = _EXCEPTIONS | {"name", "when", "unless", "entities"}
_MATCH: Final = frozenset({"route", "upstream", "tenant", "client", "direction"})
_EFFECTS: Final = (ALLOW, BLOCK)
_CATEGORY: Final = "category:"
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")


def parse_policy(
    text: str, file: str, entities: Mapping[str, Categorised], operators: Collection[str] = OPERATORS
) -> PolicySource:
    """Raises ConfigError; `file` is what its messages call the text."""
    return _Reader(entities, operators).policy(parse(text, file), text)


def read_policy(path: Path, entities: Mapping[str, Categorised], operators: Collection[str]) -> PolicySource:
    root = read(path)
    return _Reader(entities, operators).policy(root, path.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class _Reader:
    entities: Mapping[str, Categorised]
    operators: Collection[str]

    def policy(self, root: Value, text: str) -> PolicySource:
        top = root.mapping("a policy", _TOP)
        for key in ("policy", "version", "default", "rules"):
            if key not in top:
                root.fail(f"the key {key!r} is missing", f"Add `{key}: …`.")
        score = top["min_score"].number("min_score", 0, 1) if "min_score" in top else 0.0
        default_request, default_response = self._sides(top["default"], lambda value: self._line(value, score))
        rules = tuple(self._rule(value, score) for value in top["rules"].sequence("rules"))
        _refuse_repeated(rules, top["rules"])
        return PolicySource(
            name=_name(top["policy"], "policy"),
            version=top["version"].integer("version", 1, 1_000_000),
            description=top["description"].text("description") if "description" in top else "",
            shadow="mode" in top and top["mode"].choice("mode", ("enforce", "shadow")) == "shadow",
            upstreams=_hosts(top["upstreams"], "upstreams") if "upstreams" in top else (),
            default_request=default_request,
            default_response=default_response,
            unreadable=self._effects(top.get("unreadable"), "unreadable"),
            error=self._effects(top.get("error"), "error"),
            unknown_route=_effect(top.get("unknown_route"), "unknown_route") or BLOCK,
            rules=rules,
            digest=hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest(),
        )

    def _sides[T](self, value: Value, each: Callable[[Value], T]) -> tuple[T, T]:
        """One word for both directions, or one for each."""
        if value.tag != "map" or "action" in value.keys():  # noqa: SIM118 - a method of ours, with positions
            word = each(value)
            return word, word
        sides = value.mapping("an effect for each direction", ("request", "response"))
        for side in ("request", "response"):
            if side not in sides:
                value.fail(f"the direction {side!r} is missing", "Name `request` and `response`.")
        return each(sides["request"]), each(sides["response"])

    def _effects(self, value: Value | None, what: str) -> Sides:
        if value is None:
            return Sides(BLOCK, BLOCK)
        return Sides(*self._sides(value, lambda word: word.choice(what, _EFFECTS)))

    def _rule(self, value: Value, score: float) -> Rule:
        keys = value.mapping("a rule", _RULE)
        if "name" not in keys:
            value.fail("the rule has no name", "Add `name: …`; records and reviews refer to it.")
        if len(keys) - len(keys.keys() & {"name", "when", "unless"}) == 0:
            value.fail("the rule says nothing to do", "Add `entities:` with at least one line.")
        types: dict[str, Line] = {}
        categories: dict[str, Line] = {}
        anything: Line | None = None
        for key, what in keys["entities"].entries if self._has_lines(keys) else ():
            line = self._line(what, score)
            if key.scalar == ANY:
                anything = line
            elif key.scalar.startswith(_CATEGORY):
                categories[self._category(key)] = line
            else:
                types[self._type(key)] = line
        return Rule(
            name=_name(keys["name"], "name"),
            when=_match(keys["when"]) if "when" in keys else Match(),
            unless=_unless(keys["unless"]) if "unless" in keys else None,
            types=types,
            categories=categories,
            anything=anything,
            unreadable=_effect(keys.get("unreadable"), "unreadable"),
            error=_effect(keys.get("error"), "error"),
            unknown_route=_effect(keys.get("unknown_route"), "unknown_route"),
        )

    @staticmethod
    def _has_lines(keys: Mapping[str, Value]) -> bool:
        return "entities" in keys and bool(keys["entities"].mapping("entities"))

    def _line(self, value: Value, score: float) -> Line:
        if value.tag != "map":
            return Line(self._action(value), score)
        keys = value.mapping("an action", ("action", "min_score"))
        if "action" not in keys:
            value.fail("the key 'action' is missing", "Write `{action: tokenize, min_score: 0.5}`.")
        return Line(
            self._action(keys["action"]),
            keys["min_score"].number("min_score", 0, 1) if "min_score" in keys else score,
        )

    def _action(self, value: Value) -> str:
        word = value.text("an action")
        known = (*_EFFECTS, *self.operators)
        if word not in known:
            value.fail(f"unknown effect or operator {word!r}", nearest(word, known))
        return word

    def _type(self, key: Value) -> str:
        if key.scalar not in self.entities:
            key.fail(f"unknown entity type {key.scalar!r}", nearest(key.scalar, self.entities))
        return key.scalar

    def _category(self, key: Value) -> str:
        word = key.scalar.removeprefix(_CATEGORY).strip()
        known = {entity.category for entity in self.entities.values()}
        if word not in known:
            key.fail(f"unknown category {word!r}", nearest(word, known))
        return word


def _name(value: Value, what: str) -> str:
    name = value.text(what)
    if not _NAME.fullmatch(name):
        value.fail(f"{what} {name!r} is not a plain name", "Use a-z, 0-9 and '-', at most 63 characters.")
    return name


def _effect(value: Value | None, what: str) -> str | None:
    return None if value is None else value.choice(what, _EFFECTS)


def _hosts(value: Value, what: str) -> tuple[HostGlob, ...]:
    items = value.texts(what)
    if not items:
        value.fail(f"{what} is empty", "List at least one host, or remove the key to allow every host.")
    for item in items:
        if "/" in item.scalar or "@" in item.scalar or " " in item.scalar:
            item.fail(
                f"{item.scalar!r} is not a host", "Write the host alone, such as `api.example.com` or `*.internal`."
            )
    return tuple(HostGlob.compile(item.scalar) for item in items)


def _globs(value: Value, what: str) -> tuple[Glob, ...]:
    items = value.texts(what)
    if not items:
        value.fail(f"{what} is empty", "List at least one pattern, or remove the key to match all.")
    return tuple(Glob.compile(item.scalar) for item in items)


def _routes(value: Value) -> tuple[Glob, ...]:
    for item in value.texts("route"):
        if "/" not in item.scalar and item.scalar != ANY:
            item.fail(
                f"{item.scalar!r} is not a route", "Write `protocol/operation`, such as `openai/chat.completions`."
            )
    return _globs(value, "route")


def _match(value: Value) -> Match:
    keys = value.mapping("a match", _MATCH)
    direction = keys["direction"].choice("direction", tuple(Direction)) if "direction" in keys else None
    return Match(
        route=_routes(keys["route"]) if "route" in keys else (),
        upstream=_hosts(keys["upstream"], "upstream") if "upstream" in keys else (),
        tenant=_globs(keys["tenant"], "tenant") if "tenant" in keys else (),
        client=_globs(keys["client"], "client") if "client" in keys else (),
        direction=Direction(direction) if direction else None,
    )


def _unless(value: Value) -> Match:
    if value.tag == "map" and not value.entries:
        value.fail("an empty `unless` excepts every message", "Name what is excepted, or remove it.")
    return _match(value)


def _refuse_repeated(rules: tuple[Rule, ...], value: Value) -> None:
    seen: set[str] = set()
    for rule, item in zip(rules, value.items, strict=True):
        if rule.name in seen:
            item.fail(f"the rule name {rule.name!r} occurs twice", "Give each rule its own name.")
        seen.add(rule.name)
