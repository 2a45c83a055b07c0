"""Which NER a configuration asks for. The model itself runs in a process of its own; nothing here imports one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from detectors.ner.models.choice import Choice, choose
from detectors.ner.runtime import ProfileError
from detectors.types import Detector
from gateway.config import Config
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from detectors.ner.serving.front import Model

SERVER_SECONDS: Final = 10.0
"""That a shared server may take to be there."""
CANDIDATES: Final = 0.3
"""From which score on a model's findings are weighed in their context. On annotated text not seen in training 0.3 finds
two to four more of a hundred names in chats and posts than 0.5, for one or two of a hundred findings that are wrong."""
DOUBT: Final = 0.2
"""Candidates down to this score are weighed in their context; what is below its threshold then is none."""


def choice_of(config: Config) -> Choice:
    """Raises ConfigError where no such model can be found."""
    try:
        return choose(config.ner_model)
    except ProfileError as error:
        raise ConfigError(f"--ner-model: {error}.") from None


def finds_names(config: Config, choice: Choice | None = None) -> bool:
    """Whether anything looks for names."""
    return bool(config.ner_server) or config.names or (choice or choice_of(config)).kind != "off"


def worker_options(config: Config) -> dict[str, object]:
    """Of the local model, for `detectors.ner.worker_flags`."""
    labels = {label: entity for label, _, entity in (word.rpartition("=") for word in config.ner_labels)}
    return {"threads": config.ner_threads, "candidates": CANDIDATES, "labels": labels}


def ner_detectors(config: Config, socket: str = "") -> list[Detector]:
    """The name detector, the model, both or none. `socket`: of the worker that serves all gateway processes."""
    choice = None if config.ner_server else choice_of(config)
    chain: list[Detector] = []
    if config.names or (choice is not None and choice.kind == "names"):
        from detectors.names import NameDetector

        chain.append(NameDetector(floor=DOUBT))
    if choice is None:
        chain.append(_server(config))
    elif choice.folder is not None:
        chain.append(_model(config, choice, socket))
    return chain


def model_of(chain: Sequence[Detector]) -> Callable[[], str]:
    """What records say of the model: its name and hash as they are at the moment, empty where there is none."""
    from detectors.ner.serving.front import NerFront

    models = [one for one in chain if isinstance(one, NerFront)]
    return lambda: ",".join(f"{one.model_name}@{one.revision}" for one in models)


def types_of(chain: Sequence[Detector]) -> Callable[[], frozenset[str]]:
    """What it finds, likewise."""
    from detectors.ner.serving.front import NerFront

    models = [one for one in chain if isinstance(one, NerFront)]
    return lambda: frozenset[str]().union(*(one.entity_types for one in models))


def seconds(config: Config) -> float:
    """For the model, so that time is left to decide what happens without its answer."""
    return min(config.ner_timeout, 0.8 * config.inspect_timeout)


def server_model(config: Config) -> Model:
    """What the shared servers run. Blocking; raises ConfigError where none of them answers, or none as it should."""
    from detectors.ner.serving.endpoint import Address
    from detectors.ner.serving.hello import ask_model, tls_context

    try:
        addresses = [Address.parse(url) for url in config.ner_server]
        context = tls_context(config.ner_server_ca)
        return ask_model(addresses, config.ner_server_token or "", context, SERVER_SECONDS)
    except ValueError as error:
        raise ConfigError(f"--ner-server: {error}.") from None


def _server(config: Config) -> Detector:
    from detectors.ner.serving.remote import connect

    try:
        return connect(
            config.ner_server,
            token=config.ner_server_token or "",
            ca=config.ner_server_ca,
            timeout=seconds(config),
        )
    except ValueError as error:
        raise ConfigError(f"--ner-server: {error}.") from None


def _model(config: Config, choice: Choice, socket: str) -> Detector:
    from detectors.ner import NerError, build

    try:
        return build(
            choice.folder,
            config.ner_device,
            socket=socket or None,
            sha256=config.ner_model_sha256 or "",
            options=worker_options(config),
            start_timeout=config.ner_start_timeout,
            timeout=seconds(config),
        )
    except NerError as error:
        raise ConfigError(f"--ner-model: {error}.") from None
