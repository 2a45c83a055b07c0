"""Every mistake in a policy file: the line, what is wrong, the mend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.policy import load_policy, parse_policy

from .conftest import ENTITIES, HEAD, Entity, policy

GOOD = HEAD + "default: allow\nrules: []\n"
RULE = HEAD + "default: allow\nrules:\n- name: a\n"


@pytest.mark.parametrize(
    ("text", "where", "told"),
    [
        ("", "1:1", "the file is empty"),
        ("- a\n", "1:1", "a policy must be a mapping, not a list"),
        ("version: 1\ndefault: allow\nrules: []", "1:1", "'policy' is missing"),
        ("policy: p\ndefault: allow\nrules: []", "1:1", "'version' is missing"),
        (HEAD + "rules: []", "1:1", "'default' is missing"),
        (HEAD + "default: allow", "1:1", "'rules' is missing"),
        (GOOD + "defualt: allow", "5:1", "Did you mean 'default'?"),
        (GOOD + "default: block", "5:1", "occurs twice (first in line 3)"),
        (GOOD.replace("version: 1", "version: one"), "2:10", "version must be a whole number, not text"),
        (GOOD.replace("version: 1", "version: 0"), "2:10", "version is out of range"),
        (GOOD.replace("version: 1", "version: 1.5"), "2:10", "not a number"),
        (GOOD.replace("policy: p", "policy: My Policy"), "1:9", "not a plain name"),
        (GOOD.replace("default: allow", "default: alow"), "3:10", "Did you mean 'allow'?"),
        (GOOD.replace("default: allow", "default: encrypt"), "3:10", "Use one of: allow, block, hash, mask"),
        (GOOD.replace("default: allow", "default: {min_score: 0.5, action: tokenise}"), "3:35", "'tokenize'?"),
        (GOOD.replace("default: allow", "default: {request: allow}"), "3:10", "'response' is missing"),
        (
            GOOD.replace("default: allow", "default: {request: allow, respnse: allow}"),
            "3:27",
            "Did you mean 'response'?",
        ),
        (GOOD.replace("default: allow", "default: {action: mask, min_score: 1.5}"), "3:36", "out of range"),
        (
            GOOD.replace("default: allow", "default: {action: mask, min_score: high}"),
            "3:36",
            "must be a number, not text",
        ),
        (
            GOOD.replace("default: allow", "default: {action: mask, min_score: .nan}"),
            "3:36",
            "not a plain decimal number",
        ),
        (GOOD.replace("default: allow", "default:"), "3:1", "an action must be text, not nothing"),
        (GOOD + "mode: shadwo", "5:7", "Did you mean 'shadow'?"),
        (GOOD + "unreadable: tokenize", "5:13", "unknown unreadable 'tokenize'. Use one of: allow, block."),
        (GOOD + "error: ignore", "5:8", "unknown error 'ignore'"),
        (GOOD + "unknown_route: pass", "5:16", "unknown unknown_route 'pass'"),
        (GOOD + "upstreams: []", "5:12", "upstreams is empty"),
        (GOOD + "upstreams: ['https://api.example.com/v1']", "5:13", "is not a host"),
        (GOOD + "x: &a 1", "5:4", "anchors and aliases are not allowed"),
        (GOOD + "description: !!python/name:os.system 1", "5:14", "tag"),
        (GOOD + "description: [a", "5:16", "Mend the YAML there"),
        (GOOD.replace("rules: []", "rules: {}"), "4:8", "rules must be a list"),
        (GOOD.replace("rules: []", "rules: [a]"), "4:9", "a rule must be a mapping"),
        (HEAD + "default: allow\nrules:\n- entities: {PERSON: block}", "5:3", "the rule has no name"),
        (RULE, "5:3", "the rule says nothing to do"),
        (RULE + "  entites: {}", "6:3", "Did you mean 'entities'?"),
        (RULE + "  entities:\n    PERSN: block", "7:5", "unknown entity type 'PERSN'. Did you mean 'PERSON'?"),
        (RULE + "  entities:\n    email_address: block", "7:5", "Did you mean 'EMAIL_ADDRESS'?"),
        (RULE + "  entities:\n    category:credentials: block", "7:5", "Did you mean 'credential'?"),
        (RULE + "  entities:\n    PERSON: drop", "7:13", "unknown effect or operator 'drop'"),
        (RULE + "  entities:\n    PERSON: {acton: drop}", "7:14", "Did you mean 'action'?"),
        (RULE + "  entities:\n    PERSON: {min_score: 0.2}", "7:13", "'action' is missing"),
        (RULE + "  entities:\n    PERSON: block\n    PERSON: mask", "8:5", "occurs twice (first in line 7)"),
        (RULE + "  when: {dirction: request}\n  entities: {PERSON: block}", "6:10", "Did you mean 'direction'?"),
        (RULE + "  when: {direction: requests}\n  entities: {PERSON: block}", "6:21", "Did you mean 'request'?"),
        (RULE + "  when: {route: chat}\n  entities: {PERSON: block}", "6:17", "Write `protocol/operation`"),
        (RULE + "  when: {tenant: []}\n  entities: {PERSON: block}", "6:18", "tenant is empty"),
        (RULE + "  when: {client: 7}\n  entities: {PERSON: block}", "6:18", "client must be a list, not a number"),
        (RULE + "  unless: {}\n  entities: {PERSON: block}", "6:11", "an empty `unless` excepts every message"),
        (
            RULE + "  entities:\n    tag:PIPL-SENSITVE: block",
            "7:5",
            "unknown tag 'PIPL-SENSITVE', no entity type carries it",
        ),
        (RULE + "  entities:\n    tag:PIPL-SENSITVE: block", "7:5", "Did you mean 'PIPL-SENSITIVE'?"),
        (RULE + "  article: [28]\n  entities: {PERSON: block}", "6:12", "article must be text"),
        (RULE + f"  article: {'x' * 121}\n  entities: {{PERSON: block}}", "6:12", "longer than one short line"),
        (
            RULE + "  when: {region: china}\n  entities: {PERSON: block}",
            "6:18",
            "unknown region 'china'. Use one of: LOCAL",
        ),
        (RULE + "  when: {region: []}\n  entities: {PERSON: block}", "6:18", "region is empty"),
        (GOOD + "regions: {EEA: [Germany]}", "5:17", "'Germany' is no country"),
        (GOOD + "regions: {LOCAL: [DE]}", "5:18", "'LOCAL' is no name for a group"),
        (RULE + "  entities: {PERSON: block}\n- name: a\n  entities: {PERSON: mask}", "7:3", "occurs twice"),
    ],
)
def test_mistakes(text: str, where: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_policy(text, "p.yaml", ENTITIES)
    assert str(caught.value).startswith(f"p.yaml:{where}: ")
    assert told in str(caught.value)
    assert re.search(r"[.?] [A-Z]", str(caught.value)), "a problem and a mend"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("policy: p\n# caf\xe9".encode("latin-1"))
    (tmp_path / "big.yaml").write_bytes(b"#" * (1024 * 1024 + 1))
    for name, told in {
        "none.yaml": "no such file",
        ".": "is a folder",
        "latin.yaml": "latin.yaml:2:1: not UTF-8",
        "big.yaml": "larger than 1 MiB",
    }.items():
        with pytest.raises(ConfigError, match=re.escape(told)):
            load_policy(str(tmp_path / name) if name != "." else f"{tmp_path}/", ENTITIES)


def test_an_unknown_name_is_told_its_neighbour(entities: Mapping[str, Entity]) -> None:
    with pytest.raises(ConfigError, match=r"unknown policy 'defualt'\. Did you mean 'default'\?"):
        load_policy("defualt", entities)


def test_a_path_loads(tmp_path: Path, entities: Mapping[str, Entity]) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert load_policy(str(path), entities).name == "p"


def test_operators_are_those_that_exist() -> None:
    text = GOOD.replace("default: allow", "default: mask")
    with pytest.raises(ConfigError, match="unknown effect or operator 'mask'"):
        parse_policy(text, "p.yaml", ENTITIES, operators=("tokenize",))


def test_a_policy_prints_no_payload() -> None:
    assert "{}" not in repr(policy("default: allow\nrules: []"))
