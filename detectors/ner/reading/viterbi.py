"""The best lawful sequence of BIOES tags: after B or I of a label only its I or E, anywhere else O, B or S.

As `openai/privacy-filter` is meant to be read. Its folder may hold `viterbi_calibration.json` with six biases that are
added to transitions; without it they are 0.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detectors.ner.models.profiles import Label
from detectors.ner.runtime import ProfileError

CALIBRATION = "viterbi_calibration.json"
SURE = -3e-4
"""Log-probability of outside above which a token takes part in no span: every other tag is 8 nats below."""
NEVER = -1e9


@dataclass(frozen=True, slots=True)
class Biases:
    """Natural logarithms, added to a transition."""

    background_stay: float = 0.0
    background_to_start: float = 0.0
    inside_to_continue: float = 0.0
    inside_to_end: float = 0.0
    end_to_background: float = 0.0
    end_to_start: float = 0.0


def read_biases(folder: Path, point: str = "default") -> Biases:
    """The folder's calibration at an operating point. Raises ProfileError where it is there and cannot be used."""
    path = folder / CALIBRATION
    if not path.is_file():
        return Biases()
    try:
        found = json.loads(path.read_text("utf-8"))["operating_points"][point]["biases"]
        biases = Biases(**{one.name: float(found[f"transition_bias_{one.name}"]) for one in fields(Biases)})
    except (OSError, ValueError, KeyError, TypeError):
        raise ProfileError(
            f"{path}: not a Viterbi calibration with an operating point {point!r}; copy it again or remove it"
        ) from None
    if not all(math.isfinite(getattr(biases, one.name)) for one in fields(Biases)):
        raise ProfileError(f"{path}: a bias is not a finite number; copy it again or remove it")
    return biases


class Viterbi:
    """Built once a model; `best` keeps no state."""

    def __init__(self, labels: Sequence[Label], biases: Biases | None = None) -> None:
        self._biases = biases or Biases()
        kinds = sorted({label.bare for label in labels if label.bare})
        at = {(label.prefix, label.bare): i for i, label in enumerate(labels)}
        outside = [i for i, label in enumerate(labels) if not label.bare]
        if not outside:
            raise ProfileError("the model has no label for outside (O), so its tags cannot be decoded")
        self._outside = outside[0]
        missing = len(labels)  # a column of NEVER that `best` appends
        names = {"B": "B", "I": "I", "E": "EL", "S": "SU"}
        self._columns = {
            prefix: np.array([next((at[p, kind] for p in same if (p, kind) in at), missing) for kind in kinds])
            for prefix, same in names.items()
        }

    def best(self, rows: NDArray[np.float32]) -> NDArray[np.int64]:
        """(n, labels) log-probabilities -> (n,) label indices. Runs of tokens that are surely outside stay so."""
        path = np.full(len(rows), self._outside, np.int64)
        open_ = np.flatnonzero(rows[:, self._outside] <= SURE)
        if not len(open_):
            return path
        for piece in np.split(open_, np.flatnonzero(np.diff(open_) > 2) + 1):
            first, last = max(0, int(piece[0]) - 1), min(len(rows), int(piece[-1]) + 2)
            path[first:last] = self._segment(rows[first:last])
        return path

    def _segment(self, rows: NDArray[np.float32]) -> list[int]:
        bias, count = self._biases, len(rows)
        table = np.concatenate([rows.astype(np.float64), np.full((count, 1), NEVER)], axis=1)
        begins, insides, ends, singles = (table[:, self._columns[p]] for p in "BIES")
        outs = table[:, self._outside].tolist()
        kinds = begins.shape[1]
        out, stop, stopped = 0.0, NEVER, 0  # best path that ends in O; in E or S; and of which kind (S: + kinds)
        begun = continued = np.full(kinds, NEVER)
        from_stop, start_from_stop = np.zeros(count, bool), np.zeros(count, bool)
        stops, carried = np.zeros(count, np.int64), np.zeros((count, kinds), bool)
        for t in range(count):
            stops[t] = stopped
            stay, back = out + bias.background_stay, stop + bias.end_to_background
            fresh, again = out + bias.background_to_start, stop + bias.end_to_start
            from_stop[t], start_from_stop[t] = back > stay, again > fresh
            carried[t] = continued > begun
            inside = np.maximum(begun, continued)
            start = max(fresh, again)
            ended = np.concatenate([inside + bias.inside_to_end + ends[t], start + singles[t]])
            out = max(stay, back) + outs[t]
            begun, continued = start + begins[t], inside + bias.inside_to_continue + insides[t]
            stopped = int(ended.argmax())
            stop = float(ended[stopped])
        state = ("stop", stopped) if stop > out else ("out", 0)
        return self._walk_back(state, from_stop, start_from_stop, stops, carried)

    def _walk_back(
        self,
        state: tuple[str, int],
        from_stop: NDArray[np.bool_],
        start_from_stop: NDArray[np.bool_],
        stops: NDArray[np.int64],
        carried: NDArray[np.bool_],
    ) -> list[int]:
        """`stops[t]`, `from_stop[t]`, ... tell where the state at t came from at t - 1."""
        kinds = carried.shape[1]
        path: list[int] = []
        where, kind = state
        for t in range(len(stops) - 1, -1, -1):
            before = ("stop", int(stops[t]))
            if where == "out":
                path.append(self._outside)
                where, kind = before if from_stop[t] else ("out", 0)
            elif where == "stop" and kind < kinds:
                path.append(int(self._columns["E"][kind]))
                where = "continued" if carried[t][kind] else "begun"
            elif where == "continued":
                path.append(int(self._columns["I"][kind]))
                where = "continued" if carried[t][kind] else "begun"
            else:
                column = "S" if where == "stop" else "B"
                path.append(int(self._columns[column][kind % kinds]))
                where, kind = before if start_from_stop[t] else ("out", 0)
        path.reverse()
        return path
