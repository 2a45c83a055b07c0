"""Rebuild `detectors/data/*.txt` from openly licensed lists: `python -m detectors.names.build_lexicon SOURCES`.

SOURCES is a folder with: jieba-dict.txt (jieba, MIT), dist.all.last, dist.male.first and dist.female.first
(US Census 1990, public domain, as packed in the `names` distribution), symspell-en.txt (SymSpell word
frequencies, MIT), word-case.json (counts of [lower-case, capitalised] occurrences of English words),
divisions.json.gz (Administrative-divisions-of-China, WTFPL) and world-cities.csv.gz (GeoNames, CC BY 4.0);
Faker (MIT) is read from where it is installed. Each line of a written file is a code and the words that have it.
"""

from __future__ import annotations

import collections
import csv
import gzip
import importlib
import json
import math
import pkgutil
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from detectors.names.chinese import FOREIGN
from detectors.names.lexicon import word_list

DATA = Path(__file__).resolve().parent.parent / "data"
HAN = re.compile(r"[\u4e00-\u9fff]+")
LATIN = re.compile(r"[a-zà-öø-ÿāăąćčđēęěğīıłńňōőřśşšţťūůűźżžß'’-]{2,20}")
COMPOUND = word_list("zh-compound-surnames")


def bucket(value: float, step: float, top: int = 9) -> int:
    return max(0, min(top, round(value / step)))


def faker_words(kind: str, prefix: str = "") -> Iterator[str]:
    """`first_names` or `last_names` of every Faker locale whose code begins with `prefix`."""
    people = importlib.import_module("faker.providers.person")
    for module in pkgutil.iter_modules(people.__path__):
        if not module.name.startswith(prefix):
            continue
        provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider
        for attribute in dir(provider):
            if kind in attribute and "pair" not in attribute:
                value = getattr(provider, attribute)
                if isinstance(value, (list, tuple, dict, set)):
                    yield from (word for word in value if isinstance(word, str))


def census(path: Path, limit: int) -> Iterator[tuple[str, float]]:
    for line in path.read_text().splitlines()[:limit]:
        word, percent, *_ = line.split()
        yield word.lower(), float(percent)


def write(name: str, words: dict[str, str]) -> None:
    """`words`: word -> code. One line a code, so that loading is a split."""
    lines = collections.defaultdict(list)
    for word, code in words.items():
        lines[code].append(word)
    text = "".join(f"{code} {' '.join(sorted(lines[code]))}\n" for code in sorted(lines))
    (DATA / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{name}: {len(words)} words, {len(text.encode()) // 1024} KB\n")


def english(sources: Path) -> None:
    """Code = first-name level, surname level, lower-case ratio, frequency; each 0 to 9, ratio `-` if never seen."""
    first: collections.Counter[str] = collections.Counter()
    last: collections.Counter[str] = collections.Counter()
    for file in ("dist.male.first", "dist.female.first"):
        first.update(
            {
                word: bucket(math.log(max(percent, 0.0005) / 0.0005) + 1, 1.0)
                for word, percent in census(sources / file, 4000)
            }
        )
    last.update(
        {
            w: bucket(math.log(max(percent, 0.0001) / 0.0001) + 1, 0.95)
            for w, percent in census(sources / "dist.all.last", 26_000)
        }
    )
    for kind, table, level in (("first_names", first, 3), ("last_names", last, 3)):
        for name in faker_words(kind):
            for word in re.split(r"[\s]+", plain(name.lower())):
                if LATIN.fullmatch(word) and 2 < len(word) < 14:
                    table[word] = max(table[word], level)
    low, cap = json.loads((sources / "word-case.json").read_text())
    frequency = {}
    for line in (sources / "symspell-en.txt").read_text("utf-8-sig").splitlines():
        word, count = line.split()
        frequency[word] = int(count)
    common = {w for w, n in frequency.items() if n > 4_000_000} | {w for w, n in low.items() if n >= 25 and len(w) < 18}
    words = {}
    for word in set(first) | set(last) | common:
        a, b = low.get(word, 0), cap.get(word, 0)
        ratio = "-" if a + b < 3 else str(bucket(a / (a + b), 0.112))
        seen = bucket(math.log10(max(1, frequency.get(word, 0) / 1e5)), 0.6)
        words[word] = f"{min(9, first[word])}{min(9, last[word])}{ratio}{seen}"
    write("en_words.txt", words)


def plain(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


def chinese(sources: Path) -> None:
    entries = []
    for line in (sources / "jieba-dict.txt").read_text("utf-8").splitlines():
        word, count, tag = line.split()
        if HAN.fullmatch(word):
            entries.append((word, int(count), tag))
    words = {
        w: str(bucket(math.log10(n), 0.5))
        for w, n, tag in entries
        if ((len(w) == 2 and n >= 30) or (len(w) == 3 and n >= 100)) and not tag.startswith("nr")
    }
    write("zh_words.txt", words)
    write("zh_names.txt", characters(entries))
    write("zh_places.txt", places(sources, entries))


def characters(entries: list[tuple[str, int, str]]) -> dict[str, str]:
    """Character -> code: surname level, given-name levels (only, first, second); 5 is neutral, 0 never."""
    background: collections.Counter[str] = collections.Counter()
    for word, count, tag in entries:
        if not tag.startswith("nr"):
            for c in word:
                background[c] += count
    surnames = set(faker_words("last_names", "zh_CN"))
    single = {s for s in surnames if len(s) == 1}
    tables: list[collections.Counter[str]] = [collections.Counter() for _ in range(4)]
    for word, _, tag in entries:
        if tag.startswith("nr") and word[0] in single and len(word) in {2, 3}:
            tables[0][word[0]] += 1
            for place, c in enumerate(word[1:], 1 if len(word) == 2 else 2):
                tables[place][c] += 1
    for name in set(faker_words("first_names", "zh_CN")):
        for place, c in enumerate(name, 1 if len(name) == 1 else 2):
            tables[place][c] += 20
    codes = {c: _levels(c, tables, background, c in single) for c in set().union(*tables)}
    return codes | dict.fromkeys(COMPOUND, "9000")


KNOWN = word_list("zh-known-places")
NOT_PLACES = word_list("zh-not-places")


def _levels(c: str, tables: list[collections.Counter[str]], background: collections.Counter[str], single: bool) -> str:
    base = (background[c] + 1) / background.total()
    levels = []
    for table in tables:
        odds = math.log((table[c] + 0.3) / table.total() / base)
        levels.append(str(max(1, min(9, round(odds / 0.9) + 5))) if table[c] else "0")
    if not single:
        levels[0] = "0"
    elif levels[0] == "0":
        levels[0] = "2"
    return "".join(levels)


def place_word(word: str) -> bool:
    """Two characters that are no known place are too often a common noun in the source list."""
    if word in NOT_PLACES:
        return False
    return len(word) > 2 or word in KNOWN or word[-1] in "省市县州洲岛" or all(c in FOREIGN for c in word)


def places(sources: Path, entries: list[tuple[str, int, str]]) -> dict[str, str]:
    """Place -> p (division, with its suffix), s (division, suffix dropped), w (place word)."""
    found = {w: "w" for w, n, tag in entries if tag == "ns" and 2 <= len(w) <= 6 and n >= 5 and place_word(w)}
    tree = json.loads(gzip.decompress((sources / "divisions.json.gz").read_bytes()))
    names: set[str] = set(tree)
    for cities in tree.values():
        names |= set(cities)
        for districts in cities.values():
            names |= set(districts)
    common = {w for w, n, tag in entries if tag != "ns" and not tag.startswith("nr") and n > 20}
    for name in names:
        if len(name) < 2 or "直辖" in name or name in {"市辖区", "县"}:
            continue
        found[name] = "p"
        short = re.sub(r"(?:.族|维吾尔)*(?:特别行政区|自治[区州县旗]|省|市|区|县|旗|地区|盟)$", "", name)
        if len(short) >= 2 and short != name and short not in common:
            found[short] = "s"
    return found


def english_places(sources: Path) -> None:
    """Place word(s), lower case -> p; single common words are left out."""
    low, cap = json.loads((sources / "word-case.json").read_text())
    found: dict[str, str] = {}
    rows: Iterable[dict[str, str]] = csv.DictReader(
        gzip.decompress((sources / "world-cities.csv.gz").read_bytes()).decode("utf-8").splitlines()
    )
    for row in rows:
        for level, name in (("c", row["name"]), ("r", row["subcountry"]), ("n", row["country"])):
            for form in (plain(name.lower()),):
                if not 3 <= len(form) <= 24 or not re.fullmatch(r"[a-z][a-z'. -]+", form):
                    continue
                if level == "c" and (form.count(" ") > 1 or len(form) > 13):
                    continue
                if " " not in form and low.get(form, 0) > 2 * cap.get(form, 0) + 2:
                    continue
                if found.get(form) != "n":
                    found[form] = level if found.get(form) != "r" else "r"
    write("en_places.txt", {k.replace(" ", "_"): v for k, v in found.items()})


def main() -> None:
    sources = Path(sys.argv[1])
    DATA.mkdir(exist_ok=True)
    english(sources)
    english_places(sources)
    chinese(sources)


if __name__ == "__main__":
    main()
