"""Benchmarks: what the gateway costs beside a direct connection and beside bare mitmproxy. See README.md."""
