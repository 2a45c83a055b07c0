"""Postal addresses by structure: Chinese (division, road, number, building, room), US, UK and other street styles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from detectors.names.lexicon import chinese_places

STREET = (
    "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Terrace|Ter|Circle|Cir|Square|Sq|"
    "Highway|Hwy|Parkway|Pkwy|Trail|Trl|Close|Crescent|Cres|Gardens|Grove|Mews|Row|Walk|Quay|Plaza|Alley|Loop|Broadway"
)
STATE = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
)
UK_CODE = r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}"
WORD = r"[A-Z][\w'’.\-]{0,20}"
UNIT = r"(?:[,.]? {0,2}(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Fl|Room|Rm|#)\.? ?#?[0-9A-Za-z\-]{1,6})?"
NAME = r"[A-Z][a-z'’.\-]{1,20}"
TOWN = rf"(?:(?:, ?|\n| ){NAME}(?: {NAME}){{0,2}})?"
TAIL = rf"(?:,? (?:{STATE})\b)?(?:,? {{1,2}}(?:[0-9]{{5}}(?:-[0-9]{{4}})?\b|{UK_CODE}\b))?"
STREET_ADDRESS = re.compile(
    rf"[0-9](?<![\w.,/:\-][0-9])[0-9]{{0,5}}[A-Za-z]?(?:-[0-9]{{1,4}})?,? "
    rf"(?:(?:[NSEW]|N[EW]|S[EW]|North|South|East|West)\.? )?(?:{WORD}|[0-9]{{1,3}}(?:st|nd|rd|th)) ?"
    rf"(?:{WORD} ){{0,3}}(?:(?<=[ ])(?:{STREET})\b\.?|(?<=Broadway)){UNIT}"
    rf"(?:{TOWN}{TAIL})"
)
LOWER_ADDRESS = re.compile(
    r"[0-9](?<![\w.,/:\-][0-9])[0-9]{0,5} (?:[a-z]{3,14} ){1,3}"
    r"(?:street|avenue|road|boulevard|lane|drive|court|terrace)\b"
)
PO_BOX = re.compile(rf"P(?<!\wP)\.? ?O\.? Box [0-9]{{1,6}}{TOWN}{TAIL}")
ZIP_LINE = re.compile(rf"{WORD}(?: {WORD}){{0,2}}, (?:{STATE}) [0-9]{{5}}(?:-[0-9]{{4}})?\b")
EURO = re.compile(
    r"[A-ZÄÖÜ](?<![\w][A-ZÄÖÜ])[a-zäöüß]{2,20}(?:straße|strasse|str\.|gasse|weg|platz|allee) [0-9]{1,4}[a-z]?"
    r"(?:, [0-9]{4,5} [A-ZÄÖÜ][\wäöüß\-]{2,20})?"
)

NUMERAL = "0-9０-９〇零一二三四五六七八九十百"
HAN = "\u4e00-\u9fff"
# A road name right before a number, then everything that narrows it down.
ROAD = "(?:大道|大街|胡同|路|街|巷|弄|里|道|段|村|庄|屯|镇|乡|组|社)"
UNITS = (
    f"(?:[ \\-－—,，]?(?:[{NUMERAL}A-Za-z甲乙丙丁东西南北\\-－]{{1,6}}"
    "(?:号楼|号院|号|弄|栋|幢|座|单元|层|楼|室|门|房|户|组|区|队|#)"
    f"|[{HAN}]{{2,8}}?(?:小区|花园|家园|大厦|公寓|广场|苑|公馆|中心|山庄|新村|国际|大楼|社区|村)"
    f"|[{NUMERAL}]{{3,5}}(?![0-9]))){{0,7}}"
)
ZH_NUMBER = re.compile(
    f"[路街巷弄里道段村庄屯镇乡组社同园区厦苑院][ ]?[{NUMERAL}]{{1,6}}[ ]?"
    f"(?:[-－之][0-9]{{1,4}})?(?:号|弄|號|栋|幢|座|组|单元){UNITS}"
)
ZH_ROAD = re.compile(f"[县区市镇乡道州]([{HAN}]{{2,6}}(?:大道|大街|路|街|巷|胡同|镇|乡|街道|村)){UNITS}")
LEFT = re.compile(f"[{HAN}{NUMERAL}]{{1,32}}$")
STOP = re.compile(
    "(?:地址|住址|住所地|住所|位于|居住|家住|现住|住在|寄到|寄往|送到|送至|寄至|搬到|来到|地点|就在|定在|设在|改为|改成|坐落|前往|工厂|公司|户籍|籍贯|[在住至到往为是于去从和与及或即按把将])"
)


def english_addresses(text: str) -> Iterator[tuple[int, int, float]]:
    """(start, end, score)."""
    for match in STREET_ADDRESS.finditer(text):
        rest = text[match.start() : match.end()]
        yield match.start(), match.end(), 0.9 if "," in rest or len(rest) > 28 else 0.75
    for match in LOWER_ADDRESS.finditer(text):
        yield match.start(), match.end(), 0.6
    for match in PO_BOX.finditer(text):
        yield match.start(), match.end(), 0.85
    for match in ZIP_LINE.finditer(text):
        yield match.start(), match.end(), 0.85
    for match in EURO.finditer(text):
        yield match.start(), match.end(), 0.7


def chinese_addresses(text: str) -> Iterator[tuple[int, int, float]]:
    for match in ZH_NUMBER.finditer(text):
        number = match.start() + 1  # behind the road's own last character
        start = _left_edge(text, number)
        if number - start >= 3:
            yield start, match.end(), 0.9 if _division_at(text, start) else 0.7
    for match in ZH_ROAD.finditer(text):
        start = _left_edge(text, match.start(1))
        division = _division_at(text, start)
        if division and match.start(1) - start >= 2:
            yield start, match.end(), 0.65


def _division_at(text: str, start: int) -> bool:
    table = chinese_places()
    return any(text[start : start + n] in table for n in (2, 3, 4, 5))


def _left_edge(text: str, end: int) -> int:
    """Where an address that runs up to `end` begins: its leftmost division, else behind the last stop word."""
    window = LEFT.search(text, max(0, end - 32), end)
    if window is None:
        return end
    begin = window.start()
    stops = list(STOP.finditer(text, begin, end - 2))
    table = chinese_places()
    first = stops[-1].end() if stops else begin
    for i in range(begin, end - 1):
        kinds = [table.get(text[i : i + n]) for n in (5, 4, 3, 2)]
        if any(kinds) and (kinds[-1] is None or any(kinds[:-1]) or i >= first or text[i : i + 2] in table):
            late = [s.end() for s in stops if s.end() > i and text[s.start() : s.end()] not in "区县市省去和"]
            if not late or i >= first:
                return i
    return first
