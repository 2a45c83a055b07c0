"""Foreign patterns and files: what is taken, what is changed, what cannot be said."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.entities import load_entities
from detectors.files.problems import PackError
from detectors.matching.patterns import PatternError
from detectors.packs.detector import RuleDetector, load_packs
from detectors.steward.imports import gitleaks, presidio
from detectors.steward.imports.common import Imported, build, identifier
from detectors.steward.imports.settle import settle
from detectors.steward.imports.translate import translate

ENTITIES = load_entities()
TAIL = r"""(?:[\x60'"\s;]|\\[nr]|$)"""

GITLEAKS = rf"""
title = "ours"
[[rules]]
id = "acme-token"
description = "Acme token"
regex = '''\b(acme_[a-z0-9]{{24}}){TAIL}'''
entropy = 3.5
[[rules]]
id = "acme-secret"
regex = '''(?i)[\w.-]{{0,50}}?(?:acmesecret)[\s'"]{{0,3}}(?:=|:)[\x60'"\s=]{{0,5}}([a-f0-9]{{32}}){TAIL}'''
[[rules]]
id = "acme-long"
regex = '''ACME-[A-Z0-9]{{20,}}'''
[[rules]]
id = "two-kinds"
regex = '''\bAAKEY[0-9]{{12}}\b|\bBBKEY[0-9]{{14}}\b'''
[[rules]]
id = "looking"
regex = '''key(?=x)y[0-9]{{12}}'''
[[rules]]
id = "twice"
regex = '''(ab|cd)-[0-9]{{9}}-\1'''
[[rules]]
id = "files"
path = '''\.p12$'''
"""
PRESIDIO = """
global_regex_flags: 26
recognizers:
  - name: "Zip code Recognizer"
    supported_entity: ZIP
    patterns: [{name: weak, regex: "(\\\\b\\\\d{5}(?:\\\\-\\\\d{4})?\\\\b)", score: 0.01}]
    context: [zip, code]
  - name: Badge recognizer
    supported_entity: API_KEY
    patterns: [{name: strong, regex: "\\\\bBDG-[0-9]{6}\\\\b", score: 0.8}]
  - name: Titles recognizer
    supported_entity: PERSON
    deny_list: [Mister., Professor.]
  - name: CreditCardRecognizer
    type: predefined
  - name: Unknown kind
    supported_entity: SOMETHING_ELSE
    patterns: [{name: x, regex: "SE-[0-9]{8}", score: 0.5}]
"""


@pytest.mark.parametrize(
    ("source", "patterns", "boundary"),
    [
        (r"\bA[0-9]{6}\b", [r"A[0-9]{6}"], "word"),
        (r"\bA[0-9]{6}", [r"A[0-9]{6}"], "left"),
        (r"(\bA[0-9]{6}\b)", [r"(?:A[0-9]{6})"], "word"),
        (r"(?<![A-Z])A[0-9]{6}(?![0-9])", [r"A[0-9]{6}"], "token"),
        (rf"\b(ab_[a-z]{{9}}){TAIL}", [r"(?:ab_[a-z]{9})"], "token"),
        (rf"k=([a-z]{{9}}){TAIL}", [r"k=(?P<value>[a-z]{9})"], "after_name"),
        (r"[\w.]{0,9}?key=([a-z]{9})", [r"key=(?P<value>[a-z]{9})"], "none"),
        (r"A+[0-9]{6}", [r"A{1,128}[0-9]{6}"], "none"),
        (r"\bAB[0-9]{6}\b|\bCD[0-9]{7}\b", [r"AB[0-9]{6}", r"CD[0-9]{7}"], "word"),
        (r"AB[[:alnum:]]{6}\z", [r"AB[0-9A-Za-z]{6}"], "after_name"),
        (r"a\.b\-[\]\\^-]{3}?", [r"a\.b-[\]\\\^\-]{3}"], "none"),
    ],
)
def test_translation(source: str, patterns: list[str], boundary: str) -> None:
    done = translate(source)
    assert (done.patterns, done.boundary) == (patterns, boundary)


def test_flags() -> None:
    assert translate("(?i)ab[0-9]{6}").ignore_case
    assert translate("x(?i:ab)[0-9]{6}").notes == ["case was ignored in a part of it; now it is in all of it"]
    assert translate("a.b", dot_all=True).patterns == [r"a[\s\S]b"]


@pytest.mark.parametrize(
    "source",
    [r"(?<=key=)[a-z]{20}", r"[a-z]{20}(?=key)", r"a(?=b)c", r"(a)\1", r"a\bb", "a(", "(?P<x>a)(?(x)b|c)", r"a^b"],
)
def test_what_cannot_be_said(source: str) -> None:
    with pytest.raises(PatternError):
        translate(source)


def imported(drafts, file: Path) -> Imported:
    return settle(build(drafts, pack="theirs", area="imported", title="x", entities=ENTITIES), file, ENTITIES)


def said(done: Imported) -> dict[str, str]:
    return {line.name: line.said for line in done.lines}


def found(file: Path, text: str) -> list[str]:
    detector = RuleDetector(load_packs([file]), experimental=True)
    return [text[one.start : one.end] for one in detector.find(text)]


def test_gitleaks(tmp_path: Path) -> None:
    (tmp_path / "gitleaks.toml").write_text(GITLEAKS)
    pack = tmp_path / "theirs.yaml"
    done = imported(gitleaks.read(tmp_path / "gitleaks.toml", {}), pack)
    assert said(done) == {
        "acme-token": "changed",
        "acme-secret": "changed",
        "acme-long": "changed",
        "two-kinds": "yes",
        "looking": "no",
        "twice": "no",
        "files": "no",
    }
    assert found(pack, "号acme_k3v9x2m8q1w7z5r4t6y0p2s8;") == ["acme_k3v9x2m8q1w7z5r4t6y0p2s8"]
    assert found(pack, "AcmeSecret: 'd41d8cd98f00b204e9800998ecf8427e'") == ["d41d8cd98f00b204e9800998ecf8427e"]
    rules = {rule.id: rule for rule in load_packs([pack]).rules}
    assert rules["acme-token"].validator_names == ("random",)
    assert all(len(rule.matches) == len(rule.no_matches) == 3 for rule in rules.values())


def test_presidio(tmp_path: Path) -> None:
    (tmp_path / "presidio.yaml").write_text(PRESIDIO)
    pack = tmp_path / "theirs.yaml"
    done = imported(presidio.read(tmp_path / "presidio.yaml", {"ZIP": "ADDRESS"}), pack)
    assert list(said(done).values()) == ["yes", "yes", "changed", "no", "no"]
    assert found(pack, "zip: 90210") == ["90210"]
    assert found(pack, "the number 90210") == []
    assert found(pack, "call bdg-123456") == ["bdg-123456"], "Presidio ignores case unless told otherwise"
    assert "code, not a pattern" in done.lines[3].notes[0]
    assert "entities.yaml" in done.lines[4].notes[0]


@pytest.mark.parametrize(
    ("reader", "name", "text", "words"),
    [
        (gitleaks, "a.toml", "x = [", "not TOML"),
        (gitleaks, "a.toml", "x = 1", r"no \[\[rules\]\]"),
        (presidio, "a.yaml", "a: [", "not well-formed"),
        (presidio, "a.yaml", "a: 1", "no `recognizers:`"),
    ],
)
def test_files_of_another_kind(tmp_path: Path, reader, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(PackError, match=words):
        list(reader.read(tmp_path / name, {}))
    with pytest.raises(PackError, match="cannot be read"):
        list(reader.read(tmp_path / "nowhere", {}))


def test_identifiers() -> None:
    assert [identifier(name) for name in ("UsSsnRecognizer", "1password key", "a_b")] == [
        "us-ssn-recognizer",
        "r-1password-key",
        "a-b",
    ]
