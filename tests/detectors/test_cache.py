"""The cache of findings: bounded in what it holds, whatever texts hold."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.cache import FINDINGS_EACH, FindingCache, Located


def found(count: int) -> tuple[Located, ...]:
    return tuple((place, place + 1, "PERSON", 0.9, "test/a@1") for place in range(count))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), max_size=40))
def test_it_is_bounded_in_entries_and_in_findings(puts: list[tuple[int, int]]) -> None:
    cache = FindingCache(3)
    for name, count in puts:
        cache.put(bytes([name]), found(count))
        assert len(cache) <= 3
        assert cache.findings <= 3 * FINDINGS_EACH
        if count <= 3 * FINDINGS_EACH:
            assert cache.get(bytes([name])) == found(count), "what came last stays"
    held = [cache.get(bytes([name])) for name in range(6)]
    assert cache.findings == sum(len(one) for one in held if one is not None)


def test_one_text_full_of_findings_does_not_push_out_the_others() -> None:
    cache = FindingCache(4)
    for name in (b"a", b"b"):
        cache.put(name, found(2))
    cache.put(b"full", found(4 * FINDINGS_EACH + 1))
    assert cache.get(b"full") is None
    assert cache.get(b"a") == cache.get(b"b") == found(2)


def test_without_entries_it_holds_nothing() -> None:
    cache = FindingCache(0)
    cache.put(b"a", ())
    assert len(cache) == 0
