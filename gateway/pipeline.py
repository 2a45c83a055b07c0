"""The main road on one screen: bytes in → parts → findings → decision → edits → record → bytes out.

`Gate.inspect` never raises. What cannot be read, decided, rewritten or recorded in time is blocked.
"""

from __future__ import annotations

import asyncio
import copy
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from detectors import calls
from detectors.engine import DetectorEngine
from detectors.types import DetectorError
from gateway import seams
from gateway.channels import Hit
from gateway.errors import Indeterminate
from gateway.expected import unexpected
from gateway.experiments import Experiments, counted
from gateway.recording import Inspection, make_record, scrub
from gateway.restore import Restorer
from gateway.rewrite import rewrite
from gateway.tokens import TokenGrammar
from gateway.types import (
    Coverage,
    Decision,
    Document,
    Edit,
    Effect,
    Finding,
    Limits,
    Message,
    Operator,
    Outcome,
    Part,
    PartKind,
    Policy,
    Record,
    RecordStore,
    ResponseHead,
)

REHEARSAL: Final = "rehearsal"
"""The plane of the self-test and of previews: judged like everything else, but neither recorded nor counted."""
LARGE: Final = 256 * 1024
"""Bytes of body, or characters of its parts, from which on they are not read on the event loop."""
BULK: Final = frozenset({"embeddings"})
"""Operations behind which no person waits."""
MANY: Final = 2000
"""Edits from which on they are not made there either."""


class Blocked(Exception):
    """An answer that policy blocks."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        self.code = decision.reasons[0] if decision.reasons else "response_blocked"
        self.entities: Mapping[str, int] = Counter(finding.entity_type for finding in decision.blocked)
        super().__init__(self.code)


class Gate:
    """Everything that decides. `policy` may be replaced at any time; a message is judged by one policy throughout."""

    def __init__(
        self,
        *,
        parse: Callable[[Message, Limits], Document],
        detectors: DetectorEngine,
        policy: Policy,
        operators: Mapping[str, Operator],
        records: RecordStore,
        grammar: TokenGrammar,
        credential_types: frozenset[str],
        limits: Limits,
        deadline: float,
        excerpt: int = 0,
        experiments: Experiments | None = None,
        rules_revision: str = "",
        accepts_partial: bool = False,
    ) -> None:
        """`credential_types`: entity types that are expected in a header that authenticates to the upstream.
        `deadline` in seconds for one message. `excerpt`: characters of scrubbed text a record may keep; 0: none.
        `experiments`: rules that are only counted. `rules_revision`: of the packs, as records name it.
        `accepts_partial`: a model that does not answer is gone on without, and that is put on record."""
        self._parse, self._detectors, self.policy = parse, detectors, policy
        self._operators, self._records, self.grammar = operators, records, grammar
        self.credential_types, self._limits = credential_types, limits
        self.experiments, self.rules_revision = experiments or Experiments.none(), rules_revision
        self.deadline, self._excerpt, self._partial = deadline, excerpt, accepts_partial
        self._turn = asyncio.Semaphore(1)
        """Of large bodies."""
        self.model: Callable[[], str] = str
        """The model that reads names, as records name it: empty where there is none."""
        self.model_types: Callable[[], frozenset[str]] | None = None
        """What that model finds; not known: anything."""
        self.observer: Callable[[Record], None] = lambda _: None
        """Told of each record before it is stored; for metrics."""
        self.on_chunk: Callable[[float], None] = lambda _: None
        """Told how many seconds each chunk of a streamed answer was held."""
        self.lost_records = 0
        """Records of streamed answers that could not be written once the stream had ended."""

    def twin(self, detectors: DetectorEngine, policy: Policy, grammar: TokenGrammar) -> Gate:
        """The same with other rules: for trying them before they are in force."""
        other = copy.copy(self)
        other._detectors, other.policy, other.grammar = detectors, policy, grammar
        other.experiments = Experiments.none()
        return other

    def grammar_of(self, labels: frozenset[str]) -> TokenGrammar:
        """Of these entity types and of all that there were: tokens that are out there must still be restored."""
        known = frozenset(self.grammar.labels)
        return self.grammar if labels <= known else TokenGrammar(known | labels)

    @property
    def detector_revision(self) -> str:
        """Of rules and models, as records name it."""
        return self._detectors.revision

    async def inspect(self, message: Message, plane: str = "", restorer: Restorer | None = None) -> Outcome:
        """Judge, rewrite and record one message. Never raises (cancellation aside). `plane` REHEARSAL: not recorded."""
        policy, seen = self.policy, Inspection()
        try:
            async with asyncio.timeout(self.deadline):
                return await self._inspect(message, plane, policy, seen, restorer)
        except Exception as error:  # noqa: BLE001 - the one place where every fault becomes a verdict
            return await self._indeterminate(message, plane, policy, seen, code_of(error))

    async def _inspect(
        self, message: Message, plane: str, policy: Policy, seen: Inspection, restorer: Restorer | None
    ) -> Outcome:
        document = await self._read(message, policy, seen)
        if self.experiments and plane != REHEARSAL and policy.inspects(message):
            await self._observe(document.parts, seen)
        clock = time.perf_counter()
        decision = policy.decide(message, seen.findings, document.coverage)
        released, minted = await self._release(message, document, decision, restorer)
        seen.bytes_out = len(released.body) if released else 0
        if self._excerpt and policy.inspects(message) and not seen.unread:  # what nobody looked at is not scrubbed
            seen.excerpt = scrub(document.parts, seen.findings, self._excerpt)
        seen.lap("rewrite", clock)
        # Write-ahead: nothing leaves that the decision log does not know of.
        await self.record(message, plane, decision, seen)
        entities = Counter(finding.entity_type for finding in seen.findings)
        return Outcome(decision, released, minted, entities, seen.detector_revision, bool(seen.unread))

    async def _read(self, message: Message, policy: Policy, seen: Inspection) -> Document:
        """Parts and findings. Large bodies take turns: their work is done in threads, which no deadline stops,
        so the next one waits until the one before has really ended."""
        if len(message.body) <= LARGE:
            return await self._parts_and_findings(message, policy, seen)
        await self._turn.acquire()
        task = asyncio.create_task(self._parts_and_findings(message, policy, seen))
        task.add_done_callback(self._turn_over)
        return await asyncio.shield(task)

    def _turn_over(self, task: asyncio.Task[Document]) -> None:
        self._turn.release()
        if not task.cancelled():
            task.exception()  # nobody may be waiting for it any more

    async def _parts_and_findings(self, message: Message, policy: Policy, seen: Inspection) -> Document:
        clock = time.perf_counter()
        if len(message.body) > LARGE:
            document = await asyncio.to_thread(self._parse, message, self._limits)
        else:
            document = self._parse(message, self._limits)
        seen.coverage, seen.parts = document.coverage, len(document.parts)
        clock = seen.lap("parse", clock)
        # Read in the same turn of the event loop in which detection begins, so that the record names what really ran.
        seen.detector_revision, seen.rules_revision = self._detectors.revision, self.rules_revision
        model = self.model if self.asks_model(message, policy) else str
        seen.model = model()
        seen.findings = await self.findings(message, policy, document.parts, seen)
        if seen.model != (now := model()):  # a shared server went over to another meanwhile: either may have read
            seen.model = f"{seen.model},{now}"
        seen.lap("detect", clock)
        return document

    async def _observe(self, parts: Sequence[Part], seen: Inspection) -> None:
        """What experimental rules would have found. Whatever goes wrong here, the message goes its way."""
        clock, experiments = time.perf_counter(), self.experiments
        try:
            tried = await experiments.observe(parts)
            if tried:
                seen.observed, seen.observed_new = counted(self._news(tried, parts), seen.findings)
        except Exception:  # noqa: BLE001 - traffic does not wait for what is only tried
            experiments.stats.failed += 1
        seen.lap("observe", clock)

    async def findings(
        self, message: Message, policy: Policy, parts: Sequence[Part], seen: Inspection | None = None
    ) -> Sequence[Finding]:
        """Resolved findings; our own tokens, and the client's own credentials towards the upstream, are none.

        Only with `seen`, which ends in a record, a detector may be gone on without, if the configuration says so."""
        if not policy.inspects(message):
            return ()
        partial, models = self._partial and seen is not None, self.asks_model(message, policy)
        with calls.calling(bulk=_bulk(message), accepts_partial=partial, models=models) as call:
            found = await seams.detect(self._detectors, parts)
        if seen is not None:
            seen.unread |= call.unread
        if not found:
            return found
        if sum(len(part.text) for part in parts) > LARGE:
            return await asyncio.to_thread(self._news, found, parts)
        return self._news(found, parts)

    def asks_model(self, message: Message, policy: Policy) -> bool:
        """Whether the policy does anything about what the model finds."""
        return self.model_types is None or calls.insisted() or policy.acts_on(message, self.model_types())

    def _news(self, found: Sequence[Finding], parts: Sequence[Part]) -> Sequence[Finding]:
        return unexpected(found, parts, self.grammar, self.credential_types)

    async def survey(self, message: Message) -> tuple[Sequence[Part], Sequence[Finding]]:
        """What is read and found in a message, without deciding anything; raises what reading raises."""
        document = self._parse(message, self._limits)
        return document.parts, await self.findings(message, self.policy, document.parts)

    async def judge_head(self, message: Message, restorer: Restorer) -> ResponseHead:
        """The head of an answer, rewritten and restored, or `Blocked`. Its findings are not on record by themselves."""
        head, policy = message.head, self.policy
        if not isinstance(head, ResponseHead):
            raise TypeError("a response was expected")
        if not policy.inspects(message):
            return head
        async with asyncio.timeout(self.deadline):
            document = self._parse(replace(message, body=b"") if message.body else message, self._limits)
            findings = await self.findings(message, policy, document.parts)
            decision = policy.decide(message, findings, Coverage.FULL)
            released, _ = await self._release(message, document, decision, restorer)
        if released is None:
            raise Blocked(decision)
        return released.head if isinstance(released.head, ResponseHead) else head

    async def judge_text(self, message: Message, policy: Policy, text: str, seen: Inspection) -> Sequence[Hit]:
        """The findings of one piece of a streamed answer, each with its replacement; `Blocked` where policy says so."""
        part = Part(0, "body/stream", PartKind.TEXT, text)
        findings = await self.findings(message, policy, (part,), seen)
        if not findings:
            return ()
        decision = policy.decide(message, findings, Coverage.FULL)
        if decision.shadow:
            return [Hit(finding, None) for finding in findings]
        if decision.effect is Effect.BLOCK:
            raise Blocked(decision)
        edits, _ = await rewrite(message.scope, (part,), decision.obligations, self._operators)
        spans = {(edit.start, edit.end): edit.replacement for edit in edits}
        return [Hit(finding, spans.get((finding.start, finding.end))) for finding in findings]

    async def _release(
        self, message: Message, document: Document, decision: Decision, restorer: Restorer | None
    ) -> tuple[Message | None, Mapping[str, str]]:
        if decision.effect is Effect.BLOCK and not decision.shadow:
            return None, {}
        edits: list[Edit] = []
        minted: dict[str, str] = {}
        if not decision.shadow and decision.obligations:
            edits, minted = await rewrite(message.scope, document.parts, decision.obligations, self._operators)
        if restorer is not None:
            edits += await restorer.edits(document.parts, edits)
        if len(edits) > MANY:
            return await asyncio.to_thread(document.rebuild, edits), minted
        return document.rebuild(edits), minted

    async def _indeterminate(
        self, message: Message, plane: str, policy: Policy, seen: Inspection, code: str
    ) -> Outcome:
        """An error, a deadline, a dead store. The record is tried, the verdict does not wait for it to succeed."""
        try:
            decision = policy.on_error(message, code)
        except Exception:  # noqa: BLE001 - a policy that cannot even judge an error blocks
            decision = Decision(Effect.BLOCK, {}, (code,), "none", "none")
        return await self._conclude(message, plane, decision, seen)

    async def refuse(self, message: Message, plane: str, code: str) -> Outcome:
        """Put a refusal that came before inspection (limits, malformed framing) on record."""
        policy = self.policy
        decision = Decision(Effect.BLOCK, {}, (code,), policy.name, policy.revision)
        return await self._conclude(message, plane, decision, Inspection())

    async def _conclude(self, message: Message, plane: str, decision: Decision, seen: Inspection) -> Outcome:
        # Shadow spares findings, not faults: what could not be inspected was not even observed.
        passes = decision.effect is not Effect.BLOCK
        decision = replace(decision, shadow=False)
        try:
            async with asyncio.timeout(self.deadline):
                await self.record(message, plane, decision, seen)
        except Exception:  # noqa: BLE001 - what cannot be recorded is refused, whatever the policy says
            passes = False
        return Outcome(decision, message if passes else None)

    async def record(
        self,
        message: Message,
        plane: str,
        decision: Decision,
        seen: Inspection,
        bytes_in: int | None = None,
    ) -> None:
        """Append to the decision log; raises `StoreError` where that fails."""
        seen.timings_ms["total"] = round((time.perf_counter() - seen.started) * 1e3, 3)
        if plane == REHEARSAL:
            return
        seen.detector_revision = seen.detector_revision or self._detectors.revision
        seen.rules_revision = seen.rules_revision or self.rules_revision
        record = make_record(message, plane, decision, seen, bytes_in)
        self.observer(record)
        await self._records.append(record)


def _bulk(message: Message) -> bool:
    """Nobody waits at a screen: uploads, and what indexes and checks whole collections."""
    return len(message.body) > LARGE or message.route.operation in BULK


def code_of(error: BaseException) -> str:
    """A reason code; never the error's text, which may quote payload."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, Indeterminate):
        return error.code
    if isinstance(error, TimeoutError):
        return "deadline_exceeded"
    if isinstance(error, DetectorError):
        return "overloaded" if error.code == "overloaded" else "detector_failed"
    return "inspection_failed"
