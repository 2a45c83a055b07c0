"""The plane for clients that change their base URL: uvicorn towards them, aiohttp towards the upstream."""

from gateway.planes.asgi.app import Resolve, create_app
from gateway.planes.asgi.server import AsgiServer, serve

__all__ = ["AsgiServer", "Resolve", "create_app", "serve"]
