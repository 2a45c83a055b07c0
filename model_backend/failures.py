"""What a client is told when a request is refused. Texts are fixed here: nothing of the request is ever quoted."""

from __future__ import annotations

import json
from typing import Any, Final

_ANTHROPIC_TYPES: Final = {
    400: "invalid_request_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
}


class RequestError(Exception):
    """A request that will not be served."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        """Written by us, never taken from the request."""
        self.param = param
        """A field name from our own tables."""

    def document(self, *, anthropic: bool = False) -> dict[str, Any]:
        """The error object of the client's protocol."""
        if anthropic:
            kind = _ANTHROPIC_TYPES.get(self.status, "invalid_request_error" if self.status < 500 else "api_error")
            return {"type": "error", "error": {"type": kind, "message": self.message}}
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    def body(self, *, anthropic: bool = False) -> bytes:
        """The error object as JSON bytes."""
        return json.dumps(self.document(anthropic=anthropic)).encode()


def invalid(message: str, param: str | None = None, code: str = "invalid_value") -> RequestError:
    """A 400."""
    return RequestError(400, code, message, param)


def failed() -> RequestError:
    """The model server broke. Its own words may quote payload, so they are dropped."""
    return RequestError(500, "generation_failed", "The model could not answer this request.")
