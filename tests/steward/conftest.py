from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from detectors.packs.detector import read_packs
from detectors.packs.rules import RuleSet

HEAD = "pack: {pack}\nversion: 1\narea: demo\ntitle: Demo\nregulations: [PIPL]\nrules:\n"
BADGE = """\
  - id: badge
    version: 1
    entity_type: API_KEY
    description: Badge of our company.
    status: stable
    patterns: ['BDG-[0-9]{6}']
    boundary: alnum
    context:
      words: [badge, 工牌]
      negative: [sample, 样例]
    score: {with_context: 0.95, without_context: 0.6, negative_context: 0.2}
    references: ['https://example.com/handbook']
    examples:
      match:
        - {text: 我的工号BDG-123456请查, value: BDG-123456}
        - {text: 'badge BDG-654321.', value: BDG-654321}
        - BDG-111222
      no_match:
        - {text: BDG-12345, why: a digit short}
        - {text: ABDG-123456, why: a piece of a word}
        - {text: sample BDG-123456, why: a sample}
"""

type Write = Callable[..., Path]
type Load = Callable[..., RuleSet]


def pack(*rules: str, name: str = "demo") -> str:
    return HEAD.format(pack=name) + "".join(rules)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def made(text: str, name: str = "packs/demo.yaml") -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return made


@pytest.fixture
def load(write: Write) -> Load:
    """A pack of these rules, read and not tried."""
    return lambda *rules: read_packs([write(pack(*rules))])
