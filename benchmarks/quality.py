"""`python -m benchmarks.quality [--characters N] [--rule TEXT] [--out FILE]`: false positives and recall of the packs.

False positives are counted on generated hard negatives at the score from which the default policy acts; recall on
values drawn from each rule's own pattern (or its examples, where a checksum leaves no other way), each in every
carrier sentence of both languages. Prints Markdown.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.sampling import sample
from detectors.packs.detector import RuleDetector, load_packs
from detectors.packs.rules import Rule, RuleSet
from detectors.steward.corpus import CARRIERS, corpus

THRESHOLD: Final = 0.5
SAMPLES: Final = 3
WORST: Final = 25


@dataclass(frozen=True, slots=True)
class Recall:
    rule: Rule
    language: str
    hits: int
    total: int

    @property
    def share(self) -> float:
        return self.hits / self.total


def label_of(rule: Rule, language: str) -> str:
    """The first context word of the language; else the first of any."""
    words = rule.context.words
    fitting = [word for word in words if word.isascii() == (language == "en")]
    return f"{(fitting or list(words))[0]} " if words else ""


def values_of(rule: Rule, language: str, rng: random.Random) -> list[tuple[str, str | None]]:
    """(text to carry, value or None for anything) of a rule."""
    drawn = [found for found in (sample(rule, rng) for _ in range(SAMPLES)) if found is not None]
    if not drawn:
        return [(example.text, example.value) for example in rule.matches[:SAMPLES]]
    label = label_of(rule, language)
    return [(f"{label}{whole}", value) for whole, value in drawn]


def recall(detector: RuleDetector, rule: Rule, language: str) -> Recall:
    """How many were found, by this rule or by another that covers the value."""
    rng = random.Random(rule.name)
    hits = total = 0
    for text, value in values_of(rule, language, rng):
        for carrier in CARRIERS[language]:
            whole = carrier.format(text)
            total += 1
            low = whole.find(value) if value else 0
            hits += any(
                f.score >= THRESHOLD and (f.rule == rule.name or (value and f.start <= low < f.end))
                for f in detector.find(whole)
            )
    return Recall(rule, language, hits, total)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "|".join(" --- " if not place else " ---: " for place in range(len(columns))) + "|"
    for row in rows:
        yield "| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |"
    yield ""


def false_positives(detector: RuleDetector, characters: int) -> Iterator[str]:
    """By kind of text, and by pack."""
    by_pack: Counter[str] = Counter()
    rows: list[tuple[object, ...]] = []
    size = 0
    for name, text in corpus(characters).items():
        found = Counter(f.rule for f in detector.find(text) if f.score >= THRESHOLD)
        by_pack.update({rule.partition("/")[0]: count for rule, count in found.items()})
        read = len(text.encode())
        size += read
        told = ", ".join(f"{rule.partition('@')[0]} {count}" for rule, count in found.most_common(3))
        rows.append((name, f"{read / 1e3:,.0f}", found.total(), f"{found.total() / read * 1e5:.2f}", told))
    total = by_pack.total()
    yield f"## False positives at {THRESHOLD} and more\n"
    yield f"{total} in {size / 1e6:.2f} MB of hard negatives: {total / size * 1e5:.2f} in 100 KB over all packs.\n"
    yield from table(("text", "KB", "found", "in 100 KB", "rules"), rows)
    yield from table(
        ("pack", "found", "in a MB"), [(pack, n, f"{n / size * 1e6:.2f}") for pack, n in by_pack.most_common()]
    )
    yield "Packs that are not listed: none.\n"


def recalls(detector: RuleDetector, rules: RuleSet, word: str) -> Iterator[str]:
    """By pack and language, then the worst rules."""
    live = [rule for rule in rules.rules if rule.status.acts and word in rule.name]
    done = [recall(detector, rule, language) for rule in live for language in CARRIERS]
    sentences = ", ".join(f"{len(some)} {language}" for language, some in CARRIERS.items())
    yield "## Recall on generated positives\n"
    yield f"{len(live)} rules, up to {SAMPLES} values each, in every carrier sentence ({sentences}).\n"
    packs: defaultdict[str, dict[str, list[int]]] = defaultdict(lambda: {language: [0, 0] for language in CARRIERS})
    for one in done:
        entry = packs[one.rule.pack][one.language]
        entry[0], entry[1] = entry[0] + one.hits, entry[1] + one.total
    counted = Counter(rule.pack for rule in live)
    yield from table(
        ("pack", "rules", *CARRIERS),
        [(pack, counted[pack], *(f"{h / n:.1%}" for h, n in some.values())) for pack, some in sorted(packs.items())],
    )
    whole = {language: [one for one in done if one.language == language] for language in CARRIERS}
    shares = (f"{language} {sum(o.hits for o in s) / sum(o.total for o in s):.2%}" for language, s in whole.items())
    yield f"All: {', '.join(shares)}.\n"
    weak = sorted((one for one in done if one.hits < one.total), key=lambda one: (one.share, one.rule.name))
    if not weak:
        yield "Every rule is found in every sentence.\n"
        return
    yield f"Rules that are not always found: {len({one.rule.name for one in weak})}. The worst:\n"
    yield from table(
        ("rule", "language", "found"),
        [(one.rule.name, one.language, f"{one.hits} of {one.total}") for one in weak[:WORST]],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--characters", type=int, default=100_000, help="of each kind of hard negatives")
    parser.add_argument("--rule", default="", help="recall only of rules whose name holds this")
    parser.add_argument("--out", type=Path, help="write it there instead of printing it")
    options = parser.parse_args()
    rules = load_packs()
    detector = RuleDetector(rules)
    text = "\n".join([*false_positives(detector, options.characters), *recalls(detector, rules, options.rule)])
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
