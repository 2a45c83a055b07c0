"""On a GPU: tokens a second of one caller, of 64, and of whole batches with nobody waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import ner_load
from benchmarks.ner_model import BASE, SMALL, make
from benchmarks.sheet import Sheet
from detectors.ner.models.choice import embedded_lacks


def measure(sheet: Sheet, scratch: Path, *, quick: bool, device: str = "") -> None:
    """`device`: another than the first GPU, to try the program where there is none."""
    import torch

    if not device and not torch.cuda.is_available():
        sheet.say("\n## On a GPU\n\nNo GPU here: run it where there is one.")
        return
    device = device or "cuda:0"
    name = torch.cuda.get_device_name(0) if device.startswith("cuda") else device
    sheet.say(f"\n## On a GPU: {name}, wall time, texts of about 317 characters\n")
    sheet.say(
        "| model | one by one, tokens/s | 64 callers, tokens/s | whole batches, tokens/s "
        "| 64 callers : one by one | 64 callers : whole batches |"
    )
    sheet.say("|---|---|---|---|---|---|")
    for model, folder in _gpu_models(scratch, quick=quick):
        sheet.progress(f"GPU, {model}")
        single, many, most = asyncio.run(_gpu(folder, device, quick))
        sheet.say(f"| {model} | {single:,.0f} | {many:,.0f} | {most:,.0f} | {many / single:.1f} | {many / most:.0%} |")


def _gpu_models(scratch: Path, *, quick: bool) -> Iterator[tuple[str, Path | str]]:
    if embedded_lacks() == "":
        yield "embedded", "embedded"
    yield SMALL.name, make(scratch / "gpu" / SMALL.name, SMALL)
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
    from detectors.ner.models.load import open_runtime
    from detectors.ner.reading.reader import Reader

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
