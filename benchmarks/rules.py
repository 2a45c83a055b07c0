"""`python -m benchmarks.rules [--quick]`: how fast the rule engine reads, on one core, as Markdown tables.

CPU time, not wall time, and the best of several runs, because machines are shared; instructions are not counted. No
proxy, no store, no cache of findings. What is measured is `RuleDetector.find` with all shipped packs: views, exact
confirmation, validators, context and code-point offsets.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypedDict

from benchmarks.machine import describe
from benchmarks.texts import KINDS, hostile, spread
from detectors.packs.detector import RuleDetector, load_packs

SIZES: Final = {"200 B": 200, "2 KB": 2_000, "20 KB": 20_000, "200 KB": 200_000, "20 MB": 20_000_000}
QUICK: Final = ("2 KB", "200 KB")
SPARSE: Final = 1_000
"""Characters for each item."""
DENSE: Final = 100
HOSTILE: Final = 100_000
MANY: Final = 3_000
FEW: Final = 300
_VARIANTS: Final = 40
"""Texts of a short size, so that no branch of the processor learns one of them by heart."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two sizes, shorter runs, half a minute")
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU seconds for each figure")
    arguments = parser.parse_args()
    seconds = 0.2 if arguments.quick else arguments.seconds
    detector = RuleDetector(load_packs())
    rules, expressions = detector.size
    print(f"{describe()}\n\n{rules} rules, {expressions} expressions. CPU time on one core.\n")
    sizes = {name: size for name, size in SIZES.items() if not arguments.quick or name in QUICK}
    for table in (
        _grid(detector, sizes, SPARSE, seconds, "one item in 1,000 characters"),
        _grid(detector, {"200 KB": SIZES["200 KB"]}, 0, seconds, "nothing to find"),
        _grid(
            detector, {"2 KB": SIZES["2 KB"], "200 KB": SIZES["200 KB"]}, DENSE, seconds, "one item in 100 characters"
        ),
        _hostile(detector, seconds),
        _synthetic(seconds),
        _starts(),
    ):
        for line in table:
            print(line, flush=True)
        print()


def _grid(detector: RuleDetector, sizes: dict[str, int], every: int, seconds: float, title: str) -> Iterator[str]:
    yield f"### {title[0].upper()}{title[1:]}\n"
    yield from _head(
        ["text", *(f"{name}, MB/s" for name in sizes), *(f"{name}, µs" for name in sizes if name == "2 KB")]
    )
    for kind in KINDS:
        rates, micros = [], []
        for name, size in sizes.items():
            texts = [spread(kind, size + 7 * number, every) for number in range(_VARIANTS if size <= 2_000 else 1)]
            each = _cpu(detector.find, texts, seconds)
            rates.append(f"{sum(len(text.encode()) for text in texts) / len(texts) / each / 1e6:.1f}")
            if name == "2 KB":
                micros.append(f"{each * 1e6:.1f}")
        yield _row([kind, *rates, *micros])


def _hostile(detector: RuleDetector, seconds: float) -> Iterator[str]:
    yield f"### Hostile text, {HOSTILE // 1000} KB; growth from a quarter of it (linear: 4)\n"
    yield from _head(["text", "MB/s", "growth", "findings"])
    quarters = hostile(HOSTILE // 4)
    rows = []
    for name, text in hostile(HOSTILE).items():
        whole = _cpu(detector.find, [text], seconds / 2)
        part = _cpu(detector.find, [quarters[name]], seconds / 4)
        rows.append((len(text.encode()) / whole / 1e6, name, whole / part, len(detector.find(text))))
    for rate, name, growth, found in sorted(rows):
        yield _row([f"`{name}`", f"{rate:.2f}", f"{growth:.1f}", str(found)])


def _synthetic(seconds: float) -> Iterator[str]:
    yield f"### {MANY:,} rules against {FEW}, synthetic; 200 KB, one item in 1,000 characters\n"
    yield from _head(["text", f"{FEW}, MB/s", f"{MANY:,}, MB/s", "times the time"])
    with tempfile.TemporaryDirectory() as folder:
        few, many = (RuleDetector(load_packs([_pack(Path(folder), count)])) for count in (FEW, MANY))
    for kind in KINDS:
        text = spread(kind, 200_000, SPARSE)
        one, other = _cpu(few.find, [text], seconds), _cpu(many.find, [text], seconds)
        size = len(text.encode()) / 1e6
        yield _row([kind, f"{size / one:.1f}", f"{size / other:.1f}", f"{other / one:.2f}"])


_LETTERS: Final = "bcdfghjklmnpqrstvwxz"


def _pack(folder: Path, count: int) -> Path:
    """Rules of the three usual kinds: a prefix, a keyword before a value, a number with its own shape."""
    target = folder / str(count)
    target.mkdir()
    for number in range(0, count, FEW):
        lines = [f"pack: synthetic-{number}", "version: 1", "area: test", "rules:"]
        lines += [_rule(place) for place in range(number, min(count, number + FEW))]
        (target / f"{number}.yaml").write_text("\n".join(lines), encoding="utf-8")
    return target


def _rule(number: int) -> str:
    word = "".join(_LETTERS[number // 20**place % 20] for place in range(3))
    digits = f"{number % 10}{number // 10 % 10}{number // 100 % 10}{number // 1000 % 10}"
    pattern, value = (
        (f"{word}k_[A-Za-z0-9]{{24}}", f"{word}k_a1B2c3D4e5F6a1B2c3D4e5F6"),
        (f"{word}[ _-]?key[ =:]{{1,3}}[A-Z0-9]{{12}}", f"{word}_key=A1B2C3D4E5F6"),
        (f"{digits}-[0-9]{{4}}-[0-9]{{4}}", f"{digits}-1357-2468"),
    )[number % 3]
    examples = ", ".join(f"'{before}{value}{after}'" for before, after in (("", ""), ("see ", " there"), ("(", ")")))
    counters = ", ".join(f"{{text: 'nothing {other}', why: none}}" for other in ("here", "there", "at all"))
    return (
        f"  - {{id: r{number}, version: 1, entity_type: API_KEY, description: Made for measuring., "
        "status: stable, boundary: alnum, "
        f"patterns: ['{pattern}'], score: 0.9, examples: {{match: [{examples}], no_match: [{counters}]}}}}"
    )


def _starts() -> Iterator[str]:
    yield "### Start, in a process of its own\n"
    yield from _head(["", "CPU s, imports included", "of it, load and build", "memory, MB", "torch or presidio"])
    with tempfile.TemporaryDirectory() as cache:
        for name in ("nothing cached", "disk cache"):
            told = _child(cache)
            foreign = ", ".join(told["foreign"]) or "not imported"
            yield _row([name, f"{told['all']:.2f}", f"{told['load']:.3f}", f"{told['memory']:.0f}", foreign])


_CHILD: Final = """
import json, sys, time
from detectors.packs.detector import RuleDetector, load_packs
foreign = sorted({name.split('.')[0] for name in sys.modules} & {'torch', 'presidio_analyzer', 'transformers'})
began = time.process_time()
detector = RuleDetector(load_packs())
load = time.process_time() - began
detector.find('call 13800138000')
import psutil
print(json.dumps({'load': load, 'all': time.process_time(), 'memory': psutil.Process().memory_info().rss / 1e6,
    'foreign': foreign}))
"""


class _Told(TypedDict):
    load: float
    all: float
    memory: float
    foreign: list[str]


def _child(cache: str) -> _Told:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD],
        env={**os.environ, "REDLINE_CACHE_DIR": cache},
        capture_output=True,
        check=True,
    )
    told: _Told = json.loads(done.stdout)
    return told


def _cpu(find: Callable[[str], object], texts: Sequence[str], seconds: float) -> float:
    """CPU seconds for a text: the best of at least two rounds over all of them."""
    best = float("inf")
    spent, rounds = 0.0, 0
    while rounds < 2 or spent < seconds:
        began = time.process_time()
        for text in texts:
            find(text)
        took = time.process_time() - began
        best, spent, rounds = min(best, took), spent + took, rounds + 1
    return best / len(texts)


def _head(columns: Sequence[str]) -> Iterator[str]:
    yield _row(columns)
    yield "|" + "---|" * len(columns)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
