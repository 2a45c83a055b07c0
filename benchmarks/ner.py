"""`python -m benchmarks.ner [--quick] [--long] [--out FILE]`: reading names, on one core and on a GPU.

1. One text after the other on one core, beside Presidio's two ways to run the same model.
2. Many callers at once through the worker process: p50, p99, throughput, what batching saves.
3. Memory of the worker over many requests (`--long`: 100,000).
4. Two shared servers of which one stalls: what asking a second one gains.
5. On a GPU, where torch sees one: one by one, 64 callers, and the most that whole batches reach.

Prints as it goes, and writes the same to docs/benchmarks-ner.md when all parts have run (`--out`: somewhere else).

The model of the comparisons is an untrained BERT of 6 layers and 384 columns: as slow as a trained one, and it says of
every system whether it read a text to its end. The embedded model is measured beside it where it is installed.
Times are CPU seconds where the machine is shared, so that others on it do not count; it says so where they are not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
os.environ |= {"TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}

from benchmarks import ner_gpu, ner_hedge, ner_load
from benchmarks.machine import describe
from benchmarks.ner_model import SMALL, make, text_of
from benchmarks.sheet import Sheet
from benchmarks.systems import REPO

TARGET = REPO / "docs" / "benchmarks-ner.md"
INTRODUCTION = """# Benchmarks: reading names

Written by `python -m benchmarks.ner`; run it to have the figures of your own machine (`--quick` is quicker).
How it measures is said at the top of `benchmarks/ner.py`.
"""
CHARACTERS = (100, 317, 2_000, 20_000)
LANGUAGES = ("en", "zh")

type Reads = Callable[[str], int]
"""A text → where the last name in it ends; 0: none found."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="short rounds")
    parser.add_argument("--long", action="store_true", help="100,000 requests for the memory")
    parser.add_argument("--model", help="another model beside the untrained BERT: a name or folder")
    parser.add_argument("--skip", default="", help="parts to leave out, such as 1,3")
    parser.add_argument("--out", type=Path, metavar="FILE", help="Markdown file (default: docs/benchmarks-ner.md)")
    options = parser.parse_args()
    skip = set(options.skip.split(","))
    warnings.simplefilter("ignore")
    logging.disable(logging.ERROR)
    sheet, began = Sheet(), time.perf_counter()
    sheet.say(f"{INTRODUCTION}\n{describe()} {versions()}. One core a model; other work may share it.\n")
    with tempfile.TemporaryDirectory(prefix="redline-bench-") as scratch:
        folder = make(Path(scratch) / SMALL.name, SMALL)
        model = options.model or _embedded()
        if "1" not in skip:
            one_by_one(sheet, folder, model, Path(scratch), quick=options.quick)
        if not {"2", "3"} <= skip:
            worker, detector = ner_load.started(model or folder, ("--threads", "1"))
            try:
                asyncio.run(_served(sheet, worker, detector, options.quick, options.long, skip))
            finally:
                worker.stop()
        if "4" not in skip:
            ner_hedge.measure(sheet, model or str(folder), quick=options.quick)
        if "5" not in skip:
            ner_gpu.measure(sheet, Path(scratch), quick=options.quick)
    sheet.say(f"\nThe run took {(time.perf_counter() - began) / 60:.0f} minutes.")
    target = options.out or (TARGET if skip == {""} and not options.quick else None)
    if target is not None:
        sheet.write(target)


def versions() -> str:
    """Of what runs models here."""
    found = []
    for name in ("onnxruntime", "torch", "transformers", "presidio-analyzer"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found.append(f"{name} {metadata.version(name)}")
    return ", ".join(found)


def _embedded() -> str | None:
    from detectors.ner.models.choice import choose

    choice = choose("auto")
    return "embedded" if choice.kind not in {"names", "off"} and choice.folder is not None else None


# --- 1 --------------------------------------------------------------------------------------------------------------


def one_by_one(sheet: Sheet, folder: Path, model: str | None, scratch: Path, *, quick: bool) -> None:
    systems: dict[str, Callable[[str], Reads]] = {}
    if model:
        systems[f"Redline, {model}"] = lambda _: ours(model)
    if _exported(folder):
        systems[f"Redline, {SMALL.name}, ONNX int8"] = lambda _: ours(folder)
    systems[f"Redline, {SMALL.name}, torch fp32"] = lambda _: ours(_only_torch(folder, scratch))
    systems["Presidio HuggingFaceNerRecognizer, torch fp32"] = lambda language: presidio_recognizer(folder, language)
    systems["Presidio TransformersNlpEngine, torch fp32"] = lambda language: presidio_engine(folder, scratch, language)
    sizes = CHARACTERS[:3] if quick else CHARACTERS
    sheet.say("## One text after the other, CPU milliseconds on one core\n")
    sheet.say("| | " + " | ".join(f"{language} {n:,}" for language in LANGUAGES for n in sizes) + " |")
    sheet.say("|---" * (1 + len(LANGUAGES) * len(sizes)) + "|")
    for name, opened in systems.items():
        cells = []
        for language in LANGUAGES:
            sheet.progress(f"{name}, {language}")
            reads = opened(language)
            reads(text_of(50, language))
            for characters in sizes:
                seconds, end = cpu(reads, text_of(characters, language), 1 if quick else 3, 0.05 if quick else 1.0)
                whole = end == characters or "embedded" in name
                cells.append(f"{1e3 * seconds:,.1f}{'' if whole else ' †'}")
        sheet.say(f"| {name} | " + " | ".join(cells) + " |")
    sheet.say("\n† the name at the text's end was not found: it was not read to its end.\n")
    _tokens(sheet, folder)


def _tokens(sheet: Sheet, folder: Path) -> None:
    from detectors.ner.models.load import open_runtime

    runtime = open_runtime(folder, {"device": "cpu"})
    counts = [
        f"{language} {n:,}: {sum(map(len, runtime.prepare(text_of(n, language)).chunks)):,}"
        for language in LANGUAGES for n in CHARACTERS
    ]  # fmt: skip
    sheet.say(f"Tokens of the BERT, overlap of windows included: {'; '.join(counts)}.\n")


def cpu(reads: Reads, text: str, rounds: int, seconds: float) -> tuple[float, int]:
    """Median CPU seconds of reading it, over rounds of at least so long or one call each; and where the name ended."""
    medians, end = [], 0
    for _ in range(rounds):
        calls, began = 0, time.process_time()
        while calls == 0 or time.process_time() - began < seconds:
            end = reads(text)
            calls += 1
        medians.append((time.process_time() - began) / calls)
        if medians[0] > 5 * seconds:
            break
    return statistics.median(medians), end


def ours(model: str | Path) -> Reads:
    from detectors.ner.models.load import open_runtime
    from detectors.ner.runtime import read_alone

    runtime = open_runtime(model, {"device": "cpu", "threads": 1})
    return lambda text: max((span.end for span in read_alone(runtime, text)), default=0)


def _exported(folder: Path) -> bool:
    """Write the int8 file beside the weights, where `onnx` is installed."""
    try:
        from detectors.ner.models.export import export
    except ImportError:
        return False
    export(folder)
    return True


def _only_torch(folder: Path, scratch: Path) -> Path:
    import shutil

    target = scratch / f"{folder.name}-torch"
    if not target.exists():
        shutil.copytree(folder, target, ignore=shutil.ignore_patterns("*.onnx"))
    return target


MAPPING = {
    label[2:]: entity for label, entity in (("B-PER", "PERSON"), ("B-LOC", "LOCATION"), ("B-ORG", "ORGANIZATION"))
}


def presidio_recognizer(folder: Path, language: str) -> Reads:
    from presidio_analyzer.predefined_recognizers import HuggingFaceNerRecognizer

    recognizer: Any = HuggingFaceNerRecognizer(
        model_name=str(folder), label_mapping=MAPPING, supported_language=language, device="cpu"
    )
    recognizer.load()
    return lambda text: max((one.end for one in recognizer.analyze(text, ["PERSON", "LOCATION"])), default=0)


def presidio_engine(folder: Path, scratch: Path, language: str) -> Reads:
    import spacy
    from presidio_analyzer.nlp_engine import NerModelConfiguration, TransformersNlpEngine

    blank = scratch / f"blank-{language}"
    spacy.blank(language).to_disk(blank)
    engine: Any = TransformersNlpEngine(
        models=[{"lang_code": language, "model_name": {"spacy": str(blank), "transformers": str(folder)}}],
        ner_model_configuration=NerModelConfiguration(model_to_presidio_entity_mapping=MAPPING, labels_to_ignore=["O"]),
    )
    engine.load()
    return lambda text: max((one.end_char for one in engine.process_text(text, language).entities), default=0)


# --- 2, 3 -----------------------------------------------------------------------------------------------------------


async def _served(sheet: Sheet, worker: Any, detector: Any, quick: bool, long: bool, skip: set[str]) -> None:
    if "2" not in skip:
        sheet.say(f"## Callers at once, texts of about 317 characters, {detector.describe()}\n")
        sheet.say(
            "| callers | texts/s | p50 ms | p99 ms | CPU ms a text | tokens a CPU second | texts in a batch | padding |"
        )
        sheet.say("|---|---|---|---|---|---|---|---|")
        texts = ner_load.texts_like(317, 200 if quick else 2000)
        await ner_load.load(worker, detector, 8, texts[:50])
        for clients in ner_load.CLIENTS:
            row = await ner_load.load(worker, detector, clients, texts)
            sheet.say(
                f"| {clients} | {row.texts / row.seconds:,.0f} | {1e3 * row.quantile(0.5):,.1f} | "
                f"{1e3 * row.quantile(0.99):,.1f} | {1e3 * row.cpu / row.texts:,.2f} | {row.tokens / row.cpu:,.0f} | "
                f"{row.batch:,.1f} | {row.padding:.1%} |"
            )
    if "3" not in skip:
        requests = 100_000 if long else 2_000 if quick else 10_000
        sheet.progress(f"memory over {requests:,} requests")
        sheet.say(f"\n## Memory of the worker over {requests:,} requests, 8 callers\n")
        rows = await ner_load.memory(worker, detector, requests)
        sheet.say("| requests | resident MiB |\n|---|---|")
        for count, size in rows[:: 1 if long else 5]:
            sheet.say(f"| {count:,} | {size / ner_load.MIB:,.1f} |")
        sheet.say(f"\nGrowth from the first tenth to the end: {(rows[-1][1] - rows[1][1]) / ner_load.MIB:+,.1f} MiB.\n")
    await detector.aclose()


if __name__ == "__main__":
    main()
