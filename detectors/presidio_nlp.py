"""The NLP engine that Presidio asks for, without a language model: no tokens, no lemmas, no entities.

For recognizers that read the text itself. Newer releases of Presidio bring one (`NoOpNlpEngine`); the one that runs on
Python 3.12 does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from spacy.tokens import Doc
from spacy.vocab import Vocab


class WordlessNlpEngine(NlpEngine):
    """Says the same of every text, in each of `languages` (two letters)."""

    def __init__(self, languages: Sequence[str] = ("en",)) -> None:
        self._languages = list(languages)
        self._nothing = Doc(Vocab(), words=[])

    def load(self) -> None:
        """There is nothing to load."""

    def is_loaded(self) -> bool:
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        return NlpArtifacts(
            entities=[], tokens=self._nothing, tokens_indices=[], lemmas=[], nlp_engine=self, language=language
        )

    def process_batch(self, texts: Iterable[Any], language: str, *_: Any, **__: Any) -> Iterator[tuple[Any, Any]]:
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word: str, language: str) -> bool:
        return False

    def is_punct(self, word: str, language: str) -> bool:
        return False

    def get_supported_entities(self) -> list[str]:
        return []

    def get_supported_languages(self) -> list[str]:
        return self._languages
