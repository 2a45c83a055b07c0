"""Logs cannot carry payload: not by key, by value, by exception, by a library, nor by what nobody caught."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import observe
from gateway.errors import ContentError, StoreError
from gateway.observe.allowed import ALLOWED

CANARIES = ("zhang@example.com", "13800138000", "11010519491231002X", "4111111111111111", "张伟", "sk-live-0000000000")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    handlers, level, last = list(logging.root.handlers), logging.root.level, logging.lastResort
    out = io.StringIO()
    observe.configure_logging("debug", process="worker", worker=3, stream=out)
    yield out
    logging.captureWarnings(False)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    logging.lastResort = last


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def clean(stream: io.StringIO) -> bool:
    return not any(canary in stream.getvalue() for canary in CANARIES)


def test_what_is_allowed_arrives(stream: io.StringIO) -> None:
    observe.logger().info(
        "message_judged",
        exchange="5f0c2b9d1e7a4c3f8b6d0a91",
        route="openai/chat.completions",
        action="block",
        code="policy_block",
        entities={"PERSON": 2},
        ms=1.25,
        listen="http://127.0.0.1:8080",
        policy="default@1-0b04a787",
    )
    (line,) = lines(stream)
    assert line.pop("time").endswith("Z")
    assert line == {
        "event": "message_judged",
        "level": "info",
        "process": "worker",
        "worker": 3,
        "exchange": "5f0c2b9d1e7a4c3f8b6d0a91",
        "route": "openai/chat.completions",
        "action": "block",
        "code": "policy_block",
        "entities": {"PERSON": 2},
        "ms": 1.25,
        "listen": "http://127.0.0.1:8080",
        "policy": "default@1-0b04a787",
    }


def test_the_rest_is_dropped_and_counted(stream: io.StringIO) -> None:
    before = observe.dropped()
    observe.logger().warning("seen", body=CANARIES[0], code=CANARIES[1], entities={CANARIES[4]: 1}, count=10**11)
    (line,) = lines(stream)
    assert set(line) == {"event", "level", "time", "process", "worker"}
    assert observe.dropped() == before + 4


def test_an_event_is_a_name_not_a_sentence(stream: io.StringIO) -> None:
    for text in (*CANARIES, f"user {CANARIES[0]} failed", "a" * 300):
        observe.logger().error(text)
    assert {line["event"] for line in lines(stream)} == {"unlisted_event"}


@given(st.sampled_from(sorted(ALLOWED)), st.sampled_from(CANARIES))
def test_no_key_lets_a_canary_through(key: str, canary: str) -> None:
    assert not ALLOWED[key](canary)
    for shape in ([canary], {canary: 1}, (canary,), {"PERSON": canary}, f"openai/{canary}"):
        assert not ALLOWED[key](shape)


def failures() -> Iterator[Exception]:
    import orjson
    import pydantic

    class Model(pydantic.BaseModel):
        age: int

    def attempts() -> Iterator[Any]:
        yield lambda: int(CANARIES[0])
        yield lambda: {}[CANARIES[0]]
        yield lambda: json.loads('{"a": "' + CANARIES[0] + '",}')
        yield lambda: orjson.loads('{"a": "' + CANARIES[0] + '",}')
        yield lambda: CANARIES[4].encode("ascii")
        yield lambda: Model(age=CANARIES[0])  # type: ignore[arg-type]
        yield lambda: open(f"/nowhere/{CANARIES[0]}")  # noqa: PTH123, SIM115

    for attempt in attempts():
        try:
            attempt()
        except Exception as error:  # noqa: BLE001
            yield error


def test_exceptions_are_a_type_a_place_and_a_code(stream: io.StringIO) -> None:
    for error in failures():
        observe.logger().error("stage_failed", exc_info=error)
        observe.logger().error("stage_failed", error=error)
        logging.getLogger("uvicorn.error").error("boom %s", error, exc_info=error)
        logging.getLogger("gateway.somewhere").error(CANARIES[0], exc_info=error)
    said = lines(stream)
    assert len(said) == 28
    assert {line["error"] for line in said} >= {"ValueError", "KeyError", "JSONDecodeError", "ValidationError"}
    assert all(line["at"] for line in said)
    assert clean(stream)


def test_a_reason_code_and_a_cause_are_kept() -> None:
    try:
        try:
            raise ConnectionRefusedError(111, CANARIES[0])
        except OSError as error:
            raise StoreError("vault_failed") from error
    except StoreError as error:
        fields = observe.error_fields(error)
    assert (fields["error"], fields["code"], fields["cause"]) == (
        "StoreError",
        "vault_failed",
        "ConnectionRefusedError",
    )
    assert observe.error_fields(ConnectionRefusedError(111, CANARIES[0]))["errno"] == 111
    assert "cause" not in observe.error_fields(ContentError("invalid_json", "body"))


@pytest.mark.parametrize(
    "name", ["uvicorn.access", "aiohttp.server", "mitmproxy", "asyncio", "anything", "py.warnings"]
)
def test_libraries_are_heard_but_not_quoted(stream: io.StringIO, name: str) -> None:
    logging.getLogger(name).error("request with %s", CANARIES[0])
    logging.getLogger(name).error(CANARIES[1], extra={"body": CANARIES[2]})
    logging.getLogger(name).info("chatter %s", CANARIES[3])
    said = lines(stream)
    assert [line["logger"] for line in said] == [name, name]
    assert clean(stream)


def test_a_library_that_logs_badly_prints_nothing(stream: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("bad").error("%d %d", CANARIES[0])  # noqa: PLE1206
    assert clean(stream)
    assert capsys.readouterr().err == ""


def test_warnings(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(CANARIES[0], stacklevel=1)
    assert lines(stream)[0]["logger"] == "py.warnings"
    assert clean(stream)


def test_threads_and_loops(stream: io.StringIO) -> None:
    thread = threading.Thread(target=lambda: int(CANARIES[0]))
    thread.start()
    thread.join()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        observe.quiet_loop(loop)
        loop.call_soon(lambda: int(CANARIES[0]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(main())
    assert [line["event"] for line in lines(stream)] == ["uncaught_error", "loop_error"]
    assert clean(stream)


def test_what_nobody_caught_prints_no_traceback() -> None:
    code = f"from gateway import observe; observe.configure_logging(process='worker'); int({CANARIES[0]!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert CANARIES[0] not in done.stderr
    (line,) = done.stderr.splitlines()
    assert json.loads(line)["error"] == "ValueError"
