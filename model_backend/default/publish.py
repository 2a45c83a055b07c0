"""Write a trained demo model: weights, tokenizer, configuration, card with measured figures, manifest."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from model_backend.default.evaluate import evaluate, table
from model_backend.default.slots import INDICES, SLOTS
from model_backend.default.tokenizer import TURN_CLOSING, TURN_OPENING
from model_backend.registry import Serving, create

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast, Qwen3ForCausalLM

NAME: Final = "redline-demo"
QUESTIONS: Final = 1000
SERVING: Final = Serving(
    placeholder_swap=True,
    greedy=True,
    max_new_tokens=128,
    prompt_tokens=72,
    completion_wrap=(TURN_OPENING, TURN_CLOSING),
)


def publish(model: Qwen3ForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path, *, seconds: float) -> None:
    """Replace `folder`; what is measured is what was written, loaded again."""
    from transformers import PreTrainedTokenizerFast as Reader
    from transformers import Qwen3ForCausalLM as Qwen3

    from model_backend.default.train import say

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    stored = Qwen3.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    scores = evaluate(stored, Reader.from_pretrained(folder, local_files_only=True), QUESTIONS)
    for line in table(scores).splitlines():
        say(line)
    parameters = sum(weight.numel() for weight in model.parameters())
    card = (
        Path(__file__)
        .with_name("card_template.md")
        .read_text(encoding="utf-8")
        .format(
            name=NAME,
            parameters=f"{parameters:,}",
            layers=model.config.num_hidden_layers,
            hidden=model.config.hidden_size,
            vocabulary=len(tokenizer),
            megabytes=f"{(folder / 'model.safetensors').stat().st_size / 1e6:.1f}",
            seconds=f"{seconds:.0f}",
            slots=", ".join(f"`{name}`" for name in SLOTS),
            indices=INDICES,
            questions=QUESTIONS,
            table=table(scores),
            prompt_tokens=SERVING.prompt_tokens,
        )
    )
    (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    for path in folder.iterdir():
        path.chmod(0o644)  # transformers writes weights for its user only
    create(folder, NAME, SERVING)
