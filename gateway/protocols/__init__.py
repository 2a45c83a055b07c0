"""What a position in a message means, protocol by protocol.

`PROTOCOLS` is the whole list: to add one is one file and one line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from gateway.protocols.anthropic import Anthropic
from gateway.protocols.base import WireProtocol
from gateway.protocols.generic import Generic
from gateway.protocols.openai import OpenAI
from gateway.types import RequestHead, Route

PROTOCOLS: Final[Mapping[str, Callable[[str], WireProtocol]]] = {
    Anthropic.name: Anthropic,
    OpenAI.name: OpenAI,
    Generic.name: Generic,
}
"""In the order in which they are asked."""


def identify(head: RequestHead) -> Route:
    """What a request asks for. Exact method and path; anything else is unknown, and policy decides."""
    for protocol in _ASKED:
        if (route := protocol.identify(head)) is not None:
            return route
    return Route(Generic.name, "unknown", known=False)


def for_route(route: Route) -> WireProtocol:
    """The protocol of a route; generic where none has its name."""
    return PROTOCOLS.get(route.protocol, Generic)(route.operation)


_ASKED: Final = tuple(make("") for make in PROTOCOLS.values())
