"""What no codec reads. It is said so, and policy decides."""

from __future__ import annotations

from gateway.content.body import ROOT, Body
from gateway.protocols.wire.parts import Collector
from gateway.types import Coverage


def read(into: Collector) -> Body:
    into.cannot_read(ROOT)
    return Body(None, coverage=Coverage.NONE)
