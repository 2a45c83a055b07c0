"""transformers' own model server around one verified folder.

`build_server` brings the endpoints; the model is loaded here, so that only safetensors and only local files count.
Handlers for audio and decisions are not built: the guard closes those routes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from model_backend.registry import Manifest

if TYPE_CHECKING:
    from starlette.types import ASGIApp
    from transformers import PreTrainedModel

OFFLINE: Final = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    "USE_HUB_KERNELS": "0",
}


class EngineError(Exception):
    """The model cannot be served. One sentence for people."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A loaded model behind transformers' ASGI app."""

    app: ASGIApp
    model_id: str
    """What the app wants in the `model` field."""
    context: int
    """Tokens that question and answer may have together."""
    images: bool
    placeholders: frozenset[str]
    """Those of the vocabulary: `<PERSON_1>` and its like."""
    local: bool
    """Every weight lies on a device of this machine and the code is transformers' own."""
    _tokenizer: Any

    def count(self, texts: Sequence[object]) -> int:
        """Tokens in the strings of a request, before the chat template adds its own."""
        return sum(len(self._tokenizer(each, add_special_tokens=False)["input_ids"]) for each in _strings(texts))

    def shorten(self, text: str, tokens: int) -> str:
        """`text` without its middle, so that about `tokens` remain; placeholders are single tokens and stay whole."""
        ids = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        if len(ids) <= tokens:
            return text
        head, tail = ids[: tokens // 2], ids[-(tokens - tokens // 2) :]
        return str(self._tokenizer.decode(head) + " " + self._tokenizer.decode(tail))


def _strings(value: object) -> Sequence[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for each in value.values() for text in _strings(each)]
    if isinstance(value, Sequence):
        return [text for each in value for text in _strings(each)]
    return []


def load(manifest: Manifest, *, device: str = "auto", threads: int = 1) -> Engine:
    """Load a verified folder. Raises EngineError where transformers cannot serve it."""
    os.environ.update(OFFLINE)
    try:
        import torch
        from transformers.cli.serving.model_manager import ModelManager, TimedModel
    except ImportError:
        raise EngineError("The model extra is missing; install redline-gateway[model].") from None
    torch.set_num_threads(threads)
    chosen = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    try:
        model, processor = _load(manifest, chosen)
    except Exception as error:  # noqa: BLE001 - transformers raises anything for a folder that it cannot read
        kind = type(error).__name__
        raise EngineError(f"{manifest.folder}: transformers cannot load this model ({kind}).") from None
    manager = ModelManager(device=chosen, model_timeout=-1)
    model_id = str(manifest.folder)
    manager.loaded_models[manager.process_model_name(model_id)] = TimedModel(model, -1, processor)
    manager.force_model = model_id
    tokenizer = getattr(processor, "tokenizer", processor)
    text_config = model.config.get_text_config()
    return Engine(
        app=_app(manager),
        model_id=model_id,
        context=int(getattr(text_config, "max_position_embeddings", 0) or 4096),
        images=manager.get_model_modality(model, processor=processor).name in ("VLM", "MULTIMODAL"),
        placeholders=frozenset(
            text for text in tokenizer.get_added_vocab() if text.startswith("<") and text[-2:-1].isdigit()
        ),
        local=_is_local(model),
        _tokenizer=tokenizer,
    )


def _load(manifest: Manifest, device: str) -> tuple[PreTrainedModel, Any]:
    """Model and processor; never remote code, never pickles, never the network."""
    import torch
    import transformers

    local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    folder = str(manifest.folder)
    config = json.loads((manifest.folder / "config.json").read_text(encoding="utf-8"))
    architecture = getattr(transformers, config["architectures"][0])
    dtype = torch.float32 if device == "cpu" else "auto"
    model = architecture.from_pretrained(folder, dtype=dtype, use_safetensors=True, **local).to(device).eval()
    multimodal = (manifest.folder / "preprocessor_config.json").is_file()
    reader = transformers.AutoProcessor if multimodal else transformers.AutoTokenizer
    return cast("PreTrainedModel", model), reader.from_pretrained(folder, **local)


def _app(manager: Any) -> ASGIApp:
    from transformers.cli.serving.chat_completion import ChatCompletionHandler
    from transformers.cli.serving.completion import CompletionHandler
    from transformers.cli.serving.response import ResponseHandler
    from transformers.cli.serving.server import build_server
    from transformers.cli.serving.utils import GenerationState

    state = GenerationState()
    closed: Any = None  # its routes are not reachable through the guard
    app = build_server(
        manager,
        ChatCompletionHandler(manager, state),
        completion_handler=CompletionHandler(manager, state),
        response_handler=ResponseHandler(manager, state),
        transcription_handler=closed,
        systemone_handler=closed,
        generation_state=state,
    )
    return cast("ASGIApp", app)


def _is_local(model: PreTrainedModel) -> bool:
    devices = {weight.device.type for weight in model.parameters()}
    return devices <= {"cpu", "cuda", "mps", "xpu"} and type(model).__module__.startswith("transformers.")
