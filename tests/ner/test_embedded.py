"""The model that ships: what it must find alone, at any position, and what it must never find."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import sys
from pathlib import Path

import pytest

from detectors.ner.embedded import MODEL
from detectors.ner.embedded.runtime import EmbeddedRuntime
from detectors.ner.models.load import open_runtime
from detectors.ner.models.manifest import check
from detectors.ner.reading.reader import Reader
from detectors.ner.runtime import ProfileError, Runtime, RuntimeSettings
from gateway.tokens import format_token, mint_body

MOST_BYTES = 25_000_000
ALONE = [
    ("张伟", "张伟", "PERSON"),
    ("李娜女士", "李娜", "PERSON"),
    ("欧阳修远", "欧阳修远", "PERSON"),
    ("John Smith", "John Smith", "PERSON"),
    ("O'Brien", "O'Brien", "PERSON"),
    ("my name is john smith", "john smith", "PERSON"),
    ("北京市朝阳区建国路88号", "北京市朝阳区建国路88号", "ADDRESS"),
    ("221B Baker Street, London", "221B Baker Street", "ADDRESS"),
    ("我叫张伟，住在北京市朝阳区建国路88号。", "张伟", "PERSON"),
    ("我叫张伟，住在北京市朝阳区建国路88号。", "北京市朝阳区建国路88号", "ADDRESS"),
    ("請聯絡歐陽修遠先生", "歐陽修遠", "PERSON"),
    ("Please ask O'Brien to call Dr. Li.", "O'Brien", "PERSON"),
    ("JOHN SMITH WAS HERE", "JOHN SMITH", "PERSON"),
    ("She flew to Paris with Maria Garcia.", "Paris", "LOCATION"),
    ("张总让我给李总打电话。", "张", "PERSON"),
    ("麻烦转告王姐，快递到了", "王姐", "PERSON"),
    ("张伟：男，中国国籍，本科学历", "中国", "LOCATION"),
    ("name,dept,salary\njohn smith,sales,100\nmary jones,hr,200", "mary jones", "PERSON"),
    ("姓名,城市\n张伟,北京\n李娜,上海", "李娜", "PERSON"),
    ("wang xiaoming called me", "wang xiaoming", "PERSON"),
]


@pytest.fixture(scope="module")
def runtime() -> EmbeddedRuntime:
    loaded = open_runtime("embedded")
    assert isinstance(loaded, EmbeddedRuntime)
    assert isinstance(loaded, Runtime)
    return loaded


def said(runtime: EmbeddedRuntime, text: str) -> list[tuple[str, str]]:
    return [(text[start:end], label) for start, end, label, _ in runtime.find(text)]


def test_what_it_must_find_alone(runtime: EmbeddedRuntime) -> None:
    for text, part, label in ALONE:
        found = said(runtime, text)
        assert any(part in piece and kind == label for piece, kind in found), (text, found)


def test_offsets_are_code_points_whatever_stands_before(runtime: EmbeddedRuntime) -> None:
    for before in ("", "😀👩‍👩‍👧 ", "cafe\u0301 \r\n", "𠀀𠮷。", "\ud83d ", "ＡＢＣ：", "\u202e \u00ad", "\t\t"):
        for name, after in (("John Smith", " called me."), ("张伟", "昨天打来电话。")):
            text = f"{before}{name}{after}"
            found = [(start, end) for start, end, label, _ in runtime.find(text) if label == "PERSON"]
            assert (len(before), len(before) + len(name)) in found, (before, name, runtime.find(text))


FILLER = {
    "en": "the report was sent on time and nothing else happened that day, so we went on. ",
    "zh": "报告已经按时提交，当天没有发生别的事情，大家继续工作。",
}


def test_a_name_at_any_position_of_a_long_text_is_seen(runtime: EmbeddedRuntime) -> None:
    rng = random.Random(4)
    for lang, sentence in (("en", "My name is John Smith. "), ("zh", "我叫欧阳修远。")):
        name = "John Smith" if lang == "en" else "欧阳修远"
        for _ in range(4):
            parts = [FILLER[lang]] * 25
            parts.insert(rng.randrange(26), sentence)
            text = "".join(parts)
            at = text.index(name)
            found = [(s, e) for s, e, label, _ in runtime.find(text) if label == "PERSON"]
            assert found == [(at, at + len(name))]


def test_nothing_is_cut_off(runtime: EmbeddedRuntime) -> None:
    text = "张" * 1000 + "\n" + "word " * 700
    reading = runtime.prepare(text)
    windows, offsets = reading.state
    kept = [i for w in windows for i in range(w.keep_first, w.keep_last)]
    assert kept == list(range(len(offsets)))
    assert offsets[-1][1] == len(text.rstrip())
    assert max(len(chunk) for chunk in reading.chunks) <= 256
    assert runtime.find("") == runtime.find(" \r\n ") == []


def test_an_answer_does_not_depend_on_its_company(runtime: EmbeddedRuntime) -> None:
    chunks = [chunk for text, _, _ in ALONE for chunk in runtime.prepare(text).chunks]
    together = runtime.forward(chunks)
    for chunk, answer in zip(chunks, together, strict=True):
        assert (runtime.forward([chunk])[0] == answer).all()


def test_own_tokens_are_never_found(runtime: EmbeddedRuntime) -> None:
    rng = random.Random(5)
    forms = (
        "{t}",
        "My name is {t}.",
        "我叫{t}，住在{t}。",
        "[{t}]",
        "Dear {t},\n{t} lives at {t}",
        "{t}女士",
        "Dr. {t}",
        "{t}{t}",
    )
    labels = ("PERSON", "LOCATION", "ADDRESS", "ORGANIZATION", "EMAIL_ADDRESS", "DATE_OF_BIRTH")
    for number in range(48):
        label = rng.choice(labels)
        token = format_token(label, mint_body(rng.randbytes(8), label))
        token = token.lower() if number % 7 == 0 else token.replace("_", "\\_") if number % 7 == 1 else token
        text = forms[number % len(forms)].format(t=token)
        taken = [(i, i + len(token)) for i in range(len(text)) if text.startswith(token, i)]
        for start, end, _, _ in runtime.find(text):
            assert all(end <= a or b <= start for a, b in taken), (text, text[start:end])


def test_plain_text_has_no_people(runtime: EmbeddedRuntime) -> None:
    for text in (
        "def load_user(path: Path) -> User:\n    return User.parse(path.read_text())\n",
        "2026-11-21 10:00:01 ERROR Connection Pool Timed Out, Retrying in 30 s",
        "SELECT name, city FROM customers WHERE country = 'DE' LIMIT 10;",
        "请用表格对比一下这三种方案的优缺点。",
        "商品编号,商品名称,单价,库存\n1001,陶瓷马克杯,29.50,300",
        "Stainless Steel Water Bottle, Color: Midnight Blue, Size: Large",
        "呵呵，你猜",
        "哈哈哈哈笑死我了",
        "周末去哪儿玩，王者荣耀上号",
        "警告 数据库连接池即将耗尽，当前活动连接30",
        "Color: Rose, Size: M",
    ):
        assert [x for x in said(runtime, text) if x[1] == "PERSON"] == [], text


def test_through_the_queue_it_says_the_same(runtime: EmbeddedRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [text for text, _, _ in ALONE] + [FILLER["zh"] * 30 + "我叫张伟。"]

    monkeypatch.setattr(runtime, "close", lambda: None)  # a reader closes what it was given

    async def ask() -> list[list[tuple[int, int, str]]]:
        reader = Reader(runtime)
        try:
            answers = await asyncio.gather(*(reader.spans(text) for text in texts))
        finally:
            await reader.aclose()
        return [[(s.start, s.end, s.entity) for s in spans] for spans in answers]

    assert asyncio.run(ask()) == [[(s, e, label) for s, e, label, _ in runtime.find(text)] for text in texts]


def test_the_folder_is_whole_small_and_listed() -> None:
    report = check(MODEL)
    assert report.listed
    assert not report.bad
    assert sum(path.stat().st_size for path in MODEL.iterdir()) <= MOST_BYTES
    card = (MODEL / "README.md").read_text("utf-8")
    assert "CC BY-SA 4.0" in card
    assert (MODEL / "LICENSE.md").is_file() or "creativecommons.org/licenses/by-sa/4.0" in card
    assert json.loads((MODEL / "redline.json").read_text("utf-8"))["profile"] == "redline-embedded"


def test_labels_and_thresholds_of_the_operator_count(runtime: EmbeddedRuntime) -> None:
    renamed = EmbeddedRuntime(MODEL, RuntimeSettings(labels={"PERSON": "", "LOCATION": "ORGANIZATION"}))
    assert {label for _, _, label, _ in renamed.find("John Smith lives in Paris.")} == {"ORGANIZATION"}
    assert "PERSON" not in renamed.entity_types
    assert runtime.entity_types == ("ADDRESS", "LOCATION", "ORGANIZATION", "PERSON")


def test_a_broken_folder_is_one_clear_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(MODEL, folder)
    card = json.loads((folder / "redline.json").read_text("utf-8"))
    breaks = {
        "no such version": lambda: (folder / "redline.json").write_text(json.dumps({**card, "bits": 7})),
        "no leanings": lambda: (folder / "redline.json").write_text(json.dumps({**card, "leanings": {"latin": 1}})),
        "no card": lambda: (folder / "redline.json").write_text("{"),
        "no weights": lambda: (folder / "model.onnx").write_bytes(b"onnx"),
    }
    for what, do in breaks.items():
        do()
        with pytest.raises(ProfileError) as error:
            EmbeddedRuntime(folder)
        assert str(folder) in str(error.value), what
        (folder / "redline.json").write_text(json.dumps(card))
    with pytest.raises(ProfileError, match="CPU"):
        EmbeddedRuntime(MODEL, RuntimeSettings(device="cuda:0"))


def test_serving_imports_no_training_library() -> None:
    import subprocess

    code = (
        "import sys; from detectors.ner.embedded.runtime import find; assert find('John Smith')[0][2] == 'PERSON';"
        "bad = {'torch', 'transformers', 'faker', 'jieba', 'opencc', 'onnx'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
