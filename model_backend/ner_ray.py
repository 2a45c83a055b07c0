"""The shared NER server on Ray Serve: the same application, one replica a GPU, for more load than one machine takes.

    serve run model_backend.ner_ray:application model=/models/bert-ner replicas=4 gpus=1
    serve run model_backend.ner_ray:application model=embedded max_replicas=8 cpus=1

Gateways reach it as any shared server: `ner_server: http://HEAD:8000`. Each replica batches for itself; Ray spreads
the questions. All replicas load the same folder, so their revision is the same, and a client's answer never mixes.
Ray's own HTTP proxy has neither TLS nor tokens: keep it on a private network, or set `token_file` and put TLS in front.

Rule for the next editor: this file imports Ray, and nothing else does; what is served is `ner_app.create_app`.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette

from detectors.ner.serving.service import NerService, open_service
from model_backend.ner_app import create_app
from model_backend.ner_server import CANDIDATES, OFFLINE, read_token

serve: Any = importlib.import_module("ray.serve")

WAITING: Final = 4096
"""Questions that Ray may hold for one replica; the replica's own queue is bounded in tokens."""
IN_FLIGHT: Final = 1024
HEALTH_SECONDS: Final = 5.0
_OURS: Final = {
    "model",
    "device",
    "threads",
    "replicas",
    "max_replicas",
    "gpus",
    "cpus",
    "token_file",
    "max_tokens",
    "sha256",
}


class Replica:
    """One model in one process of the cluster. Ray starts it anew where its health check fails."""

    service: NerService | None = None

    @classmethod
    def app(cls, arguments: Mapping[str, Any]) -> Starlette:
        """Runs in the replica: load the model, make the application."""
        os.environ |= OFFLINE
        os.environ["OMP_NUM_THREADS"] = str(arguments.get("threads", 1))
        given: dict[str, Any] = {"device": arguments.get("device", "auto"), "threads": int(arguments.get("threads", 1))}
        given["candidates"] = CANDIDATES
        limits: dict[str, Any] = {"max_tokens": int(arguments["max_tokens"])} if "max_tokens" in arguments else {}
        file = arguments.get("token_file")
        token = read_token(Path(file) if file else None)
        cls.service = open_service(arguments["model"], given, sha256=str(arguments.get("sha256", "")), **limits)
        return create_app(cls.service, token=token, in_flight=IN_FLIGHT)

    async def check_health(self) -> None:
        """Ray's own hook. Raises where the model fails on everything."""
        if self.service is None or self.service.sick:
            raise RuntimeError("the NER model fails on everything")


def application(arguments: dict[str, Any]) -> Any:
    """What `serve run` and a Serve config file build. Raises ValueError for an argument that is not known.

    model, sha256, token_file: as for the server. replicas, or max_replicas to grow with the load. gpus, cpus: of one
    replica (0 and 1).
    """
    if unknown := sorted(set(arguments) - _OURS):
        raise ValueError(f"{unknown[0]}: no such argument; known are {', '.join(sorted(_OURS))}")
    if "model" not in arguments:
        raise ValueError("model is missing; name a folder that every node has, or `embedded`")

    def app() -> Starlette:
        return Replica.app(arguments)

    options: dict[str, Any] = {
        "name": "redline-ner",
        "max_ongoing_requests": IN_FLIGHT,
        "max_queued_requests": WAITING,
        "health_check_period_s": HEALTH_SECONDS,
        "logging_config": {"enable_access_log": False},
        "ray_actor_options": {
            "num_gpus": float(arguments.get("gpus", 0)),
            "num_cpus": float(arguments.get("cpus", 1)),
        },
    }
    if "max_replicas" in arguments:
        target = IN_FLIGHT // 16
        least = int(arguments.get("replicas", 1))
        most = int(arguments["max_replicas"])
        options["autoscaling_config"] = {
            "min_replicas": least, "max_replicas": most, "target_ongoing_requests": target
        }  # fmt: skip
    else:
        options["num_replicas"] = int(arguments.get("replicas", 1))
    return serve.deployment(**options)(serve.ingress(app)(Replica)).bind()
