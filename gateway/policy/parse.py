"""From a policy file to `PolicySource`. Every name in it must exist; every mistake is told with its line.

    policy: name            version: 1            description: one sentence
    mode: enforce | shadow
    extends: [names]                              optional: policies to which this one adds; the strictest counts
    regions: {EEA: [AT, BE, …]}                   optional: groups of countries
    upstreams: [host globs]                       optional allow list
    min_score: 0.5                                where a line names none
    default: ACTION                               for types that no matching rule names
    unreadable, error: allow | block              what cannot be read; what failed
    unknown_route: allow | block
    rules:
      - name: credentials
        article: PCI DSS Req. 8                   what the rule serves; explained, recorded
        when: {direction: request, route: openai/*, upstream: "*.example.com", region: CN, tenant: bank-*, client: c_*}
        unless: {upstream: [llm.internal]}
        entities:
          category:credential: block
          tag:PIPL-SENSITIVE: {action: redact, article: PIPL Art. 28}
          PERSON: {action: tokenize, min_score: 0.6}
          "*": allow

ACTION is `allow`, `block`, an operator, or `{action: …, min_score: …, article: …}`. `default`, `unreadable` and
`error` may be given for each direction: `{request: …, response: …}`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.policy.matching import Regions, hosts, match, unless
from gateway.policy.model import ALLOW, ANY, BLOCK, OPERATORS, Categorised, Line, Match, PolicySource, Rule, Sides
from gateway.yamlfile import Value, nearest, parse

_EXCEPTIONS: Final = frozenset({"unreadable", "error", "unknown_route"})
_TOP: Final = _EXCEPTIONS | {
    *("policy", "version", "description", "mode", "extends", "regions"),
    *("upstreams", "min_score", "default", "rules"),
}
_RULE: Final = _EXCEPTIONS | {"name", "article", "when", "unless", "entities"}
_EFFECTS: Final = (ALLOW, BLOCK)
_CATEGORY: Final = "category:"
_TAG: Final = "tag:"
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")
_LONGEST: Final = 120
"""Characters of an article: it goes into every record."""


def parse_policy(
    text: str,
    file: str,
    entities: Mapping[str, Categorised],
    operators: Collection[str] = OPERATORS,
    bases: Sequence[PolicySource] = (),
) -> PolicySource:
    """Raises ConfigError; `file` is what its messages call the text; `bases`: what its `extends` names."""
    return build_policy(parse(text, file), text, entities, operators, bases)


def build_policy(
    root: Value,
    text: str,
    entities: Mapping[str, Categorised],
    operators: Collection[str],
    bases: Sequence[PolicySource],
) -> PolicySource:
    """The same for a text that is parsed already."""
    return _Reader(entities, operators, Regions.read(_top(root).get("regions"))).policy(root, text, tuple(bases))


def extended(root: Value) -> tuple[Value, ...]:
    """The names under `extends`. Raises ConfigError."""
    keys = _top(root)
    items = keys["extends"].texts("extends") if "extends" in keys else ()
    for item in items:
        if not _NAME.fullmatch(item.scalar):
            mend = "Write the plain name of a policy that ships or lies beside this file."
            item.fail(f"extends {item.scalar!r} is no plain name", mend)
    return items


def _top(root: Value) -> dict[str, Value]:
    return root.mapping("a policy", _TOP)


@dataclass(frozen=True, slots=True)
class _Reader:
    entities: Mapping[str, Categorised]
    operators: Collection[str]
    regions: Regions

    def policy(self, root: Value, text: str, bases: tuple[PolicySource, ...]) -> PolicySource:
        top = _top(root)
        for key in ("policy", "version") if bases else ("policy", "version", "default", "rules"):
            if key not in top:
                root.fail(f"the key {key!r} is missing", f"Add `{key}: …`.")
        name = _name(top["policy"], "policy")
        score = top["min_score"].number("min_score", 0, 1) if "min_score" in top else 0.0
        sides: tuple[Line | None, Line | None] = (None, None)
        if "default" in top:
            sides = self._sides(top["default"], lambda value: self._line(value, score, f"{name}/default", ""))
        rules = (
            tuple(self._rule(value, score, name) for value in top["rules"].sequence("rules")) if "rules" in top else ()
        )
        _refuse_repeated(rules, top["rules"].items if "rules" in top else ())
        otherwise = None if bases else BLOCK
        return PolicySource(
            name=name,
            version=top["version"].integer("version", 1, 1_000_000),
            description=top["description"].text("description") if "description" in top else "",
            shadow="mode" in top and top["mode"].choice("mode", ("enforce", "shadow")) == "shadow",
            upstreams=hosts(top["upstreams"], "upstreams") if "upstreams" in top else (),
            default_request=sides[0],
            default_response=sides[1],
            unreadable=self._effects(top.get("unreadable"), "unreadable", otherwise),
            error=self._effects(top.get("error"), "error", otherwise),
            unknown_route=_effect(top.get("unknown_route"), "unknown_route") or otherwise,
            rules=rules,
            digest=_digest(text, bases),
            bases=bases,
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

    def _effects(self, value: Value | None, what: str, otherwise: str | None) -> Sides | None:
        if value is None:
            return Sides(otherwise, otherwise) if otherwise else None
        return Sides(*self._sides(value, lambda word: word.choice(what, _EFFECTS)))

    def _rule(self, value: Value, score: float, policy: str) -> Rule:
        keys = value.mapping("a rule", _RULE)
        if "name" not in keys:
            value.fail("the rule has no name", "Add `name: …`; records and reviews refer to it.")
        if len(keys) - len(keys.keys() & {"name", "article", "when", "unless"}) == 0:
            value.fail("the rule says nothing to do", "Add `entities:` with at least one line.")
        name, article = _name(keys["name"], "name"), _article(keys.get("article"))
        types: dict[str, Line] = {}
        tags: dict[str, Line] = {}
        categories: dict[str, Line] = {}
        anything: Line | None = None
        for key, what in keys["entities"].entries if self._has_lines(keys) else ():
            line = self._line(what, score, f"{policy}/{name}", article)
            if key.scalar == ANY:
                anything = line
            elif key.scalar.startswith(_CATEGORY):
                categories[self._category(key)] = line
            elif key.scalar.startswith(_TAG):
                tags[self._tag(key)] = line
            else:
                types[self._type(key)] = line
        return Rule(
            name=name,
            when=match(keys["when"], self.regions) if "when" in keys else Match(),
            unless=unless(keys["unless"], self.regions) if "unless" in keys else None,
            types=types,
            tags=tags,
            categories=categories,
            anything=anything,
            unreadable=_effect(keys.get("unreadable"), "unreadable"),
            error=_effect(keys.get("error"), "error"),
            unknown_route=_effect(keys.get("unknown_route"), "unknown_route"),
            article=article,
        )

    @staticmethod
    def _has_lines(keys: Mapping[str, Value]) -> bool:
        return "entities" in keys and bool(keys["entities"].mapping("entities"))

    def _line(self, value: Value, score: float, rule: str, article: str) -> Line:
        if value.tag != "map":
            return Line(self._action(value), score, rule, article)
        keys = value.mapping("an action", ("action", "min_score", "article"))
        if "action" not in keys:
            value.fail("the key 'action' is missing", "Write `{action: tokenize, min_score: 0.5}`.")
        own = keys["min_score"].number("min_score", 0, 1) if "min_score" in keys else score
        return Line(self._action(keys["action"]), own, rule, _article(keys.get("article")) or article)

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

    def _tag(self, key: Value) -> str:
        word = key.scalar.removeprefix(_TAG).strip()
        known = {tag for entity in self.entities.values() for tag in entity.regulations}
        if word not in known:
            key.fail(f"unknown tag {word!r}, no entity type carries it", nearest(word, known))
        return word


def _digest(text: str, bases: Sequence[PolicySource]) -> str:
    own = hashlib.sha256(text.replace("\r\n", "\n").encode())
    for base in bases:
        own.update(f"\0{base.name}@{base.digest}".encode())
    return own.hexdigest()


def _name(value: Value, what: str) -> str:
    name = value.text(what)
    if not _NAME.fullmatch(name):
        value.fail(f"{what} {name!r} is not a plain name", "Use a-z, 0-9 and '-', at most 63 characters.")
    return name


def _article(value: Value | None) -> str:
    if value is None:
        return ""
    text = value.text("article").strip()
    if len(text) > _LONGEST or not text.isprintable():
        value.fail("the article is longer than one short line", f"Use at most {_LONGEST} characters.")
    return text


def _effect(value: Value | None, what: str) -> str | None:
    return None if value is None else value.choice(what, _EFFECTS)


def _refuse_repeated(rules: Sequence[Rule], items: Sequence[Value]) -> None:
    seen: set[str] = set()
    for rule, item in zip(rules, items, strict=True):
        if rule.name in seen:
            item.fail(f"the rule name {rule.name!r} occurs twice", "Give each rule its own name.")
        seen.add(rule.name)
