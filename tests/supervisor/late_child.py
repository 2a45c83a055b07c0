"""A child that is slow once: it answers its first command only when the second has come."""

from __future__ import annotations

import json
import sys


def main() -> None:
    sys.stdin.readline()
    print(json.dumps({"event": "ready"}), flush=True)
    held = [json.loads(sys.stdin.readline())]
    for line in sys.stdin:
        held.append(json.loads(line))
        for said in held:
            print(json.dumps({"answer_to": said["command"]}), flush=True)
        held.clear()


if __name__ == "__main__":
    main()
