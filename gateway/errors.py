"""Every expected failure, drawn.

    RedlineError
    ├── ConfigError          start or reload only: file, line and mend, one sentence
    ├── Indeterminate        the gate cannot vouch for this message -> BLOCK with `code`
    │   ├── ContentError     the bytes cannot be read without guessing
    │   └── StoreError       a record or a token could not be written or read
    └── Refusal              what a plane must answer instead of forwarding

None of them ever quotes payload: `code` is one of `REASONS`, `detail` is a position or a number.
Rule for the next editor: raise with `from None` where the cause's text may hold payload
(JSONDecodeError.doc, UnicodeError.object, KeyError, pydantic errors all do).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

REASONS: Final[dict[str, tuple[int, str]]] = {
    # code: (HTTP status, what the client is told)
    "policy_block": (403, "Blocked by policy: the message holds data that may not leave."),
    "unreadable_content": (403, "Blocked by policy: part of the message cannot be inspected."),
    "unknown_route": (403, "Blocked by policy: this route is not known to the gateway."),
    "upstream_not_allowed": (403, "Blocked by policy: this upstream is not on the allow list."),
    "response_blocked": (403, "Blocked by policy: the answer holds data that may not be delivered."),
    "response_unreadable": (502, "The answer cannot be inspected, so it was not delivered."),
    "invalid_json": (400, "The JSON body is not well formed; receivers could disagree on what it says."),
    "duplicate_key": (400, "The JSON body repeats a key; receivers could disagree on which one counts."),
    "invalid_text": (400, "The body is not valid text in its declared character set."),
    "invalid_form": (400, "The form body is not well formed."),
    "invalid_stream": (502, "The event stream is not well formed."),
    "invalid_headers": (400, "The request headers are ambiguous or not well formed."),
    "unsupported_encoding": (415, "The content encoding is not supported; use identity, gzip, deflate, br or zstd."),
    "decompression_limit": (413, "The body grows beyond the limit when it is decompressed."),
    "body_too_large": (413, "The body is larger than the limit."),
    "headers_too_large": (431, "The headers are larger than the limit."),
    "too_deep": (400, "The JSON body is nested deeper than the limit."),
    "too_many_parts": (413, "The body has more values than the limit."),
    "protocol_not_allowed": (403, "This protocol cannot be inspected, so it is refused."),
    "detector_failed": (503, "Inspection failed, so nothing was forwarded."),
    "inspection_failed": (503, "Inspection failed, so nothing was forwarded."),
    "deadline_exceeded": (503, "Inspection took too long, so nothing was forwarded."),
    "names_unread": (503, "Names could not be read; the other detectors judged the message alone."),
    "overloaded": (503, "The gateway is at its limit; try again."),
    "record_failed": (503, "The decision could not be recorded, so nothing was forwarded."),
    "vault_failed": (503, "The token vault is not available, so nothing was forwarded."),
    "operator_failed": (503, "A finding could not be rewritten, so nothing was forwarded."),
    "no_verdict": (503, "No verdict was reached, so nothing was forwarded."),
    "client_timeout": (408, "The request did not arrive in time."),
    "client_disconnected": (499, "The client closed the connection."),
    "client_unknown": (401, "This client is not known to the gateway."),
    "upstream_unreachable": (502, "The upstream cannot be reached."),
    "upstream_timeout": (504, "The upstream did not answer in time."),
    "upstream_protocol": (502, "The upstream's answer broke the protocol."),
    "upstream_untrusted": (502, "The upstream's certificate could not be verified."),
}
"""Reason codes. They are recorded, counted and shown, so a code is never renamed or reused."""

NAMES_UNREAD: Final = "names_unread"
"""The one code that refuses nothing: it stands in the record of a message that was judged without its names."""


class RedlineError(Exception):
    """Root of all expected failures."""


class ConfigError(RedlineError):
    """Configuration, a rule pack or a policy cannot be used. The text is for people: what, where, mend."""


class Indeterminate(RedlineError):
    """The gate cannot vouch for a message."""

    def __init__(self, code: str, detail: str = "") -> None:
        if code not in REASONS:
            raise ValueError("unknown reason code")
        super().__init__(code)
        self.code = code
        self.detail = detail
        """A position or a number for the log; never payload."""


class ContentError(Indeterminate):
    """The bytes cannot be read without guessing."""


class StoreError(Indeterminate):
    """A record or token could not be stored or fetched."""


@dataclass(eq=False)
class Refusal(RedlineError):
    """What a plane must answer. Rendered in the client's own protocol; holds no payload."""

    code: str
    """One of `REASONS`."""
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = field(repr=False)
    """A whole answer, for when no response byte has been sent yet."""
    event: bytes = field(default=b"", repr=False)
    """A server-sent error event, for when an event stream is already under way; `b""`: cut the connection."""

    def __str__(self) -> str:
        return self.code
