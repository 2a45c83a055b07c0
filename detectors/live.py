"""A detector that can be replaced while it is in use: between two batches, never within one."""

from __future__ import annotations

from collections.abc import Sequence

from detectors.types import Detector, Finding, Part


class LiveDetector:
    """Implements `Detector`. A batch that is under way is finished by the detector that began it."""

    def __init__(self, current: Detector) -> None:
        self.current = current

    @property
    def name(self) -> str:
        return self.current.name

    @property
    def revision(self) -> str:
        return self.current.revision

    async def detect(self, parts: Sequence[Part]) -> Sequence[Finding]:
        return await self.current.detect(parts)
