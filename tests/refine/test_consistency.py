"""A name found once is found everywhere in its message, and nothing else is."""

from __future__ import annotations

from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.engine import DetectorEngine
from detectors.names import NameDetector
from detectors.refine import Refiner, load_refiner
from detectors.spans import resolve
from detectors.types import Finding, Part, PartKind
from tests.growth import linear

REFINER = load_refiner()


def added(seed: str, text: str, kind: str = "PERSON") -> set[str]:
    """What is found in `text` because `seed` was found elsewhere."""
    parts = [Part(1, "a", PartKind.TEXT, seed), Part(2, "b", PartKind.TEXT, text)]
    found = {1: [Finding(1, 0, len(seed), kind, 0.8, "t/t@1")]}
    more = REFINER.message([(part, "") for part in parts], found)
    assert all(one.part == 2 and one.entity_type == kind and one.score == 0.8 for one in more)
    assert all(one.rule.startswith("consistency/") for one in more)
    return {text[one.start : one.end] for one in more}


FOUND = [
    ("John Smith", "then john smith came", {"john smith"}),
    ("John Smith", "JOHN SMITH and Smith, John", {"JOHN SMITH", "Smith, John"}),
    ("John Smith", "see J. Smith\nor John\nSmith", {"J. Smith", "John\nSmith"}),
    ("John Smith", "Mr Smith's car", {"Smith"}),
    ("John Smith", "find john.smith or john_smith there", {"john.smith", "john_smith"}),
    ("Mr. John Smith", "Smith left", {"Smith"}),
    ("Tom Brown", "Mr. Brown likes brown bread", {"Brown"}),
    ("Mary-Jane O'Brien", "ask mary-jane o’brien or O'Brien", {"mary-jane o’brien", "O'Brien"}),
    ("Sarah", "SARAH, sarah and Sarah", {"SARAH", "sarah", "Sarah"}),
    ("张伟", "告诉张伟明天来", {"张伟"}),
    ("张伟", "张总说，张女士和老张", {"张"}),
    ("张 伟", "张伟", {"张伟"}),
    ("李娜女士", "李娜到了", {"李娜"}),
    ("欧阳修远", "修远同学，欧阳老师", {"修远", "欧阳"}),
    ("加西亚·马尔克斯", "马尔克斯写的", {"马尔克斯"}),
    ("Zoë Müller", "ZOË MÜLLER", {"ZOË MÜLLER"}),
    ("Иван Петров", "иван петров", {"иван петров"}),
]
NOT_FOUND = [
    ("John Smith", "the blacksmith and Smithers, Smith_2, XSmith, Smith3"),
    ("Will Young", "she will come, young as she is. Will you?"),
    ("Tom Brown", "Brown bread"),
    ("Paris Hilton", "Paris is a city"),
    ("张伟", "主张伟大的复兴"),
    ("张伟", "扩张总量，主张，纸张"),
    ("张伟", "张总是迟到"),
    ("欧阳修远", "维修远程设备"),
    ("李国庆", "国庆放假"),
    ("PERSON", "PERSON_K7QMX2TRBW9D"),
    ("PERSON_K7QMX2TRBW9D", "PERSON is a word"),
    ("John Smith", ""),
    ("x", "x y"),
]


def test_the_same_name_in_other_dress() -> None:
    for seed, text, values in FOUND:
        assert added(seed, text) == values, (seed, text, added(seed, text))


def test_what_only_looks_like_it() -> None:
    for seed, text in NOT_FOUND:
        assert added(seed, text) == set(), (seed, text, added(seed, text))


def test_organisations_are_found_whole_only() -> None:
    assert added("Acme Widgets Ltd", "ACME WIDGETS LTD", "ORGANIZATION") == {"ACME WIDGETS LTD"}
    assert added("Acme Widgets Ltd", "Acme", "ORGANIZATION") == set()
    assert added("示例科技有限公司", "和示例科技有限公司签约", "ORGANIZATION") == {"示例科技有限公司"}


async def test_everywhere_in_a_message_and_behind_the_cache() -> None:
    engine = DetectorEngine([NameDetector()], refiner=REFINER)
    first = [Part(0, "m/0", PartKind.TEXT, "my mail: nothing. smith and 伟 here"), Part(1, "m/1", PartKind.TEXT, "ok")]
    assert await engine.detect(first) == [], "nobody is named yet"
    hidden = "smith and 伟 here, john smith"
    parts = [
        Part(0, "m/0", PartKind.TEXT, "my mail: nothing. smith and 伟 here"),
        Part(1, "m/1", PartKind.TEXT, "I am Mr. John Smith."),
        Part(2, "tool/#0", PartKind.KEY, "john_smith"),
        Part(3, "tool/#0", PartKind.TEXT, hidden),
        Part(4, "m/model", PartKind.STRUCTURAL, "john smith"),
        Part(5, "h", PartKind.CREDENTIAL, "john smith"),
    ]
    texts = {part.id: part.text for part in parts}
    for _ in range(2):
        found = await engine.detect(parts)
        assert [(f.part, texts[f.part][f.start : f.end]) for f in found] == [
            (0, "smith"),
            (1, "John Smith"),
            (2, "john_smith"),
            (3, "smith"),
            (3, "john smith"),
        ]
    assert await engine.detect(first) == [], "and nobody again: what one message says is no other's business"


NAMES = st.sampled_from(["John Smith", "Mary-Jane", "张伟", "欧阳修远", "O'Brien", "李 娜", "Will Young"])
PIECES = st.sampled_from(
    [
        "John ",
        "Smith",
        "smith",
        "张",
        "伟",
        "总",
        "先生",
        " ",
        ",",
        "_",
        "7",
        "'s",
        "Mr ",
        "欧阳",
        "修远",
        "老",
        "will",
        "😀",
    ]
)


@settings(max_examples=120, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=3), st.lists(PIECES, max_size=14).map("".join))
def test_additions_are_well_formed_and_adding_twice_adds_nothing(seeds: list[str], text: str) -> None:
    parts = [Part(n, "a", PartKind.TEXT, seed) for n, seed in enumerate(seeds)] + [Part(99, "t", PartKind.TEXT, text)]
    found = {n: [Finding(n, 0, len(seed), "PERSON", 0.8, "t/t@1")] for n, seed in enumerate(seeds)}
    keyed = [(part, "") for part in parts]
    more = REFINER.message(keyed, found)
    for one in more:
        value = parts[-1].text if one.part == 99 else seeds[one.part]
        assert 0 <= one.start < one.end <= len(value)
    every = resolve([*(f for some in found.values() for f in some), *more])
    again: dict[int, list[Finding]] = {}
    for one in every:
        again.setdefault(one.part, []).append(one)
    assert {(f.part, f.start, f.end) for f in REFINER.message(keyed, found)} == {(f.part, f.start, f.end) for f in more}
    for one in REFINER.message(keyed, again):
        assert not any(f.part == one.part and f.start <= one.start and one.end <= f.end for f in every)


def test_no_finding_is_added_within_one_that_there_is() -> None:
    text = "john.smith@example.com and John Smith"
    mail = Finding(1, 0, 22, "EMAIL_ADDRESS", 0.9, "t/t@1")
    name = Finding(1, 27, 37, "PERSON", 0.9, "t/t@1")
    assert REFINER.message([(Part(1, "a", PartKind.TEXT, text), "")], {1: [mail, name]}) == []


def test_thousands_of_names_cost_no_more_than_one() -> None:
    def search(names: int, size: int) -> None:
        seeds = [f"Johan{chr(97 + n % 26)}{chr(97 + n // 26 % 26)} Smithe{chr(97 + n // 676)}" for n in range(names)]
        parts = [Part(n, "a", PartKind.TEXT, seed) for n, seed in enumerate(seeds)]
        found = {n: [Finding(n, 0, len(seed), "PERSON", 0.8, "t/t@1")] for n, seed in enumerate(seeds)}
        parts.append(Part(-1, "t", PartKind.TEXT, "Johanaa Smith went. 张伟 Johan J. Sm. " * size))
        Refiner(REFINER.steering).message([(part, "") for part in parts], found)

    assert linear(partial(search, 10), 500, 5000)
    assert linear(partial(search, 3000), 500, 5000)
    assert linear(lambda names: search(names, 10), 300, 3000)


def test_a_doubtful_name_is_not_spread() -> None:
    part = Part(1, "a", PartKind.TEXT, "John Smith, john smith")
    for score, count in ((0.59, 0), (0.6, 1)):
        assert len(REFINER.message([(part, "")], {1: [Finding(1, 0, 10, "PERSON", score, "t/t@1")]})) == count


def test_consistency_can_be_turned_off() -> None:
    silent = Refiner(REFINER.steering, consistency=False)
    part = Part(1, "a", PartKind.TEXT, "John Smith, john smith")
    assert silent.message([(part, "")], {1: [Finding(1, 0, 10, "PERSON", 0.9, "t/t@1")]}) == []
    assert silent.revision != REFINER.revision


async def test_large_messages_are_weighed_and_searched_as_small_ones_are() -> None:
    engine = DetectorEngine([NameDetector()], refiner=REFINER)
    filler = "nothing to see here " * 16_000
    parts = [Part(0, "a", PartKind.TEXT, f"I am Mr. John Smith. {filler}"), Part(1, "b", PartKind.TEXT, "john smith")]
    found = await engine.detect(parts)
    assert [(one.part, one.start, one.end) for one in found if one.entity_type == "PERSON"] == [(0, 9, 19), (1, 0, 10)]
