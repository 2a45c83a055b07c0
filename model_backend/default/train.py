"""Train the demo model from nothing: `python -m model_backend.default.train [--out DIR]`.

Seeded, one thread, no downloads. The same versions on the same machine give the same bytes.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from model_backend.default import MODEL_DIR
from model_backend.default.corpus import Sample, copies, samples
from model_backend.default.tokenizer import CONTEXT, TURN_CLOSING, TURN_END, TURN_OPENING, build

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerFast, Qwen3ForCausalLM

SEED: Final = 20261121
HIDDEN: Final = 96
LAYERS: Final = 3
MAX_ANSWER: Final = 224
"""Tokens that an answer may have; written into the generation configuration."""


@dataclass(frozen=True)
class Plan:
    """How long and how hard to train."""

    drills: int = 250
    """Steps of copy drills alone. They form the heads that look values up; without them, copying comes far later."""
    drill_batch: int = 64
    steps: int = 1400
    """All steps, drills included."""
    batch: int = 32
    embedding_rate: float = 1e-2
    matrix_rate: float = 0.02
    warm_up: int = 40


def new_model(tokenizer: PreTrainedTokenizerFast) -> Qwen3ForCausalLM:
    """A small Qwen3 with fresh weights."""
    from transformers import GenerationConfig, Qwen3Config, Qwen3ForCausalLM

    special = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN,
        intermediate_size=3 * HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=HIDDEN // 4,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        **special,
    )
    model = Qwen3ForCausalLM(config)
    settings: Any = GenerationConfig
    model.generation_config = settings(do_sample=False, max_new_tokens=MAX_ANSWER, **special)
    return model


def batches(
    tokenizer: PreTrainedTokenizerFast, stream: Iterator[Sample], size: int
) -> Iterator[dict[str, torch.Tensor]]:
    """Endless batches of tokens; rows of like length share a batch, so that little is padding."""
    order = random.Random(SEED)  # noqa: S311 - shuffling, not secrets
    while True:
        drawn = list(itertools.islice(stream, 16 * size))
        asked = tokenizer([f"{TURN_OPENING}{one.question}{TURN_CLOSING}" for one in drawn])["input_ids"]
        answered = tokenizer([f"{one.answer}{TURN_END}" for one in drawn])["input_ids"]
        rows = sorted(zip(asked, answered, strict=True), key=lambda row: len(row[0]) + len(row[1]))
        groups = [rows[at : at + size] for at in range(0, len(rows), size)]
        order.shuffle(groups)
        yield from (_batch(group, cast("int", tokenizer.pad_token_id)) for group in groups)


def _batch(rows: Sequence[tuple[list[int], list[int]]], pad: int) -> dict[str, torch.Tensor]:
    """`input_ids` [rows, length] padded at the right, and `answer`, true where the model must predict."""
    import torch

    length = max(len(asked) + len(answered) for asked, answered in rows)
    ids = torch.full((len(rows), length), pad)
    answer = torch.zeros((len(rows), length), dtype=torch.bool)
    for at, (asked, answered) in enumerate(rows):
        end = len(asked) + len(answered)
        ids[at, :end] = torch.tensor(asked + answered)
        answer[at, len(asked) : end] = True
    return {"input_ids": ids, "answer": answer}


def _loss(model: Qwen3ForCausalLM, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Cross entropy over the answers. Padding is at the right, so causal attention alone keeps it out."""
    import torch

    ids, answer = batch["input_ids"], batch["answer"]
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state
    predicts = answer.roll(-1, dims=1)
    predicts[:, -1] = False
    logits = model.lm_head(hidden[predicts])
    return torch.nn.functional.cross_entropy(logits, ids[answer])


def _optimizers(model: Qwen3ForCausalLM, plan: Plan) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside, AdamW for embeddings and norms: a third of the steps of AdamW alone."""
    import torch

    inside = [weight for name, weight in model.named_parameters() if weight.dim() == 2 and "embed" not in name]
    taken = {id(weight) for weight in inside}
    outside = [weight for weight in model.parameters() if id(weight) not in taken]
    return [
        torch.optim.Muon(inside, lr=plan.matrix_rate, momentum=0.95, weight_decay=0.01),
        torch.optim.AdamW(outside, lr=plan.embedding_rate, betas=(0.9, 0.97), weight_decay=0.0),
    ]


def train(tokenizer: PreTrainedTokenizerFast, plan: Plan) -> Qwen3ForCausalLM:
    """Train from fresh weights; prints progress to stderr."""
    import torch

    torch.manual_seed(SEED)
    model = new_model(tokenizer)
    model.train()
    optimizers = _optimizers(model, plan)
    rates = [optimizer.param_groups[0]["lr"] for optimizer in optimizers]
    lesson = itertools.chain(
        itertools.islice(batches(tokenizer, copies(SEED + 2), plan.drill_batch), plan.drills),
        batches(tokenizer, samples(SEED + 1), plan.batch),
    )
    started, recent = time.monotonic(), 0.0
    for step, batch in enumerate(itertools.islice(lesson, plan.steps)):
        share = min((step + 1) / plan.warm_up, max(0.01, 1 - step / plan.steps))
        for optimizer, rate in zip(optimizers, rates, strict=True):
            optimizer.param_groups[0]["lr"] = rate * share
        recent += _step(model, optimizers, batch)
        if (step + 1) % 50 == 0:
            say(f"step {step + 1}/{plan.steps}  loss {recent / 50:.4f}  {time.monotonic() - started:.0f} s")
            recent = 0.0
    return model


def _step(model: Qwen3ForCausalLM, optimizers: Sequence[Any], batch: dict[str, torch.Tensor]) -> float:
    """One update; returns the loss."""
    import torch

    loss: Any = _loss(model, batch)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad()
    return float(loss.item())


def say(line: str) -> None:
    """Progress for people."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, save, measure, write manifest and card."""
    parser = argparse.ArgumentParser(prog="python -m model_backend.default.train", description="Train the demo model.")
    parser.add_argument("--out", type=Path, default=MODEL_DIR, help="where to write the model")
    parser.add_argument("--steps", type=int, default=Plan.steps)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    os.environ.update(TOKENIZERS_PARALLELISM="false", HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
    import torch

    from model_backend.default.publish import publish

    torch.set_num_threads(options.threads)
    started = time.process_time()
    tokenizer = build(f"{one.question}\n{one.answer}" for one in itertools.islice(samples(SEED), 6000))
    model = train(tokenizer, Plan(steps=options.steps))
    say(f"trained in {time.process_time() - started:.0f} s of CPU time")
    publish(model, tokenizer, options.out, seconds=time.process_time() - started)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
