"""One line -> a model: `auto`, `embedded`, `names`, `off`, a folder, a spaCy package, a Hub model of a pinned revision.

Nothing is ever fetched: a Hub model is looked for in the local cache. Imports nothing heavy.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from detectors.ner.runtime import ProfileError

EMBEDDED: Final = Path(__file__).parents[1] / "embedded" / "model"
WORDS: Final = ("auto", "embedded", "names", "off")
NEEDS: Final = ("numpy", "onnxruntime", "tokenizers")
"""What the embedded model needs."""
HUB: Final = re.compile(r"(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)@(?P<revision>[\w.-]+)")
COMMIT: Final = re.compile(r"[0-9a-f]{40}")
PACKAGE: Final = re.compile(r"[a-z][a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a line asks for."""

    kind: str
    """`model`, `names` (the offline name detector alone) or `off`."""
    folder: Path | None = None
    why: str = ""
    """For people, where it is not what was asked for first."""


def choose(line: str | Path) -> Choice:
    """Raises ProfileError: one sentence with the mend."""
    text = str(line)
    match text:
        case "off" | "names":
            return Choice(text)
        case "auto":
            lacking = embedded_lacks()
            return Choice("names", why=lacking) if lacking else Choice("model", EMBEDDED)
        case "embedded":
            if lacking := embedded_lacks():
                raise ProfileError(f"the embedded model cannot run: {lacking}")
            return Choice("model", EMBEDDED)
    return Choice("model", locate(text))


def embedded_lacks(folder: Path | None = None) -> str:
    """Why the embedded model cannot run; empty if it can."""
    folder = folder or EMBEDDED
    if not (folder / "redline.json").is_file():
        return f"its files are not installed ({folder}); reinstall redline-gateway"
    missing = [name for name in NEEDS if find_spec(name) is None]
    return f"{', '.join(missing)} missing; pip install 'redline-gateway[ner-cpu]'" if missing else ""


def locate(text: str) -> Path:
    """The folder of a path, of an installed spaCy package, or of a Hub model in the cache. Raises ProfileError."""
    folder = Path(text).expanduser()
    if folder.is_dir():
        return folder.absolute()
    if hub := HUB.fullmatch(text):
        return _cached(hub["owner"], hub["name"], hub["revision"])
    if PACKAGE.fullmatch(text):
        return _package(text)
    mend = f"check the path, or pin a Hub model's revision: {text}@COMMIT" if text.count("/") == 1 else "check the path"
    raise ProfileError(f"{text}: no such folder; {mend}")


def _cached(owner: str, name: str, revision: str) -> Path:
    if not COMMIT.fullmatch(revision):
        raise ProfileError(
            f"{owner}/{name}@{revision}: a revision is the 40 hexadecimal digits of a commit; a branch or tag may move"
        )
    folder = hub_cache() / f"models--{owner}--{name}" / "snapshots" / revision
    if not folder.is_dir():
        raise ProfileError(
            f"{owner}/{name}@{revision}: not in the local cache {hub_cache()}; on a machine with a network run "
            f"`hf download {owner}/{name} --revision {revision}` and copy it there, or name a folder"
        )
    return folder


def hub_cache() -> Path:
    """As huggingface_hub finds it."""
    if set_to := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(set_to).expanduser()
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(home).expanduser() / "hub"


def _package(name: str) -> Path:
    """A spaCy package holds its model in a folder of its name and version."""
    spec = find_spec(name)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for config in sorted(Path(place).glob(f"{name}-*/config.cfg")):
            return config.parent
    raise ProfileError(
        f"{name}: neither one of {', '.join(WORDS)}, nor a folder, nor an installed spaCy package; check the name"
    )
