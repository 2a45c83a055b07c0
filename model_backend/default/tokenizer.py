"""A byte-level BPE tokenizer of our own, with every placeholder as one token."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from model_backend.default.slots import PLACEHOLDERS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

END_OF_TEXT: Final = "<|endoftext|>"
TURN_START: Final = "<|im_start|>"
TURN_END: Final = "<|im_end|>"
BYTE_PAIR_TOKENS: Final = 1400
CONTEXT: Final = 1024

TURN_OPENING: Final = f"{TURN_START}user\n"
TURN_CLOSING: Final = f"{TURN_END}\n{TURN_START}assistant\n"

# The model has met single questions only, so the template shows it the last thing that was said to it.
# System prompts, tools and earlier turns are accepted and left out; the card says so.
CHAT_TEMPLATE: Final = (
    "{%- set last = namespace(text='') -%}"
    "{%- for message in messages -%}"
    "{%- if message.role in ('user', 'tool') -%}{%- set last.text = message.content -%}{%- endif -%}"
    "{%- endfor -%}"
    "{{- '" + TURN_START + "user\\n' + last.text + '" + TURN_END + "\\n' -}}"
    "{%- if add_generation_prompt -%}{{- '" + TURN_START + "assistant\\n' -}}{%- endif -%}"
)


def build(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Learn the byte pairs of `texts`; the same texts give the same tokenizer."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    # Digits one by one and spaces with their word: numbers stay readable and nothing depends on their length.
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    core.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=BYTE_PAIR_TOKENS,
            special_tokens=[END_OF_TEXT, TURN_START, TURN_END],
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        ),
    )
    core.add_tokens([AddedToken(text, normalized=False, special=False) for text in PLACEHOLDERS])
    wrap: Any = PreTrainedTokenizerFast
    tokenizer: PreTrainedTokenizerFast = wrap(
        tokenizer_object=core,
        eos_token=TURN_END,
        pad_token=END_OF_TEXT,
        model_max_length=CONTEXT,
        model_input_names=["input_ids", "attention_mask"],
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer
