"""Person, place and organisation names in Latin script: each capitalised word is classed by a log-linear model.

    text -> words (capitalised) -> features -> O | PERSON | LOCATION | ORGANIZATION -> spans

Rule for the next editor: `word_features` and `context_features` are used by training and by serving alike;
a change to either needs `python -m detectors.ner.train_names`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from detectors.names.lexicon import english_places, english_words, word_list
from detectors.names.linear import LinearModel, Weights, softmax3

UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĪİŁŃŇŌŐŘŚŞŠŢŤŪŮŰŹŻŽ"
LETTER = "A-Za-zÀ-ÖØ-öø-ÿĀ-ž"
# The look-behind stands after the first letter, so that the engine can skip to a capital quickly.
WORD = re.compile(rf"[{UPPER}](?<![{LETTER}0-9_@#$&%/\\.\-'’][{UPPER}])[{LETTER}]*(?:['’\-][{LETTER}]+)*")
BEFORE = re.compile(rf"([{LETTER}']+|[0-9]+)?([^\s\w]{{0,2}}\s?)$")
AFTER = re.compile(rf"([^\w\n]{{0,2}}|\n)([{LETTER}']*)")
PARTICLES = word_list("en-particles")
TITLES = word_list("en-titles")
ORG_WORDS = word_list("en-organization-words")
PLACE_WORDS = word_list("en-place-words")
OPEN = frozenset(("_", "(", "@", "=", "\\"))
CACHE_WORDS = 20_000
HOPELESS = -5.0
SPACE = " "


@dataclass(slots=True)
class Word:
    text: str
    lower: str
    start: int
    end: int
    joined: bool
    """Belongs to one run with the word before it."""
    before: str
    """The word before, lower case; empty at the begin of a line."""
    gap: str
    """Punctuation and space between the word before and this one."""
    after: str
    following: str


def words(text: str) -> list[Word]:
    """All capitalised words that could be part of a name; identifiers, handles and addresses are left out."""
    found: list[Word] = []
    end = -9
    size = len(text)
    for match in WORD.finditer(text):
        start, stop = match.span()
        after = text[stop] if stop < size else ""
        if after in OPEN or after.isdigit() or (after in {".", ":", "-"} and _glued(text, stop + 1)):
            continue
        token = match.group()
        joined = _joined(text[end:start], found[-1].text) if 0 <= start - end < 12 and found else False
        tail = AFTER.match(text, stop)
        following, behind = (tail.group(2).lower(), tail.group(1)) if tail else ("", "")
        if joined:
            before, gap = found[-1].lower, text[end:start]
        else:
            head = BEFORE.search(text[max(0, start - 18) : start])
            before, gap = ((head.group(1) or "").lower(), head.group(2)) if head else ("", "?")
        found.append(Word(token, token.lower(), start, stop, joined, before, gap, behind, following))
        end = stop
    return found


def _glued(text: str, at: int) -> bool:
    """A letter, digit or underscore right behind a dot or colon: a file name, a call, a host."""
    following = text[at : at + 1]
    return following.isalnum() or following in {"_", "/"}


def _joined(gap: str, previous: str) -> bool:
    if gap == SPACE:
        return True
    if gap == ". ":
        return len(previous) == 1 or previous.lower() in TITLES
    inner = gap.split()
    return bool(inner) and gap[0] == SPACE and len(inner) <= 2 and all(word in PARTICLES for word in inner)


def shape(token: str) -> str:
    if len(token) == 1:
        return "I"
    if token.isupper():
        return "U" if len(token) > 3 else "u"
    rest = token[1:]
    if rest.islower():
        return "l"
    if "-" in token or "'" in token or "’" in token:
        return "h"
    return "m" if token.startswith(("Mc", "Mac", "De", "La", "Le", "Di", "Van")) else "c"


def lexical(lower: str) -> str:
    """The lexicon code of a word, accents and possessive ignored; hyphenated ones by their best-known half."""
    table = english_words()
    code = table.get(lower)
    if code is not None:
        return code
    if lower.endswith(("'s", "’s")):
        return lexical(lower[:-2])
    if not lower.isascii():
        bare = "".join(c for c in unicodedata.normalize("NFD", lower) if not unicodedata.combining(c))
        return table.get(bare, "00-0")
    for sign in ("-", "'", "’"):
        if sign in lower:
            return max(table.get(half, "00-0") for half in lower.split(sign))
    return "00-0"


def _kind(lower: str) -> str:
    """A coarse class of a neighbour."""
    if lower in TITLES:
        return "T"
    if lower in ORG_WORDS:
        return "G"
    if lower in PLACE_WORDS:
        return "P"
    code = lexical(lower)
    if code == "00-0":
        return "U"
    name = max(code[0], code[1])
    if name < "3":
        return "W"
    kind = "f" if code[0] >= code[1] else "l"
    return kind + ("w" if code[2] not in "-012" else "")


def word_features(token: str, lower: str) -> list[str]:
    """Features that do not depend on the surroundings."""
    code = lexical(lower)
    first, last, ratio, seen = code[0], code[1], code[2], code[3]
    place = english_places().get(lower, "0")
    form = shape(token)
    features = [
        "b", f"F{first}{ratio}", f"L{last}{ratio}", f"N{max(first, last)}{ratio}{form}", f"R{ratio}{seen}",
        f"p{place}{ratio}", f"p{place}{first}", f"S{form}", f"x{lower[-3:]}", f"x{lower[-2:]}", f"w={lower}",
        f"n{min(len(lower), 9)}{form}",
    ]  # fmt: skip
    if lower in TITLES:
        features.append("kT")
    if lower in ORG_WORDS:
        features.append("kG")
    if lower in PLACE_WORDS:
        features.append("kP")
    return features


def context_features(run: list[Word], i: int, kinds: list[str], label: str) -> Iterator[str]:
    """Features of `run[i]` in its run of joined words; `label` is the class of the word before it, or `^`."""
    word = run[i]
    size = len(run)
    here = kinds[i]
    yield f"Y{label}{here}"
    yield f"Y{label}{word.gap if i else ''}"
    yield f"Q{min(i, 2)}{min(size, 4)}"
    yield f"Q{min(i, 2)}{min(size, 4)}{here}"
    if i:
        yield f"K-{kinds[i - 1]}{here}"
    else:
        gap = word.gap.strip() or ("_" if word.gap else "")
        yield f"g{gap[-1:]}{here}"
        yield f"B{word.before}"
        yield f"B{word.before}{here}"
    if i + 1 < size:
        yield f"K+{here}{kinds[i + 1]}"
        yield f"A+{run[i + 1].lower}"
    else:
        yield f"G{word.after.strip()[:1] or word.after[:1]}{here}"
        if word.after == SPACE or word.after[:1] in {"'", "’", "\n"}:
            yield f"A{word.following}"
        else:
            yield f"A{word.after.strip()[:1]}{word.following}"
    if size > 1:
        yield f"E{run[-1].lower}" if run[-1].lower in ORG_WORDS or run[-1].lower in PLACE_WORDS else "E-"
        if i + 1 < size:
            pair = english_places().get(f"{word.lower}_{run[i + 1].lower}")
            if pair:
                yield f"pp{pair}"
        if i:
            pair = english_places().get(f"{run[i - 1].lower}_{word.lower}")
            if pair:
                yield f"pq{pair}"


def runs(found: list[Word]) -> Iterator[list[Word]]:
    run: list[Word] = []
    for word in found:
        if run and not word.joined:
            yield run
            run = []
        run.append(word)
    if run:
        yield run


class EnglishTagger:
    """Classes capitalised words; keeps a bounded cache of what does not depend on context."""

    def __init__(self, model: LinearModel) -> None:
        self._model = model
        self._known: dict[str, tuple[Weights, str]] = {}

    def _word(self, word: Word) -> tuple[Weights, str]:
        known = self._known.get(word.text)
        if known is None:
            if len(self._known) >= CACHE_WORDS:
                self._known.clear()
            known = (self._model.total(word_features(word.text, word.lower)), _kind(word.lower))
            self._known[word.text] = known
        return known

    def classify(self, text: str) -> Iterator[list[tuple[Word, tuple[float, float, float]]]]:
        """Runs of words, each with its probabilities of being PERSON, LOCATION, ORGANIZATION."""
        labels = self._model.classes
        for run in runs(words(text)):
            known = [self._word(word) for word in run]
            if len(run) == 1 and max(known[0][0]) < HOPELESS:
                continue  # The, When, Please: nothing around it would make it a name
            kinds = [kind for _, kind in known]
            label = "^"
            row = []
            for i, word in enumerate(run):
                a, b, c = known[i][0]
                x, y, z = self._model.total(context_features(run, i, kinds, label))
                p = softmax3(a + x, b + y, c + z)
                best = max(range(3), key=p.__getitem__)
                label = labels[best + 1][0] if p[best] > 0.45 else "O"
                row.append((word, p))
            yield row
