"""Text that holds no name: product lists, log lines, tables and settings made of common words, in both languages.

Their words are drawn from word lists, so that "two capitalised words" or "a surname's character" alone says little.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from detectors.names.lexicon import english_words
from detectors.ner.embedded.decode import LABELS
from detectors.ner.embedded.features import HAN
from detectors.ner.train.corpora import Record
from detectors.ner.train.tokens import listed, numbered, placeholder
from detectors.ner.train.wordlists import jieba_words

ALL = frozenset(LABELS)
MAKERS = listed(
    "Ultra Pro Max Mini Plus Series Gen Edition Classic Premium Deluxe Smart Air Studio Core Prime Lite Neo"
)
LEVELS = ("INFO", "WARN", "ERROR", "DEBUG", "TRACE", "信息", "警告", "错误")
KEYS_ZH = listed("编号 状态 金额 类型 版本 备注 时间 数量 单价 颜色 规格 产地 等级 重量 尺寸 型号 品牌 库存")


def common_english() -> list[str]:
    """Frequent words that are hardly ever a first name or a surname."""
    return [
        w
        for w, c in english_words().items()
        if c[0] in "-01" and c[1] in "-01" and c[2] >= "5" and c[3] >= "3" and len(w) > 2
    ]


def common_chinese() -> list[str]:
    """Nouns, verbs, adjectives and the like of two and more characters."""
    plain = ("n", "v", "a", "vn", "d", "l", "b", "an")
    return [w for w, n, kind in jieba_words() if kind in plain and n > 60 and HAN.fullmatch(w) and len(w) > 1]


class Negatives:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._english, self._chinese = common_english(), common_chinese()

    def _words(self, least: int, most: int) -> list[str]:
        return self._rng.choices(self._english, k=self._rng.randint(least, most))

    def _title(self, least: int = 1, most: int = 4) -> str:
        return " ".join(w.capitalize() for w in self._words(least, most))

    def _camel(self) -> str:
        words = self._words(2, 3)
        forms = (
            "_".join(words),
            words[0] + "".join(w.capitalize() for w in words[1:]),
            "".join(w.capitalize() for w in words),
            "-".join(words),
            ".".join(words),
            "_".join(words).upper(),
        )
        return self._rng.choice(forms)

    def english(self) -> str:
        return self._rng.choice(
            (self._product, self._log, self._table, self._settings, self._json, self._heading, self._tokens)
        )()

    def _product(self) -> str:
        model = f"{self._rng.choice(MAKERS)} {self._rng.randint(1, 99)}"
        return f"{self._title(1, 2)} {model}, {self._title()}, {self._title(1, 2)}"

    def _log(self) -> str:
        head = f"{self._rng.choice(LEVELS[:5])} [{self._camel()}] {self._title(1, 3)}"
        return f"{head} {' '.join(self._words(1, 4))} {self._camel()}={numbered(self._rng)}"

    def _table(self) -> str:
        rows = (
            f"| {self._title(1, 2)} | {' '.join(self._words(1, 2))} | {numbered(self._rng)} |"
            for _ in range(self._rng.randint(2, 5))
        )
        return "\n".join(rows)

    def _settings(self) -> str:
        rng = self._rng
        return "\n".join(
            f"{self._camel()}: {rng.choice((self._camel(), numbered(rng), self._title(1, 2)))}" for _ in range(3)
        )

    def _json(self) -> str:
        rng = self._rng
        pairs = (f'"{self._camel()}": "{rng.choice((self._title(1, 2), numbered(rng)))}"' for _ in range(3))
        return "{" + ", ".join(pairs) + "}"

    def _heading(self) -> str:
        body = f"- {self._title(1, 3)}: {' '.join(self._words(3, 7))}\n- {self._title(1, 3)}"
        return f"# {self._title(2, 5)}\n\n{body}"

    def _tokens(self) -> str:
        one, two, three = (placeholder(self._rng) for _ in range(3))
        return f"{one}, {two} {' '.join(self._words(1, 3))} {three}"

    def chinese(self) -> str:
        rng = self._rng

        def words(least: int, most: int, gap: str = "") -> str:
            return gap.join(rng.choices(self._chinese, k=rng.randint(least, most)))

        kind = rng.randrange(6)
        if kind == 0:
            return f"{rng.choice(KEYS_ZH)}：{words(1, 2)}，{rng.choice(KEYS_ZH)}：{numbered(rng)}，{words(2, 4)}。"
        if kind == 1:
            return f"{rng.choice(LEVELS)} {words(2, 4)}，{self._camel()}={numbered(rng)}，{words(1, 3)}"
        if kind == 2:
            return "\n".join(f"| {words(1, 2)} | {words(1, 1)} | {numbered(rng)} |" for _ in range(rng.randint(2, 5)))
        if kind == 3:
            return words(3, 9, rng.choice(("、", "，", " ", "")))
        if kind == 4:
            return f"{words(2, 4)}{placeholder(rng)}{words(1, 3)}，{placeholder(rng)}。"
        return f'{{"{words(1, 1)}": "{words(1, 2)}", "{self._camel()}": "{numbered(rng)}"}}'

    def generate(self, count: int) -> Iterator[Record]:
        """`count` in each language, labelled as holding nothing."""
        for _ in range(count):
            yield Record(self.english(), (), ALL, "en")
            yield Record(self.chinese(), (), ALL, "zh")
