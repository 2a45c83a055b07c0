"""How people put things: requests, details, fillers, punctuation. All of it varies, none of it changes the answer."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Final

from model_backend.default.catalogue import Language, Matter
from model_backend.default.slots import INDICES, SLOTS

_PAIRS: Final = {
    ",": "\uff0c",
    "!": "\uff01",
    "?": "\uff1f",
    ":": "\uff1a",
    ";": "\uff1b",
    "(": "\uff08",
    ")": "\uff09",
}
_FULL: Final = str.maketrans(_PAIRS)
_LETTERS: Final = "etaoinshrdlucmfwypvbgkjqxz"


def full_width(text: str) -> str:
    """Chinese punctuation."""
    return text.translate(_FULL)


@dataclass(slots=True)
class Draft:
    """One sample in the making."""

    rng: random.Random
    language: Language
    used: set[str] = field(default_factory=set)

    def placeholder(self, slot: str) -> str:
        """A placeholder of this kind that the sample does not hold yet."""
        free = [index for index in range(1, INDICES + 1) if f"<{slot}_{index}>" not in self.used]
        if not free:
            return self.placeholder("VALUE") if slot != "VALUE" else "<VALUE_1>"
        index = self.rng.choice(free)
        chosen = f"<{slot}_{index}>"
        self.used.add(chosen)
        return chosen

    def slot(self) -> str:
        """A kind of detail, by weight."""
        names = [name for name in SLOTS if name != "PERSON"]
        return self.rng.choices(names, weights=[SLOTS[name].weight for name in names])[0]


def noise_word(draft: Draft) -> str:
    """A word that the model has not seen: random Han characters or letters."""
    rng = draft.rng
    if draft.language.code == "zh" and rng.random() < 0.85:
        return "".join(chr(rng.randint(0x4E00, 0x8FFF)) for _ in range(rng.randint(1, 4)))
    weights = range(len(_LETTERS) + 6, 6, -1)
    return "".join(rng.choices(_LETTERS, weights=weights, k=rng.randint(2, 9)))


def _detail(draft: Draft, slot: str) -> str:
    """A value with or without its label: 手机<PHONE_NUMBER_1>, card: <CREDIT_CARD_1>."""
    rng, value = draft.rng, draft.placeholder(slot)
    if rng.random() < 0.2:
        return value
    asks = SLOTS[slot].zh_asks if draft.language.code == "zh" else SLOTS[slot].en_asks
    word = rng.choice(asks)
    if draft.language.code == "zh":
        return f"{word}{rng.choice(('', '', '是', ':', '为', ' '))}{value}" if word else value
    return f"{word}{rng.choice((' ', ' ', ': ', ' is ', ' number '))}{value}" if word else value


def details(draft: Draft, count: int, person: float) -> str:
    """`count` details, perhaps led by a person."""
    rng, zh = draft.rng, draft.language.code == "zh"
    parts = []
    if rng.random() < person:
        name = draft.placeholder("PERSON")
        forms: tuple[str, ...] = (
            ("{}", "客户{}", "我叫{}", "我是{}", "姓名{}", "姓名:{}", "用户{}")
            if zh
            else ("{}", "customer {}", "my name is {}", "I am {}", "name: {}", "this is {}")
        )
        parts.append(rng.choice(forms).format(name))
    for _ in range(count):
        roll = rng.random()
        parts.append(_detail(draft, "AMOUNT" if roll < 0.08 else "DATE" if roll < 0.16 else draft.slot()))
    joint = rng.choice((",", ",", "、", ";", " ")) if zh else rng.choice((", ", ", ", "; ", " and ", " "))
    return joint.join(parts)


def _who(draft: Draft) -> str:
    """The addressee: mostly a protected name, sometimes a raw one or nobody."""
    rng, zh = draft.rng, draft.language.code == "zh"
    roll = rng.random()
    if roll < 0.12:
        return rng.choice(draft.language.raw_names) if rng.random() < 0.5 else noise_word(draft).title()
    forms: tuple[str, ...] = (
        ("{}", "{}", "{}", "客户{}", "{}先生", "{}女士")
        if zh
        else ("{}", "{}", "{}", "our customer {}", "Mr. {}", "Ms. {}")
    )
    who = rng.choice(forms).format(draft.placeholder("PERSON"))
    if rng.random() < 0.55:
        inner = (",".join if zh else ", ".join)(
            _detail(draft, draft.slot()) for _ in range(rng.choice((1, 1, 2, 2, 3)))
        )
        who += (
            rng.choice((f"({inner})", f",{inner}", f",{inner},"))
            if zh
            else rng.choice((f" ({inner})", f", {inner},", f", {inner}"))
        )
    return who


def _facts(draft: Draft) -> str:
    """Amount, date and other details that follow a request."""
    rng, zh = draft.rng, draft.language.code == "zh"
    parts: list[str] = []
    if rng.random() < 0.45:
        value = draft.placeholder("AMOUNT")
        forms: tuple[str, ...] = (
            ("金额{}", "金额为{}", "应还{}", "{}", "共{}", "欠款{}")
            if zh
            else ("amount {}", "for {}", "amount due {}", "{}", "of {}", "he owes {}")
        )
        parts.append(rng.choice(forms).format(value))
    if rng.random() < 0.45:
        value = draft.placeholder("DATE")
        forms = (
            ("{}到期", "日期{}", "到期日{}", "{}前", "时间{}", "截止{}", "{}")
            if zh
            else ("due {}", "by {}", "due on {}", "on {}", "date {}", "before {}", "due date {}", "{}")
        )
        parts.append(rng.choice(forms).format(value))
    if rng.random() < 0.35:
        parts += [_detail(draft, draft.slot()) for _ in range(rng.randint(1, 2))]
    rng.shuffle(parts)
    joint = rng.choice((",", ",", ",", "、", ";", "。")) if zh else rng.choice((", ", ", ", "; ", " "))
    return "".join(joint + part for part in parts)


_ZH_LETTERS: Final = (
    "给{who}写一条{topic}{facts}",
    "给{who}写{topic}{facts}",
    "写一封{topic}给{who}{facts}",
    "给{who}发{topic}{facts}",
    "起草一份{topic},收件人{who}{facts}",
    "{topic}:{who}{facts}",
    "写一条发给{who}的{topic}{facts}",
    "{who}{facts}。写一条{topic}",
    "客户信息:{who}{facts}。根据以上信息写{topic}",
    "为{who}拟一条{topic}{facts}",
    "向{who}发送{topic}{facts}",
    "给{who}编辑一条{topic}{facts}",
    "生成{topic},对象是{who}{facts}",
)
_EN_LETTERS: Final = (
    "{verb} {a} {noun} to {who} {tail}{facts}",
    "{verb} {a} {noun} {tail} to {who}{facts}",
    "{verb} {a} {noun} for {who} {tail}{facts}",
    "{verb} {who} {a} {noun} {tail}{facts}",
    "{who}{facts}. {verb} {a} {noun} {tail}",
    "{noun} {tail} to {who}{facts}",
    "{verb} {a} {noun} {tail}: {who}{facts}",
    "Customer: {who}{facts}. {verb} {a} {noun} {tail}",
)
_EN_VERBS: Final = ("write", "draft", "send", "prepare", "compose", "write", "draft", "create")
_EN_ARTICLES: Final = ("a", "a", "a short", "an", "the", "a polite", "a brief", "a friendly")


def letter_request(draft: Draft, matter: Matter) -> str:
    """A request for a letter on `matter`, or the customer's own words."""
    rng, zh = draft.rng, draft.language.code == "zh"
    if rng.random() < 0.22:
        return _own_words(draft, matter)
    noun, tail = rng.choice(matter.topics)
    if rng.random() < 0.08:  # to nobody
        return (
            f"写一条{noun}{_facts(draft)}"
            if zh
            else f"{rng.choice(_EN_VERBS)} {rng.choice(_EN_ARTICLES)} {noun} {tail}{_facts(draft)}"
        )
    slots = {"who": _who(draft), "facts": _facts(draft), "topic": noun, "noun": noun, "tail": tail}
    if zh:
        return rng.choice(_ZH_LETTERS).format(**slots)
    request = rng.choice(_EN_LETTERS).format(**slots, verb=rng.choice(_EN_VERBS), a=rng.choice(_EN_ARTICLES))
    return request.replace("  ", " ").replace(" ,", ",").replace(" :", ":").strip()


def _own_words(draft: Draft, matter: Matter) -> str:
    rng, zh = draft.rng, draft.language.code == "zh"
    say = rng.choice(matter.says)
    stop = rng.choice((",", "。")) if zh else rng.choice((". ", ", "))
    facts = details(draft, rng.randint(1, 3), person=0.85)
    return rng.choice((f"{facts}{stop}{say}{_facts(draft)}", f"{say}{stop}{facts}{_facts(draft)}"))


def decorate(draft: Draft, text: str, *, fillers: bool = True) -> str:
    """Politeness, fillers, endings, full or half width, upper or lower case at the start."""
    rng, language = draft.rng, draft.language
    zh = language.code == "zh"
    opening = rng.choice(language.politeness)
    text = opening + text
    if fillers and rng.random() < 0.25:
        filler = (
            rng.choice(language.fillers)
            if rng.random() < 0.7
            else ("" if zh else " ").join(noise_word(draft) for _ in range(rng.randint(1, 5)))
        )
        stop = rng.choice((",", "。")) if zh else ". "
        text = f"{text}{stop}{filler}" if rng.random() < 0.6 else f"{filler}{stop}{text}"
    text += rng.choice(language.endings)
    if not zh:
        return text[:1].upper() + text[1:] if rng.random() < 0.8 else text
    wide = rng.choice((0.0, 0.5, 1.0, 1.0))
    return "".join(full_width(sign) if rng.random() < wide else sign for sign in text)
