"""Labelled sentences from templates, for the registers that open corpora lack: forms, chat, tables, letters.

`generate(lang, n, rng)` yields `(text, [[start, end, label], ...])`. Names come from Faker and the word lists;
slots: P person, T surname before a title, A address, L place, O organisation, D date, N number.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from faker import Faker

from detectors.names.lexicon import (
    chinese_characters,
    chinese_places,
    compound_surnames,
    english_places,
    english_words,
    word_list,
)

ROADS = ("中山", "人民", "解放", "建设", "和平", "新华", "文化", "长江", "学府", "朝阳", "友谊", "滨江")
type Labelled = tuple[str, list[list[Any]]]
SLOT = re.compile(r"\{(\w)\}")
LABELS = {"P": "PERSON", "T": "PERSON", "A": "ADDRESS", "L": "LOCATION", "O": "ORGANIZATION", "D": "DATE"}

ENGLISH = r"""
My name is {P} and I live at {A}.
Hi, this is {P} from {O}. Could you call me back at {N}?
Please ship the order to {P}, {A}.
Name: {P}\nDOB: {D}\nAddress: {A}\nPhone: {N}
Dear {P},\n\nThank you for your interest in {O}.
Dear Mr. {T},\n\nWe received your letter of {D}.
{P} joined {O} in {D} as a software engineer.
Write an email to {P} asking about the trip to {L}.
Patient {P} was admitted on {D} with chest pain.
{P} and {P} met in {L} last week.
Can you summarise the call between {P} ({O}) and {P} ({O})?
{"name": "{P}", "address": "{A}", "employer": "{O}"}
{P},{N},{D},{O}
| {P} | {A} | {N} |
The tenant, {P}, resides at {A}.
This agreement is made on {D} between {O} and {P}.
From: {P}\nTo: {P}\nSubject: Meeting in {L}
Best regards,\n{P}\n{O}
Kind regards,\n{P}
I was born on {D} in {L}.
Flight from {L} to {L} on {D}, passenger {P}.
According to {P}, a spokesman for {O}, the plant in {L} will close.
Mr. {T} called about his account.
Ms. {T} asked for a refund.
Dr. {P} will see you at 10.
Emergency contact: {P} (mother), {N}
Ask {P} whether the invoice was paid on {D}.
Attendees: {P}, {P}, {P}
{P} lives in {L} and works for {O}.
{O} is headquartered in {L}.
I'm {P}, a nurse at {O}. My shift starts at 7.
Reviewer: {P}
Call {P} tomorrow about the contract.
customer {P} reported an outage
user: {P}, status: Active, plan: Premium
Cardholder: {P}, expires {D}
Beneficiary {P}, account {N}
My colleague {P} will join the meeting.
Tell {P} I said hello.
Write a Python function that sorts a list of integers.
Please Note: The Quarterly Report is due on Friday.
ERROR Connection Pool timed out, Retrying in 30 s
INFO Server Started on Port {N}
Order Status: Shipped, Payment Method: Credit Card
SELECT Name, Address, City FROM Customers WHERE Country = 'Germany';
The Premium Wireless Headphones come with Noise Cancelling and Fast Charging.
Product: Stainless Steel Water Bottle, Color: Midnight Blue, Size: Large
Summarise the following text in three bullet points.
Click Settings, then Privacy and Security, then Clear History.
How do I configure Nginx as a Reverse Proxy on Ubuntu Linux?
Our Manager asked for a Quarterly Report by Friday. Let's schedule the Sprint Review.
The Client shall notify the Supplier within Ten Business Days. The Agreement ends in December.
I use Visual Studio Code, Docker and Kubernetes on Windows.
Kafka Consumer Group rebalanced, Partition {N}. Docker Engine Starting, Redis Cluster Node Ready
Product Name: Yoga Mat, Brand: Generic, Category: Sports and Outdoors, Price: {N}
USB-C Cable, Memory Foam Pillow, Coffee Grinder, Desk Lamp, Running Shoes, Mechanical Keyboard
WARN Thread Pool Exhausted; Cache Miss for Key {N}; Circuit Breaker Open
from typing import Any, Union, Literal, NamedTuple, TypedDict, List, Optional, Callable
class OrderService(BaseModel): items: List[Item]; status: Literal["Open", "Closed"]
def load(self) -> Union[Path, None]: raise ValueError("Invalid Value")
if (E && N || M) return T; var X = new Map(), Y = new Set(); const A = B.C;
Content-Type: application/json; Accept-Encoding: gzip; X-Request-Id: {N}
Android Studio, Visual Studio, Power BI, Google Sheets and Excel are Supported.
Monday, Tuesday and Wednesday; January, February and March; Q1 Revenue and Net Income
Table 3 Shows the Results of the Experiment. See Figure 2 and Appendix A.
First Name, Last Name, Email Address, Phone Number, Date of Birth
"""
CHINESE = r"""
我叫{P}，身份证号是{N}，住在{A}。
你好，我是{P}，请帮我写一封给{O}的辞职信。
请把快递寄到{A}，收件人{P}，电话{N}。
收货人：{P} 手机：{N} 地址：{A}
姓名：{P}
姓名：{P}\n性别：男\n出生日期：{D}\n住址：{A}
姓名 {P} 性别 女
联系人：{P}（{N}）
{P}于{D}入职{O}，担任销售经理。
{P}和{P}昨天在{L}见面了。
患者{P}，男，45岁，{D}因胸痛就诊于{O}。
甲方：{O}\n乙方：{P}\n签订日期：{D}
帮我查一下{P}的订单，收货地址是{A}。
老板让我把合同发给{P}，抄送{P}。
{P}老师在{O}工作了十年。
尊敬的{P}先生：您好！
尊敬的{P}女士，您于{D}提交的申请已通过。
{O}位于{A}，法定代表人{P}。
原告{P}，住{A}。被告{O}。
参会人员：{P}、{P}、{P}。会议地点：{L}。
翻译成英文：{P}住在{L}，在{O}上班。
用户{P}反馈无法登录，手机号{N}。
{"name": "{P}", "address": "{A}", "phone": "{N}"}
{"姓名": "{P}", "电话": "{N}"}
{P},{N},{A},{D}
| {P} | {O} | {N} |
转账给{P}，开户行{O}，备注房租。
我妈妈{P}今年六十岁了，住在{L}。
紧急联系人{P}，关系：父子，电话{N}。
{D}，{P}在{L}出生。
据报道，{P}表示，{O}将在{L}设立分公司。
{L}警方通报，{P}因涉嫌诈骗被刑事拘留。
请{P}到{O}三楼办理手续。
给{P}打电话，说明天的会取消了。
{P}购买了两张机票。
{P}说他下周去{L}出差。
{O}董事长{P}出席了签约仪式。
我同事{P}的生日是{D}。
{P}的家庭住址为{A}。
乘车人{P}，{D}，{L}到{L}。
投诉人：{P}，事发地点：{A}
根据{P}提供的材料，我们核实了情况。
{P}（{L}人）是{O}的工程师。
{P}说：“我从来没去过{L}。”
麻烦{P}帮忙看一下，谢谢。
客户{P}要求退款，订单号{N}。
经办人{P}，复核人{P}。
我和{P}是大学同学。
请通知{P}参加周一的例会。
学生{P}，学号{N}，成绩优秀。
{P}：男，中国国籍，{D}出生，本科学历。
{P}：女，汉族，{D}出生，中共党员，高级工程师。
{P}，男，汉族，硕士，曾任{O}副总经理。
{P}先生：{D}出生，大学文化，现任{O}董事。
{P}女士，
{P}：现任{O}独立董事。
{P}
回复{P}：好的，收到。
{P} {P} {P}
{P}、{P}、{P}等人出席。
{P}/{P}/{P}
警方证实{P}已被拘留，会计{P}在逃。
{T}总让我给{T}老师打电话。
{T}女士您好，您的快递到了。
麻烦转告{T}经理，{T}医生明天出诊。
小{T}今天请假，老{T}替班。
@{P} 麻烦看一下这个问题
{P}的手机号是{N}，{P}的是{N}。
昨天{P}买了一台电脑，{P}借走了。
{P}借款{N}元，担保人{P}。
你认识{P}吗？听说{P}辞职了。
施力的大小不同，顾名思义，故事的高潮，国王给予祝福。
张贴公告后，李子和黄金的价格都上涨了。
周一上午开会，周三交报告，马上处理。
帮我写一个快速排序的函数，时间复杂度是多少？
高兴的是，方便的时候可以来公司看看。
报错信息：模块未找到，请检查配置文件和环境变量。
请用表格对比一下这三种方案的优缺点。
这个月的销售额比上个月增长了，请分析原因。
黄色的毛巾和白色的毛衣都在柜子里。
温度和湿度对实验结果有影响，应该严格控制。
安全管理和项目管理同样重要，于是公司成立了专门小组。
任何人都可以申请，时间和地点另行通知。
金额为{N}元，付款方式为转账，常见问题见附件。
用户登录之后跳转到首页，然后弹出提示框。
程序运行时间过长，方法调用失败，许多用户无法访问。
云计算和大数据平台，江南水乡，石油化工，龙头企业。
产品名称：不锈钢保温杯，颜色：白色，容量：{N}毫升
"""


def _english(rng: random.Random) -> dict[str, Callable[[], str]]:
    locales = ["en_US", "en_US", "en_GB", "en_IN", "en_AU", "de_DE", "fr_FR", "es_ES", "it_IT", "pl_PL", "nl_NL"]
    fakes = [Faker(locale) for locale in locales]
    for fake in fakes:
        fake.seed_instance(rng.random())
    us = fakes[0]
    lasts = [w.capitalize() for w, code in english_words().items() if code[1] >= "3" and w.isalpha() and len(w) > 2]
    firsts = [w.capitalize() for w, code in english_words().items() if code[0] >= "3" and w.isalpha() and len(w) > 2]
    cities = [p.replace("_", " ").title() for p in english_places()]
    pinyin = sorted(word_list("en-pinyin-pinyin"))
    families = sorted(word_list("en-pinyin-families"))

    def person() -> str:
        fake = rng.choice(fakes)
        first = rng.choice(firsts) if rng.random() < 0.4 else fake.first_name()
        last = rng.choice(lasts) if rng.random() < 0.5 else fake.last_name()
        forms = {
            f"{first} {last}": 67,
            f"{first} {last}".upper(): 3,
            f"{first} {rng.choice('ABCDEFGHJKLMNPRSTW')}. {last}": 5,
            f"{first[0]}. {last}": 5,
            first: 8,
            f"{rng.choice(families)} {rng.choice(pinyin)}": 5,
            f"{rng.choice(pinyin)} {rng.choice(families)}": 7,
        }
        return rng.choices(list(forms), list(forms.values()))[0]

    def organisation() -> str:
        tail = rng.choice(
            ("Technologies", "Labs", "Holdings", "Bank", "Inc.", "Foundation", "Ltd", "GmbH", "University")
        )
        return us.company() if rng.random() < 0.6 else f"{rng.choice(lasts)} {tail}"

    return {
        "P": person,
        "T": lambda: rng.choice(lasts),
        "A": lambda: rng.choice(fakes[:5]).address().replace("\n", ", "),
        "L": lambda: rng.choice(cities),
        "O": organisation,
        "D": lambda: us.date_object().strftime(rng.choice(("%d %B %Y", "%B %d, %Y", "%Y-%m-%d", "%m/%d/%Y"))),
        "N": lambda: str(rng.randint(1000, 99_999_999)),
    }


def _chinese(rng: random.Random) -> dict[str, Callable[[], str]]:
    fake = Faker("zh_CN")
    fake.seed_instance(rng.random())
    table = chinese_characters()
    surnames = [c for c, v in table.items() if v[0]]
    weights = [1.6 ** v[0] for v in table.values() if v[0]]
    only = [(c, 1.9 ** v[1]) for c, v in table.items() if v[1] >= 4]
    first = [(c, 1.9 ** v[2]) for c, v in table.items() if v[2] >= 4]
    second = [(c, 1.9 ** v[3]) for c, v in table.items() if v[3] >= 4]
    doubles = sorted(compound_surnames())
    rare = [c for c, v in table.items() if v[0] < 5]
    places = sorted(chinese_places())

    def pick(pairs: list[tuple[str, float]]) -> str:
        return rng.choices([c for c, _ in pairs], [w for _, w in pairs])[0]

    def person() -> str:
        if rng.random() < 0.35:
            return str(fake.name())
        surname = rng.choice(doubles) if rng.random() < 0.05 else rng.choices(surnames, weights)[0]
        if rng.random() < 0.15:  # a rare character
            return surname + rng.choice(("", pick(first))) + rng.choice(rare)
        return surname + (pick(only) if rng.random() < 0.3 else pick(first) + pick(second))

    def address() -> str:
        road = rng.choice(ROADS) + rng.choice(("路", "大街", "街"))
        return f"{rng.choice(places)}{road}{rng.randint(1, 999)}号"

    return {
        "P": person,
        "T": lambda: rng.choices(surnames, weights)[0],
        "A": address,
        "L": lambda: rng.choice(places),
        "O": lambda: str(fake.company()),
        "D": lambda: f"{rng.randint(1950, 2025)}年{rng.randint(1, 12)}月{rng.randint(1, 28)}日",
        "N": lambda: str(rng.randint(1000, 99_999_999)),
    }


def generate(lang: str, count: int, rng: random.Random) -> Iterator[Labelled]:
    slots = _english(rng) if lang == "en" else _chinese(rng)
    templates = (ENGLISH if lang == "en" else CHINESE).strip().split("\n")
    for _ in range(count):
        yield _fill(rng.choice(templates).replace(r"\n", "\n"), slots)


def _fill(template: str, slots: dict[str, Callable[[], str]]) -> Labelled:
    text, spans, at = "", [], 0
    for match in SLOT.finditer(template):
        text += template[at : match.start()]
        value = slots[match.group(1)]()
        label = LABELS.get(match.group(1))
        if label:
            spans.append([len(text), len(text) + len(value), label])
        text += value
        at = match.end()
    return text + template[at:], spans
