"""A child that gets ready once, ends at its first command, and cannot be configured from then on."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main() -> None:
    mark = Path(json.loads(sys.stdin.readline())["mark"])
    if mark.exists():
        print(json.dumps({"event": "config_error", "message": "the policy [is] broken"}), flush=True)
        return
    mark.touch()
    print(json.dumps({"event": "ready"}), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main()
