"""The training loop: epochs of fresh sentences, bf16, a running mean of the weights, checkpoints to go on from."""

from __future__ import annotations

import math
import random
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from detectors.ner.train import prune
from detectors.ner.train.examples import Batch, Example, batches, collate, partial_loss
from detectors.ner.train.model import Tagger


@dataclass(frozen=True, slots=True)
class Plan:
    epochs: float = 4.0
    minutes: float = 0.0
    """At most so long by the clock from here on, the rate falling with time where that is sooner; 0: no bound."""
    rate: float = 3e-4
    cells: int = 1600
    """Rows of one batch, padding included."""
    warm_up: int = 100
    mean: float = 0.998
    """Decay of the running mean that becomes the model, for each step; it is taken every `MEAN_EVERY` steps."""
    inner: int = 0
    """Feed-forward neurons of a layer that are left after the first epoch; 0: all."""
    seed: int = 1
    save_seconds: float = 120.0


MEAN_EVERY = 4
POLISH_RATE, POLISH_WARM_UP, POLISH_MEAN = 0.35, 20, 0.99
"""Of the last round: its share of the rate, its first steps, the decay of its running mean."""
WATCHED = 24
"""Batches that tell which neurons count."""


def groups(model: Tagger, rate: float) -> list[dict[str, Any]]:
    """Word rows learn three times as fast, the head and the features six times: they begin from nothing."""
    fast = [*model.head.parameters(), *model.features.parameters()]
    words = [model.words.weight]
    known = {id(p) for p in (*fast, *words)}
    rest = [p for p in model.parameters() if id(p) not in known]
    return [{"params": part, "lr": rate, "factor": factor} for part, factor in ((rest, 1.0), (words, 3.0), (fast, 6.0))]


class Trainer:
    """`run` returns the model with the mean of its weights. Interrupt it as you like; the same call goes on."""

    def __init__(self, model: Tagger, plan: Plan, device: torch.device, checkpoint: Path) -> None:
        self.model = model.to(device)
        self.plan, self.device, self.checkpoint = plan, device, checkpoint
        self.optimiser = self._optimiser()
        self.mean = {k: v.detach().clone() for k, v in model.state_dict().items()}
        self.step = self.epoch = self.at = 0
        self.seconds = 0.0
        self.pieces = 0
        self.reached = 0.0
        """Epochs, with the part of the last one."""
        self._began = time.monotonic()
        self._from = 0.0

    def _optimiser(self) -> torch.optim.Optimizer:
        fused = self.device.type in {"cuda", "cpu"}
        return torch.optim.AdamW(groups(self.model, self.plan.rate), weight_decay=0.01, fused=fused)

    def _prune(self, batches_: Iterable[Batch]) -> None:
        """Smaller layers, with their moments and their running mean."""
        kept = prune.choose(self.model, batches_, self.plan.inner)
        self._cut(kept)
        sys.stdout.write(f"feed-forward layers cut to {self.plan.inner} neurons\n")

    def _cut(self, kept: list[torch.Tensor]) -> None:
        before = self.optimiser
        moved = prune.prune(self.model, kept)
        self.optimiser = self._optimiser()
        prune.carry(before, self.optimiser, moved)
        names = {p: name for name, p in self.model.named_parameters()}
        for new, (_, dim, rows) in moved.items():
            self.mean[names[new]] = self.mean[names[new]].index_select(dim, rows)

    def resume(self) -> bool:
        """Load the checkpoint where there is one."""
        if not self.checkpoint.is_file():
            return False
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        inner = state["model"]["layers.0.up.weight"].shape[0]
        if inner != self.model.shape.inner:
            self._cut([torch.arange(inner, device=self.device)] * self.model.shape.layers)
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.mean = state["mean"]
        self.step, self.epoch, self.at = state["step"], state["epoch"], state["at"]
        self.seconds, self.pieces = state["seconds"], state["pieces"]
        self.reached = state.get("reached", 0.0)
        return True

    def save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "mean": self.mean,
            "step": self.step,
            "epoch": self.epoch,
            "at": self.at,
            "seconds": self.seconds,
            "pieces": self.pieces,
            "reached": self.reached,
        }
        part = self.checkpoint.with_suffix(".part")
        torch.save(state, part)
        part.replace(self.checkpoint)

    @property
    def _polishing(self) -> bool:
        return self.epoch >= self.plan.epochs

    def _rate(self, done: float) -> float:
        """`done`: 0 to 1, of the epochs or of the polish."""
        peak = self.plan.rate * (POLISH_RATE if self._polishing else 1.0)
        step, warm_up = (self.at, POLISH_WARM_UP) if self._polishing else (self.step, self.plan.warm_up)
        return peak * min(1.0, (step + 1) / warm_up) * max(0.01, 1.0 - done)

    def _learn(self, batch: Batch, done: float) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate(done) * group["factor"]
        self.model.train()
        with torch.autocast(self.device.type, torch.bfloat16):
            logits = self.model(batch.ids, batch.mask, batch.features)
        loss = partial_loss(logits, batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        if self.step % MEAN_EVERY == 0:
            slow = POLISH_MEAN if self._polishing else self.plan.mean
            decay = min(slow, (1 + self.step) / (10 + self.step)) ** MEAN_EVERY
            state = self.model.state_dict()
            with torch.no_grad():
                torch._foreach_lerp_(list(self.mean.values()), [state[k] for k in self.mean], 1 - decay)
        return float(loss.detach())

    def run(
        self, epoch_examples: Callable[[int], Iterable[Example]], polish: Callable[[], Iterable[Example]] | None = None
    ) -> Tagger:
        """`epoch_examples(epoch)`: the same examples each time it is asked for the same epoch. `polish`: those of a
        last short round, at a rate that rises once more and falls to nothing."""
        plan = self.plan
        self._began, self._from = time.monotonic(), self.epoch / plan.epochs
        while not self._polishing and self._progress(0.0) < 1.0:
            examples = list(epoch_examples(self.epoch))
            rng = random.Random(plan.seed * 1000 + self.epoch)  # noqa: S311  reproducible, no secret
            order = batches(examples, plan.cells, rng)
            last = round(len(order) * min(1.0, plan.epochs - self.epoch))
            if plan.inner and self.epoch and self.model.shape.inner > plan.inner:
                self._prune(collate(examples[i] for i in one).to(self.device) for one in order[:WATCHED])
            self._epoch(examples, order, last)
            self.epoch, self.at = self.epoch + 1, 0
            self.save()
        if polish is not None and self.epoch <= math.ceil(plan.epochs):
            self.epoch = math.ceil(plan.epochs)
            examples = list(polish())
            order = batches(examples, plan.cells, random.Random(plan.seed * 1000 + self.epoch))  # noqa: S311
            self._epoch(examples, order, len(order))
            self.epoch, self.at = self.epoch + 1, 0
            self.save()
        self.model.load_state_dict(self.mean)
        return self.model.eval()

    def _progress(self, part: float) -> float:
        """0 to 1, at `part` of the current epoch: by epochs or by the clock, whichever is further."""
        if self._polishing:
            return part
        progress = (self.epoch + part) / self.plan.epochs
        if self.plan.minutes:
            spent = (time.monotonic() - self._began) / (60 * self.plan.minutes)
            progress = max(progress, self._from + (1 - self._from) * spent)
        return progress

    def _epoch(self, examples: list[Example], order: list[list[int]], last: int) -> None:
        saved, total, count = time.monotonic(), 0.0, 0
        for number in range(self.at, last):
            begin = time.process_time()
            done = self._progress(number / len(order))
            if done >= 1.0:
                return
            draw = (self.plan.seed * 1000 + self.epoch) * 1_000_000 + number  # so a resumed run draws the same
            rng = random.Random(draw)  # noqa: S311  reproducible, no secret
            torch.manual_seed(draw)
            batch = collate((examples[i] for i in order[number]), rng).to(self.device)
            total += self._learn(batch, done)
            count += 1
            self.pieces += int(batch.mask.sum())
            self.seconds += time.process_time() - begin
            self.at = number + 1
            if not self._polishing:
                self.reached = self.epoch + self.at / len(order)
            if self.step % 25 == 0:
                self._say(done, total / count, len(order))
                total, count = 0.0, 0
            if time.monotonic() - saved > self.plan.save_seconds:
                self.save()
                saved = time.monotonic()

    def _say(self, done: float, loss: float, batches_: int) -> None:
        sys.stdout.write(
            f"epoch {self.epoch + 1} batch {self.at}/{batches_} ({100 * done:.1f} %) loss {loss:.4f} "
            f"{self.pieces / max(1e-9, self.seconds):.0f} pieces/s {self.seconds / 60:.1f} CPU-min\n"
        )
        sys.stdout.flush()
