"""Values made from a rule's own pattern: what recall is measured on, and what a new rule's examples can be drawn from.

Bodies are drawn from a dozen characters of each class, so that nothing made here can be taken for a live key.
"""

from __future__ import annotations

import importlib
import random
from dataclasses import dataclass, field
from typing import Any, Final

from detectors.matching.charsets import Charset, atom_set
from detectors.matching.matcher import confirmer
from detectors.matching.patterns import Pattern
from detectors.packs.rules import Rule

_ops: Final[Any] = importlib.import_module("re._constants")
_REPEATS: Final = (_ops.MAX_REPEAT, _ops.MIN_REPEAT, _ops.POSSESSIVE_REPEAT)
_KINDS: Final = ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789")
_VARIETY: Final = 4
"""Characters of each kind (small, capital, digit) that one sample uses."""
_STRETCH: Final = 6
"""A repeat of {20,400} is tried at 20 to 26."""
_TRIES: Final = 400


@dataclass(slots=True)
class _Draw:
    rng: random.Random
    fill: bool = False
    """True: x wherever it may stand, as people write placeholders."""
    value: tuple[int, int] | None = None
    parts: list[str] = field(default_factory=list)
    alphabets: dict[Charset, str] = field(default_factory=dict)
    size: int = 0

    def put(self, text: str) -> None:
        self.parts.append(text)
        self.size += len(text)

    def run(self, items: Any, value_group: int | None) -> None:
        for op, argument in items:
            if op in _REPEATS:
                low, high, body = argument
                for _ in range(self.rng.randint(low, min(int(high), low + _STRETCH))):
                    self.run(body, value_group)
            elif op is _ops.SUBPATTERN:
                begin = self.size
                self.run(argument[3], value_group)
                if value_group is not None and argument[0] == value_group:
                    self.value = (begin, self.size)
            elif op is _ops.BRANCH:
                self.run(self.rng.choice(argument[1]), value_group)
            elif op is _ops.ATOMIC_GROUP:
                self.run(argument, value_group)
            else:
                self.put(self._char(atom_set(op, argument), literal=op is _ops.LITERAL))

    def _char(self, chars: Charset, *, literal: bool) -> str:
        if literal:
            return chr(chars.members[0]) if chars.ascii else chr(min(chars.listed))
        if self.fill and chars.ascii >> ord("x") & 1:
            return "x"
        if chars not in self.alphabets:
            self.alphabets[chars] = self._alphabet(chars)
        alphabet = self.alphabets[chars]
        return alphabet[0] if self.fill else self.rng.choice(alphabet)

    def _alphabet(self, chars: Charset) -> str:
        members = {chr(code) for code in chars.members}
        chosen: list[str] = []
        for kind in _KINDS:
            usable = [char for char in kind if char in members]
            chosen += self.rng.sample(usable, min(len(usable), _VARIETY if len(members) > 16 else 10))
        if not chosen:
            members = members - {"\\"} or members  # before a letter it would be an escape, which nobody wrote
            chosen = sorted(members, key=lambda char: (char != " ", char)) or [chr(min(chars.listed or {0x4E2D}))]
        return "".join(chosen)


def draw(pattern: Pattern, rng: random.Random, *, fill: bool = False) -> tuple[str, str]:
    """(the whole match, the value in it) by the pattern alone."""
    groups = pattern.tree.state.groupdict
    state = _Draw(rng, fill)
    state.run(pattern.tree, groups.get("value"))
    whole = "".join(state.parts)
    low, high = state.value or (0, len(whole))
    return whole, whole[low:high]


def sample(rule: Rule, rng: random.Random) -> tuple[str, str] | None:
    """(whole match, value) that the pattern and all validators of the rule accept; None: only a checksum of many
    bits would do, so use the rule's own examples."""
    for _ in range(_TRIES):
        pattern = rng.choice(rule.patterns)
        whole, value = draw(pattern, rng)
        hit = confirmer(pattern, rule.boundary).search(whole)
        if hit is not None and hit.group() == whole and all(validator(value) for validator in rule.validators):
            return whole, value
    return None
