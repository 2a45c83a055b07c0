from __future__ import annotations

import asyncio
import json
import random
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.ner.models.folder import weights_revision
from detectors.ner.models.profiles import ProfileError, Span
from detectors.ner.reading.reader import Reader
from detectors.ner.runtime import Runtime, RuntimeSettings, read_alone
from detectors.ner.runtimes.torch_classifier import TorchRuntime
from tests.ner.tiny_model import build

FILLER = "the patient called and 病人 说 1234 了，of the "


@pytest.fixture(scope="module")
def runtime(model_folder: Path) -> TorchRuntime:
    return TorchRuntime(model_folder, RuntimeSettings(device="cpu", window=24, overlap=8))


def find(runtime: Runtime, *texts: str) -> list[list[Span]]:
    """Through the queue, all at once."""

    async def ask() -> list[list[Span]]:
        reader = Reader(runtime, max_tokens=512)
        try:
            return list(await asyncio.gather(*(reader.spans(text) for text in texts)))
        finally:
            await reader.aclose()

    return asyncio.run(ask())


def said(text: str, spans: list[Span]) -> list[tuple[str, str]]:
    return [(text[s.start : s.end], s.entity) for s in spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zed called from Oz", [("Zed", "PERSON"), ("Oz", "LOCATION")]),
        ("我叫甄嬛，在北京", [("甄嬛", "PERSON")]),
        ("zedmark met zed", [("zedmark", "PERSON"), ("zed", "PERSON")]),
        ("😀😀 Zed\r\n甄嬛\r\n", [("Zed", "PERSON"), ("甄嬛", "PERSON")]),
        ("e\u0301e\u0301 Zed", [("Zed", "PERSON")]),
        ("\ud83d Zed \udc00", [("Zed", "PERSON")]),
        ("ZED", [("ZED", "PERSON")]),
        ("１２３ ＺＥＤ 甄嬛", [("甄嬛", "PERSON")]),
        ("", []),
        ("  \n\t ", []),
    ],
)
def test_offsets_are_code_points(runtime: TorchRuntime, text: str, expected: list[tuple[str, str]]) -> None:
    assert said(text, find(runtime, text)[0]) == expected


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 900), st.sampled_from(["zed", "甄嬛", "Zed甄嬛", "zedmark"]))
def test_a_name_anywhere_in_a_long_text_is_seen(runtime: TorchRuntime, at: int, name: str) -> None:
    text = (FILLER * 30)[:900]
    text = f"{text[:at]} {name} {text[at:]}"
    spans = find(runtime, text)[0]
    covered = {i for s in spans for i in range(s.start, s.end)}
    assert set(range(at + 1, at + 1 + len(name))) <= covered


def test_windows_answer_as_one_whole_text_would(model_folder: Path, runtime: TorchRuntime, tmp_path: Path) -> None:
    whole = TorchRuntime(build(tmp_path / "long", positions=1600), RuntimeSettings(device="cpu", window=1500))
    rng = random.Random(3)
    words = ["zed", "zedmark", "oz", "甄嬛", "the", "病人", "met", "1234", "，"]
    text = " ".join(rng.choice(words) for _ in range(700))
    assert [(s.start, s.end, s.entity) for s in find(runtime, text)[0]] == [
        (s.start, s.end, s.entity) for s in find(whole, text)[0]
    ]


def test_a_long_text_without_a_space(runtime: TorchRuntime) -> None:
    text = "病人说的" * 5_000 + "甄嬛"
    assert said(text, find(runtime, text)[0])[-1] == ("甄嬛", "PERSON")


def test_texts_of_concurrent_calls_share_batches(runtime: TorchRuntime) -> None:
    async def ask() -> tuple[int, int]:
        reader = Reader(runtime)
        await asyncio.gather(*(reader.spans(f"zed called {i}") for i in range(40)))
        stats = reader.batcher.stats
        await reader.aclose()
        return stats.batches, stats.sequences

    batches, sequences = asyncio.run(ask())
    assert sequences == 40
    assert batches < 15


def test_context_dependent_model_is_stable_over_batching(tmp_path: Path) -> None:
    noisy = TorchRuntime(build(tmp_path / "noisy", noise=1.0), RuntimeSettings(device="cpu", window=40, overlap=16))
    texts = ["zed met the patient", "甄嬛 说 the patient called zed of oz " * 6, "zedmark"]
    alone = [find(noisy, text)[0] for text in texts]
    together = find(noisy, *texts)
    assert [[(s.start, s.end, s.entity, round(s.score, 3)) for s in row] for row in together] == [
        [(s.start, s.end, s.entity, round(s.score, 3)) for s in row] for row in alone
    ]


def test_it_is_a_runtime_and_says_what_runs(runtime: TorchRuntime) -> None:
    assert isinstance(runtime, Runtime)
    assert (runtime.name, runtime.device, runtime.kind) == ("tiny", "cpu", "torch")
    assert runtime.describe() == "tiny (BertForTokenClassification, torch float32) on cpu (1 thread), window 22"
    assert runtime.entity_types == ("LOCATION", "PERSON")


@pytest.mark.parametrize("labels", [("O", "S-PER", "E-PER", "S-LOC", "E-LOC"), ("O", "PERSON", "PERSON_2", "LOC", "X")])
def test_other_label_schemes(tmp_path: Path, labels: tuple[str, ...]) -> None:
    own = {"PERSON_2": "PERSON", "X": ""} if "X" in labels else {}
    made = TorchRuntime(build(tmp_path / "m", labels=labels), RuntimeSettings(device="cpu", labels=own))
    text = "zed of oz 说 zedmark"
    assert said(text, read_alone(made, text)) == [("zed", "PERSON"), ("oz", "LOCATION"), ("zedmark", "PERSON")]


def broken(folder: Path, kind: str) -> None:
    config = folder / "config.json"
    weights = folder / "model.safetensors"
    match kind:
        case "no folder":
            shutil.rmtree(folder)
        case "no config":
            config.unlink()
        case "config not json":
            config.write_text("{")
        case "remote code":
            config.write_text(json.dumps(json.loads(config.read_text()) | {"auto_map": {"AutoModel": "x.Y"}}))
        case "no weights":
            weights.unlink()
        case "pickle only":
            weights.rename(folder / "pytorch_model.bin")
        case "cut weights":
            weights.write_bytes(weights.read_bytes()[:-100])
        case "no tokenizer":
            (folder / "tokenizer.json").unlink()
        case "foreign labels":
            labels = {str(i): f"LABEL_{i}" for i in range(5)}
            config.write_text(json.dumps(json.loads(config.read_text()) | {"id2label": labels}))
        case "no head":
            from safetensors.torch import load_file, save_file

            state = load_file(weights)
            save_file({k: v for k, v in state.items() if "classifier" not in k}, weights)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("no folder", "no such model folder"),
        ("no config", "config.json is missing"),
        ("config not json", "not valid JSON"),
        ("remote code", "code of its own"),
        ("no weights", "no .safetensors"),
        ("pickle only", "no .safetensors"),
        ("cut weights", "cannot be loaded"),
        ("no tokenizer", "tokenizer.json is missing"),
        ("foreign labels", "no entity type is known for LABEL_0, LABEL_1"),
        ("no head", "no trained token classifier"),
    ],
)
def test_a_broken_folder_says_what_is_wrong(model_folder: Path, tmp_path: Path, kind: str, says: str) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(model_folder, folder)
    broken(folder, kind)
    with pytest.raises(ProfileError, match=says):
        TorchRuntime(folder, RuntimeSettings(device="cpu"))


def test_unknown_device_says_so(model_folder: Path) -> None:
    with pytest.raises(ProfileError, match="not a torch device"):
        TorchRuntime(model_folder, RuntimeSettings(device="gpu"))


def test_revision_follows_the_weights(model_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(model_folder, tmp_path / "copy")
    assert weights_revision(tmp_path / "copy") == weights_revision(model_folder)
    with (tmp_path / "copy" / "model.safetensors").open("ab") as file:
        file.write(b"\0")
    assert weights_revision(tmp_path / "copy") != weights_revision(model_folder)
