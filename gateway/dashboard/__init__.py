"""Dashboard, health and metrics on a listener of their own. `create_app(...)`, `serve(app, address, stop)`."""

from gateway.dashboard.app import create_app
from gateway.dashboard.reader import Check, Readiness, ReadinessProbe, RecordReader
from gateway.dashboard.serve import serve

__all__ = ["Check", "Readiness", "ReadinessProbe", "RecordReader", "create_app", "serve"]
