"""Wire protocols: routes, refusals, event streams."""
