from __future__ import annotations

import pytest

from detectors.ner.models.profiles import ProfileError, decode, merge, parse_label, profile, widen

BIO = {0: "O", 1: "B-PER", 2: "I-PER", 3: "B-ORG", 4: "I-ORG"}


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        ("B-PER", ("B", "PER")),
        ("I_LOC", ("I", "LOC")),
        ("S-private_person", ("S", "private_person")),
        ("PERSON", ("", "PERSON")),
        ("PER-B", ("B", "PER")),
        ("GIVENNAME1", ("", "GIVENNAME1")),
    ],
)
def test_parse_label(name: str, parsed: tuple[str, str]) -> None:
    assert parse_label(name) == parsed


def test_profile_maps_and_reports_what_it_ignores() -> None:
    found = profile({0: "O", 1: "B-PER", 2: "I-PER", 3: "B-MISC", 4: "PRIVATE-ADDRESS"})
    assert found.entities == ("", "ADDRESS", "PERSON")
    assert found.ignored == ("MISC",)
    assert [found.group(i) for i in range(5)] == [0, 2, 2, 0, 1]


def test_own_map_goes_first_and_may_ignore() -> None:
    found = profile(BIO, {"PER": "PATIENT_NAME", "ORG": ""})
    assert found.entities == ("", "PATIENT_NAME")
    assert found.ignored == ("ORG",)


@pytest.mark.parametrize("labels", [{0: "LABEL_0", 1: "LABEL_1"}, {0: "O"}, {1: "O", 2: "B-PER"}, {"x": "B-PER"}])
def test_unusable_labels_say_so(labels: dict[object, str]) -> None:
    with pytest.raises(ProfileError, match=r"config\.json"):
        profile(labels)


def spans(text: str, tokens: list[tuple[int, int, int, str]]) -> list[tuple[str, str]]:
    groups = [t[2] for t in tokens]
    prefixes = [t[3] for t in tokens]
    offsets = [(t[0], t[1]) for t in tokens]
    found = decode(groups, prefixes, [0.9] * len(tokens), offsets, ("", "PERSON", "LOCATION"), text)
    return [(text[s.start : s.end], s.entity) for s in found]


@pytest.mark.parametrize(
    ("text", "tokens", "expected"),
    [
        ("Ann Bo", [(0, 3, 1, "B"), (4, 6, 1, "I")], [("Ann Bo", "PERSON")]),
        ("Ann Bo", [(0, 3, 1, "B"), (4, 6, 1, "B")], [("Ann", "PERSON"), ("Bo", "PERSON")]),
        ("Ann Bo", [(0, 3, 1, "I"), (4, 6, 1, "I")], [("Ann Bo", "PERSON")]),
        ("Ann Bo", [(0, 3, 1, "S"), (4, 6, 1, "S")], [("Ann", "PERSON"), ("Bo", "PERSON")]),
        ("Ann Bo", [(0, 3, 1, "B"), (4, 6, 1, "E")], [("Ann Bo", "PERSON")]),
        ("Ann Bo", [(0, 3, 1, ""), (4, 6, 1, "")], [("Ann Bo", "PERSON")]),
        ("Ann Bo", [(0, 3, 1, "B"), (4, 6, 2, "I")], [("Ann", "PERSON"), ("Bo", "LOCATION")]),
        ("Annabel", [(0, 3, 1, "B"), (3, 7, 0, "")], [("Annabel", "PERSON")]),
        ("Annabel", [(0, 3, 1, "B"), (3, 5, 1, "B"), (5, 7, 1, "I")], [("Annabel", "PERSON")]),
        ("张伟说", [(0, 1, 1, "B"), (1, 2, 1, "I"), (2, 3, 0, "")], [("张伟", "PERSON")]),
        ("", [], []),
        ("Ann", [(0, 0, 1, "B"), (0, 3, 1, "I")], [("Ann", "PERSON")]),
    ],
)
def test_decode(text: str, tokens: list[tuple[int, int, int, str]], expected: list[tuple[str, str]]) -> None:
    assert spans(text, tokens) == expected


def test_a_single_word_is_widened_by_a_bounded_amount() -> None:
    text = "a" * 200
    assert widen(text, 100, 101) == (60, 141)
    assert widen("前张伟后", 1, 3) == (1, 3)


def test_merge_leaves_disjoint_spans_alone() -> None:
    assert merge([]) == []
