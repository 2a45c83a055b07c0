"""Questions and answers for the demo model, drawn from the catalogues with a seeded generator.

One rule makes every answer a function of its question: the first person is addressed, the first amount and date
take their places in the text, and every other placeholder is repeated once, in the order of the question.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from model_backend.default.catalogue import Language, Matter
from model_backend.default.catalogue_en import EN
from model_backend.default.catalogue_zh import ZH
from model_backend.default.phrasing import Draft, decorate, details, full_width, letter_request, noise_word
from model_backend.default.slots import INDICES, SLOTS

PLACEHOLDER: Final = re.compile(r"<([A-Z_]+)_([1-9])>")


@dataclass(frozen=True, slots=True)
class Sample:
    """One question with its one right answer."""

    kind: str
    lang: str
    question: str
    answer: str


def samples(seed: int) -> Iterator[Sample]:
    """An endless, reproducible stream."""
    rng = random.Random(seed)  # noqa: S311 - a corpus, not a secret
    while True:
        yield sample(rng)


def copies(seed: int) -> Iterator[Sample]:
    """Copy drills only: what a fresh model learns first, since every other answer needs it."""
    rng = random.Random(seed)  # noqa: S311
    while True:
        language = rng.choice((ZH, EN))
        question, answer = _copy(Draft(rng, language))
        yield Sample("copy", language.code, question, answer)


def sample(rng: random.Random) -> Sample:
    """One sample; letters are the most frequent kind."""
    language = rng.choice((ZH, EN))
    kind = rng.choices(tuple(_KINDS), weights=tuple(weight for weight, _ in _KINDS.values()))[0]
    question, answer = _numbered(rng, *_KINDS[kind][1](Draft(rng, language)))
    if language.code == "zh" and kind not in ("extract", "copy"):
        answer = full_width(answer)
    return Sample(kind, language.code, question, answer)


def _numbered(rng: random.Random, question: str, answer: str) -> tuple[str, str]:
    """Number the placeholders as the server does: in the order of the question, whatever their kinds.

    The number then says what comes next, which is what a small model finds hard. Mostly from 1, as there.
    """
    first = 0 if rng.random() < 0.7 else rng.randrange(INDICES)
    names: dict[str, str] = {}
    for match in PLACEHOLDER.finditer(question):
        if match.group() not in names:
            names[match.group()] = f"<{match.group(1)}_{(first + len(names)) % INDICES + 1}>"
    if len(set(names.values())) < len(names):
        return question, answer
    return tuple(PLACEHOLDER.sub(lambda match: names[match.group()], text) for text in (question, answer))  # type: ignore[return-value]


def _letter(draft: Draft) -> tuple[str, str]:
    matter = draft.rng.choice(draft.language.matters)
    question = decorate(draft, letter_request(draft, matter))
    return question, letter_answer(draft.language, matter, question)


def letter_answer(language: Language, matter: Matter, question: str) -> str:
    """The letter on `matter` that repeats every placeholder of `question` once."""
    rest = list(dict.fromkeys(match.group() for match in PLACEHOLDER.finditer(question)))
    person, amount, date = (_take(rest, name) for name in ("PERSON", "AMOUNT", "DATE"))
    zh = language.code == "zh"
    addressee = person or ("客户" if zh else "customer")
    parts = [f"尊敬的{addressee},您好!" if zh else f"Dear {addressee},", matter.body]
    parts += [matter.amount.format(amount)] if amount else []
    parts += [matter.date.format(date)] if date else []
    parts += (
        [f"登记信息:{_labelled(language, rest)}。" if zh else f"Details: {_labelled(language, rest)}."] if rest else []
    )
    return ("" if zh else " ").join([*parts, matter.closing])


def _take(rest: list[str], name: str) -> str | None:
    """Remove and return the first placeholder of a kind."""
    for placeholder in rest:
        if placeholder.startswith(f"<{name}_") and placeholder[len(name) + 2 :].rstrip(">").isdigit():
            rest.remove(placeholder)
            return placeholder
    return None


def label(language: Language, placeholder: str) -> str:
    """What answers call this value."""
    slot = SLOTS[placeholder[1:].rpartition("_")[0]]
    return slot.zh if language.code == "zh" else slot.en


def _labelled(language: Language, placeholders: list[str]) -> str:
    zh = language.code == "zh"
    return (",".join if zh else ", ".join)(f"{label(language, each)}{'' if zh else ' '}{each}" for each in placeholders)


def _note(draft: Draft) -> tuple[str, str]:
    zh = draft.language.code == "zh"
    matter = draft.rng.choice(draft.language.matters)
    facts = details(draft, draft.rng.randint(1, 4), person=0.9)
    cause = draft.rng.choice([matter.name, matter.topics[0][0], matter.says[0]])
    if zh:
        verb = draft.rng.choice(
            ("总结", "记录来电", "写一条来电记录", "概括", "整理成工单", "做个备注", "写一份通话纪要")
        )
        order = draft.rng.choice(
            (f"{verb}:{facts},事项{cause}", f"{verb}:{facts},关于{cause}", f"客户来电{cause},{facts}。请{verb}")
        )
    else:
        verb = draft.rng.choice(
            ("Summarise", "Summarize the call", "Make a note", "Write a ticket", "Sum up", "Log this call")
        )
        order = draft.rng.choice(
            (f"{verb}: {facts}, about {cause}", f"{facts} called about {cause}. {verb}", f"{verb}: {cause}, {facts}")
        )
    question = decorate(draft, order)
    found = list(dict.fromkeys(match.group() for match in PLACEHOLDER.finditer(question)))
    listed = _labelled(draft.language, found)
    return question, f"记录:{matter.name}。{listed}。" if zh else f"Note: {matter.name}. {listed}."


def _extract(draft: Draft) -> tuple[str, str]:
    zh = draft.language.code == "zh"
    facts = details(draft, draft.rng.randint(1, 4), person=0.8)
    if zh:
        order = draft.rng.choice(
            (
                f"提取信息:{facts}",
                f"{facts},请整理成JSON",
                f"从这句话抽取字段:{facts}",
                f"把下面的信息转成JSON:{facts}",
                f"抽取实体:{facts}",
                f"{facts}。提取以上信息",
                f"识别其中的个人信息:{facts}",
                f"输出JSON:{facts}",
            )
        )
    else:
        order = draft.rng.choice(
            (
                f"Extract the fields: {facts}",
                f"{facts}. Return JSON",
                f"Turn this into JSON: {facts}",
                f"Extract details: {facts}",
                f"Extract entities from: {facts}",
                f"Get the data as JSON: {facts}",
                f"List the personal data in this text as JSON: {facts}",
                f"Parse this: {facts}",
            )
        )
    question = decorate(draft, order)
    fields: dict[str, str] = {}
    for placeholder in dict.fromkeys(match.group() for match in PLACEHOLDER.finditer(question)):
        key = label(draft.language, placeholder)
        count = sum(name.rstrip("2345678") == key for name in fields)
        fields[f"{key}{count + 1}" if count else key] = placeholder
    return question, json.dumps(fields, ensure_ascii=False)


def _lookup(draft: Draft) -> tuple[str, str]:
    zh = draft.language.code == "zh"
    facts = details(draft, draft.rng.randint(2, 4), person=0.7)
    kinds = [match.group(1) for match in PLACEHOLDER.finditer(facts)]
    single = [match for match in PLACEHOLDER.finditer(facts) if kinds.count(match.group(1)) == 1]
    if not single:
        return _extract(draft)
    target = draft.rng.choice(single).group()
    name = label(draft.language, target)
    if zh:
        ask = draft.rng.choice(
            (
                f"{facts}。{name}是多少",
                f"{facts},请问{name}是什么",
                f"根据信息回答{name}:{facts}",
                f"{facts}。客户的{name}是?",
            )
        )
        return decorate(draft, ask, fillers=False), f"{name}是{target}。"
    ask = draft.rng.choice(
        (f"{facts}. What is the {name}", f"What is the {name}? {facts}", f"{facts}. Tell me the {name}")
    )
    return decorate(draft, ask, fillers=False), f"The {name} is {target}."


def _copy(draft: Draft) -> tuple[str, str]:
    rng = draft.rng
    items = [draft.placeholder(rng.choice(tuple(SLOTS))) for _ in range(rng.randint(1, 6))]
    line = rng.choice((" ", ",", "、", ", ", ";")).join(items)
    verbs = (
        ("重复:", "复述:", "请原样重复 ", "照抄:")
        if draft.language.code == "zh"
        else ("Repeat: ", "Copy: ", "Say ", "Echo ")
    )
    return rng.choice(verbs) + line, line


def _with_kept(draft: Draft, question: str, answer: str, chance: float) -> tuple[str, str]:
    """Now and then, put details into a question whose answer needs none: the answer then repeats them."""
    rng, language = draft.rng, draft.language
    if rng.random() < chance:
        facts = details(draft, rng.randint(1, 4), person=0.6)
        stop = "。" if language.code == "zh" else ". "
        question = rng.choice((f"{facts}{stop}{question}", f"{question}{stop}{facts}"))
    question = decorate(draft, question, fillers=rng.random() < 0.3)
    found = list(dict.fromkeys(match.group() for match in PLACEHOLDER.finditer(question)))
    if not found:
        return question, answer
    zh = language.code == "zh"
    kept = language.kept.format(("、" if zh else ", ").join(found))
    return question, answer + ("" if zh else " ") + kept


def _faq(draft: Draft) -> tuple[str, str]:
    questions, answer = draft.rng.choice(draft.language.faq)
    return _with_kept(draft, draft.rng.choice(questions), answer, 0.15)


def _refuse(draft: Draft) -> tuple[str, str]:
    return decorate(draft, draft.rng.choice(draft.language.refusals), fillers=False), draft.language.refusal


def _identity(draft: Draft) -> tuple[str, str]:
    return decorate(draft, draft.rng.choice(draft.language.identity), fillers=False), draft.language.identity_answer


def _greeting(draft: Draft) -> tuple[str, str]:
    return draft.rng.choice(draft.language.greetings) + draft.rng.choice(
        ("", "!", "。", "!")
    ), draft.language.greeting_answer


def _thanks(draft: Draft) -> tuple[str, str]:
    return draft.rng.choice(draft.language.thanks) + draft.rng.choice(
        ("", "!", "。", "!")
    ), draft.language.thanks_answer


def _unknown(draft: Draft) -> tuple[str, str]:
    rng, language = draft.rng, draft.language
    if rng.random() < 0.2:  # no words that it has ever seen
        question = ("" if language.code == "zh" else " ").join(noise_word(draft) for _ in range(rng.randint(1, 12)))
    else:
        question = rng.choice(language.unknown)
        while "{}" in question:
            thing = rng.choice(language.unknown_things) if rng.random() < 0.6 else noise_word(draft)
            question = question.replace("{}", thing, 1)
    return _with_kept(draft, question, language.unknown_answer, 0.4)


_KINDS: Final[dict[str, tuple[int, Callable[[Draft], tuple[str, str]]]]] = {
    "letter": (42, _letter),
    "note": (9, _note),
    "extract": (11, _extract),
    "lookup": (5, _lookup),
    "copy": (8, _copy),
    "faq": (7, _faq),
    "refuse": (3, _refuse),
    "identity": (3, _identity),
    "greeting": (1, _greeting),
    "thanks": (1, _thanks),
    "unknown": (13, _unknown),
}
KINDS: Final = tuple(_KINDS)
