"""For every rule: what the finder and its confirmation find is what plain `re` finds, on text made of its examples."""

from __future__ import annotations

import random
from collections.abc import Iterator

from detectors.matching.anchors import anchor_of
from detectors.matching.finder import Offsets
from detectors.matching.gates import Gates
from detectors.matching.matcher import Matcher, confirmer
from detectors.packs.detector import FLOOR, load_packs
from detectors.packs.plans import Plan
from detectors.packs.rules import Rule

RULES = load_packs().rules
PLANS = [Plan.of(place, rule, FLOOR) for place, rule in enumerate(RULES)]
PATTERNS = [(pattern, rule.boundary) for rule in RULES for pattern in rule.patterns]
OWNER = [place for place, rule in enumerate(RULES) for _ in rule.patterns]
NEEDED = [PLANS[place].needed for place in OWNER]
CONFIRMERS = [confirmer(*pair) for pair in PATTERNS]
MATCHER = Matcher(PATTERNS)
GATED = Matcher(PATTERNS, words=NEEDED)
GLUE = [
    "",
    "",
    " ",
    "，",
    "\n",
    "\0",
    "-",
    ".",
    "_",
    "1",
    "00",
    "a",
    "A",
    "京",
    "é",
    "@",
    "+",
    "/",
    ":",
    "=",
    "\ud800",
    "\U0001f600",
]
LONG = "Zm9vYmFyQmF6cXV4MTIzNDU2Nzg5MA"

type Found = set[tuple[int, int, int, int, int]]


def sequential(text: str, indices: range | list[int]) -> Found:
    found: Found = set()
    for index in indices:
        group = "value" if "value" in CONFIRMERS[index].groupindex else 0
        found |= {(index, *hit.span(), *hit.span(group)) for hit in CONFIRMERS[index].finditer(text)}
    return found


def judged(text: str, found: Found) -> set[tuple[int, int, int, float]]:
    """What remains after validators, words and score."""
    result = set()
    for index, _, _, low, high in found:
        score = PLANS[OWNER[index]].score(text, low, high, text[low:high]) if high > low else 0.0
        if score:
            result.add((OWNER[index], low, high, score))
    return result


def mixtures(rule: Rule, dice: random.Random) -> Iterator[str]:
    """Its examples cut, doubled, run together and mixed with what bounds or continues a value."""
    seeds = [example.text for example in (*rule.matches, *rule.no_matches)]
    values = [example.value for example in rule.matches if example.value] or seeds
    yield dice.choice(GLUE).join(dice.choice(seeds) for _ in range(4))
    seed = dice.choice(seeds)
    place = dice.randint(0, len(seed))
    yield (seed[:place] + dice.choice(GLUE) + seed[place + dice.randint(0, 2) :]) * 2
    yield "".join(dice.choice(GLUE) + dice.choice(values)[dice.randint(0, 1) :] for _ in range(5)) + LONG
    glue = dice.choice(GLUE)
    yield glue.join([dice.choice(values) for _ in range(3)] * 4) + dice.choice(seeds)
    yield dice.choice(values) + "".join(dice.choice("0123456789 -.ABab@:/+_=") for _ in range(30)) + dice.choice(values)


def test_each_rule_equals_sequential_re() -> None:
    dice = random.Random(11)
    first = 0
    for rule in RULES:
        own = list(range(first, first + len(rule.patterns)))
        first += len(rule.patterns)
        for text in mixtures(rule, dice):
            found = {match for match in MATCHER.find(text) if match[0] in own}
            assert found == sequential(text, own), (rule.name, text)


def test_all_rules_together_equal_sequential_re() -> None:
    dice = random.Random(12)
    for _ in range(60):
        text = dice.choice(GLUE).join(next(mixtures(dice.choice(RULES), dice)) for _ in range(3))
        found = MATCHER.find(text)
        assert len(found) == len(set(found))
        assert set(found) == sequential(text, range(len(PATTERNS))), text


def test_words_that_a_rule_needs_gate_only_what_would_not_be_found() -> None:
    dice = random.Random(13)
    gated = [rule for rule, plan in zip(RULES, PLANS, strict=True) if plan.needed]
    assert len(gated) >= 10
    for rule in gated:
        first = OWNER.index(RULES.index(rule))
        own = list(range(first, first + len(rule.patterns)))
        word = dice.choice(rule.context.words)
        for text in mixtures(rule, dice):
            for spelled in (text, f"{text} {word}: {text}", f"{word.upper()}{text}", f"{text}{' ' * 300}{word}"):
                found = {match for match in GATED.find(spelled) if match[0] in own}
                assert judged(spelled, found) == judged(spelled, sequential(spelled, own)), (rule.name, spelled)


def test_a_gate_sees_each_word_as_lower_case_would() -> None:
    words = tuple(sorted({word for plan in PLANS for word in plan.needed}))
    gates = Gates([(word,) for word in words])
    for number, word in enumerate(words):
        for text in (word, word.upper(), word.title(), f"前{word}后"):
            if word in text.lower():
                assert number in gates.ask(Offsets(text)), word


def test_no_anchor_is_common() -> None:
    """Each costs an attempt in Python for each of its events, in every text."""
    assert min(anchor_of(p, b.guard, b.guard_after).bits for p, b in PATTERNS) >= 7
