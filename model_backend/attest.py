"""What an answer may say about where it was made. A statement is made only if its check passed at start.

It is the server's own word: whoever does not trust this machine needs a hardware quote instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from model_backend import confine

UNVERIFIED: Final = "unverified"


@dataclass(frozen=True, slots=True)
class Attestation:
    """Checked once, after everything is loaded and before the first request."""

    local_execution: bool
    data_uploaded: bool
    """False only where it is proven: the process has no network."""
    input_saved: bool
    """False only where it is proven: the process cannot write a file, dump a core, or be swapped out."""
    weights_sha256: str
    evidence: Mapping[str, bool]

    def metadata(self) -> dict[str, Any]:
        """For JSON answers: each statement true or false as proven, else "unverified"."""
        return {
            "local_execution": self.local_execution or UNVERIFIED,
            "data_uploaded": UNVERIFIED if self.data_uploaded else False,
            "input_saved": UNVERIFIED if self.input_saved else False,
            "weights_sha256": self.weights_sha256,
            "evidence": dict(self.evidence),
        }

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The same for every answer, streams included."""
        words = {True: b"true", False: b"false", UNVERIFIED: UNVERIFIED.encode()}
        metadata = self.metadata()
        statements = ("local_execution", "data_uploaded", "input_saved")
        named = [(f"x-{name.replace('_', '-')}".encode(), words[metadata[name]]) for name in statements]
        return [*named, (b"x-weights-sha256", self.weights_sha256.encode())]


def attest(*, local: bool, weights_sha256: str) -> Attestation:
    """Run every check now."""
    evidence = {
        "weights_match_manifest": True,  # nothing is loaded otherwise
        "weights_on_local_device": local,
        "network_namespace_empty": confine.network_is_empty(),
        "file_writes_forbidden": confine.cannot_write_files(),
        "memory_undumpable": confine.is_undumpable(),
        "swap_off": confine.no_swap(),
    }
    saved = not (evidence["file_writes_forbidden"] and evidence["memory_undumpable"] and evidence["swap_off"])
    return Attestation(local, not evidence["network_namespace_empty"], saved, weights_sha256, evidence)
