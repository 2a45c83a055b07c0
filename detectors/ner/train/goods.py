"""Words that look like names and are none: what is sold, its brand, model, colour and material, and cells of tables.

Slots beside those of the templates, none of them labelled: B brand, M model, C colour, S size, G goods, X material,
H status, J a phrase of praise, U department, V column heading, W common words, R a thing that is named after a place
or a person. Of shops in general: no list was taken from a text that measures.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final

from detectors.ner.train.tokens import listed

GOODS_EN: Final = listed(
    "Armchair,Bookshelf,Bath Mat,Blender,Bedside Table,Blanket,Ceiling Fan,Ceramic Vase,Chef Knife,Coat Rack,"
    "Comforter,Cutting Board,Dinner Plate,Dish Rack,Duvet Cover,Electric Kettle,Espresso Machine,Food Processor,"
    "Garden Hose,Hand Mixer,Ironing Board,Laundry Basket,Mattress,Mixing Bowl,Night Light,Ottoman,Patio Umbrella,"
    "Pillowcase,Rice Cooker,Rug,Salad Spinner,Shower Curtain,Side Table,Sofa,Soup Ladle,Table Runner,Toaster,"
    "Towel Set,Tumbler,Vacuum Cleaner,Wall Clock,Waffle Maker,Wardrobe,Wine Glass,Ankle Boots,Bomber Jacket,Cardigan,"
    "Chinos,Crew Socks,Denim Skirt,Fleece Hoodie,Flip Flops,Leather Belt,Loafers,Parka,Polo,Puffer Vest,Rain Boots,"
    "Running Tights,Sandals,Scarf,Slim Jeans,Sneakers,Sun Hat,Swimsuit,Tank Top,Trench Coat,Turtleneck,Wallet,"
    "Windbreaker,Almond Butter,Barley Bread,Cereal Bar,Chai Latte,Chicken Broth,Coconut Milk,Dark Chocolate,"
    "Dried Mango,Granola,Ground Coffee,Herbal Infusion,Honey Mustard,Instant Noodles,Jasmine Rice,Lentil Soup,"
    "Maple Syrup,Oat Drink,Olive Oil,Peanut Butter,Protein Powder,Rolled Oats,Rosemary Crackers,Sea Salt,Soy Sauce,"
    "Sparkling Water,Tomato Paste,Action Camera,Charging Dock,Drone,Earbuds,Ethernet Switch,External Drive,"
    "Game Controller,Graphics Card,Laptop Stand,Phone Case,Portable Projector,Power Bank,Router,Screen Protector,"
    "Smart Plug,Smartwatch,Soundbar,Tablet Sleeve,Webcam,Angle Grinder,Circular Saw,Extension Cord,Ladder,"
    "Measuring Tape,Paint Roller,Pipe Wrench,Power Drill,Screwdriver,Spirit Level,Tool Box,Utility Knife,Work Gloves,"
    "Bike Helmet,Camping Stove,Climbing Rope,Dumbbell,Fishing Rod,Golf Glove,Jump Rope,Kayak Paddle,Resistance Band,"
    "Sleeping Bag,Snorkel,Tennis Racket,Trekking Poles,Body Lotion,Conditioner,Face Serum,Hair Dryer,Hand Cream,"
    "Lip Balm,Mascara,Nail Polish,Shaving Foam,Shampoo,Sunscreen,Tooth Brush,Baby Monitor,Board Game,Building Blocks,"
    "Car Seat,Crayons,Dog Leash,Cat Litter,Jigsaw,Plush Bear,Stroller,Fountain Pen,Desk Organizer,File Folder,"
    "Gift Card,Greeting Card,Label Maker,Notebook,Paper Shredder,Sticky Notes",
    ",",
)
MADE_EN: Final = listed(
    "Stainless Steel,Solid Oak,Bamboo,Merino Wool,Organic Cotton,Faux Leather,Suede,Tempered Glass,Carbon Fiber,"
    "Aluminium,Polyester,Nylon,Linen,Velvet,Silicone,Rubber,Walnut,Titanium,Brass,Copper,Goose Down,Cashmere,"
    "Terracotta,Marble,Recycled Plastic,Denim,Satin,Rattan,Cork,Latex,Microfiber,Enamel,Ceramic,Acrylic,Jersey,"
    "Poplin,Corduroy,Felt,Jute",
    ",",
)
HUES_EN: Final = listed(
    "Black White Grey Charcoal Navy Ivory Beige Olive Teal Crimson Scarlet Burgundy Coral Amber Violet Lavender "
    "Lilac Mint Emerald Jade Ruby Rose Sage Hazel Ginger Indigo Magenta Maroon Khaki Rust Peach Plum Sienna Sand "
    "Slate Graphite Pearl Ebony Cyan Turquoise Brown Green Red Blue Pink Orange Purple Yellow Silver Gold Bronze"
)
TONES_EN: Final = listed("Light Dark Deep Matte Dusty Ocean Royal Pale Bright Arctic Desert Stone Steel Vintage")
SIZES_EN: Final = listed(
    "S,M,L,XL,XXL,Small,Medium,Large,One Size,Twin,Full,Queen,King,Petite,Tall,Regular,10 oz,500 ml,2 kg,12 cm,"
    "6 x 9 in,Size 42,US 9,EU 38,Pack of 4,Set of 6",
    ",",
)
PRAISE_EN: Final = listed(
    "Soft and breathable,Easy to clean,Built to last,Perfect for everyday use,Lightweight and durable,"
    "Machine washable,BPA Free,Hand Made,Water Resistant,Dishwasher safe,Free Shipping,Limited Edition,Best Seller,"
    "New Arrival,Two Year Warranty,Batteries not included,Ideal for home and office,A timeless classic,"
    "Designed for comfort,Eco Friendly,Quick Dry,Non Slip Base,Fits most models,Great gift for any occasion,"
    "Assembly Required,Extra Wide,Long lasting battery,Adjustable straps,Wipe clean with a damp cloth,"
    "Noise level below 40 dB,Award Winning Design",
    ",",
)
STATUS_EN: Final = listed(
    "Pending,Shipped,Delivered,Cancelled,Returned,Refunded,Active,Inactive,Open,Closed,On Hold,In Stock,Out of Stock,"
    "Backorder,Draft,Approved,Rejected,Paid,Overdue,In Review,Blocked,Done,Not Started,Archived,High,Low,Medium,"
    "Critical,Passed,Failed,Skipped,Enabled,Disabled,N/A,None,TBD,Yes,No,True,False,Unknown,Other,Default,Total,"
    "Subtotal,Average",
    ",",
)
UNITS_EN: Final = listed(
    "Sales,Marketing,Finance,Human Resources,Legal,Engineering,Customer Service,Operations,Procurement,Research,IT,"
    "QA,Logistics,Billing,Support,Facilities,Front Desk,Data Platform,Treasury,Compliance,Design,Payroll",
    ",",
)
HEADS_EN: Final = listed(
    "Name,Status,Owner,Amount,Quantity,Price,Category,Description,Color,Size,Date,Region,Country,City,Type,Notes,"
    "Brand,Model,Department,Title,Phone,Email,Account,Balance,Currency,Unit,Weight,Rating,Carrier,Total Assets,"
    "Net Income,Cost of Sales,Due Date,Lead Time,Unit Price,Item,SKU,Vendor,Warehouse,Priority,Assignee,Customer,"
    "Product,Score",
    ",",
)
BRANDS_EN: Final = listed(
    "Nova Zenix Lumo Kestrel Verano Altura Brixton Corvus Delmar Everly Fenwick Halden Jorvik Kelso Marlowe Norden "
    "Orion Pello Quill Ravenna Solano Tamsin Umbra Velora Wilder Xeno Yarrow Zephyr Ashby Bellamy Carlton Darcy "
    "Ellery"
)
KINDS_EN: Final = listed(
    "Manhattan Sofa,Milano Chair,Paris Mirror,Vienna Roast,Kyoto Teapot,Denver Boot,Austin Shirt,Havana Shirt,"
    "Sydney Lamp,Victoria Sponge,Wellington Boots,Napoleon Cake,Bordeaux Glass,Savannah Rug,Chelsea Boots,"
    "Derby Shoes,Panama Hat,Bermuda Shorts,Turkish Towel,Persian Rug,Danish Butter Cookies,Italian Roast,"
    "Greek Yogurt,Japanese Knife,Charlotte Dress,Emma Bed,Oliver Desk,Lucy Blouse,Martin Guitar,Dexter Table,"
    "Madison Bench,Logan Recliner,Sophie Cup,Henry Stool,Tom Yum Soup,Jasmine Tea,Graham Crackers,Bloody Mary Mix,"
    "Shirley Temple,Martini Glass",
    ",",
)
GOODS_ZH: Final = listed(
    "保温杯 电饭煲 电热水壶 空气炸锅 吸尘器 加湿器 电风扇 台灯 书桌 沙发 床垫 枕头 被套 毛毯 窗帘 地毯 浴巾 拖鞋 "
    "运动鞋 羽绒服 卫衣 牛仔裤 连衣裙 衬衫 风衣 围巾 帽子 手套 袜子 双肩包 行李箱 钱包 皮带 手表 耳机 音箱 充电宝 "
    "数据线 手机壳 平板电脑 笔记本电脑 显示器 键盘 鼠标 路由器 摄像头 投影仪 牙刷 牙膏 洗发水 沐浴露 面膜 口红 "
    "防晒霜 洗面奶 护手霜 香水 纸巾 洗衣液 垃圾袋 保鲜膜 炒锅 菜刀 砧板 饭盒 酱油 香醋 食用油 大米 面粉 挂面 方便面 "
    "火腿肠 牛肉干 坚果 饼干 薯片 巧克力 绿茶 红茶 普洱茶 咖啡豆 酸奶 奶粉 果汁 矿泉水 白酒 红酒 啤酒 苹果 车厘子 "
    "芒果 积木 拼图 婴儿车 奶瓶 纸尿裤 猫粮 狗绳 鱼缸 帐篷 睡袋 登山杖 鱼竿 跑步机 瑜伽垫 哑铃 羽毛球拍 自行车 头盔 "
    "电钻 螺丝刀 卷尺 油漆 灯泡 插座 水龙头 马桶盖 钢笔 文件夹 订书机"
)
MADE_ZH: Final = listed(
    "不锈钢 纯棉 真丝 羊毛 羊绒 实木 胡桃木 竹纤维 陶瓷 玻璃 硅胶 铝合金 钛合金 牛皮 麂皮 亚麻 聚酯纤维 碳纤维 乳胶 "
    "记忆棉 大理石 金丝楠木 黄铜 白瓷 紫砂 鹅绒"
)
HUES_ZH: Final = listed(
    "黑色 白色 米白 藏青 酒红 墨绿 浅灰 深空灰 香槟金 玫瑰金 樱花粉 天空蓝 宝石蓝 柠檬黄 焦糖色 咖啡色 卡其色 奶茶色 "
    "薄荷绿 象牙白 月光银 曜石黑 云杉绿 胭脂红 黄色 紫色"
)
SIZES_ZH: Final = listed(
    "大号 中号 小号 均码 加大码 M码 XL码 42码 500ml 1.5L 2kg 一箱12瓶 三件套 单人 双人 1.8米 24寸 大杯 家庭装"
)
PRAISE_ZH: Final = listed(
    "柔软亲肤 透气吸汗 轻便耐用 一键操作 静音设计 易清洗 可折叠收纳 防滑耐磨 大容量 颜值超高 送礼自用两相宜 匠心工艺 "
    "品质之选 高性价比 包邮 现货速发 七天无理由退换 限时特惠 买一送一 满减优惠 新品上市 厂家直销 正品保障 经典百搭 "
    "时尚简约 高端大气 安心之选 家用商用均可 老少皆宜 口感醇厚 入口即化 严选原料 科学配方 温和不刺激 强劲动力 "
    "智能温控 超长续航 快速充电 施工方便 金属质感 白领必备 高清画质"
)
STATUS_ZH: Final = listed(
    "待付款 已发货 已完成 已取消 退款中 处理中 待审核 已通过 已驳回 正常 异常 启用 停用 在职 离职 高 中 低 无 是 否 "
    "合计 小计 平均 未知 其他 默认 进行中 未开始 暂停 已归档 缺货 有货 预售 合格 不合格 阳性 阴性 甲等 乙级 空"
)
UNITS_ZH: Final = listed(
    "销售部 市场部 财务部 人事部 法务部 研发部 客服部 采购部 行政部 运营部 信息部 质检部 物流部 仓储部 工程部 后勤"
)
HEADS_ZH: Final = listed(
    "名称 状态 负责人 金额 数量 单价 类别 说明 颜色 规格 日期 地区 城市 类型 备注 品牌 型号 部门 职位 电话 邮箱 账户 "
    "余额 币种 单位 重量 评分 承运商 总资产 净利润 营业成本 交货期 编号 供应商 仓库 优先级 客户 产品 得分 姓名 性别 "
    "年龄 民族 学历 序号 合计"
)
BRANDS_ZH: Final = listed(
    "云帆 星泽 木语 暖橙 极光 青禾 山野 乐途 优沃 素问 林语 安可 康佰 金穗 白泽 石墨 温莎 路远 高登 施诺 方圆 华悦 "
    "万和居 马蹄莲 江小米 麦田 唐彩 宋韵 韩味 Nova Lumo Zenix"
)
KINDS_ZH: Final = listed(
    "北京烤鸭 重庆小面 兰州拉面 扬州炒饭 武汉热干面 阳澄湖大闸蟹 金华火腿 景德镇瓷器 苏绣 龙井茶 安溪铁观音 新疆大枣 "
    "东北大米 云南白药 宁夏枸杞 意大利面 法式面包 日式料理 韩式拌饭 泰国香米 瑞士卷 德国啤酒 波斯猫 英式下午茶 "
    "麻婆豆腐 宫保鸡丁 东坡肉 张飞牛肉 老干妈 王守义十三香 李子园 康乃馨 满天星 罗汉果 何首乌 金针菇 白萝卜 黄花菜 "
    "胡萝卜 华莱士"
)
MAKES: Final = listed("Pro Max Plus Mini Air Lite SE Ultra Neo Gen")

type Slots = dict[str, Callable[[], str]]


def _model(rng: random.Random) -> str:
    letters = "".join(rng.choice("ABCDEFGHKLMNPRSTVWXZ") for _ in range(rng.randint(1, 3)))
    number = rng.randint(1, 9999)
    return rng.choice(
        (f"{letters}{number}", f"{letters}-{number}", f"{letters} {number}", f"{rng.choice(MAKES)} {number % 20}",
         f"SKU-{number}", f"{letters}{number}-{rng.choice(letters)}{rng.randint(1, 9)}")
    )  # fmt: skip


def english_slots(rng: random.Random, words: Sequence[str]) -> Slots:
    """`words`: common English words in lower case."""

    def title() -> str:
        return " ".join(w.capitalize() for w in rng.choices(words, k=rng.choice((1, 1, 2, 2, 3))))

    return {
        "B": lambda: rng.choice(BRANDS_EN) if rng.random() < 0.5 else title(),
        "M": lambda: _model(rng),
        "C": lambda: rng.choice(HUES_EN) if rng.random() < 0.7 else f"{rng.choice(TONES_EN)} {rng.choice(HUES_EN)}",
        "S": lambda: rng.choice(SIZES_EN),
        "G": lambda: rng.choice(GOODS_EN) if rng.random() < 0.75 else f"{title()} {rng.choice(GOODS_EN)}",
        "X": lambda: rng.choice(MADE_EN),
        "H": lambda: rng.choice(STATUS_EN),
        "J": lambda: rng.choice(PRAISE_EN),
        "U": lambda: rng.choice(UNITS_EN),
        "V": lambda: rng.choice(HEADS_EN),
        "W": title,
        "R": lambda: rng.choice(KINDS_EN),
    }


def chinese_slots(rng: random.Random, words: Sequence[str]) -> Slots:
    """`words`: common Chinese words."""
    return {
        "B": lambda: rng.choice(BRANDS_ZH) if rng.random() < 0.6 else rng.choice(words),
        "M": lambda: _model(rng),
        "C": lambda: rng.choice(HUES_ZH),
        "S": lambda: rng.choice(SIZES_ZH),
        "G": lambda: rng.choice(GOODS_ZH),
        "X": lambda: rng.choice(MADE_ZH),
        "H": lambda: rng.choice(STATUS_ZH),
        "J": lambda: rng.choice(PRAISE_ZH),
        "U": lambda: rng.choice(UNITS_ZH),
        "V": lambda: rng.choice(HEADS_ZH),
        "W": lambda: "".join(rng.choices(words, k=rng.choice((1, 1, 2)))),
        "R": lambda: rng.choice(KINDS_ZH),
    }
