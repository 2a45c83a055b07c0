"""Person, place and organisation names in Latin script: each capitalised word is classed by a log-linear model.

    text -> words (capitalised) -> features -> O | PERSON | LOCATION | ORGANIZATION -> spans

Rule for the next editor: `word_features` and `context_features` are used by training and by serving alike;
a change to either needs `python -m detectors.ner.train_names`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

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


class Word:
    """A capitalised word of a text. What stands around it is read when it is first asked for: seldom."""

    __slots__ = ("_left", "_previous", "_right", "_source", "end", "joined", "lower", "start", "text")

    def __init__(self, source: str, span: tuple[int, int], token: str, previous: Word | None) -> None:
        """`previous`: the word before it in the same run, if there is one."""
        self._source, self._previous = source, previous
        self.start, self.end = span
        self.text, self.lower = token, token.lower()
        self.joined = previous is not None
        """Belongs to one run with the word before it."""
        self._left: tuple[str, str] | None = None
        self._right: tuple[str, str] | None = None

    @property
    def before(self) -> str:
        """The word before, lower case; empty at the begin of a line."""
        return self._look_left()[0]

    @property
    def gap(self) -> str:
        """Punctuation and space between the word before and this one."""
        return self._look_left()[1]

    @property
    def after(self) -> str:
        """What stands right behind it: punctuation and space."""
        return self._look_right()[0]

    @property
    def following(self) -> str:
        """The word behind that, lower case."""
        return self._look_right()[1]

    def _look_left(self) -> tuple[str, str]:
        if self._left is None:
            if self._previous is not None:
                self._left = self._previous.lower, self._source[self._previous.end : self.start]
            else:
                head = BEFORE.search(self._source[max(0, self.start - 18) : self.start])
                self._left = ((head.group(1) or "").lower(), head.group(2)) if head else ("", "?")
        return self._left

    def _look_right(self) -> tuple[str, str]:
        if self._right is None:
            tail = AFTER.match(self._source, self.end)
            self._right = (tail.group(1), tail.group(2).lower()) if tail else ("", "")
        return self._right


def words(text: str) -> list[Word]:
    """All capitalised words that could be part of a name; identifiers, handles and addresses are left out."""
    found: list[Word] = []
    last: Word | None = None
    size = len(text)
    for match in WORD.finditer(text):
        start, stop = span = match.span()
        if stop < size:
            after = text[stop]
            if after in OPEN or after.isdigit() or (after in {".", ":", "-"} and _glued(text, stop + 1)):
                continue
        joined = last is not None and start - last.end < 12 and _joined(text[last.end : start], last.text)
        last = Word(text, span, match.group(), last if joined else None)
        found.append(last)
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


def context_features(run: list[Word], i: int, kinds: list[str], label: str) -> list[str]:
    """Features of `run[i]` in its run of joined words; `label` is the class of the word before it, or `^`."""
    return place_features(i, len(run), kinds[i], label, run[i].gap if i else "") + neighbour_features(run, i, kinds)


def place_features(i: int, size: int, here: str, label: str, gap: str) -> list[str]:
    """Where the word stands in its run."""
    place = f"Q{min(i, 2)}{min(size, 4)}"
    return [f"Y{label}{here}", f"Y{label}{gap}", place, place + here]


def neighbour_features(run: list[Word], i: int, kinds: list[str]) -> list[str]:
    """What stands around the word."""
    word, size, here = run[i], len(run), kinds[i]
    if i:
        features = [f"K-{kinds[i - 1]}{here}"]
    else:
        before, gap = word.before, word.gap
        sign = gap.strip() or ("_" if gap else "")
        features = [f"g{sign[-1:]}{here}", f"B{before}", f"B{before}{here}"]
    if i + 1 < size:
        features += (f"K+{here}{kinds[i + 1]}", f"A+{run[i + 1].lower}")
    else:
        after = word.after
        sign = after.strip()[:1]
        features.append(f"G{sign or after[:1]}{here}")
        plain = after == SPACE or after[:1] in {"'", "’", "\n"}
        features.append(f"A{word.following}" if plain else f"A{sign}{word.following}")
    return features if size == 1 else features + _run_features(run, i)


def _run_features(run: list[Word], i: int) -> list[str]:
    """What only a run of several words has: its last word, and places of two words."""
    lower, last = run[i].lower, run[-1].lower
    features = [f"E{last}" if last in ORG_WORDS or last in PLACE_WORDS else "E-"]
    places = english_places()
    if i + 1 < len(run) and (pair := places.get(f"{lower}_{run[i + 1].lower}")):
        features.append(f"pp{pair}")
    if i and (pair := places.get(f"{run[i - 1].lower}_{lower}")):
        features.append(f"pq{pair}")
    return features


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
        self._first: dict[tuple[int, str], Weights] = {}
        """Weights of `place_features` of the first word of a run, by length of the run and kind of the word."""

    def _word(self, word: Word) -> tuple[Weights, str]:
        known = self._known.get(word.text)
        if known is None:
            if len(self._known) >= CACHE_WORDS:
                self._known.clear()
            known = (self._model.total(word_features(word.text, word.lower)), _kind(word.lower))
            self._known[word.text] = known
        return known

    def _context(self, run: list[Word], i: int, kinds: list[str], label: str) -> Weights:
        """The weights of `context_features`."""
        total = self._model.total
        if i:
            return total(context_features(run, i, kinds, label))
        key = min(len(run), 4), kinds[0]
        placed = self._first.get(key)
        if placed is None:
            placed = self._first[key] = total(place_features(0, *key, label, ""))
        return total(neighbour_features(run, 0, kinds), placed)

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
                x, y, z = self._context(run, i, kinds, label)
                p = softmax3(a + x, b + y, c + z)
                best = max(p)
                label = labels[p.index(best) + 1][0] if best > 0.45 else "O"
                row.append((word, p))
            yield row
