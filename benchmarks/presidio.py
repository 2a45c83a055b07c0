"""`python -m benchmarks.presidio [--quick]`: the rule engine beside stock Presidio, in one run, on one core.

Two comparisons on English prose with one value in 1,000 characters:
- like for like: Presidio's default English recognizers against those of our rules that find the same entity types;
- all: every English recognizer of Presidio that needs no model against all our packs, of every country.
Presidio runs with a blank spaCy model, which is its best case: no name detection. CPU time, median of rounds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from benchmarks.machine import describe
from benchmarks.prose import prose
from detectors.packs.detector import RuleDetector, load_packs
from detectors.packs.rules import RuleSet

ITEMS = (
    " Contact zhang.wei@example.com for details.",
    " Her phone is +1 212-555-0198 at work.",
    " The card 4111 1111 1111 1111 was declined.",
    " Wire it to IBAN GB33BUKB20201555555555 today.",
    " The server 203.0.113.77 did not answer.",
    " My SSN is 536-90-4399 as you asked.",
)
CHARACTERS = (200, 2_000, 20_000, 200_000)
THEIR_NAMES = {"ZA_MOBILE_NUMBER": "PHONE_NUMBER", "ZA_TELEPHONE_NUMBER": "PHONE_NUMBER", "SG_FIN": "SG_NRIC_FIN"}
NOT_RULES = frozenset({"PERSON", "LOCATION", "NRP", "DATE_TIME", "ORGANIZATION"})
"""What a model finds; a blank one finds none, and our rules are not asked for them here."""


@dataclass(frozen=True, slots=True)
class Row:
    characters: int
    theirs: float
    """CPU seconds a text."""
    ours: float
    shared: int
    """Values that both find with the same span."""
    missed: int
    """Values of the text's own items that theirs find and ours do not."""


def text_of(characters: int) -> str:
    """Prose with one item in every 1,000 characters; the first comes early, so that short texts have one too."""
    plain = prose(characters)
    pieces, at = [], 0
    for number, place in enumerate(range(100, characters, 1_000)):
        cut = plain.find(" ", place)
        if cut < 0:
            break
        pieces += [plain[at:cut], ITEMS[number % len(ITEMS)]]
        at = cut
    return "".join([*pieces, plain[at:]])[:characters]


def cpu(call: Callable[[], object], rounds: int, seconds: float) -> float:
    """Median CPU seconds of a call, over `rounds` rounds of at least `seconds` or one call each."""
    call()
    medians = []
    for _ in range(rounds):
        calls, began = 0, time.process_time()
        while calls == 0 or time.process_time() - began < seconds:
            call()
            calls += 1
        medians.append((time.process_time() - began) / calls)
    return statistics.median(medians)


def stock(everything: bool) -> Any:
    """Presidio's analyzer as its documentation builds it, with a blank spaCy model."""
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Blank(SpacyNlpEngine):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__(models=[{"lang_code": "en", "model_name": "blank"}])
            self.nlp = {"en": spacy.blank("en")}

        def load(self) -> None:
            """Loaded above."""

    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    if everything:
        for one in _all_english({type(known) for known in registry.recognizers}):
            registry.add_recognizer(one)
    return AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["en"])


def _all_english(known: Collection[type]) -> list[Any]:
    """What Presidio ships for English besides its defaults, as far as it needs neither a model nor a service."""
    import inspect

    from presidio_analyzer import PatternRecognizer, predefined_recognizers

    made = []
    for _, kind in inspect.getmembers(predefined_recognizers, inspect.isclass):
        if kind in known or not issubclass(kind, PatternRecognizer):
            continue
        recognizer = kind()
        if recognizer.supported_language == "en":
            made.append(recognizer)
    return made


def only(rules: RuleSet, types: Collection[str]) -> RuleSet:
    """The same packs with only those rules that find one of `types`."""
    packs = [
        replace(pack, rules=tuple(rule for rule in pack.rules if rule.entity_type in types)) for pack in rules.packs
    ]
    return RuleSet(tuple(pack for pack in packs if pack.rules), f"{rules.revision}-part")


def compare(analyzer: Any, detector: RuleDetector, quick: bool) -> list[Row]:
    rows = []
    wanted = [name for name in analyzer.get_supported_entities("en") if name not in NOT_RULES]
    for characters in CHARACTERS:
        text = text_of(characters)
        values = [item for item in ITEMS if item in text]
        theirs = {(one.start, one.end) for one in analyzer.analyze(text, "en", entities=wanted)}
        ours = {(one.start, one.end) for one in detector.find(text)}
        planted = {span for span in theirs if any(text[span[0] : span[1]] in item for item in values)}
        missed = {span for span in planted if not any(a <= span[0] and span[1] <= b for a, b in ours)}
        rounds, seconds = (1, 0.2) if quick else (3, 0.5)
        rows.append(
            Row(
                characters,
                cpu(lambda text=text: analyzer.analyze(text, "en", entities=wanted), rounds, seconds),  # type: ignore[misc]
                cpu(lambda text=text: detector.find(text), rounds, seconds),  # type: ignore[misc]
                len(theirs & ours),
                len(missed),
            )
        )
    return rows


def show(title: str, rows: list[Row]) -> None:
    print(f"\n## {title}\n")
    print("| characters | Presidio ms · MB/s | Redline ms · MB/s | times | same span | planted, theirs only |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        speed = [f"{1e3 * s:,.3f} · {row.characters / s / 1e6:,.2f}" for s in (row.theirs, row.ours)]
        cells = (f"{row.characters:,}", *speed, f"{row.theirs / row.ours:,.0f}", str(row.shared), str(row.missed))
        print(f"| {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round a line")
    quick = parser.parse_args().quick
    print(describe())
    print(f"presidio-analyzer {version('presidio-analyzer')}, hyperscan {version('hyperscan')}")
    rules = load_packs()
    analyzer = stock(everything=False)
    names = {THEIR_NAMES.get(one, one) for one in analyzer.get_supported_entities("en")} - NOT_RULES
    part = only(rules, names)
    title = f"Like for like: {len(analyzer.registry.recognizers)} default recognizers, {len(part.rules)} of our rules"
    show(title, compare(analyzer, RuleDetector(part), quick))
    analyzer = stock(everything=True)
    title = f"All: {len(analyzer.registry.recognizers)} English recognizers, all our {len(rules.rules)} rules"
    show(title, compare(analyzer, RuleDetector(rules), quick))


if __name__ == "__main__":
    main()
