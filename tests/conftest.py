"""What holds for all tests: compiled code and rules are kept, and a file's tests stay in one process."""

from __future__ import annotations

import functools
import os
import re
import sys
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each of hundreds of processes compiles all that it imports anew
sys.dont_write_bytecode = False

_cache = ROOT / ".pytest_cache" / "redline"
_cache.mkdir(mode=0o700, parents=True, exist_ok=True)
_cache.chmod(0o700)
os.environ["REDLINE_CACHE_DIR"] = str(_cache)
"""Compiled rules of their own: nothing that a person runs beside them pushes theirs out, nor the other way round."""


class ByGroup(LoadScopeScheduling):
    """Tests of one `xdist_group`, or else of one file, run in one process: what their fixtures start is started once.

    As `--dist loadgroup` would have it; pytest-xdist 3.8 hands the group over in an attribute that pytest 9.2 dropped,
    and so puts every test in a group of its own. Groups come first: they take long, and files fill the rest.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid.partition("::")[0])


@functools.cache
def _group(file: str) -> str:
    path = ROOT / file
    found = re.search(r"xdist_group\(\"([\w-]+)\"\)", path.read_text(encoding="utf-8")) if path.is_file() else None
    return found[1] if found else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByGroup:
    config.option.loadscopereorder = False  # by number of tests, the longest would come last
    return ByGroup(config, log)  # type: ignore[arg-type]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)
