from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.ner.tiny_model import build

    return build(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def table_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the same answers that starts in a fraction of a second."""
    from tests.ner.tiny_model import build_table

    return build_table(tmp_path_factory.mktemp("tables") / "tiny")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where there is no accelerator its tests are not chosen, rather than skipped one by one."""
    wanted = [item for item in items if item.get_closest_marker("gpu") is None]
    if len(wanted) < len(items) and not Path("/dev/nvidiactl").exists():
        config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
        items[:] = wanted
