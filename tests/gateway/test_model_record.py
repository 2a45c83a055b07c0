"""Every record names the model that read names, with its hash."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from detectors import calls
from detectors.ner import build
from detectors.ner.serving.client import NerDetector
from detectors.types import Finding, Part
from gateway.config import Config, load
from gateway.errors import ConfigError
from gateway.ner import CANDIDATES, choice_of, finds_names, model_of, types_of, worker_options
from gateway.supervisor.dump import dump

from .world import World, chat, forwarded


async def test_a_record_names_the_model() -> None:
    world = World()
    await forwarded(await world.begin(), chat("nothing here"))
    world.gate.model = lambda: "tiny@00ff"
    await forwarded(await world.begin(), chat("nor here"))
    assert [record["model"] for record in world.records.records] == ["", "tiny@00ff"]


class Reader:
    """Counts the texts that a model would read."""

    name = revision = "reader"

    def __init__(self) -> None:
        self.asked: list[bool] = []

    async def detect(self, parts: Sequence[Part]) -> Sequence[Finding]:
        self.asked.append(calls.with_models())
        return ()


@pytest.mark.parametrize(("policy", "reads"), [("default", True), ("secrets-only", False), ("pci-dss", False)])
async def test_a_model_is_spared_where_the_policy_lets_pass_what_it_finds(policy: str, reads: bool) -> None:
    reader = Reader()
    world = World(policy, further=(reader,))
    world.gate.model, world.gate.model_types = lambda: "tiny@00ff", lambda: frozenset({"PERSON", "ADDRESS"})
    await forwarded(await world.begin(), chat("nothing here"))
    assert set(reader.asked) == {reads}
    assert world.records.records[0]["model"] == ("tiny@00ff" if reads else "")
    with calls.calling(insists=True):
        await forwarded(await world.begin(), chat("nor here"))
    assert reader.asked[-1]


def test_the_chain_tells_which(tmp_path: Path) -> None:
    names = build("names")
    assert model_of([names])() == ""
    hello = {"name": "tiny", "revision": "ab" * 32, "describe": "tiny on cpu", "entities": ["PERSON"]}
    detector = NerDetector(hello, tmp_path / "none", None, 1.0)
    assert model_of([names, detector])() == f"tiny@{'ab' * 32}"
    assert (types_of([names])(), types_of([names, detector])()) == (frozenset(), {"PERSON"})


def test_labels_of_the_operator_reach_the_worker() -> None:
    config = load(None, {"ner_labels": "PER=PERSON, B=x=API_KEY,MISC=", "ner_threads": "2"}, {})
    labels = {"PER": "PERSON", "B=x": "API_KEY", "MISC": ""}
    assert worker_options(config) == {"threads": 2, "candidates": CANDIDATES, "labels": labels}
    assert load(None, dump(config), {}) == config
    with pytest.raises(ConfigError, match="'PER=person' is not LABEL=TYPE"):
        load(None, {"ner_labels": "PER=person"}, {})


def test_what_a_configuration_asks_for() -> None:
    def config(**settings: str) -> Config:
        return load(None, settings, {})

    assert choice_of(config(ner_model="names")).kind == "names"
    assert not finds_names(config(ner_model="off", names="false"))
    assert finds_names(config(ner_model="names", names="false"))
    assert finds_names(config(ner_model="off", names="true"))
