"""Our own corpus of what is not sensitive; nothing of it may be found at the default threshold."""

from __future__ import annotations

from detectors.packs.detector import RuleDetector

CLEAN = [
    "订单号 202411201234567890 已发货，运单 SF1234567890123，共 3 件，合计 ¥12,345.67。",
    "order 4111111111111111 shipped; tracking 1Z999AA10123456784; invoice INV-2024-001234",
    "timestamp=1700000000 ts_ms=1700000000000 ts_ns=1700000000000000000",
    "550e8400-e29b-41d4-a716-446655440000 and 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "md5 d41d8cd98f00b204e9800998ecf8427e, sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "commit 8a1a8c3f5e0d9b7c6a5f4e3d2c1b0a9f8e7d6c5b by the release bot",
    "Python 3.13.0, node v22.11.0, Chrome/131.0.6778.85, version 10.0.19045.5131, release 2.0.1.4",
    "ISBN 978-7-111-54493-7, ISBN-10 0-306-40615-2, EAN 4006381333931",
    "价格 1299.00 元，折后 999.50 元，销量 13,800 件，同比增长 13.8%，股票代码 600519。",
    "坐标 39.9042, 116.4074；海拔 8848.86 米；全长 6300 公里；面积 9600000 平方公里。",
    "2026-11-21T08:22:52.123456Z INFO worker=3 latency=12.5ms bytes=20231120 status=200",
    "def main(argv: list[str]) -> int:\n    return run(argv[1:])  # type: ignore[arg-type]\n",
    "password = os.environ['DB_PASSWORD']\npassword: str = Field(default=...)\nreset your password here",
    "token = request.headers.get('authorization'); api_key=settings.API_KEY; secret: ${SECRET}",
    "@dataclass(frozen=True) user@host:~$ git clone git@github.com:org/repo.git && logo@2x.png",
    "127.0.0.1:8080 0.0.0.0 255.255.255.0 ::1 localhost 169.254.169.254",
    "第1.2.3.4节 图 3.2.1.5 见表 10.2.3.1，章节 4.5.6.7",
    "std::vector<std::string> a::b::c; x = y ? 1 : 2; 12:30:45; ratio 16:9:4",
    "一二三四五六七八九十，三百六十五天，二〇二六年十一月二十一日，五十六个民族",
    "共 1 2 3 4 5 6 行，得分 15 23 41 77 102 88 64，编号 001 002 003 004",
    "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789",
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "integrity sha512-Zx8p1vYz0K3u9wQm7nT5rB2cV4eX6aS8dF0gH1jK3lP5oI7uY9tR2eW4qA6zX8cV0bN1mM3kL5jH7gF9dS2aQw==",
    "H2SO4 C6H12O6 CH3COOH 2,4-dinitrophenylhydrazine CAS 7732-18-5",
    "The meeting is on 2026-03-07 at 10:30; the report was released on March 7, 1990.",
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit 1234567890 0987654321.",
    "京东方A 股价上涨；新BCDEF 计划；沪深300 指数；粤港澳大湾区；京津冀协同发展",
    "sk-learn, sk-SK locale, npm_config_registry, hf_hub_download, gh_pages, xoxo, AKIA prefix",
    "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ\n-----END CERTIFICATE-----",
    '{"model":"gpt-4o-2024-08-06","temperature":0.7,"max_tokens":4096,"seed":123456789}',
    "chatcmpl-9f8e7d6c5b4a39281706f5e4 call_abc123DEF456ghi789JKL012 msg_01XFDUDYJgAACzvnptvVoYEL",
    "https://example.com/path/to/page?id=42&page=3#section-2 and http://example.org:8080/a@b",
    "%E4%BD%A0%E5%A5%BD hello%20world &amp; &lt;b&gt; \\u4f60\\u597d",
    "身份证号码共 18 位，前 6 位是地址码，第 7 至 14 位是出生日期码，最后一位是校验码。",
    "How many digits does a passport number have? Nine, I think; a card has 16 and its CVV 3.",
    "请输入密码，密码长度 8 到 20 位，必须包含数字和字母；忘记密码请点击这里。",
    "The password must be at least 12 characters; your token expires in 3600 seconds, see RFC 6749.",
    "微信支付 2026 年账单：共 1,204 笔，QQ 音乐续费 15 元，支付宝余额 88.50 元。",
    "开奖号码 01 02 03 04 05 06 07，第 2026134 期；双色球 03 11 17 22 28 33。",
    "tirage: 01 02 03 04 05 06; scores 12 15 09 33 41; seats 14A 14B 22C",
    "车牌限行尾号 4 和 9，VIN 码共 17 位，新能源号牌是 8 位。",
    "He was born in a small town and raised in 3 cities; the patient asked 2 questions about flu.",
    "Section 164.514(b)(2)(i)(A)-(R), ISO 27001:2022, GB/T 35273-2020, RFC 9110, PCI DSS 4.0.1",
    "SELECT card_number, cvv, expiry FROM cards WHERE pin IS NOT NULL; -- never store the CVV",
    "MRN, DOB and SSN columns are dropped; ICD-10 code lists such as A00-B99 stay as they are.",
    "git log --oneline a1b2c3d..e4f5a6b && docker pull nginx@sha256:0f04e4f646a3f14bf31d8bc8d885b6c951fdcf42",
    "助记词是一组 12 到 24 个英文单词，请抄写在纸上，不要截图，也不要告诉任何人。",
    "A seed phrase is a list of words; recovery phrase: write it down and never share it with anyone.",
    "PERSON_K7QMX2TRBW9D met EMAIL_ADDRESS_A2B3C4D5E6F7 at PHONE_NUMBER_Z9Y8X7W6V5U4",
]


def test_nothing_is_found(detector: RuleDetector) -> None:
    found = [(text[f.start : f.end], f.rule, f.score) for text in CLEAN for f in detector.find(text) if f.score >= 0.5]
    assert found == []
