"""The intercepting plane: mitmproxy's protocol layers as a library, driven so that they fail closed.

Forward mode is an explicit proxy (`HTTPS_PROXY`) that opens TLS with certificates of its own authority;
reverse mode is for clients that change their base URL. No mitmproxy addon sees a message: `stream.GateStream`
replaces the HTTP state machine and asks the gate at every step.
"""

from gateway.planes.mitm.ca import certificate_authority
from gateway.planes.mitm.server import MitmServer, Mode, serve

__all__ = ["MitmServer", "Mode", "certificate_authority", "serve"]
