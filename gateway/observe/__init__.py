"""What leaves the process besides traffic: logs and metrics. Neither can carry payload.

`configure_logging()` first thing in every process; `metrics.Metrics` in every worker, `metrics.exposition()` where
`/metrics` is served.
"""

from gateway.observe.logs import configure_logging, dropped, error_fields, logger, quiet_loop

__all__ = ["configure_logging", "dropped", "error_fields", "logger", "quiet_loop"]
