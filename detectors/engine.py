"""Runs every detector over every part: all of them, or `DetectorError`. Never some of them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from detectors import calls
from detectors.cache import FindingCache, Located, located
from detectors.keys import with_keys
from detectors.spans import resolve
from detectors.types import Detector, DetectorError, Finding, Part, PartKind

if TYPE_CHECKING:
    from detectors.refine.refiner import Refiner

_PROSE = frozenset((PartKind.TEXT, PartKind.KEY))
INLINE: Final = 256 * 1024
"""Characters of a message that may be weighed and searched for its names on the event loop's own thread."""


@dataclass(slots=True)
class _Job:
    """One text to read, and all parts of the batch that hold it."""

    digest: bytes
    part: Part
    key: str = field(repr=False)
    parts: list[int]


class DetectorEngine:
    """Detectors in, resolved findings out, with a cache of what was read before.

    The same text of the same kind class under the same key has the same findings, so it is read once a batch and
    once a revision. What depends on the other texts of a message (a name found once is found everywhere) comes behind
    the cache. An exception of a detector, whatever it is, becomes `DetectorError`; nothing is cached then."""

    def __init__(
        self, detectors: Sequence[Detector], cache_entries: int = 20_000, refiner: Refiner | None = None
    ) -> None:
        """`refiner`: context, thresholds, lists and consistency; may be replaced between two batches."""
        if not detectors:
            raise ValueError("an engine without detectors would find nothing and call it clean")
        self._detectors = tuple(detectors)
        self.refiner = refiner
        self._cache = FindingCache(cache_entries)
        self._revision: tuple[list[str], str] = ([], "")
        """The detectors' revisions, and the one that was made of them."""

    @property
    def revision(self) -> str:
        """Changes when any detector's does, or the refiner's."""
        revisions = [detector.revision for detector in self._detectors]
        if self.refiner is not None:
            revisions.append(self.refiner.revision)
        if revisions != self._revision[0]:
            names = "\n".join(f"{one.name}:{own}" for one, own in zip(self._detectors, revisions, strict=False))
            names += f"\nrefiner:{revisions[-1]}" if self.refiner is not None else ""
            self._revision = revisions, hashlib.sha256(names.encode()).hexdigest()[:16]
        return self._revision[1]

    @property
    def cache(self) -> FindingCache:
        return self._cache

    async def detect(self, parts: Sequence[Part]) -> list[Finding]:
        """Disjoint within a part, sorted; raises `DetectorError`."""
        refiner, revision = self.refiner, self.revision
        known: dict[int, tuple[Located, ...]] = {}
        jobs = self._plan(parts, revision, known)
        if jobs:
            with calls.within() as call:
                found = await self._run(list(jobs.values()), refiner)
            for job in jobs.values():
                for part in job.parts:
                    known[part] = found[job.part.id]
                if call.cacheable:
                    self._cache.put(job.digest, found[job.part.id])
        findings = [Finding(part.id, *place) for part in sorted(parts, key=_by_id) for place in known[part.id]]
        return await _consistent(refiner, parts, findings) if refiner is not None and findings else findings

    def _plan(self, parts: Sequence[Part], revision: str, known: dict[int, tuple[Located, ...]]) -> dict[bytes, _Job]:
        jobs: dict[bytes, _Job] = {}
        for part, key in with_keys(parts):
            kind = ("prose" if part.kind in _PROSE else part.kind) + ("" if calls.with_models() else "/rules")
            digest = self._cache.digest(revision, kind, key, part.text)
            job = jobs.get(digest)
            if job is not None:
                job.parts.append(part.id)
                continue
            hit = self._cache.get(digest)
            if hit is not None:
                known[part.id] = hit
            else:
                jobs[digest] = _Job(digest, part, key, [part.id])
        return jobs

    async def _run(self, jobs: list[_Job], refiner: Refiner | None) -> dict[int, tuple[Located, ...]]:
        """Part id → its resolved findings."""
        batch = _with_their_keys(jobs)
        texts = {job.part.id: len(job.part.text) for job in jobs}
        gathered: dict[int, list[tuple[str, Finding]]] = {identifier: [] for identifier in texts}
        for detector, findings in zip(self._detectors, await self._all(batch), strict=True):
            name = detector.name
            for finding in findings:
                if finding.part not in texts:
                    continue
                if not 0 <= finding.start < finding.end <= texts[finding.part]:
                    raise DetectorError
                gathered[finding.part].append((name, finding))
        try:
            if refiner is not None and sum(texts.values()) > INLINE:
                return await asyncio.to_thread(_all_settled, refiner, jobs, gathered)
            return _all_settled(refiner, jobs, gathered)
        except Exception:  # noqa: BLE001 - its message may quote payload
            raise DetectorError from None

    async def _all(self, batch: list[Part]) -> list[Sequence[Finding]]:
        """The findings of each detector."""
        try:
            if len(self._detectors) == 1:
                return [await self._detectors[0].detect(batch)]
            return await self._together(batch)
        except DetectorError:
            raise
        except Exception:  # noqa: BLE001 - a foreign error may quote payload, and any error means: not vouched for
            raise DetectorError from None

    async def _together(self, batch: list[Part]) -> list[Sequence[Finding]]:
        """All detectors at once; the first error ends the others."""
        loop = asyncio.get_running_loop()
        tasks: list[asyncio.Task[Sequence[Finding]]] = []
        try:
            for detector in self._detectors:
                # Eager: one that waits for nothing is done here, without a turn of the event loop.
                tasks.append(asyncio.Task(_detect(detector, batch), loop=loop, eager_start=True))
                if tasks[-1].done():
                    tasks[-1].result()
            if waiting := [task for task in tasks if not task.done()]:
                await asyncio.gather(*waiting)
            return [task.result() for task in tasks]
        finally:
            if left := [task for task in tasks if not task.done()]:
                for task in left:
                    task.cancel()
                await asyncio.gather(*left, return_exceptions=True)


def _all_settled(
    refiner: Refiner | None, jobs: list[_Job], gathered: dict[int, list[tuple[str, Finding]]]
) -> dict[int, tuple[Located, ...]]:
    return {job.part.id: _settled(refiner, job, gathered[job.part.id]) for job in jobs}


def _settled(refiner: Refiner | None, job: _Job, raw: list[tuple[str, Finding]]) -> tuple[Located, ...]:
    """What remains of the raw findings of one text."""
    if not raw:
        return ()
    found = [finding for _, finding in raw] if refiner is None else refiner.part(job.part.text, job.key, raw)
    return tuple(located(finding) for finding in resolve(found))


async def _consistent(refiner: Refiner, parts: Sequence[Part], findings: list[Finding]) -> list[Finding]:
    """With the further places of the names in them; raises `DetectorError`."""
    try:
        if sum(len(part.text) for part in parts) > INLINE:
            return await asyncio.to_thread(_everywhere, refiner, parts, findings)
        return _everywhere(refiner, parts, findings)
    except Exception:  # noqa: BLE001 - its message may quote payload
        raise DetectorError from None


def _everywhere(refiner: Refiner, parts: Sequence[Part], findings: list[Finding]) -> list[Finding]:
    by_part: dict[int, list[Finding]] = {}
    for finding in findings:
        by_part.setdefault(finding.part, []).append(finding)
    added = refiner.message(with_keys(parts), by_part)
    return resolve([*findings, *added]) if added else findings


async def _detect(detector: Detector, batch: list[Part]) -> Sequence[Finding]:
    return await detector.detect(batch)


def _with_their_keys(jobs: list[_Job]) -> list[Part]:
    """Each part to be read, behind the key that names it. Ids below zero are keys that are only there to be seen."""
    batch: list[Part] = []
    for place, job in enumerate(jobs):
        if job.key:
            batch.append(Part(-1 - place, "key", PartKind.KEY, job.key))
        batch.append(job.part)
        if job.part.kind is PartKind.KEY:
            # A value that follows in this batch need not be the value of this key.
            batch.append(Part(-1 - len(jobs) - place, "gap", PartKind.STRUCTURAL, ""))
    return batch


def _by_id(part: Part) -> int:
    return part.id
