"""The offline default: what it must find, what it must leave, and what must hold for any text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.names import NameDetector
from detectors.types import Detector, Finding, Part, PartKind
from tests.growth import linear

DETECTOR = NameDetector()


def found(text: str, entity: str) -> set[str]:
    return {text[f.start : f.end] for f in DETECTOR.find(text) if f.entity_type == entity}


PEOPLE = [
    ("张伟", "张伟"),
    ("我叫张伟，想咨询一下", "张伟"),
    ("请联系李娜女士", "李娜"),
    ("欧阳修远", "欧阳修远"),
    ("欧阳修远先生您好", "欧阳修远"),
    ("张三的手机号是13800138000", "张三"),
    ("李四购买了两件商品", "李四"),
    ("给王芳打电话", "王芳"),
    ("姓名：赵新民 性别：男", "赵新民"),
    ('{"name": "赵敏"}', "赵敏"),
    ("患者陈静，女，45岁", "陈静"),
    ("订单已发给刘洋。", "刘洋"),
    ("司马懿与诸葛亮", "司马懿"),
    ("司马懿与诸葛亮", "诸葛亮"),
    ("張偉住在台北", "張偉"),
    ("张总让我来的", "张"),
    ("給陳小姐打電話", "陳"),
    ("张伟,13800138000,北京", "张伟"),
    ("许炎平：男，", "许炎平"),
    ("作者是加西亚·马尔克斯", "加西亚·马尔克斯"),
    ("John Smith", "John Smith"),
    ("Call John Smith now", "John Smith"),
    ("O'Brien", "O'Brien"),
    ("Please ask Mr. O'Brien about it", "O'Brien"),
    ("Dear Dr. Mary-Jane Watson,", "Mary-Jane Watson"),
    ("J. R. R. Tolkien wrote it", "J. R. R. Tolkien"),
    ("Zhang Wei and Li Na met", "Zhang Wei"),
    ("Zhang Wei and Li Na met", "Li Na"),
    ("JOHN SMITH", "JOHN SMITH"),
    ("my name is john smith", "john smith"),
    ("i'm sarah and i need help", "sarah"),
    ("I am john smith, and i need help", "john smith"),
    ("hello, this is maria garcia speaking", "maria garcia"),
    ("james wilson speaking", "james wilson"),
    ("talk soon\nregards,\njohn", "john"),
    ("patient: mary jones, 45", "mary jones"),
    ('{"name": "peter jones"}', "peter jones"),
    ("Ludwig van Beethoven", "Ludwig van Beethoven"),
    ("User Maria Garcia reported an outage", "Maria Garcia"),
    ("我和John Smith一起去", "John Smith"),
    ("John Smith's account", "John Smith"),
]


@pytest.mark.parametrize(("text", "name"), PEOPLE)
def test_people(text: str, name: str) -> None:
    assert name in found(text, "PERSON")


@pytest.mark.parametrize(
    "text",
    [
        "黄金价格上涨",
        "周一上午开会",
        "高兴的是大家都来了",
        "时间和地点另行通知",
        "安全管理和项目管理同样重要",
        "任何人都可以申请",
        "方法调用失败，程序退出",
        "马上处理，谢谢",
        "于是公司成立了专门小组",
        "石油化工和金属加工",
        "云计算与大数据",
        "",
        "王",
        "Write a Python function that sorts a list of integers.",
        "Please Note: The Quarterly Report is due on Friday.",
        "SELECT Name, Address FROM Customers WHERE Country = 'X';",
        "def find(self, text): return self.model(text)",
        "The Premium Wireless Headphones come with Noise Cancelling.",
        "PERSON_K7QMX2TRBW9D called ADDRESS_B2CDEFGH4JKL",
        "tell me more, hello world, this is fine, dear all, contact support",
        "file name: report final, user name is admin, thanks again",
        "ERROR Connection Pool timed out, Retrying in 30 s",
        "GET /api/v1/users/42 HTTP/1.1",
        "import numpy as np; class UserService(BaseModel): pass",
    ],
)
def test_nobody_here(text: str) -> None:
    assert found(text, "PERSON") == set()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("北京市朝阳区建国路88号", "北京市朝阳区建国路88号"),
        ("我住在北京市朝阳区建国路88号", "北京市朝阳区建国路88号"),
        ("请寄到深圳市南山区深南大道9988号，谢谢", "深圳市南山区深南大道9988号"),
        ("地址：上海市浦东新区世纪大道100号环球中心5层502室", "上海市浦东新区世纪大道100号环球中心5层502室"),
        ("123 Main Street, Springfield", "123 Main Street, Springfield"),
        ("Ship to 123 Main Street, Springfield, IL 62704 please", "123 Main Street, Springfield, IL 62704"),
        ("10 Downing Street, London SW1A 2AA", "10 Downing Street, London SW1A 2AA"),
        ("lives at 42 Elm Ave Apt 5B", "42 Elm Ave Apt 5B"),
        ("P.O. Box 1234, Austin, TX 78701", "P.O. Box 1234, Austin, TX 78701"),
        ("i live at 12 oak tree lane now", "12 oak tree lane"),
    ],
)
def test_addresses(text: str, address: str) -> None:
    assert any(address in a for a in found(text, "ADDRESS")), found(text, "ADDRESS")


@pytest.mark.parametrize(
    "text", ["第3号文件", "共12栋", "version 3 way merge", "see RFC 2119 and 10 Key Points", "1 2 3 4"]
)
def test_no_address_here(text: str) -> None:
    assert found(text, "ADDRESS") == set()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("我在阿里巴巴网络技术有限公司上班", "阿里巴巴网络技术有限公司"),
        ("毕业于北京大学", "北京大学"),
        ("上海浦东发展银行", "上海浦东发展银行"),
        ("Acme Widgets Ltd", "Acme Widgets Ltd"),
        ("he works for Foo & Bar Inc.", "Foo & Bar Inc."),
    ],
)
def test_organisations(text: str, name: str) -> None:
    assert name in found(text, "ORGANIZATION")


@pytest.mark.parametrize("text", ["我们公司", "一家公司", "这家银行", "该医院"])
def test_a_kind_is_no_organisation(text: str) -> None:
    assert found(text, "ORGANIZATION") == set()


@pytest.mark.parametrize(("text", "name"), [("他去了广东省", "广东省"), ("I live in Chicago now", "Chicago")])
def test_places(text: str, name: str) -> None:
    assert name in found(text, "LOCATION")


PIECES = (
    "张伟|李娜女士|的|，|。|\n|John|Smith|O'Brien|Mr.|公司|北京市|路|88号|😀|"
    "\ud83d|é|É|Ａ|12|Main|Street|_|@|·|—|\r\n| "
)
WORDS = st.sampled_from(PIECES.split("|"))


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=80), st.lists(WORDS, max_size=14).map("".join), st.lists(WORDS, max_size=14).map(" ".join)
    )
)
def test_findings_are_well_formed_for_any_text(text: str) -> None:
    for finding in DETECTOR.find(text, part=7):
        assert finding.part == 7
        assert 0 <= finding.start < finding.end <= len(text)
        assert 0.4 <= finding.score <= 0.95
        assert finding.entity_type in DETECTOR.entity_types
        assert finding.rule.startswith("names/")
        assert finding.rule.endswith("@1")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3000), st.sampled_from(["张伟", "欧阳修远", "John Smith"]))
def test_a_name_anywhere_in_a_long_text_is_seen(at: int, name: str) -> None:
    text = ("今天的天气很好，the weather is fine today. " * 100)[:3000]
    assert name in found(f"{text[:at]}\n{name}\n{text[at:]}", "PERSON")


@pytest.mark.parametrize(
    "seed",
    [
        "王",
        "路",
        "阿",
        "公司",
        "阿·",
        "1-",
        "1 Main ",
        "Ab ",
        "Mary ",
        "A. ",
        "张 伟 ",
        "路1号",
        "北京市",
        "A, ",
        "dear ",
        "Ab-",
        "Ab'",
    ],
)
def test_hostile_repetition_stays_linear(seed: str) -> None:
    assert linear(lambda size: DETECTOR.find((seed * size)[:size]), 1500, 15_000)


async def test_a_large_batch_gives_the_same_findings_as_one_text() -> None:
    text = "今天的天气很好。张伟 met John Smith. " * 600
    (part,) = [Part(3, "a", PartKind.TEXT, text)]
    assert await DETECTOR.detect([part]) == DETECTOR.find(text, 3)


async def test_only_text_and_keys_are_read_and_parts_keep_their_ids() -> None:
    parts = [
        Part(1, "a", PartKind.TEXT, "张伟"),
        Part(2, "b", PartKind.STRUCTURAL, "张伟"),
        Part(5, "c", PartKind.KEY, "John Smith"),
        Part(6, "d", PartKind.NUMBER, "1"),
    ]
    assert isinstance(DETECTOR, Detector)
    findings = await DETECTOR.detect(parts)
    assert {f.part for f in findings if f.entity_type == "PERSON"} == {1, 5}


def test_types_can_be_left_out_and_change_the_revision() -> None:
    lean = NameDetector(locations=False, organizations=False)
    assert lean.entity_types == {"PERSON", "ADDRESS"}
    assert {f.entity_type for f in lean.find("北京大学的张伟在 Chicago")} == {"PERSON"}
    assert lean.revision != DETECTOR.revision == NameDetector().revision


def test_a_lower_floor_adds_doubtful_persons_and_changes_nothing_else() -> None:
    low = NameDetector(floor=0.2)
    assert low.revision != DETECTOR.revision
    texts = [text for text, _ in PEOPLE] + ["jane smith", "张伟病了", "We met Xin Qu and Teller at Foo Bar"]
    doubtful = 0
    for text in texts:
        sure, every = DETECTOR.find(text), low.find(text)
        assert [one for one in every if one.score >= 0.4] == sure, text
        assert all(one.score >= 0.2 and one.entity_type == "PERSON" for one in every if one not in sure)
        doubtful += len(every) - len(sure)
    assert doubtful >= 2


def test_findings_are_sorted_and_hold_no_text() -> None:
    findings = DETECTOR.find("John Smith met 张伟 in Chicago")
    assert findings == sorted(findings)
    assert all(isinstance(f, Finding) for f in findings)
    assert "Smith" not in repr(findings)
