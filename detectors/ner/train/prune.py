"""Takes the least used neurons out of the feed-forward layers while training goes on: a third of the work less.

A neuron counts by how strongly it fires on sentences of the training (root mean square) times the length of what it
adds. Its moments in the optimiser go with it, so training continues as if the rest had always been alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import torch
from torch import Tensor, nn

from detectors.ner.train.examples import Batch
from detectors.ner.train.model import Layer, Tagger


def importance(model: Tagger, batches: Iterable[Batch]) -> list[Tensor]:
    """(inner,) for each layer."""
    layers = [cast(Layer, layer) for layer in model.layers]
    fired = [torch.zeros(layer.down.in_features, device=layer.down.weight.device) for layer in layers]

    def watch(at: int) -> Any:
        def note(module: nn.Module, given: tuple[Tensor, ...]) -> None:  # noqa: ARG001  the hook's shape
            fired[at] += given[0].detach().float().pow(2).sum((0, 1))

        return note

    handles = [layer.down.register_forward_pre_hook(watch(i)) for i, layer in enumerate(layers)]
    model.eval()
    try:
        with torch.no_grad():
            for batch in batches:
                with torch.autocast(batch.ids.device.type, torch.bfloat16):
                    model(batch.ids, batch.mask, batch.features)
    finally:
        for handle in handles:
            handle.remove()
    return [rms.sqrt() * layer.down.weight.detach().norm(dim=0) for rms, layer in zip(fired, layers, strict=True)]


def prune(model: Tagger, kept: list[Tensor]) -> dict[nn.Parameter, tuple[nn.Parameter, int, Tensor]]:
    """Keep the neurons `kept[i]` (indices, rising) of layer i. New parameter -> (the old one, dimension, indices)."""
    moved: dict[nn.Parameter, tuple[nn.Parameter, int, Tensor]] = {}
    for module, rows in zip(model.layers, kept, strict=True):
        layer = cast(Layer, module)
        for linear, name, dim in ((layer.up, "weight", 0), (layer.up, "bias", 0), (layer.down, "weight", 1)):
            old: nn.Parameter = getattr(linear, name)
            new = nn.Parameter(old.detach().index_select(dim, rows).clone())
            setattr(linear, name, new)
            moved[new] = (old, dim, rows)
        layer.up.out_features = layer.down.in_features = len(rows)
    model.shape = model.shape.with_inner(len(kept[0]))
    return moved


def choose(model: Tagger, batches: Iterable[Batch], inner: int) -> list[Tensor]:
    """The `inner` neurons of each layer that count most."""
    return [scores.topk(inner).indices.sort().values for scores in importance(model, batches)]


def carry(
    old: torch.optim.Optimizer,
    new: torch.optim.Optimizer,
    moved: dict[nn.Parameter, tuple[nn.Parameter, int, Tensor]],
) -> None:
    """Moments of `old` into `new`, cut where the parameter was."""
    for group in new.param_groups:
        for parameter in group["params"]:
            before, dim, rows = moved.get(parameter, (parameter, -1, None))
            state = old.state.get(before)
            if state:
                new.state[parameter] = {
                    k: v.index_select(dim, rows).clone() if rows is not None and v.dim() else v
                    for k, v in state.items()
                }
