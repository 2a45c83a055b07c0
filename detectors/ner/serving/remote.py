"""A shared NER server, or several, as a Detector: hedged, with a circuit breaker each, within one deadline.

    pick the least loaded → ask → slow? ask a second one too → first good answer counts, the other is hung up on
                               → failed? ask another one, where that may help

Rules for the next editor
1. Reading names changes nothing on a server, so a question may be asked twice; yet only so often (`Allowance`).
2. Every answer is of the revision that was asked for. Where no server runs it any more, the client goes over to
   theirs, for this question and those that follow; what it finds then is not cached under the old one.
3. A model that finds other entity types than the one at the start is refused: tokens and policy know those only.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import orjson

from detectors.ner.serving.circuit import Allowance, Delays
from detectors.ner.serving.endpoint import Address, Endpoint, EndpointError, OtherRevisionError, Question
from detectors.ner.serving.front import Answer, Model, NerFront
from detectors.ner.serving.hello import ask_model, tls_context
from detectors.types import DetectorError

ATTEMPTS: Final = 3
NEARLY: Final = 0.05
"""Seconds before the deadline from which on who gives up has been failed by the server."""


class RemoteNer(NerFront):
    def __init__(self, model: Model, endpoints: Sequence[Endpoint], timeout: float) -> None:
        super().__init__(model, timeout)
        self._types = model.entities
        self.endpoints = tuple(endpoints)
        self._delays = Delays()
        self._allowance = Allowance()

    def describe(self) -> str:
        where = ", ".join(str(endpoint.address) for endpoint in self.endpoints)
        return f"ner: {self._model.describe}, shared server {where}"

    async def _ask(self, texts: Sequence[str], until: float, *, bulk: bool) -> Answer:
        body = orjson.dumps({"texts": texts, "priority": int(bulk)})
        question = Question(texts, body, self._model, until)
        self._allowance.asked()
        try:
            try:
                return await _Round(self, question).answer()
            except OtherRevisionError:
                question = replace(question, model=await self._go_over(until))
                return await _Round(self, question).answer()
        except EndpointError as error:
            raise DetectorError(error.code) from None

    async def _go_over(self, until: float) -> Model:
        """The model that the servers run now. Raises EndpointError."""
        last = EndpointError()
        for endpoint in self._by_load():
            try:
                model = await endpoint.model(max(0.0, until - time.monotonic()))
            except EndpointError as error:
                last = error
                continue
            if model.revision != self._model.revision and model.entities <= self._types:
                self._model = model
                endpoint.other_until = 0.0
                self.counts.remote["revision_changed"] += 1
                return model
        raise last

    def pick(self, tried: Sequence[Endpoint]) -> Endpoint | None:
        """The least loaded server that may be asked and was not yet."""
        now = time.monotonic()
        return next((one for one in self._by_load() if one not in tried and one.breaker.admits(now)), None)

    def _by_load(self) -> list[Endpoint]:
        now = time.monotonic()
        return sorted(self.endpoints, key=lambda one: one.rank(now))

    async def one(self, endpoint: Endpoint, question: Question) -> Answer:
        """One server's answer, with its books kept."""
        began = time.monotonic()
        endpoint.breaker.begin()
        endpoint.in_flight += 1
        try:
            answer = await endpoint.ask(question)
        except EndpointError as error:
            self._missed(endpoint, fault=error.fault)
            raise
        except asyncio.CancelledError:  # hung up on: at least as slow as this
            now = time.monotonic()
            endpoint.seconds = max(endpoint.seconds, now - began)
            self._missed(endpoint, fault=now >= question.until - NEARLY)
            raise
        finally:
            endpoint.in_flight -= 1
        endpoint.breaker.succeeded()
        seconds = time.monotonic() - began
        endpoint.seconds += (seconds - endpoint.seconds) / 8
        self._delays.saw(len(question.body), seconds)
        return answer

    def _missed(self, endpoint: Endpoint, *, fault: bool) -> None:
        if not fault:
            endpoint.breaker.left()
            return
        endpoint.failures += 1
        self.counts.remote["circuit_opened"] += endpoint.breaker.failed(time.monotonic())

    def hedge_delay(self, size: int) -> float:
        return self._delays.slow(size)

    def may_hedge(self) -> bool:
        return self._allowance.take()

    async def aclose(self) -> None:
        await asyncio.gather(*(endpoint.aclose() for endpoint in self.endpoints))


class _Round:
    """One question, at one server or two or, after failures, three."""

    def __init__(self, client: RemoteNer, question: Question) -> None:
        self._client, self._question = client, question
        self._running: dict[asyncio.Task[Answer], bool] = {}
        """Who is asked, and whether as a hedge."""
        self._tried: list[Endpoint] = []
        self._last = EndpointError()
        self._other = False
        """A server runs another model."""

    async def answer(self) -> Answer:
        """Raises EndpointError; OtherRevisionError where nobody is left who runs the model that was asked for."""
        counts = self._client.counts.remote
        self._begin(self._client.pick(()), hedge=False)
        delay: float | None = self._client.hedge_delay(len(self._question.body))
        try:
            while self._running:
                done, _ = await asyncio.wait(self._running, timeout=delay, return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    delay = None
                    self._hedge()
                for task in done:
                    hedge = self._running.pop(task)
                    error = task.exception()
                    if error is None:
                        counts["hedge_won"] += hedge
                        return task.result()
                    self._failed(error)
        finally:
            await self._hang_up()
        # One that is only busy or slow still runs the right model.
        raise OtherRevisionError if self._other and self._last.code == "detector_failed" else self._last

    def _begin(self, endpoint: Endpoint | None, *, hedge: bool) -> bool:
        if endpoint is None:
            return False
        self._tried.append(endpoint)
        self._running[asyncio.ensure_future(self._client.one(endpoint, self._question))] = hedge
        return True

    def _hedge(self) -> None:
        second = self._client.pick(self._tried)
        if second is not None and self._client.may_hedge():
            self._client.counts.remote["hedged"] += self._begin(second, hedge=True)

    def _failed(self, error: BaseException) -> None:
        """Ask somebody else where that may help."""
        if not isinstance(error, EndpointError):
            raise error
        if isinstance(error, OtherRevisionError):
            self._other = True
        else:
            self._last = error
        if not error.elsewhere or len(self._tried) >= max(ATTEMPTS, len(self._client.endpoints)):
            return
        other = self._client.pick(self._tried)
        if other is None and error.again and self._tried.count(self._tried[-1]) == 1:
            other = self._tried[-1]
        if self._begin(other, hedge=False):
            self._client.counts.remote["retried"] += 1

    async def _hang_up(self) -> None:
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.gather(*self._running, return_exceptions=True)


def connect(
    urls: Sequence[str], *, token: str = "", ca: Path | None = None, timeout: float = 8.0, start_timeout: float = 10.0
) -> RemoteNer:
    """Ask the servers who they are; blocking. Raises ValueError, one sentence with the mend.

    token: bearer token; ca: PEM file that https servers are verified against, instead of the system's.
    """
    addresses = [Address.parse(url) for url in urls]
    context = tls_context(ca) if any(address.url.startswith("https:") for address in addresses) else None
    model = ask_model(addresses, token, context, start_timeout)
    return RemoteNer(model, [Endpoint(address, token, context) for address in addresses], timeout)
