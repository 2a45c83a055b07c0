"""The intercepting plane: mitmproxy's protocol layers as a library, driven so that they fail closed.

Forward mode is an explicit proxy (`HTTPS_PROXY`) that opens TLS with certificates of its own authority;
reverse mode is for clients that change their base URL. No mitmproxy addon sees a message: `stream.GateStream`
replaces the HTTP state machine and asks the gate at every step.
"""

from typing import TYPE_CHECKING

from gateway.planes.mitm.ca import certificate_authority

if TYPE_CHECKING:
    from gateway.planes.mitm.server import MitmServer, Mode, serve

__all__ = ["MitmServer", "Mode", "certificate_authority", "serve"]


def __getattr__(name: str) -> object:
    """The plane itself is imported where one is opened: the supervisor only asks for the authority."""
    if name not in __all__:
        raise AttributeError(name)
    from gateway.planes.mitm import server

    return getattr(server, name)
