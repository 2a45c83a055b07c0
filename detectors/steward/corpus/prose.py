"""News and conversation in two languages: numbers, dates, sums, scores and technical words, and nobody's data."""

from __future__ import annotations

import random
from typing import Final

from detectors.steward.corpus.fill import pick

_ZH: Final = (
    "国家统计局公布，前三季度国内生产总值同比增长{1-30}.{0-9}%，社会消费品零售总额{5}亿元，扣除价格因素后实际增长{0-9}.{1-30}%。",
    "记者从发布会上获悉，该线路全长{5}公里，设站{1-30}座，预计{1990-2030}年{1-12}月通车，总投资{7}万元。",
    "本场比赛吸引了{5}名观众，主队以{1-30}比{0-9}取胜，这是球队自{1990-2030}年以来的第{1-30}次夺冠。",
    "专家表示，密码学与令牌机制是数据安全的基础，企业应当定期更换口令并妥善保管密钥。",
    "《条例》第{1-30}条规定，身份证、护照、驾驶证等证件号码属于敏感个人信息，处理者应当取得单独同意。",
    "截至{1990-2030}年{1-12}月{1-28}日，沪深300指数报{5}.{1-30}点，成交额{7}亿元，{1-30}只个股涨停，股票代码600{1-30}9的公司领涨。",
    "新车续航{5}米测试中表现稳定，售价{7}元起，车牌上牌费另计，首批{1-30}辆已于{00-23}:{00-59}交付。",
    "卫健委通报，昨日新增门诊{5}人次，住院床位使用率{1-30}.{0-9}%，医保报销比例提高到{1-30}%。",
    "银行卡刷卡手续费下调，账户管理费取消；客服热线将在{1-12}月{1-28}日{00-23}:{00-59}升级维护。",
    "邮政编码改革座谈会在京召开，来自{1-30}个省区市的{5}名代表参加，会议历时{0-9}小时。",
    "航班于{00-23}:{00-59}起飞，经度与纬度由系统自动记录，飞行{5}公里后抵达，机上{1-30}名旅客均安全。",
)
_EN: Final = (
    "The council approved a budget of ${7} on {1-12}/{1-28}, {1-30} votes to {0-9}; it began at {00-23}:{00-59}. ",
    "Revenue rose {1-30}.{0-9} percent to {5} million, the company said, and the passport office closed {1-30} rooms. ",
    "Police said that about {5} people attended; route {1-30} was closed from {00-23}:{00-59} until the evening. ",
    "In {1990-2030} the museum received {7} visitors, {1-30} percent more than before, and sold {5} tickets in May. ",
    "Patients with diabetes or asthma should ask a doctor, said a report on {5} adults. ",
    "The bill would require banks to verify an account number, a routing number and a date of birth before transfers. ",
    "Version {1-30}.{0-9} of the standard replaces section {0-9}.{1-30}; social security is unaffected. ",
    "Born in a small town, the author wrote {1-30} novels; chapter {0-9} of the last one has {5} words and no hero. ",
    "Engineers reset the password policy and rotate every token after {1-30} days, he added at {00-23}:{00-59}. ",
    "Flight BA{1-30}{0-9} landed at {00-23}:{00-59}; gate {1-30}, seat {1-30}C, {5} miles, fuel {7} kg. ",
)
_CHAT: Final = (
    "好的，会议改到{1-12}月{1-28}日{00-23}:{00-59}，{1-30}楼会议室，记得带上第{0-9}版方案。\n",
    "这个月电费{5}.{0-9}元，比上个月多了{1-30}块，是不是空调开太久了？\n",
    "帮我算一下 {5} * {1-30} + {7} 等于多少\n",
    "how do I convert {5} km to miles, and what is {7} / {1-30}?\n",
    "微信支付成功，金额{5}.{0-9}元；支付宝到账提醒已关闭。\n",
    "能不能解释一下什么是身份证号码的校验位？就是最后一位怎么算的\n",
    "my code prints {7} instead of {5}, line {1-30}, can you see why? error code {5}\n",
    "QQ音乐和微信读书都更新到{1-30}.{0-9}.{1-30}了，你用的是哪个版本\n",
    "page {1-30} of {5}; slide {0-9}; room {5}; ext. {1-30}; 电话会议{00-23}:{00-59}开始\n",
    "护照办理需要几个工作日？我看网上说{1-30}天，费用{5}元\n",
)


def news_zh(rng: random.Random) -> str:
    return pick(rng, _ZH)


def news_en(rng: random.Random) -> str:
    return pick(rng, _EN)


def chat(rng: random.Random) -> str:
    return pick(rng, _CHAT)
