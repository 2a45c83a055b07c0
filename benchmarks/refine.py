"""What context, thresholds, lists and consistency cost, beside the detectors: `python -m benchmarks.refine`.

CPU milliseconds of one message of four parts, dense with names in two languages; best of several runs:
detectors alone, with the refiner, and the same message once more (findings cached, names looked for again).
"""

from __future__ import annotations

import asyncio
import sys
import time

from detectors.engine import DetectorEngine
from detectors.names import NameDetector
from detectors.packs.detector import RuleDetector, read_packs
from detectors.refine import load_refiner
from detectors.types import Detector, Part, PartKind

TEXT = (
    "Dear Mr. John Smith, the meeting with 张伟 and 李娜女士 about the quarterly report moved to Friday. "
    "Call Mary Jones at 13800138000. 请转告王芳，她的地址是北京市朝阳区建国路88号。"
    "We will review the budget, the risks and next steps with the customer team in Chicago.\n"
)
ROUNDS = 5


async def cost(engine: DetectorEngine, parts: list[Part]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        begin = time.process_time()
        await engine.detect(parts)
        best = min(best, time.process_time() - begin)
    return best * 1000


async def main() -> None:
    chain: list[Detector] = [RuleDetector(read_packs()), NameDetector(floor=0.2)]
    refiner = load_refiner()
    sys.stdout.write("characters   detectors   with refiner   again, cached   again without refiner\n")
    for size in (1, 8, 64, 250):
        parts = [Part(number, "text", PartKind.TEXT, f"{TEXT * size}{number}") for number in range(4)]
        row = [
            await cost(DetectorEngine(chain, 0), parts),
            await cost(DetectorEngine(chain, 0, refiner), parts),
            await cost(DetectorEngine(chain, 1000, refiner), parts),
            await cost(DetectorEngine(chain, 1000), parts),
        ]
        told = "   ".join(f"{value:10.2f}" for value in row)
        sys.stdout.write(f"{sum(len(part.text) for part in parts):10,}   {told}\n")


if __name__ == "__main__":
    asyncio.run(main())
