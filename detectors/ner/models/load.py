"""Open a model of any kind. Blocking, in the process that will run it; never in a gateway's."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from detectors.ner.models.choice import locate
from detectors.ner.models.folder import check_folder, kind_of, onnx_file, read_config
from detectors.ner.models.manifest import require
from detectors.ner.models.sidecar import Sidecar
from detectors.ner.runtime import ProfileError, Runtime, RuntimeSettings

CLASSES: Final = {
    "embedded": ("detectors.ner.embedded.runtime", "EmbeddedRuntime", "ner-cpu"),
    "embedded on torch": ("detectors.ner.runtimes.embedded_torch", "EmbeddedTorchRuntime", "ner"),
    "torch": ("detectors.ner.runtimes.torch_classifier", "TorchRuntime", "ner"),
    "onnxruntime": ("detectors.ner.runtimes.onnx_classifier", "OnnxRuntime", "ner-cpu"),
    "spacy": ("detectors.ner.runtimes.spacy_pipeline", "SpacyRuntime", "presidio"),
    "gliner": ("detectors.ner.runtimes.gliner_models", "GlinerRuntime", "gliner"),
    "gliner2": ("detectors.ner.runtimes.gliner_models", "Gliner2Runtime", "gliner"),
}
"""Kind -> module, class, and the extra that installs its library."""
HUGGING_FACE: Final = frozenset({"huggingface", "torch", "onnxruntime"})
WINDOWS: Final = {
    "openai_privacy_filter": (1024, 256),
    "modernbert": (512, 128),
    "spacy": (1000, 100),
    "gliner": (320, 64),
    "gliner2": (320, 64),
}
"""model_type or kind -> tokens (or words) of a window and overlap, where the usual ones do not suit."""


def open_runtime(model: str | Path, given: Mapping[str, Any] | None = None, *, sha256: str = "") -> Runtime:
    """`model`: a folder, an installed spaCy package, a Hub model of a pinned revision, or `embedded`.

    given: what the operator set of `RuntimeSettings`; the folder's redline.json and the architecture fill in the rest.
    sha256: the hash that the model must have, or empty. Raises ProfileError: one clear sentence.
    """
    folder = _folder(model)
    given = dict(given or {})
    require(folder, sha256)
    kind = runtime_kind(folder, str(given.get("device", "auto")))
    module, name, extra = CLASSES[kind]
    try:
        loaded = importlib.import_module(module)
    except ImportError as error:
        raise ProfileError(_missing(folder, error.name or module, extra)) from None
    if kind.startswith("embedded"):
        _known_labels(folder, given.get("labels", {}))
    runtime: Runtime = getattr(loaded, name)(folder, settled(folder, given))
    return runtime


def _known_labels(folder: Path, labels: Mapping[str, str]) -> None:
    """A label that the model does not have would be passed over in silence, and with it the steward's wish."""
    from detectors.ner.embedded.decode import LABELS

    for label in sorted(set(labels) - set(LABELS)):
        raise ProfileError(f"{folder}: {label[:40]!r} is none of its labels; it knows {', '.join(LABELS)}")


def _missing(folder: Path, library: str, extra: str) -> str:
    return f"{folder}: this model needs {library}; install it with: pip install 'redline-gateway[{extra}]'"


def _folder(model: str | Path) -> Path:
    if str(model) == "embedded":
        from detectors.ner.models.choice import EMBEDDED

        return EMBEDDED
    return locate(str(model))


def settled(folder: Path, given: Mapping[str, Any]) -> RuntimeSettings:
    """Complete settings: what was given, then redline.json, then what suits the architecture.

    `candidates` is the least score where neither of the first two names one: for a caller who judges once more."""
    given = dict(given)
    least = given.pop("candidates", None)
    sidecar = Sidecar.read(folder)
    kind = kind_of(folder)
    window = WINDOWS.get(str(read_config(folder).get("model_type")) if kind in HUGGING_FACE else kind)
    own: dict[str, Any] = {"window": window[0], "overlap": window[1]} if window else {}
    own |= {} if least is None else {"min_score": float(least)}
    own |= {key: value for key in ("window", "overlap", "min_score") if (value := getattr(sidecar, key)) is not None}
    labels = {**sidecar.label_map, **given.get("labels", {})}
    return replace(RuntimeSettings(), **{**own, **given, "labels": labels})


def runtime_kind(folder: Path, device: str) -> str:
    """Which runtime serves this folder on this device. Raises ProfileError."""
    kind = kind_of(folder)
    if kind == "embedded" and (device.startswith("cuda") or (device == "auto" and has_cuda())):
        return "embedded on torch"
    if kind != "huggingface":
        return kind
    weights = any(folder.glob("*.safetensors"))
    exported = onnx_file(folder) is not None and (not weights or find_spec("onnxruntime") is not None)
    if exported and device in {"auto", "cpu"} and not (device == "auto" and weights and has_cuda()):
        check_folder(folder, weights=".onnx")
        return "onnxruntime"
    check_folder(folder)
    return "torch"


def has_cuda() -> bool:
    """torch is here and sees a device. Cheap where there is no driver: torch takes seconds to import."""
    if not Path("/dev/nvidiactl").exists() or find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()
