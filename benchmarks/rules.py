"""`python -m benchmarks.rules [--seconds N]`: how many megabytes a second the rule engine reads, on one core.

Texts of several lengths, prose in both languages, without and with findings; no proxy, no store, no cache.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from benchmarks.machine import describe
from detectors.rulepack import RuleDetector, load_packs

PROSE = (
    "Please summarise the following notes for the branch manager and keep the tone friendly. "
    "客户希望了解定期存款的利率调整以及提前支取的规则,请用简单的语言说明。 Order 7731 shipped, total 1,204.50. "
)
VALUES = "她的手机是13912345678,邮箱 wang@example.com,卡号 4539148803436467。 "
CHARACTERS = (100, 1_000, 10_000, 100_000)


def text_of(characters: int, with_values: bool) -> str:
    unit = PROSE * 3 + (VALUES if with_values else "")
    return (unit * (characters // len(unit) + 1))[:characters]


def per_second(find: Callable[[str], object], text: str, seconds: float) -> float:
    """Calls a second; texts differ from call to call, so that nothing can be remembered."""
    calls, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        find(f"{calls} {text}")
        calls += 1
    return calls / elapsed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each line")
    seconds = parser.parse_args().seconds
    detector = RuleDetector(load_packs())
    print(describe())
    print(f"{'characters':>10} {'findings':>8} {'texts/s':>10} {'µs/text':>10} {'MB/s':>8}")
    for with_values in (False, True):
        for characters in CHARACTERS:
            text = text_of(characters, with_values)
            found = len(detector.find(text))
            rate = per_second(detector.find, text, seconds)
            megabytes = rate * len(text.encode()) / 1e6
            print(f"{characters:>10} {found:>8} {rate:>10,.0f} {1e6 / rate:>10,.1f} {megabytes:>8.2f}")


if __name__ == "__main__":
    main()
