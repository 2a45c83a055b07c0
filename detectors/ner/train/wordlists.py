"""Writes `lexicon.txt` from open lists: jieba (MIT), Faker (MIT), OpenCC (Apache-2.0), Administrative divisions of
China (WTFPL), GeoNames world cities (CC BY 4.0), and what `detectors/data` holds already."""

from __future__ import annotations

import csv
import functools
import gzip
import importlib.util
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from detectors.names.lexicon import chinese_characters, compound_surnames, english_places, english_words, word_list
from detectors.ner.embedded.features import HAN, plain
from detectors.ner.train.corpora import CorporaError
from detectors.ner.train.tokens import listed

LOCALES = listed(
    "en_US en_GB en_IN en_AU en_CA en_NZ en_IE de_DE fr_FR es_ES es_MX it_IT pl_PL nl_NL pt_BR sv_SE da_DK no_NO "
    "tr_TR cs_CZ fi_FI hr_HR ro_RO id_ID en_PH vi_VN hu_HU en_TH en_NG",
)
TITLES = listed(
    "先生 女士 小姐 太太 夫人 老师 教授 博士 医生 大夫 护士 主任 院长 校长 律师 法官 警官 经理 总经理 总监 总裁 董事长 "
    "董事 书记 主席 总统 总理 部长 局长 处长 科长 厅长 市长 省长 县长 "
    "镇长 村长 队长 教练 师傅 阿姨 叔叔 同学 同志 女儿 儿子 "
    "妈妈 爸爸 爷爷 奶奶 哥哥 姐姐 弟弟 妹妹 老板 秘书 会计 工程师 设计师 记者 导演 演员 歌手 "
    "作家 总 哥 姐 叔 姨 局 处 工 董"
)
ADDRESS = "省市区县旗盟州镇乡村街道路巷弄胡同里号栋幢座楼层室单元苑园庄湾屯组院"
TAILS = "司院校局部会行店厂所社团馆中心大学队公集银报台站委组织署厅处庭"
SOUNDS = (
    "阿艾安奥巴班贝本比伯博布查达戴丹德迪丁多厄恩尔法菲费弗福盖戈格古哈海赫霍基加杰卡凯科克库拉莱兰劳雷里利林卢鲁伦罗马迈曼梅米莫姆"
    "穆纳内尼诺帕佩皮普奇乔切琼萨塞森沙舍史斯苏索塔泰特托瓦威维沃西谢辛雅亚伊约扎詹珍朱兹娜莎丽蒂蕾黛"
)


def divisions(data: Path) -> dict[str, Any]:
    """Province -> city -> district -> [street]."""
    with gzip.open(data / "lists" / "admin_divisions_cn.pcas.json.gz", "rt", encoding="utf-8") as file:
        return json.load(file)  # type: ignore[no-any-return]


def cities(data: Path) -> list[dict[str, str]]:
    """Rows with `name`, `country`, `subcountry`."""
    with gzip.open(data / "lists" / "world_cities.world-cities.csv.gz", "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def packed(package: str, name: str) -> str:
    """A text file of an installed package, which is not imported: their modules do work at import."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CorporaError(f"the package {package} is missing; install it with: pip install 'redline-gateway[train]'")
    return (Path(spec.submodule_search_locations[0]) / name).read_text("utf-8")


@functools.cache
def jieba_words() -> list[tuple[str, int, str]]:
    """(word, frequency, part of speech) of jieba's dictionary, read as a file."""
    text = packed("jieba", "dict.txt")
    rows = (line.split() for line in text.splitlines())
    return [(row[0], int(row[1]), row[2]) for row in rows if len(row) == 3]


def simplified() -> list[str]:
    """Pairs of a traditional character and its simplified one."""
    text = packed("opencc", "dictionary/TSCharacters.txt")
    rows = (line.split() for line in text.splitlines())
    return [
        row[0] + row[1]
        for row in rows
        if len(row) > 1 and len(row[0]) == len(row[1]) == 1 and row[0] != row[1] < "\U00010000"
    ]


def short(place: str) -> str:
    """A division without its suffix, where something is left."""
    cut = re.sub("(特别行政区|[壮回维]?[吾尔族]*自治区|自治[州县]|省|市|区|县)$", "", place)
    return cut if len(cut) > 1 else place


def chinese_places(data: Path) -> set[str]:
    found: set[str] = set()
    for province, towns in divisions(data).items():
        found |= {province, short(province)}
        for town, districts in towns.items():
            found |= {town, short(town)}
            for district in districts:
                found |= {district, short(district)}
    return {p for p in found if 2 <= len(p) <= 8 and HAN.fullmatch(p) and p not in {"市辖区", "县"}}


def _like_a_name(word: str) -> bool:
    """jieba marks many idioms as names."""
    table = chinese_characters()
    surname = len(word) <= 3 and word[0] in table and table[word[0]][0] >= 3
    return surname or word[:2] in compound_surnames() or set(word) <= set(SOUNDS)


def chinese_lines(data: Path) -> Iterator[tuple[str, Iterable[str]]]:
    sets: dict[str, set[str]] = {"zh-person": set(), "zh-place": chinese_places(data), "zh-org": set()}
    common: set[str] = set()
    for word, count, kind in jieba_words():
        if not 2 <= len(word) <= 8 or not HAN.fullmatch(word):
            continue
        if kind.startswith("nr"):
            if _like_a_name(word):
                sets["zh-person"].add(word)
        elif kind == "ns":
            if word[0] != "一":
                sets["zh-place"].add(word)
        elif kind in {"nt", "nz"}:
            sets["zh-org"].add(word)
        elif count >= 20:
            common.add(word)
    yield from sets.items()
    yield "zh-word", common
    table = chinese_characters()
    yield "zh-surname", {c for c, v in table.items() if v[0] >= 3} | {c for s in compound_surnames() for c in s[:1]}
    yield "zh-given", {c for c, v in table.items() if max(v[1:]) >= 6}
    yield "zh-address", set(ADDRESS)
    yield "zh-tail", set(TAILS)
    yield "zh-sound", set(SOUNDS)
    yield "zh-title", set(TITLES)


def faker_names() -> tuple[set[str], set[str]]:
    from faker import Faker

    first: set[str] = set()
    last: set[str] = set()
    for locale in LOCALES:
        for provider in Faker(locale).get_providers():
            for attribute in ("first_names", "first_names_male", "first_names_female"):
                first |= set(getattr(provider, attribute, ()) or ())
            last |= set(getattr(provider, "last_names", ()) or ())
    return _words(first), _words(last)


def _words(names: Iterable[str]) -> set[str]:
    return {w for name in names for w in re.findall("[a-z]{2,}", plain(str(name)))}


def english_lines(data: Path) -> Iterator[tuple[str, Iterable[str]]]:
    first, last = faker_names()
    common = set()
    for word, code in english_words().items():
        if not word.isalpha():
            continue
        if code[0] >= "3":
            first.add(word)
        if code[1] >= "3":
            last.add(word)
        if code[2] >= "6" and len(word) > 1:
            common.add(word)
    pinyin = {plain(w) for w in (*word_list("en-pinyin-pinyin"), *word_list("en-pinyin-families"))}
    yield "en-first", first | pinyin
    yield "en-last", last | {w for w in pinyin if len(w) < 6}
    places = {w for p in english_places() for w in p.split("_") if len(w) > 3}
    for row in cities(data):
        places |= {w for w in _words((row["name"], row["country"], row["subcountry"] or "")) if len(w) > 3}
    yield "en-place", places
    yield "en-org", word_list("en-organization-words")
    titles = "mr mrs ms miss mx dr prof professor sir madam lord lady sen rep gen capt president minister judge"
    yield "en-title", set(titles.split())
    yield "en-common", common


def write_lexicon(data: Path, path: Path) -> None:
    lines = []
    for code, words in (*chinese_lines(data), *english_lines(data), ("t2s", simplified())):
        kept = sorted({w for w in words if w and not w.isspace()})
        single = code in {"zh-surname", "zh-given", "zh-address", "zh-tail", "zh-sound"}
        lines.append(f"{code} {('' if single else ' ').join(kept)}")
    path.write_text("\n".join(lines) + "\n", "utf-8")
