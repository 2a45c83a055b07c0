"""Generated Chinese values: names (Han, minority, transliterated, nicknames), addresses, organisations, dates."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from detectors.names.lexicon import chinese_characters, compound_surnames
from detectors.ner.train.tokens import listed, numbered
from detectors.ner.train.wordlists import SOUNDS, chinese_places, divisions, jieba_words, short

GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂建国华志文辉玲红春海晓雪梅琳佳欣"
    "怡子涵梓轩浩宇俊雨桐思远嘉豪一诺诗雅若曦博天佑泽睿语"
    "嫣梦琪瑞晨阳鹏飞云龙婷慧颖莉莎倩悦彤宏亮振东世永康家兴少群栋卫新民爱凤玉淑珍美秋"
    "菊冬金花银宝贵生德胜福来长江学正义忠良光启航景行清照婉"
    "书瑶可馨沐宸奕辰锦程"
)
ROADS = listed(
    "中山 人民 解放 建设 和平 胜利 新华 文化 长江 黄河 南京 北京 上海 幸福 光明 "
    "学府 科技 创业 滨江 湖滨 环城 迎宾 朝阳 振兴 友谊 东风 "
    "红旗 团结 民主 工业 花园 世纪 五一 八一 天府 珠江 太湖 西湖 深南 淮海 延安 "
    "复兴 青年 向阳 凤凰 金融 软件园 高新 宝山 玉泉 桃园 银杏 "
    "白云 建国 中关村 望京 陆家嘴 张江 珠江新城 天河 福田",
)
ESTATES = listed(
    "阳光 金色 碧桂 万科 恒大 绿地 龙湖 中海 华润 保利 紫荆 翠湖 锦绣 御景 滨河 "
    "东方 盛世 和谐 天鹅 水岸 丽景 枫林 海棠 香樟 玫瑰 书香 "
    "名仕 星河 云锦 悦府",
)
TRADES = listed(
    "科技 网络 信息技术 电子商务 生物医药 建筑工程 物流 贸易 教育咨询 文化传媒 "
    "金融服务 投资管理 餐饮管理 新能源 智能装备 房地产开发 人力资源 "
    "广告 食品 环保",
)
PUBLIC = listed(
    "市第一人民医院,大学,第二中学,市公安局,市税务局,区人民法院,市教育局,师范学院,"
    "实验小学,市中医院,市人民政府,市卫生健康委员会,银行,日报社,"
    "海关,地铁集团,火车站派出所,农业大学,电视台,博物馆",
    ",",
)
BRANDS = "华中天盛鑫瑞恒信达通安泰宏远博创联众智云海汇锦诚德隆星辰光迅捷优品百维新和美嘉润佳元启"
NO_TOWN = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}
MINORITY_HEADS = listed(
    "阿卜杜拉,买买提,古丽,艾尼瓦尔,努尔,巴特尔,乌云,扎西,卓玛,次仁,格桑,达瓦,热合曼,帕提古丽,斯琴,其其格", ","
)


class ChineseValues:
    def __init__(self, rng: random.Random, data: Path) -> None:
        from faker import Faker

        self._rng = rng
        self._fake = Faker("zh_CN")
        self._fake.seed_instance(rng.randrange(2**32))
        table = chinese_characters()
        self._surnames = [c for c, v in table.items() if v[0]]
        self._surname_weights = [1.6 ** v[0] for v in table.values() if v[0]]
        self._only = [(c, 1.9 ** v[1]) for c, v in table.items() if v[1] >= 4]
        self._firsts = [(c, 1.9 ** v[2]) for c, v in table.items() if v[2] >= 4]
        self._seconds = [(c, 1.9 ** v[3]) for c, v in table.items() if v[3] >= 4]
        self._rare = [c for c, v in table.items() if v[0] < 5]
        self._doubles = sorted(compound_surnames())
        self._tree = divisions(data)
        self._places = sorted(chinese_places(data))
        rows = jieba_words()
        self._known = [w for w, _, kind in rows if kind.startswith("nr") and 2 <= len(w) <= 3 and w[0] in table]
        self._known = [w for w in self._known if table[w[0]][0] >= 5]
        self._spots = [w for w, n, kind in rows if kind == "ns" and 2 <= len(w) <= 5 and w[0] != "一"]
        self._bodies = [w for w, _, kind in rows if kind == "nt" and 3 <= len(w) <= 10]
        self.slots: dict[str, Callable[[], str]] = {
            "P": self.person,
            "F": self.nick,
            "T": self.surname,
            "A": self.address,
            "L": self.place,
            "O": self.organisation,
            "D": self.date,
            "N": lambda: numbered(rng),
            "I": lambda: rng.choice(("userName", "order_id", "getList", "张量", "config", "README", "main.py")),
            "E": lambda: f"user{rng.randint(1, 999)}@example.com",
        }

    def surname(self) -> str:
        if self._rng.random() < 0.06:
            return self._rng.choice(self._doubles)
        return self._rng.choices(self._surnames, self._surname_weights)[0]

    def _pick(self, pairs: list[tuple[str, float]]) -> str:
        return self._rng.choices([c for c, _ in pairs], [w for _, w in pairs])[0]

    def han_name(self) -> str:
        rng = self._rng
        kind = rng.random()
        if kind < 0.2:
            return str(self._fake.name())
        if kind < 0.3:
            return rng.choice(self._known)
        surname = self.surname()
        if kind < 0.4:  # a rare character
            return surname + rng.choice(("", self._pick(self._firsts))) + rng.choice(self._rare)
        if kind < 0.65:
            return surname + "".join(rng.choice(GIVEN) for _ in range(1 if rng.random() < 0.3 else 2))
        return surname + (
            self._pick(self._only) if rng.random() < 0.32 else self._pick(self._firsts) + self._pick(self._seconds)
        )

    def foreign(self) -> str:
        rng = self._rng

        def word() -> str:
            return "".join(rng.choice(SOUNDS) for _ in range(rng.choice((2, 2, 3, 3, 4))))

        return word() if rng.random() < 0.5 else f"{word()}{rng.choice('··•.')}{word()}"

    def minority(self) -> str:
        head = self._rng.choice(MINORITY_HEADS)
        return head + self._rng.choice(("", f"·{self._rng.choice(MINORITY_HEADS)}", self._rng.choice(MINORITY_HEADS)))

    def nick(self) -> str:
        """小李, 老王, 阿芳, 王姐: what colleagues say."""
        rng = self._rng
        return rng.choice(
            (
                f"小{self.surname()}",
                f"老{self.surname()}",
                f"阿{rng.choice(GIVEN)}",
                rng.choice(GIVEN) * 2,
                self.surname() + rng.choice("姐哥叔姨嫂爷"),
            )
        )

    def person(self) -> str:
        kind = self._rng.random()
        if kind < 0.85:
            return self.han_name()
        return self.foreign() if kind < 0.95 else self.minority()

    def _path(self) -> tuple[str, str, str, str]:
        rng = self._rng
        province = rng.choice(list(self._tree))
        town = rng.choice(list(self._tree[province]))
        district = rng.choice(list(self._tree[province][town]))
        streets = self._tree[province][town][district]
        street = rng.choice(streets) if streets else ""
        return province, "" if town in NO_TOWN else town, district, street

    def address(self) -> str:
        rng = self._rng
        p, c, d, s = self._path()
        head = rng.choice((p + c + d, c + d, p + c + d + s, d + s, d, c or d, "", ""))
        way = rng.choice(("路", "大街", "街", "大道", "东路", "西路", "南路", "北路", "中路", "巷", "二路", "胡同"))
        name = rng.choice(ROADS) if rng.random() < 0.7 else rng.choice(GIVEN) + rng.choice(GIVEN)
        number = rng.choice(("", "", " ")) + f"{rng.randint(1, 1999)}{rng.choice(('号', '号', '号', '弄', '号院'))}"
        return head + name + way + number + self._door()

    def _door(self) -> str:
        rng = self._rng
        estate, room = rng.choice(ESTATES), f"{rng.randint(1, 33)}0{rng.randint(1, 8)}"
        kind = rng.randrange(6)
        if kind < 2:
            return ""
        if kind == 2:
            block = f"{rng.randint(1, 40)}{rng.choice(('栋', '号楼', '幢'))}"
            entrance = rng.choice(("", f"{rng.randint(1, 6)}单元"))
            home = rng.choice(("花园", "小区", "家园", "公馆", "城", "苑", "府"))
            return estate + home + block + entrance + rng.choice((room, room + "室", ""))
        if kind == 3:
            house = rng.choice(("大厦", "广场", "中心", "科技园"))
            return f"{estate}{house}{rng.choice(('A', 'B', 'C', ''))}座{rng.randint(2, 38)}层"
        if kind == 4:
            return f"{rng.randint(1, 30)}号楼{rng.randint(101, 3208)}室"
        return f"{rng.randint(1, 30)}-{rng.randint(1, 6)}-{rng.randint(101, 1208)}"

    def place(self) -> str:
        rng = self._rng
        kind = rng.random()
        if kind < 0.3:
            return rng.choice(self._places)
        if kind < 0.55:
            p, c, d, _ = self._path()
            return rng.choice((p, c or p, d, p + c, c + d))
        if kind < 0.62:
            return short(self._path()[0])
        return rng.choice(self._spots)

    def organisation(self) -> str:
        rng = self._rng
        kind = rng.random()
        city = short(rng.choice(self._places))
        brand = rng.choice(BRANDS) + rng.choice(BRANDS)
        if kind < 0.35:
            tail = rng.choice(("有限公司", "股份有限公司", "集团", "有限责任公司", "公司"))
            return rng.choice((city, "", f"{brand}（{city}）")) + brand + rng.choice(TRADES) + tail
        if kind < 0.5:
            return brand + rng.choice(("科技", "集团", "银行", "证券", "医药", "控股", "基金", "保险", "电子"))
        if kind < 0.68:
            return city + rng.choice(PUBLIC)
        if kind < 0.75:
            return str(self._fake.company())
        return rng.choice(self._bodies)

    def date(self) -> str:
        y, m, d = self._rng.randint(1950, 2026), self._rng.randint(1, 12), self._rng.randint(1, 28)
        return self._rng.choice(
            (
                f"{y}年{m}月{d}日",
                f"{y}-{m:02}-{d:02}",
                f"{m}月{d}日",
                f"{y}年{m}月",
                f"{y}/{m}/{d}",
                f"{y}年",
                f"{y}.{m}.{d}",
            )
        )
