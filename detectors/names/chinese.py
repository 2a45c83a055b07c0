"""Chinese person names: candidates by surname, scored by a log-linear model over characters, words and context.

A candidate is a surname and one or two more characters (compound surnames alike), a surname and a title
(张总, 李女士), or a transliterated name with a middle dot. Everything else that begins with a surname character
(黄金, 周一, 张三的) is told apart by the word list and by what stands around it.

Rule for the next editor: `start_features` and `end_features` serve training and serving alike; a change to them needs
`python -m detectors.ner.train_names`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping

from detectors.names.chinese_scores import ChineseScores
from detectors.names.chinese_scores import kind as _char
from detectors.names.lexicon import chinese_characters, chinese_places, chinese_words, compound_surnames, word_list
from detectors.names.linear import LinearModel, logistic

HAN_A, HAN_Z = "\u4e00", "\u9fff"
TITLES = word_list("zh-titles")
TITLE = re.compile("|".join(sorted(TITLES, key=len, reverse=True)))
SINGLE_TITLES = frozenset(t for t in TITLES if len(t) == 1)
# Traditional surname characters and the simplified ones that the lists know.
TRADITIONAL = str.maketrans(
    "張陳劉楊黃趙吳孫馬羅鄭謝韓馮鄧蕭許葉蘇呂盧蔣賈魯韋鍾譚陸龍萬錢湯賴龔龐顏歐華偉國強軍傑濤麗靜艷紅蘭鳳麟儀曉東豐寧興業嘉"
    "榮慶學書會賢聖義禮誠貞淵瀾澤瑩穎瑤詩韻語雲飛鵬輝燦煒煥煉銘鋒鑫銳錦鴻鶴鷹闆於範薑遲鮑鄒閻閔閆連週",
    "张陈刘杨黄赵吴孙马罗郑谢韩冯邓萧许叶苏吕卢蒋贾鲁韦钟谭陆龙万钱汤赖龚庞颜欧华伟国强军杰涛丽静艳红兰凤麟仪晓东丰宁兴业嘉"
    "荣庆学书会贤圣义礼诚贞渊澜泽莹颖瑶诗韵语云飞鹏辉灿炜焕炼铭锋鑫锐锦鸿鹤鹰板于范姜迟鲍邹阎闵闫连周",
)
HAS_TRADITIONAL = re.compile(f"[{''.join(map(chr, TRADITIONAL))}]")
FOREIGN = word_list("zh-transliteration")
FOREIGN_RUN = re.compile(f"[{''.join(sorted(FOREIGN))}]{{3,7}}")
COMMON, SURE = 7, 7
"""A word this frequent is no name; a surname above SURE is weighed even if it could end the word before it."""
HOPELESS = -3.0
"""Below this the surname alone decides; on the tuning files no name is lost by it."""
NEVER = frozenset(
    "的了着过吗呢吧啊是在有和与及或也都就把被让给从向到不没很这那哪什么怎为因所以但而且则之其我你您他她它们个只些每"
)
DOTS = frozenset("·•・‧")
DOTTED = re.compile("[\u4e00-\u9fff]{1,7}(?:[·•・‧][\u4e00-\u9fffA-Z]{1,8}){1,3}")
# The look-behind stands after the first character, so that the engine can skip to a Han character quickly.
SPACED = re.compile(
    "([\u4e00-\u9fff])(?<![\u4e00-\u9fff][\u4e00-\u9fff])[ \u3000]{1,2}([\u4e00-\u9fff]{1,2})(?![\u4e00-\u9fff])"
)


def is_han(c: str) -> bool:
    return HAN_A <= c <= HAN_Z


class Text:
    """A text between guards, so that neighbours can be read without bound checks; `at` shifts its offsets."""

    __slots__ = ("chars", "simple", "size")

    PAD = 4

    def __init__(self, text: str) -> None:
        self.chars = "\n" * self.PAD + text + "\n" * self.PAD
        self.simple = self.chars.translate(TRADITIONAL) if HAS_TRADITIONAL.search(text) else self.chars
        self.size = len(text)


def surnames(text: Text) -> Iterator[tuple[int, int, int]]:
    """(start, length, level) of every possible surname, in guarded offsets."""
    table = chinese_characters()
    doubles = compound_surnames()
    word = chinese_words().get
    t = text.simple
    for i in _surname_positions(t):
        two = t[i : i + 2]
        level = table[t[i]][0] if t[i] in table else 0
        if two in doubles:
            yield i, 2, 9
        if level and word(two, 0) < COMMON and (level > SURE or word(t[i - 1 : i + 1], 0) < COMMON - 1):
            yield i, 1, level


def ends(t: str, start: int, size: int) -> Iterator[int]:
    """Where a full name may end: one or two characters behind its surname."""
    for end in (start + size + 1, start + size + 2):
        if not HAN_A <= t[end - 1] <= HAN_Z or t[end - 1] in NEVER:
            return
        yield end


def _surname_positions(t: str) -> Iterator[int]:
    return (match.start() for match in _heads().finditer(t))


@functools.cache
def _heads() -> re.Pattern[str]:
    """A character that begins surnames, with a Han character behind it."""
    heads = {c for c, levels in chinese_characters().items() if levels[0]} | {word[0] for word in compound_surnames()}
    return re.compile(f"[{''.join(sorted(heads))}](?=[{HAN_A}-{HAN_Z}])")


def start_features(t: str, start: int, size: int, level: int, words: Mapping[str, int]) -> list[str]:
    """What speaks for a surname here, whatever follows it."""
    get = words.get
    before = _char(t[start - 1])
    w_left = max(get(t[start - 1 : start + 1], 0), get(t[start - 2 : start + 1], 0))
    return [
        f"s{t[start : start + size]}", f"l{level}", f"L{w_left}", f"l{level}L{w_left}",
        f"b{before}", f"b{before}{level}", f"bb{_char(t[start - 2])}{before}", f"i{get(t[start : start + 2], 0)}{size}",
    ]  # fmt: skip


def end_features(t: str, start: int, size: int, level: int, end: int, words: Mapping[str, int]) -> list[str]:
    """What speaks for `t[start:end]` being the whole name."""
    table = chinese_characters()
    given = t[start + size : end]
    n = f"{size}{len(given)}"
    none = (0, 0, 0, 0)
    if len(given) == 1:
        g = f"{table.get(given, none)[1]}"
    else:
        g = f"{table.get(given[0], none)[2]}{table.get(given[1], none)[3]}"
    get = words.get
    after = _char(t[end])
    w_next = max(get(t[end : end + 2], 0), get(t[end : end + 3], 0))
    return [
        f"n{n}", f"l{level}{n}", f"g{n}{g}", f"lg{level}{min(g)}{n}",
        f"W{get(t[start:end], 0)}{n}", f"r{get(t[end - 1 : end + 1], 0)}{n}", f"x{min(w_next, 6)}{n}",
        f"v{get(given, 0)}" if len(given) == 2 else f"v-{get(t[start + 1 : end + 1], 0)}",
        f"t{get(t[end - 2 : end + 1], 0)}", f"a{after}", f"a{after}{n}", f"aa{after}{_char(t[end + 1])}",
        f"e{given[-1]}{len(given)}", f"c{given[0]}{len(given)}",
        "T" if TITLE.match(t, end) else "T-",
        "P" if t[start : start + 2] in chinese_places() or t[start:end] in chinese_places() else "P-",
    ]  # fmt: skip


class ChineseTagger:
    def __init__(self, model: LinearModel) -> None:
        self._scores = ChineseScores(model, TITLE.match)

    def find(self, text: str) -> Iterator[tuple[int, int, float]]:
        """(start, end, probability) of names that do not overlap, best first where they would."""
        guarded = Text(text)
        t, pad = guarded.simple, guarded.PAD
        found: list[tuple[float, int, int]] = []
        scores = self._scores
        for start, size, level in surnames(guarded):
            base = scores.start(t, start, size, level)
            if base < HOPELESS:
                continue
            for end in ends(t, start, size):
                value = base + scores.end(t, start, size, level, end)
                if value > -1.0:
                    found.append((value, start, end))
        found.extend(_titled(t))
        if not DOTS.isdisjoint(t):
            found.extend(_dotted(t))
        if " " in t or "\u3000" in t:
            found.extend(_spaced(t))
        found.extend(_foreign(t))
        taken: set[int] = set()
        for value, start, end in sorted(found, key=lambda f: (-f[0], f[1] - f[2])):
            if taken.isdisjoint(range(start, end)):
                taken.update(range(start, end))
                yield start - pad, end - pad, logistic(value)


def _titled(t: str) -> Iterator[tuple[float, int, int]]:
    """A surname right before a title and after a boundary: 李女士, 张总. The surname alone is the name."""
    table = chinese_characters()
    doubles = compound_surnames()
    words = chinese_words()
    for match in TITLE.finditer(t):
        end = match.start()
        size = 2 if t[end - 2 : end] in doubles else 1
        start = end - size
        level = 9 if size == 2 else table.get(t[start], (0,))[0]
        title = match.group()
        if level < 3 or (
            len(title) == 1 and (level < 7 or (is_han(t[match.end()]) and t[match.end()] not in "的说在让和"))
        ):
            continue
        if words.get(t[start - 1 : start + 1], 0) or words.get(t[start : start + 2], 0) > 3:
            continue
        value = 0.25 * (level - 3) + (0.6 if len(title) > 1 else -0.6)
        if not is_han(t[start - 1]) or t[start - 1] in "的给找请和与是问向让跟叫、":
            value += 1.0
        yield value, start, end


def _dotted(t: str) -> Iterator[tuple[float, int, int]]:
    for match in DOTTED.finditer(t):
        start, end = match.span()
        head = re.split("[·•・‧]", match.group(), maxsplit=1)[0]
        known = 0
        for c in reversed(head):
            if c not in FOREIGN:
                break
            known += 1
        if not known and len(head) > 1:
            continue
        start += len(head) - (known or 1)
        tail = match.end()
        last = max(t.rfind(dot, start, end) for dot in "·•・‧")
        stop = last + 1
        while stop < tail and (t[stop] in FOREIGN or not is_han(t[stop])):
            stop += 1
        if stop > last + 1:
            yield 1.6, start, stop


def _spaced(t: str) -> Iterator[tuple[float, int, int]]:
    """张 伟: a form's spaced name, alone between boundaries."""
    table = chinese_characters()
    for match in SPACED.finditer(t):
        given = match.group(2)
        none = (0, 0, 0, 0)
        fit = (
            table.get(given, none)[1]
            if len(given) == 1
            else min(table.get(given[0], none)[2], table.get(given[1], none)[3])
        )
        if table.get(match.group(1), none)[0] >= 7 and fit >= 5:
            yield 0.4, match.start(), match.end()


def _foreign(t: str) -> Iterator[tuple[float, int, int]]:
    """A run of characters that transliterate, in which no common word and no place is seen: 拿破仑, 希尔顿."""
    words = chinese_words()
    places = chinese_places()
    for match in FOREIGN_RUN.finditer(t):
        start, end = match.span()
        run = match.group()
        if any(
            run[i : i + 2] in words or run[i : i + 3] in places or run[i : i + 2] in places for i in range(len(run) - 1)
        ):
            continue
        if t[end] in "亚州国市语族人县镇山河湖港":
            continue
        yield 0.15 * (end - start) - 0.35, start, end
