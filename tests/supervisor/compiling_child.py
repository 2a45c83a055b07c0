"""A child that compiles rules before it is ready."""

from __future__ import annotations

import json
import sys


def main() -> None:
    sys.stdin.readline()
    for said in ({"event": "compiling", "rules": 7}, {"event": "ready"}):
        print(json.dumps(said), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main()
