"""`python -m benchmarks.quality [--characters N] [--rule TEXT]`: false positives and recall of the rule packs.

False positives are counted on generated hard negatives at 0.5 and more; recall on values drawn from each rule's own
pattern (or its examples, where a checksum leaves no other way), each in every carrier sentence.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter, defaultdict
from typing import Final

from benchmarks.sampling import sample
from detectors.rulepack import RuleDetector, load_packs
from detectors.rules import Rule
from tests.detectors.hard_negatives import corpus

THRESHOLD: Final = 0.5
CARRIERS: Final = (
    "请帮我看一下{}，谢谢。",
    "我们的{}已经配置好了",
    "客户发来：{}。请尽快处理",
    "【备注】{}",
    "（{}）",
    "一、{}；二、其他事项",
    "Please check {} for me.",
    "It says {} in the file, does that look right?",
    "config:\n  {}\n",
    "- {}\n- next item",
    '"{}"',
    "see {}, then reply",
)
SAMPLES: Final = 3


def values_of(rule: Rule, rng: random.Random) -> list[tuple[str, str | None]]:
    """(text to carry, value or None for anything) of a rule."""
    drawn = [found for found in (sample(rule, rng) for _ in range(SAMPLES)) if found is not None]
    if not drawn:
        return [(example.text, None) for example in rule.matches]
    label = f"{rule.context.words[0]} " if rule.context.words else ""
    return [(f"{label}{whole}", value) for whole, value in drawn]


def recall(detector: RuleDetector, rule: Rule) -> tuple[int, int]:
    """How many of how many were found, by this rule or by another that gives the same type and covers the value."""
    rng = random.Random(rule.name)
    hits = total = 0
    for text, value in values_of(rule, rng):
        for carrier in CARRIERS:
            whole = carrier.format(text)
            total += 1
            low = whole.find(value) if value else 0
            hits += any(
                f.score >= THRESHOLD and (f.rule == rule.name or (value and f.start <= low < f.end))
                for f in detector.find(whole)
            )
    return hits, total


def false_positives(detector: RuleDetector, characters: int) -> None:
    by_pack: Counter[str] = Counter()
    texts = corpus(characters)
    print(f"{'hard negatives':<16} {'KB':>6} {'found':>6}  rules")
    for name, text in texts.items():
        found = Counter(f.rule for f in detector.find(text) if f.score >= THRESHOLD)
        by_pack.update({rule.partition("/")[0]: n for rule, n in found.items()})
        print(
            f"{name:<16} {len(text.encode()) / 1e3:>6.0f} {sum(found.values()):>6}  {dict(found.most_common(4)) or ''}"
        )
    size = sum(len(text.encode()) for text in texts.values()) / 1e5
    print(f"{'all packs':<16} {size * 100:>6.0f} {by_pack.total():>6}  = {by_pack.total() / size:.2f} per 100 KB")
    for pack, count in by_pack.most_common():
        print(f"  {pack:<30} {count / size:.2f} per 100 KB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--characters", type=int, default=100_000, help="of each kind of hard negatives")
    parser.add_argument("--rule", default="", help="only rules whose name holds this")
    options = parser.parse_args()
    detector = RuleDetector(load_packs())
    false_positives(detector, options.characters)
    packs: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    weak: list[str] = []
    for rule in load_packs().rules:
        if options.rule not in rule.name:
            continue
        hits, total = recall(detector, rule)
        entry = packs[rule.pack]
        entry[0], entry[1], entry[2] = entry[0] + hits, entry[1] + total, entry[2] + 1
        if hits < total:
            weak.append(f"  {rule.name}: {hits} of {total}")
    print(f"\n{'pack':<30} {'rules':>6} {'recall':>8}")
    for pack, (hits, total, count) in sorted(packs.items()):
        print(f"{pack:<30} {count:>6} {hits / total:>8.1%}")
    print("\nnot always found:" if weak else "", *weak, sep="\n")


if __name__ == "__main__":
    main()
