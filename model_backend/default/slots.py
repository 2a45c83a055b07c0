"""What each placeholder stands for, and what people call it in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Slot:
    """One kind of value that a prompt can hold."""

    zh: str
    """The label that answers use."""
    en: str
    zh_asks: tuple[str, ...]
    """Words that a prompt may put before the value."""
    en_asks: tuple[str, ...]
    weight: int = 1
    """How often samples draw it, beside the others."""


SLOTS: Final[dict[str, Slot]] = {
    "PERSON": Slot("姓名", "name", ("客户", "姓名", "联系人", "经办人"), ("customer", "name", "contact", "from"), 6),
    "PHONE_NUMBER": Slot(
        "手机号",
        "phone",
        ("手机", "电话", "手机号", "联系电话", "号码"),
        ("phone", "tel", "mobile", "phone number"),
        12,
    ),
    "EMAIL_ADDRESS": Slot("邮箱", "email", ("邮箱", "邮件", "电子邮箱"), ("email", "e-mail", "mail", ""), 9),
    "CN_RESIDENT_ID": Slot(
        "身份证号", "resident ID", ("身份证", "身份证号", "证件号"), ("resident ID", "ID", "Chinese ID"), 6
    ),
    "CREDIT_CARD": Slot("信用卡号", "card", ("信用卡", "卡号", "信用卡号"), ("card", "credit card", "card number"), 8),
    "CN_BANK_CARD": Slot("银行卡号", "bank card", ("银行卡", "卡号", "储蓄卡", "账号"), ("bank card", "account"), 6),
    "ADDRESS": Slot("地址", "address", ("地址", "住址", "收货地址"), ("address", "lives at", "ship to"), 6),
    "ORGANIZATION": Slot("单位", "company", ("单位", "公司", "来自"), ("company", "works at", "employer"), 5),
    "LOCATION": Slot("地点", "place", ("地点", "城市", "位于"), ("place", "city", "in"), 3),
    "DATE_OF_BIRTH": Slot("出生日期", "date of birth", ("生日", "出生日期"), ("born", "date of birth", "DOB"), 2),
    "CN_PASSPORT": Slot("护照号", "passport", ("护照", "护照号"), ("passport",), 1),
    "CN_USCC": Slot("信用代码", "credit code", ("统一社会信用代码", "信用代码"), ("credit code",), 1),
    "CN_VEHICLE_PLATE": Slot("车牌号", "plate", ("车牌", "车牌号"), ("plate", "car"), 1),
    "US_SSN": Slot("社保号", "SSN", ("社保号", "SSN"), ("SSN", "social security number"), 2),
    "US_ITIN": Slot("纳税号", "ITIN", ("ITIN", "纳税号"), ("ITIN",), 1),
    "US_PASSPORT": Slot("美国护照号", "US passport", ("美国护照",), ("US passport", "passport"), 1),
    "US_DRIVER_LICENSE": Slot("驾照号", "driver licence", ("驾照", "驾照号"), ("driver license", "licence"), 1),
    "UK_NINO": Slot("国民保险号", "NINO", ("国民保险号", "NINO"), ("NINO", "national insurance"), 1),
    "UK_NHS": Slot("NHS号", "NHS number", ("NHS", "NHS号"), ("NHS number", "NHS"), 1),
    "IBAN_CODE": Slot("IBAN账号", "IBAN", ("IBAN", "IBAN账号"), ("IBAN", "account"), 2),
    "CRYPTO": Slot("钱包地址", "wallet", ("钱包", "钱包地址"), ("wallet",), 1),
    "IP_ADDRESS": Slot("IP地址", "IP address", ("IP", "IP地址"), ("IP", "IP address", "server"), 2),
    "MAC_ADDRESS": Slot("MAC地址", "MAC address", ("MAC", "MAC地址"), ("MAC", "device"), 1),
    "URL_CREDENTIALS": Slot("链接", "link", ("链接", "网址"), ("link", "URL"), 1),
    "API_KEY": Slot("密钥", "API key", ("密钥", "API密钥", "API key"), ("API key", "key"), 2),
    "ACCESS_TOKEN": Slot("令牌", "access token", ("令牌", "token"), ("token", "access token"), 1),
    "PRIVATE_KEY": Slot("私钥", "private key", ("私钥",), ("private key",), 1),
    "PASSWORD": Slot("口令", "password", ("密码", "口令"), ("password",), 2),
    "VALUE": Slot("信息", "value", ("信息", "编号"), ("value", "reference"), 1),
    "AMOUNT": Slot("金额", "amount", ("金额", "应还", "款项", ""), ("amount", "", "for"), 0),
    "DATE": Slot("日期", "date", ("日期", "时间", "截止"), ("date", "due", "by", "on"), 0),
    "NUMBER": Slot("编号", "number", ("编号", "订单号", "尾号", "第"), ("number", "order", "no.", "#"), 2),
}
INDICES: Final = 8
"""Placeholders per slot: `<PERSON_1>` … `<PERSON_8>`."""

PLACEHOLDERS: Final = tuple(f"<{name}_{index}>" for name in SLOTS for index in range(1, INDICES + 1))
