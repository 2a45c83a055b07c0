"""Sentences in which values once passed unseen, and harmless ones in which a rule once fired. Synthetic, and ours.

`⟦` and `⟧` stand around what must be covered; scores are those at which the shipped policies act.
"""

from __future__ import annotations

import re
from typing import Final

from detectors.packs.detector import RuleDetector

ACTS: Final = 0.5
SEEN: Final = (
    "姓名Li电话13800138000邮编⟦100029⟧医保卡号⟦279602230⟧",
    "信用卡⟦4111111111111111⟧有效期⟦12/29⟧安全码⟦737⟧",
    "手机13800138000扣扣⟦20700427⟧微信：⟦lihua_zhang⟧",
    "Please charge order 5512 to ⟦5500-0055-5555-5559⟧",
    "order placed with ⟦4111111111111111⟧",
    "订单请扣 ⟦4111 1111 1111 1111⟧ 这张",
    "学籍号G⟦110101201203070016⟧",
    "tel⟦13800138000⟧",
    "whatsapp ⟦8613800138000⟧",
    "邮箱 ⟦zhang (at) example.com⟧",
    "账号zhangwei 密码⟦Zx9!kQ2m⟧，勿外传",
    "密钥：⟦9fK2mQ7xLp4RtZ8wVb3NcY6sHd1JgA5e⟧",
    "车牌⟦京a12345⟧被贴条",
    "快递寄⟦北京市海淀区中关村大街27号1层⟧，谢谢",
    "我住⟦朝阳区望京西园四区413号楼2单元501⟧，请上门",
    "mail it to ⟦123 Main Street, Apt 4B, Springfield, IL 62704⟧",
    "iban ⟦de89370400440532013000⟧",
    "HKID ⟦A123456 (3)⟧",
    "sort code 20-95-71, a/c ⟦44639435⟧",
    "MAC=⟦001B44113AB7⟧",
    "my social is ⟦536904399⟧",
    "农历⟦一九九〇年三月初七⟧生",
    "宗教信仰：⟦伊斯兰教⟧",
    "Religion: ⟦Catholic⟧",
    "张伟，男，⟦维吾尔族⟧，大学文化",
    "汉族 政治面貌⟦群众⟧",
    "犯罪记录：⟦2015年盗窃罪⟧",
    "性取向：⟦同性恋⟧",
    "指纹模板：⟦Rk1SACAyMAAAAAD8AAABPAFiAMUAxQEAAAAoJg⟧",
    "患儿，男，⟦5岁⟧，发热三天",
    "诊断：⟦2型糖尿病⟧，建议住院",
    "She is ⟦HIV positive⟧.",
    "他是⟦HIV阳性⟧，需保密",
)
HARMLESS: Final = (
    "发票号码 04403190 0011 2345 6789",
    "发票代码 044031900111 发票号码 12345678",
    "配件号 A123456789 缺货",
    "1111 2222 3333 4444",
    "他宗教信仰自由，国家保护正常的宗教活动",
    "Religion: a history of belief",
    "他是佛教研究专家",
    "民族：全国共56个民族",
    "race: 100m final",
    "政治面貌怎么填写",
    "工会活动通知：周五羽毛球",
    "European Union membership",
    "性取向与法律",
    "犯罪记录封存制度的完善",
    "无犯罪记录证明怎么开",
    "criminal record checks are required",
    "指纹识别准确率达到99.9%",
    "fingerprint scanner: enabled",
    "face_id: 12",
    "系统诊断：一切正常",
    "diagnosis: connection reset by peer",
    "抑郁症的早期症状有哪些",
    "HIV prevention program",
    "孩子们3点放学",
    "is_minor_version: 3",
    "请到3号窗口办理",
    "会议室 3号楼 2层 开会",
    "广东省2024年GDP增长5.0%",
    "IP地址：内网",
    "5 Golden Rules of Street photography",
    "in the 2023 Road Map",
    "Section 4 Court rulings",
    "look at example dot product",
    "int pin = 1234;",
    "密码长度不能少于8位",
    "密码学导论第3版",
    "令牌桶算法限流",
    "加QQ群有福利",
    "企鹅出版社2019年出版",
    "正月十五元宵节",
    "order 4111111111111112",
    "20240101\n20240102",
)


def _left(detector: RuleDetector, marked: str) -> list[str]:
    """The marked values of which something is not covered."""
    text = marked.replace("⟦", "").replace("⟧", "")
    covered = {place for f in detector.find(text) if f.score >= ACTS for place in range(f.start, f.end)}
    left = []
    for number, found in enumerate(re.finditer("⟦(.*?)⟧", marked, re.DOTALL)):
        begin = found.start() - 2 * number
        places = range(begin, begin + len(found[1]))
        left += [found[1]] if any(text[place].isalnum() and place not in covered for place in places) else []
    return left


def test_what_once_passed_is_covered(detector: RuleDetector) -> None:
    assert {marked: left for marked in SEEN if (left := _left(detector, marked))} == {}


def test_what_is_harmless_is_left_alone(detector: RuleDetector) -> None:
    found = [(text, f.rule, f.score) for text in HARMLESS for f in detector.find(text) if f.score >= ACTS]
    assert found == []


def test_an_order_number_like_a_card_is_told_to_strict_policies_only(detector: RuleDetector) -> None:
    (finding,) = (f for f in detector.find("order number 4111111111111111") if f.entity_type == "CREDIT_CARD")
    assert 0.3 <= finding.score < 0.45
