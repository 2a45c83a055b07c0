"""Starts, watches and stops the processes of one gateway."""

from gateway.supervisor.run import run

__all__ = ["run"]
