"""How well the demo model does on questions with placeholder combinations that it has never met."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from model_backend.default.corpus import KINDS, PLACEHOLDER, Sample, samples

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast, Qwen3ForCausalLM

SEED: Final = 777
"""Not a seed of the training."""
ROWS: Final = 50


@dataclass(slots=True)
class Score:
    """Counts for one language."""

    asked: Counter[str] = field(default_factory=Counter)
    exact: Counter[str] = field(default_factory=Counter)
    """By kind: answers that are right to the letter."""
    placeholders: int = 0
    kept: int = 0

    @property
    def exact_share(self) -> float:
        """Over all kinds, in the mix of the corpus."""
        return self.exact.total() / max(1, self.asked.total())

    @property
    def kept_share(self) -> float:
        """Placeholders that the right answer holds and the model's answer holds too."""
        return self.kept / max(1, self.placeholders)


def evaluate(
    model: Qwen3ForCausalLM, tokenizer: PreTrainedTokenizerFast, count: int, seed: int = SEED
) -> dict[str, Score]:
    """Scores by language over `count` fresh questions."""
    scores = {"zh": Score(), "en": Score()}
    drawn = sorted(itertools.islice(samples(seed), count), key=lambda one: len(one.question))
    for at in range(0, count, ROWS):
        rows = drawn[at : at + ROWS]
        for one, given in zip(rows, answers(model, tokenizer, [one.question for one in rows]), strict=True):
            _note(scores[one.lang], one, given)
    return scores


def _note(score: Score, one: Sample, given: str) -> None:
    score.asked[one.kind] += 1
    score.exact[one.kind] += given == one.answer
    wanted = {match.group() for match in PLACEHOLDER.finditer(one.answer)}
    score.placeholders += len(wanted)
    score.kept += len(wanted & {match.group() for match in PLACEHOLDER.finditer(given)})


def answers(model: Any, tokenizer: Any, questions: Sequence[str]) -> list[str]:
    """Greedy answers to single questions."""
    import torch

    chats = [[{"role": "user", "content": question}] for question in questions]
    inputs = tokenizer.apply_chat_template(
        chats, add_generation_prompt=True, return_tensors="pt", return_dict=True, padding=True,
        tokenizer_kwargs={"padding_side": "left"},
    )  # fmt: skip
    with torch.inference_mode():
        output = model.generate(**inputs)
    width = inputs["input_ids"].shape[1]
    return [tokenizer.decode(row[width:], skip_special_tokens=True) for row in output]


def table(scores: dict[str, Score]) -> str:
    """A Markdown table: kinds by language."""
    lines = ["| kind | zh exact | en exact |", "| --- | --- | --- |"]
    for kind in KINDS:
        cells = [f"{scores[lang].exact[kind]} of {scores[lang].asked[kind]}" for lang in ("zh", "en")]
        lines.append(f"| {kind} | {cells[0]} | {cells[1]} |")
    shares = [f"{scores[lang].exact_share:.1%}" for lang in ("zh", "en")]
    kept = [f"{scores[lang].kept_share:.1%}" for lang in ("zh", "en")]
    return "\n".join(
        [
            *lines,
            f"| **all, exact** | {shares[0]} | {shares[1]} |",
            f"| **placeholders kept** | {kept[0]} | {kept[1]} |",
        ]
    )
