from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.ner.reading.windows import plan, stitch


@given(st.integers(0, 400), st.integers(1, 60), st.integers(0, 59))
def test_kept_ranges_partition_and_windows_fit(count: int, size: int, overlap: int) -> None:
    if overlap >= size:
        with pytest.raises(ValueError, match="larger than its overlap"):
            plan(count, size, overlap)
        return
    windows = plan(count, size, overlap)
    kept = [i for w in windows for i in range(w.keep_first, w.keep_last)]
    assert kept == list(range(count))
    assert all(w.first <= w.keep_first <= w.keep_last <= w.last <= count and w.last - w.first <= size for w in windows)
    for w in windows:
        half = overlap // 2
        assert w.first == 0 or w.keep_first - w.first >= half
        assert w.last == count or w.last - w.keep_last >= half


@given(st.integers(1, 300), st.integers(2, 40))
def test_stitching_gives_every_row_once_in_order(count: int, size: int) -> None:
    rows = np.arange(count * 2).reshape(count, 2)
    windows = plan(count, size, size // 2)
    assert np.array_equal(stitch(windows, [rows[w.first : w.last] for w in windows]), rows)


def test_a_short_answer_is_an_error() -> None:
    with pytest.raises(ValueError, match="another number of rows"):
        stitch(plan(5, 8, 2), [np.zeros((4, 2))])
