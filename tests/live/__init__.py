"""Live tests: the real gateway as a process, real clients, real Redis, a recording upstream."""
