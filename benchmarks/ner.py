"""`python -m benchmarks.ner [--quick] [--long] [--model NAME|FOLDER]`: reading names, on one core and on a GPU.

1. One text after the other on one core, beside Presidio's two ways to run the same model.
2. Many callers at once through the worker process: p50, p99, throughput, what batching saves.
3. Memory of the worker over many requests (`--long`: 100,000).
4. On a GPU, where torch sees one: one by one, 64 callers, and the most that whole batches reach.

The model of the comparisons is an untrained BERT of 6 layers and 384 columns: as slow as a trained one, and it says of
every system whether it read a text to its end. The embedded model is measured beside it where it is installed.
Times are CPU seconds where the machine is shared, so that others on it do not count; it says so where they are not.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
os.environ |= {"TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}

from benchmarks import ner_load
from benchmarks.machine import describe
from benchmarks.ner_model import BASE, SMALL, make, text_of

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
    options = parser.parse_args()
    skip = set(options.skip.split(","))
    warnings.simplefilter("ignore")
    logging.disable(logging.ERROR)
    print(f"{describe()} One core a model; the machine is shared with other work.\n")
    with tempfile.TemporaryDirectory(prefix="redline-bench-") as scratch:
        folder = make(Path(scratch) / SMALL.name, SMALL)
        model = options.model or _embedded()
        if "1" not in skip:
            one_by_one(folder, model, Path(scratch), quick=options.quick)
        for name in [model or folder]:
            worker, detector = ner_load.started(name, ("--threads", "1"))
            try:
                asyncio.run(_served(worker, detector, options.quick, options.long, skip))
            finally:
                worker.stop()
        if "4" not in skip:
            on_gpu(Path(scratch), quick=options.quick)


def _embedded() -> str | None:
    from detectors.ner.models import choose

    choice = choose("auto")
    return "embedded" if choice.kind not in {"names", "off"} and choice.folder is not None else None


# --- 1 --------------------------------------------------------------------------------------------------------------


def one_by_one(folder: Path, model: str | None, scratch: Path, *, quick: bool) -> None:
    systems: dict[str, Callable[[str], Reads]] = {}
    if model:
        systems[f"Redline, {model}"] = lambda _: ours(model)
    if _exported(folder):
        systems[f"Redline, {SMALL.name}, ONNX int8"] = lambda _: ours(folder)
    systems[f"Redline, {SMALL.name}, torch fp32"] = lambda _: ours(_only_torch(folder, scratch))
    systems["Presidio HuggingFaceNerRecognizer, torch fp32"] = lambda language: presidio_recognizer(folder, language)
    systems["Presidio TransformersNlpEngine, torch fp32"] = lambda language: presidio_engine(folder, scratch, language)
    sizes = CHARACTERS[:3] if quick else CHARACTERS
    print("## One text after the other, CPU milliseconds on one core\n")
    print("| | " + " | ".join(f"{language} {n:,}" for language in LANGUAGES for n in sizes) + " |")
    print("|---" * (1 + len(LANGUAGES) * len(sizes)) + "|", flush=True)
    for name, opened in systems.items():
        cells = []
        for language in LANGUAGES:
            reads = opened(language)
            reads(text_of(50, language))
            for characters in sizes:
                seconds, end = cpu(reads, text_of(characters, language), 1 if quick else 3, 0.05 if quick else 1.0)
                whole = end == characters or "embedded" in name
                cells.append(f"{1e3 * seconds:,.1f}{'' if whole else ' †'}")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    print("\n† the name at the text's end was not found: it was not read to its end.\n")
    _tokens(folder)


def _tokens(folder: Path) -> None:
    from detectors.ner.load import open_runtime

    runtime = open_runtime(folder, {"device": "cpu"})
    counts = [
        f"{language} {n:,}: {sum(map(len, runtime.prepare(text_of(n, language)).chunks)):,}"
        for language in LANGUAGES for n in CHARACTERS
    ]  # fmt: skip
    print(f"Tokens of the BERT, overlap of windows included: {'; '.join(counts)}.\n")


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
    from detectors.ner.load import open_runtime
    from detectors.ner.runtime import read_alone

    runtime = open_runtime(model, {"device": "cpu", "threads": 1})
    return lambda text: max((span.end for span in read_alone(runtime, text)), default=0)


def _exported(folder: Path) -> bool:
    """Write the int8 file beside the weights, where `onnx` is installed."""
    try:
        from detectors.ner.export import export
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


async def _served(worker: Any, detector: Any, quick: bool, long: bool, skip: set[str]) -> None:
    if "2" not in skip:
        print(f"## Callers at once, texts of about 317 characters, {detector.describe()}\n")
        print(
            "| callers | texts/s | p50 ms | p99 ms | CPU ms a text | tokens a CPU second | texts in a batch | padding |"
        )
        print("|---|---|---|---|---|---|---|---|")
        texts = ner_load.texts_like(317, 200 if quick else 2000)
        await ner_load.load(worker, detector, 8, texts[:50])
        for clients in ner_load.CLIENTS:
            row = await ner_load.load(worker, detector, clients, texts)
            print(
                f"| {clients} | {row.texts / row.seconds:,.0f} | {1e3 * row.quantile(0.5):,.1f} | "
                f"{1e3 * row.quantile(0.99):,.1f} | {1e3 * row.cpu / row.texts:,.2f} | {row.tokens / row.cpu:,.0f} | "
                f"{row.batch:,.1f} | {row.padding:.1%} |",
                flush=True,
            )
    if "3" not in skip:
        requests = 100_000 if long else 2_000 if quick else 10_000
        print(f"\n## Memory of the worker over {requests:,} requests, 8 callers\n")
        rows = await ner_load.memory(worker, detector, requests)
        print("| requests | resident MiB |\n|---|---|")
        for count, size in rows[:: 1 if long else 5]:
            print(f"| {count:,} | {size / ner_load.MIB:,.1f} |")
        print(f"\nGrowth from the first tenth to the end: {(rows[-1][1] - rows[1][1]) / ner_load.MIB:+,.1f} MiB.\n")
    await detector.aclose()


# --- 4 --------------------------------------------------------------------------------------------------------------


def on_gpu(scratch: Path, *, quick: bool, device: str = "") -> None:
    import torch

    if not device and not torch.cuda.is_available():
        print("No GPU here: its part was left out.")
        return
    device = device or "cuda:0"
    name = torch.cuda.get_device_name(0) if device.startswith("cuda") else device
    print(f"## On a GPU: {name}, wall time, texts of about 317 characters\n")
    print("| model | one by one, tokens/s | 64 callers, tokens/s | whole batches, tokens/s | 64 callers : one by one |")
    print("|---|---|---|---|---|")
    for model, folder in _gpu_models(scratch, quick=quick):
        single, many, most = asyncio.run(_gpu(folder, device, quick))
        print(f"| {model} | {single:,.0f} | {many:,.0f} | {most:,.0f} | {many / single:.1f} |", flush=True)


def _gpu_models(scratch: Path, *, quick: bool) -> Iterator[tuple[str, Path | str]]:
    if _embedded():
        yield "embedded", "embedded"
    yield SMALL.name, _only_torch(make(scratch / "gpu" / SMALL.name, SMALL), scratch)
    if not quick:
        yield BASE.name, make(scratch / "gpu" / BASE.name, BASE)
        yield "openai/privacy-filter's shape", privacy_filter(scratch / "gpu" / "privacy-filter")


def privacy_filter(folder: Path) -> Path:
    """Random weights of the shape that transformers gives this architecture by default, with the BERT's tokenizer."""
    import torch
    from transformers import OpenAIPrivacyFilterConfig, OpenAIPrivacyFilterForTokenClassification

    make(folder, SMALL)
    for name in ("config.json", "model.safetensors"):
        (folder / name).unlink()
    torch.manual_seed(1)
    OpenAIPrivacyFilterForTokenClassification(OpenAIPrivacyFilterConfig()).to(torch.bfloat16).save_pretrained(folder)
    return folder


async def _gpu(folder: Path | str, device: str, quick: bool) -> tuple[float, float, float]:
    """Tokens a second: one caller, 64 callers, and `forward` on whole batches with nobody waiting."""
    from detectors.ner.load import open_runtime
    from detectors.ner.reader import Reader

    runtime = open_runtime(folder, {"device": device})
    texts = ner_load.texts_like(317, 640 if quick else 6400)
    chunks = [chunk for text in texts for chunk in runtime.prepare(text).chunks]
    ordered = sorted(chunks, key=len)
    total, step = sum(map(len, chunks)), max(1, 16384 // len(ordered[-1]))
    batches = [ordered[at : at + step] for at in range(0, len(ordered), step)]
    for batch in (batches[0], batches[-1]):
        runtime.forward(batch)
    began = time.perf_counter()
    for batch in batches:
        runtime.forward(batch)
    most = total / (time.perf_counter() - began)
    reader, speeds = Reader(runtime), []
    for clients, some in ((1, texts[: len(texts) // 10]), (64, texts)):
        before, began, todo = reader.batcher.stats.tokens, time.perf_counter(), iter(some)

        async def client(todo: Iterator[str] = todo) -> None:
            for text in todo:
                await reader.spans(text)

        await asyncio.gather(*(client() for _ in range(clients)))
        speeds.append((reader.batcher.stats.tokens - before) / (time.perf_counter() - began))
    await reader.aclose()
    return speeds[0], speeds[1], most


if __name__ == "__main__":
    main()
