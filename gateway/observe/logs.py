"""Structured logs: one JSON object a line, allow-listed keys, no free text, no exception text, no traceback.

Libraries log what they were handed, and what they were handed may be payload. So of their records only the logger's
name, the level, the place and the type of an exception are kept; the message never is.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, TextIO, cast

import structlog

from gateway.errors import REASONS
from gateway.observe.allowed import ALLOWED

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
_NOISY: Final = ("uvicorn", "uvicorn.error", "uvicorn.access", "aiohttp", "mitmproxy", "asyncio", "httpx", "redis")

type _Event = MutableMapping[str, Any]


class _Dropped:
    """How many keys and values did not pass. A lock would cost more than a count is worth; adding is enough."""

    def __init__(self) -> None:
        self.count = 0


_dropped = _Dropped()


def dropped() -> int:
    """Keys and values dropped in this process since it began; more than 0 is a bug of ours to find."""
    return _dropped.count


def error_fields(error: BaseException | None) -> dict[str, Any]:
    """What may be told of an exception: its type, its reason code, an errno, and where it was raised."""
    if error is None:
        return {}
    fields: dict[str, Any] = {"error": type(error).__name__}
    code = getattr(error, "code", None)
    if isinstance(code, str) and code in REASONS:
        fields["code"] = code
    if isinstance(error, OSError) and isinstance(error.errno, int):
        fields["errno"] = error.errno
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        fields["cause"] = type(cause).__name__
    frames = traceback.extract_tb(error.__traceback__)
    if frames:
        fields["at"] = f"{_module(frames[-1].filename)}:{frames[-1].lineno}"
    return fields


def _module(filename: str) -> str:
    """A file's last two names, dotted: `planes.asgi`. Never a whole path, which names people's folders."""
    parts = filename.replace("\\", "/").removesuffix(".py").split("/")
    return ".".join(part for part in parts[-2:] if part)


def _reduce_error(_: object, __: str, event: _Event) -> _Event:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exception()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event.update(error_fields(error))
    given = event.get("error")
    if isinstance(given, BaseException):
        event.update(error_fields(given))
    return event


def _stamp(_: object, method: str, event: _Event) -> _Event:
    event["level"] = "critical" if method == "fatal" else {"warn": "warning", "exception": "error"}.get(method, method)
    event["time"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return event


def _allow(_: object, __: str, event: _Event) -> _Event:
    clean: dict[str, Any] = {}
    for key, value in event.items():
        check = ALLOWED.get(key)
        if check is not None and check(value):
            clean[key] = value
        else:
            _dropped.count += 1
    clean.setdefault("event", "unlisted_event")
    return clean


class _Bridge(logging.Handler):
    """Records of the standard library's loggers, ours and others', without their message and arguments."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            event: dict[str, Any] = {"logger": record.name, "at": f"{_module(record.pathname)}:{record.lineno}"}
            if record.exc_info and record.exc_info[1] is not None:
                event.update(error_fields(record.exc_info[1]))
            level = min(_LEVELS, key=lambda name: abs(_LEVELS[name] - record.levelno))
            getattr(structlog.get_logger(), level)("library_log", **event)
        except Exception:  # noqa: BLE001 - logging must neither raise nor print what failed
            _dropped.count += 1

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is the library's
        """The standard one prints the record and a traceback."""
        _dropped.count += 1


def configure_logging(
    level: str = "info", *, process: str = "gateway", worker: int | None = None, stream: TextIO | None = None
) -> None:
    """Route every log of this process through the allow-list, to `stream` (standard error). May be called again."""
    context: dict[str, Any] = {"process": process} | ({} if worker is None else {"worker": worker})

    def add_context(_: object, __: str, event: _Event) -> _Event:
        return {**context, **event}

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            add_context,
            _stamp,
            _reduce_error,
            _allow,
            structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    _tame(level)
    _hook()


def _tame(level: str) -> None:
    """One handler, at the root; libraries speak up from warnings on."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    root.addHandler(_Bridge())
    root.setLevel(max(_LEVELS[level], logging.WARNING))
    for name in {*_NOISY, *logging.root.manager.loggerDict}:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate, library.disabled = True, False
        library.setLevel(logging.NOTSET)
    logging.captureWarnings(True)
    logging.raiseExceptions = False
    logging.lastResort = None


def _hook() -> None:
    """Nothing that nobody caught prints itself."""

    def uncaught(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            return
        logger().error("uncaught_error", **error_fields(error))

    def in_thread(args: threading.ExceptHookArgs) -> None:
        logger().error("uncaught_error", **error_fields(args.exc_value))

    def unraisable(args: Any) -> None:
        logger().error("unraisable_error", **error_fields(args.exc_value))

    sys.excepthook = uncaught
    threading.excepthook = in_thread
    sys.unraisablehook = unraisable


def quiet_loop(loop: asyncio.AbstractEventLoop) -> None:
    """asyncio's own handler prints reprs of tasks and transports; ours tells the type of the error."""

    def handler(_: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        logger().error("loop_error", **error_fields(context.get("exception")))

    loop.set_exception_handler(cast("Any", handler))


def logger(**context: object) -> structlog.typing.FilteringBoundLogger:
    """A logger whose events are names such as `worker_ready`, with allow-listed keys."""
    return cast("structlog.typing.FilteringBoundLogger", structlog.get_logger(**context))
