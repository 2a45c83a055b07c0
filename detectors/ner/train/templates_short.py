"""Templates of short and crowded text: shop pages, tables, cells, chats and tweets, with names and without.

Slots: those of `templates_en` and `templates_zh`, those of `goods` (never labelled), Y a country (a place), and Z a
laugh, a sigh or a doubled word.
"""

from __future__ import annotations

from typing import Final

from detectors.ner.train.tokens import listed

CELLS_EN: Final = r"""
Name,Department,Salary\n{P},{U},{N}\n{P},{U},{N}\n{P},{U},{N}
id,owner,status\n{N},{F},{H}\n{N},{F},{H}
id,customer,city,total\n{N},{P},{L},{N}\n{N},{P},{L},{N}
{P},{U},{H}
{N},{P},{L},{H}
{N};{P};{D};{H}
"{P}","{U}","{H}"
| Item | Owner | Status |\n|---|---|---|\n| {G} | {P} | {H} |\n| {G} | {F} | {H} |
| {P} | {H} |\n| {P} | {H} |
{V}\tAssignee\n{H}\t{P}\n{H}\t{F}
<tr><td>{P}</td><td>{H}</td><td>{N}</td></tr>
<td>{F}</td><td>{G}</td>
SKU-{N},{G},{C},{S},sold by {P}
{"assignee": "{F}", "status": "{H}"}
Sold to {P}: {G}, {C}, {S}
{P} ordered the {G} in {C}, size {S}.
The {B} {G} was returned by {P} on {D}.
Review by {P}: {J}. {J}.
{F} says: love my {B} {G}!
RT @{E}: {P} is on the show tonight #{I}
@{I}{N} have you seen {P}'s new video? http://t.co/{I}
omg {P} just followed me!!! #blessed
so proud of {F} today <3
goodnight {F} xx
can't believe {P} is gone. rip
{P} for president lol #{I}
watching {P} vs {P} tonight
{P} at {L} #{I} #{I}
happy bday {F}!! @{I}{N}
new song by {P} ft. {P} out now
thx {F} :)
{F} & {F} 4ever
Q: who did it? A: {P}
Host: {P}. Guests: {P} and {P}.
{P} - {U}
{U}: {P}, {P}, {P}
{P}\n{P}\n{P}
1. {P}\n2. {P}\n3. {P}
- {P}: {H}\n- {P}: {H}
""".strip().split("\n")

CELLS_PLAIN_EN: Final = r"""
{B} {G}, {C}, {S}
{B} {M} {G}: {J}. {J}.
{X} {G}, {C}, {S}, {J}
{G} by {B}, made of {X}. {J}.
{R}, {C}, {S}, {N}
{R}: {J}, {J}.
The {B} {M} is a {G} with a {X} frame. {J}. Item {N}.
The {R} comes in {C}, {C} and {C}. {J}. Model {M}.
{G}, {X}, {S}, {J}, with Two {G}s
Brand: {B}\nModel: {M}\nColor: {C}\nMaterial: {X}\nSize: {S}
Product: {R} | Brand: {B} | Price: {N}
Color: {C}, Size: {S}
{X} Cover, {J}, {S}, {C}
{G}, {S}, {J}, {X} Infused
{J}. {J}. {J}. Lot {N}. Best before: see label.
{G} / {G} / {G}
{B} {R} {G} Set of 4
SKU,{V},{V},{V}\n{M},{G},{C},{H}\n{M},{R},{C},{H}
{M},{G},{C},{S},{N}
{M},{R},{X},{S},{N}\n{M},{G},{X},{S},{N}
{N},{B},{G},{H}
{V},{V},{V},{V}\n{N},{H},{W},{N}\n{N},{H},{W},{N}
{V}\t{V}\t{V}\n{W}\t{N}\t{H}
| {V} | {V} | {V} |\n|---|---|---|\n| {W} | {H} | {N} |\n| {W} | {H} | {N} |
| {W} | {H} | {N} |
| {W} | {W} | {N}% |
| {U} | {H} | {N} |\n| {U} | {H} | {N} |
<tr><td>{V}</td><td>{N}</td><td>{W}</td><td>{N}</td></tr>
<td>{G}</td><td>{C}</td><td>{H}</td>
{"sku": "{M}", "name": "{R}", "color": "{C}", "brand": "{B}"}
{"{W}": "{H}", "host": "{W}-{N}", "unit": "{W}"}
{U},{H},{N}\n{U},{H},{N}
order_id,item,carrier,state\n{N},{G},{W},{H}
Shop {G}s, {G}s and {G}s. {J}!
New: {B} {G}. {J}, {J}.
FREE {G} WITH EVERY {G}
{W} {W}: {W}, {W} and {W}
@{I}{N} @{I} lol same #{I} http://t.co/{I}
RT @{I}: {W} {W}!!! #{I} #{I}
omg yesss hahaha so good <3 #{I}
Good Morning Everyone! Happy Monday #{I}
ugh. monday. coffee. why tho
2026-01-0{N} INFO o.a.k.c.{W} - {W} {W} {H}
{W}.{W}.{W}: {W} {W} {H} at {I}({W}.java:{N})
""".strip().split("\n")

CELLS_ZH: Final = r"""
姓名,部门,电话\n{P},{U},{N}\n{P},{U},{N}\n{P},{U},{N}
编号,负责人,状态\n{N},{P},{H}\n{N},{P},{H}
订单号,客户,城市,金额\n{N},{P},{L},{N}\n{N},{P},{L},{N}
{P},{U},{H}
{N},{P},{L},{H}
{N}、{P}、{H}
| 商品 | 买家 | 状态 |\n| {G} | {P} | {H} |\n| {G} | {P} | {H} |
| {P} | {H} |\n| {P} | {U} |
负责人\t状态\n{P}\t{H}\n{P}\t{H}
<td>{P}</td><td>{H}</td>
{"负责人": "{P}", "状态": "{H}"}
{P} {U} {N}
{U}：{P}、{P}、{P}
{P}\n{P}\n{P}
1、{P}\n2、{P}
买家{P}：{J}，{J}！
{P}买了{B}{G}，{C}，{S}。
{G}是{P}退回来的，{C}那件
{T}总
{T}总，您好
{T}总好！
{T}总说{W}
让{T}总和{T}总过目一下
{T}工
{T}工，{W}改好了吗
@{T}工 @{T}经理 请确认
{T}老师辛苦了
谢谢{T}老师
{T}主任在吗？{W}
{T}姐
{Q}好
{Q}，{W}到了
谢谢{Q}！
麻烦{Q}转告{T}总，{W}
{Z}{Q}你真逗
{Z}，{P}笑死我了
{Q}你看{P}发的微博了吗{Z}
转发微博 //@{W}:{P}{Z}
回复@{W}:{Z}{P}{W}
{P}好帅啊{Z}
想{P}了{Z}
今天和{P}去{L}吃{R}{Z}
支持{P}！加油！
爱{P}，爱生活
{P}的新歌真好听
{P}，男，{Y}国籍，{D}出生，硕士学历，高级工程师。
{P}女士，{Y}国籍，无境外永久居留权，{D}生，本科学历。
{P}先生：{Y}国籍，无永久境外居留权，大专学历，会计师。
国籍：{Y}
姓名：{P}，国籍：{Y}
{P}加入{Y}国籍
{Y}人{P}在{L}被捕
曾任{O}经理、总经理；现任{O}董事。
""".strip().split("\n")

CELLS_PLAIN_ZH: Final = r"""
{B}{G}，{C}，{S}，{J}
{B} {M} {G}，{J}，{J}，{J}。
{X}{G}，{J}，{J}，颜色：{C}。
{X}{G}，容量{N}毫升，{J}，{J}。
{R}，{J}，净重{N}克
{R}礼盒，{J}，{J}
【{J}】{B}{X}{G} {C} {S}
品牌：{B}\n型号：{M}\n颜色：{C}\n材质：{X}\n尺寸：{S}
商品名称：{G}，品牌：{B}，单价：{N}
{G}、{G}、{G}、{R}
{J}，{J}，{J}，适合{W}使用。
编号,{V},{V},{V}\n{M},{G},{C},{H}\n{M},{R},{C},{H}
{N},{G},{N},{N}
{M},{R},{S},{N}
{V},{V},{V}\n{N},{W},{H}\n{N},{W},{H}
| {V} | {V} | {V} |\n| {W} | {H} | {N} |\n| {W} | {H} | {N} |
| {V} | {V} | {V} | {V} |
| {W} | {H} | {N} |
| {U} | {H} | {N} |\n| {U} | {H} | {N} |
{V}\t{V}\n{W}\t{N}
<td>{G}</td><td>{C}</td><td>{H}</td>
{"名称": "{R}", "颜色": "{C}", "品牌": "{B}"}
{U},{H},{N}
{Z}
{Z}！
{Z}{Z}
{Z}，{W}
{Z}笑死我了{Z}
{W}{Z}太好玩了
{Z}今天{W}，明天{W}
亲，{Z}，{G}什么时候发货呀
宝宝们早上好{Z}
亲爱的们，晚安{Z}
楼主好人，{Z}，顶一个
老铁没毛病{Z}
小伙伴们都惊呆了
小仙女都在用的{G}，{J}
男神女神们周末快乐{Z}
老公给我买了{B}的{G}，{Z}
谁懂啊，{R}真的绝了{Z}
吃了{R}和{R}，满足{Z}
转发微博
转发微博，{Z}
[泪][泪]{Z}
回复:{Z}{W}
好想去玩{Z}求带
周末去哪儿玩
明明说好的，白白等了一天{Z}
天天加班，慢慢熬，好好休息，乖乖睡觉
常常想想，刚刚看看，试试就试试
王者荣耀上号，吃鸡去，打农药{Z}
金牌讲师，黄金会员，白领公寓，高档小区，石头剪刀布
任何时候，何必呢，方才，田园风光，江湖规矩，马路对面，牛气，熊市，龙年大吉
钱不够花，花钱如流水，安静，平常心，成天，常年，项目，温馨提示，严禁，严肃，强调，曾经，解决，宁可，华丽，凌晨，单独，全部
汉族，回族，满族，壮族，维吾尔族，苗族
本科学历，中共党员，已婚，无境外永久居留权，高级会计师
男，汉族，党员，大专学历，工程师
""".strip().split("\n")

LAUGHS: Final = listed(
    "哈哈 嘿嘿 呵呵 嘻嘻 呜呜 嘤嘤 啊啊 哎呀 哎哟 唉 哇塞 哇 么么哒 嗯嗯 哦哦 噢 额 咦 啦啦啦 嘎嘎 吼吼 咔咔 咳咳 "
    "啧啧 喵 汪 哼 切 呸 天哪 我去 卧槽 妈呀 好嘞 得嘞 好哒 是滴 木有 萌萌哒 棒棒哒 6666 2333 yyds awsl 笑死 绝了 "
    "无语 吐血 心塞 给力 有木有 看看 试试 慢慢 天天 好好 乖乖 想想 偷偷 悄悄 轻轻 明明 刚刚 常常 星星 宝宝 妹妹 晚安 "
    "早安 安安 加油 么么 拜拜 谢谢 嗨 呀 嘛 咯 呐"
)
COUNTRIES: Final = listed(
    "中国 中国 中国 中国 中国香港 中国台湾 中国澳门 美国 英国 法国 德国 日本 韩国 加拿大 澳大利亚 新加坡 马来西亚 "
    "俄罗斯 意大利 西班牙 荷兰 瑞士 瑞典 新西兰 泰国 越南 印度 巴西 墨西哥 埃及 南非 爱尔兰 葡萄牙 希腊 土耳其 以色列"
)
