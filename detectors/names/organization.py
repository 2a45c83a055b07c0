"""Organisations and places by their own words: suffixes in both languages, division names in Chinese."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from detectors.names.lexicon import chinese_places, chinese_words, word_list

HAN = "\u4e00-\u9fff"
STRONG = "有限责任公司|股份有限公司|集团有限公司|有限公司|股份公司|分公司|事务所|研究院|研究所|合作社|基金会"
WEAK = (
    "公司|集团|银行|支行|分行|医院|大学|学院|中学|小学|幼儿园|法院|检察院|公安局|派出所|委员会|协会|学会|证券|保险|电视台|出版社|"
    "工厂|酒店|宾馆|饭店|超市|书店|诊所|卫生院|信用社|传媒|工作室|俱乐部|联合会|税务局|教育局|卫生局|工商局|实验室|大使馆"
)
ZH_SUFFIX = re.compile(f"(?:{STRONG}|{WEAK})(?:[{HAN}]{{2,6}}?(?:分公司|分行|支行|营业部|分院))?")
ZH_STOP = re.compile(
    "(?:这家|那家|哪家|任职于|就职于|毕业于|就读于|供职于|来自|位于|成立|加入|进入|称为|称|叫做|前往|一家|该|本|我们|他们|你们|贵|我|你|他|她|它|"
    "这|那|某|其|各|每|的|了|在|是|和|与|及|或|到|从|由|被|把|给|让|向|对|为|于|去|等|有|个|家|所|吗|都|请|并|据|经|将|至|也|就|"
    "担任|创立|收购|委托|联系|通过|认为|表示)"
)
GENERIC = word_list("zh-generic-organization-heads")
EN_SUFFIX = re.compile(
    r"[A-Z](?<![\w][A-Z])[\w&'’.\-]{0,24}(?:,? (?:[A-Z][\w&'’.\-]{0,24}|and|&|of)){0,5}?,? "
    r"(?:Inc|Ltd|LLC|LLP|PLC|plc|Corp|Corporation|Limited|GmbH|AG|S\.A|N\.V|B\.V|Pty|Co)(?![\w])\.?"
)


def english_organisations(text: str) -> Iterator[tuple[int, int, float]]:
    for match in EN_SUFFIX.finditer(text):
        yield match.start(), match.end(), 0.85


def chinese_organisations(text: str) -> Iterator[tuple[int, int, float]]:
    """(start, end, score). The suffix is found, then the name is read leftwards to a stop word or a sign."""
    floor = 0
    for match in ZH_SUFFIX.finditer(text):
        at, end = match.span()
        start = at
        lowest = max(floor, at - 18)
        while start > lowest and (
            "\u4e00" <= text[start - 1] <= "\u9fff" or text[start - 1] in "（）()·" or text[start - 1].isalnum()
        ):
            start -= 1
        for stop in ZH_STOP.finditer(text, start, at):
            if not _inside_word(text, stop.start(), stop.end()):
                start = stop.end()
        start = _divided(text, start, at)
        while start < at and text[start] in "）)·":
            start += 1
        head = text[start:at]
        floor = end
        if len(head) < 2 or head in GENERIC:
            continue
        strong = match.group() not in WEAK.split("|")
        yield start, end, 0.9 if strong else 0.6


def _inside_word(text: str, start: int, end: int) -> bool:
    """A stop character that is part of a common word (和平, 中国人民) does not end a name."""
    words = chinese_words()
    return end - start == 1 and (
        words.get(text[start : start + 2], 0) > 5 or words.get(text[start - 1 : start + 1], 0) > 5
    )


def _divided(text: str, start: int, at: int) -> int:
    """A division's full name inside the head begins the name: 他任职北京市… -> 北京市…"""
    table = chinese_places()
    for i in range(start, min(at, start + 8)):
        if any(table.get(text[i : i + n]) in {"p", "s"} for n in (4, 3, 2)):
            return i
    return start


def chinese_locations(text: str) -> Iterator[tuple[int, int, float]]:
    table = chinese_places()
    pairs = _pairs()
    words = chinese_words()
    skip = 0
    for match in _heads().finditer(text):
        i = match.start()
        if i < skip or text[i : i + 2] not in pairs:
            continue
        for n in (6, 5, 4, 3, 2):
            kind = table.get(text[i : i + n])
            if kind is None or i + n > len(text):
                continue
            end = i + n
            if n == 2 and (
                words.get(text[i - 1 : i + 1] if i else "", 0) > 5 or words.get(text[end - 1 : end + 1], 0) > 6
            ):
                break
            yield i, end, {"p": 0.85, "s": 0.7, "w": 0.6}[kind]
            skip = end
            break


@functools.cache
def _pairs() -> frozenset[str]:
    return frozenset(place[:2] for place in chinese_places())


@functools.cache
def _heads() -> re.Pattern[str]:
    """A character that begins places, with one behind it that is some place's second."""
    firsts, seconds = (sorted({re.escape(pair[at]) for pair in _pairs()}) for at in (0, 1))
    return re.compile(f"[{''.join(firsts)}](?=[{''.join(seconds)}])")
