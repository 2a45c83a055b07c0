"""Text that names nobody, in kinds, to count false positives on: `texts()` gives kind -> text, 30 to 200 KB each.

Source code is Python's library (modules of the alphabet's second half; lines of credit left out, for they do hold
names) and its C headers; logs, tables and product texts are made from the templates below with a fixed seed. None of
it is seen in training.
"""

from __future__ import annotations

import random
import re
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PEOPLED: Final = frozenset({"optparse.py", "platform.py", "poplib.py", "random.py", "statistics.py", "this.py"})
"""Modules whose comments name their makers, or mathematicians, line by line."""
CREDITS: Final = re.compile(r"copyright|author|written|contributed|thanks|maintain|@|by ", re.IGNORECASE)

LOGS: Final = """
{t} INFO  [main] o.s.b.w.embedded.tomcat.TomcatWebServer - Tomcat started on port(s): {n} (http)
{t} WARN  [pool-{s}-thread-{s}] com.zaxxer.hikari.pool.HikariPool - Connection is not available, request timed out
{t} ERROR [http-nio-{n}-exec-{s}] c.e.shop.api.OrderController - java.lang.NullPointerException: order is null
127.0.0.1 - - [{t}] "GET /static/js/app.{h}.js HTTP/1.1" 200 {n} "-" "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101"
kernel: [{n}.{n}] usb 1-{s}: new high-speed USB device number {s} using xhci_hcd
sshd[{n}]: Connection closed by port {n} [preauth]
I{n} {s} controller.go:{s}] Successfully synced deployment payments-{h}
level=info ts={t} caller=compact.go:{s} component=tsdb msg="Compacting blocks" duration={s}ms
LOG:  checkpoint complete: wrote {n} buffers ({s}.{s}%); 0 WAL file(s) added
WARNING: Retrying (Retry(total={s}, connect=None)) after connection broken by ReadTimeoutError
{t} [notice] {n}#{s}: signal process started; worker process {n} exited with code 0
{t} 信息 [调度线程-{s}] 定时任务执行完成，共处理记录{n}条，耗时{s}毫秒
{t} 警告 数据库连接池即将耗尽，当前活动连接{s}，最大连接{n}
{t} 错误 接口调用失败：状态码{s}，重试次数{s}，请求编号{h}
{t} 信息 消息队列消费延迟{n}毫秒，分区{s}，偏移量{n}
""".strip().split("\n")

TABLES: Final = """
| Sprint Backlog | In Progress | {s} | {n} |
| Gross Margin | Operating Income | {s}.{s}% | {n} |
SKU-{n},Canvas Tote Bag,Natural,Large,{s},{s}.99
order_id,status,carrier,weight_kg
{n},Delivered,Ground,{s}.{s}
Quarter\tRevenue\tNet Profit\tHeadcount
Q{s}\t{n}\t{n}\t{s}
| 季度 | 营业收入 | 净利润 | 同比增长 |
| 第{s}季度 | {n}万元 | {n}万元 | {s}% |
商品编号,商品名称,单价,库存
{n},陶瓷马克杯,{s}.50,{n}
| 检验项目 | 结果 | 参考范围 | 单位 |
| 白细胞计数 | {s}.{s} | 4.0-10.0 | 10^9/L |
<tr><td>Total Assets</td><td>{n}</td><td>Long Term Debt</td><td>{n}</td></tr>
{{"metric": "cpu_usage", "host": "web-{s}", "value": {s}.{s}, "unit": "percent"}}
""".strip().split("\n")

PRODUCTS: Final = """
Noise-cancelling over-ear headphones with {s} hours of battery life, Bluetooth 5.{s} and a foldable carrying case.
The Summit 65L Backpack has an adjustable torso, a rain cover and a hydration sleeve. Color: Forest Green. Item {n}.
Stainless Steel French Press, 1 Litre, Double Wall, Dishwasher Safe, with Two Extra Screens.
Classic Fit Oxford Shirt, Button-Down Collar, Machine Wash Cold, Tumble Dry Low. Size Medium, Sky Blue.
UltraSharp {s}-inch 4K Monitor with USB-C Hub, Height Adjustable Stand and Built-in Speakers, Model {h}.
Memory Foam Mattress Topper, Queen Size, Gel Infused, Breathable Bamboo Cover, {s}-Year Warranty.
Cordless Drill Kit: Brushless Motor, {s} Torque Settings, Two Lithium-Ion Batteries, Fast Charger.
Wireless Ergonomic Mouse, Silent Click, Rechargeable, {s} g, Two-Year Guarantee, Ships in Recycled Packaging.
Organic Green Tea, {s} Pyramid Bags. Steep for three minutes. Best before: see bottom of the box. Lot {h}.
Cast Iron Skillet, Pre-Seasoned, Oven Safe, {s} cm. Hand wash only. Matching lid sold separately, item {n}.
智能扫地机器人，激光导航，续航{s}分钟，支持手机控制，静音运行，适合各种地面。
纯棉四件套，柔软亲肤，可机洗，不易褪色，适用{s}米床，颜色：雾霾蓝。
不锈钢保温壶，容量{n}毫升，双层真空，保冷保热，食品级内胆，防漏设计。
高蛋白牛奶，每{s}毫升含蛋白质{s}克，保质期六个月，常温存放，开封后请冷藏。
无线机械键盘，三模连接，热插拔轴体，续航{n}小时，支持多种操作系统。
儿童平衡车，适合三至六岁，高碳钢车架，静音车轮，可调节座椅高度，易于安装。
""".strip().split("\n")

TRAPS: Final = """
Organic Earl Grey Tea, {s} Pyramid Bags. Bergamot oil, black tea from single estates. Best before: see bottom.
Caesar salad kit, Swiss cheese, Bologna sandwich, Brussels sprouts, Cayenne pepper, Alfredo sauce, Granny Smith apples.
Phillips screwdriver set, Allen keys, Stanley-style utility knife, Mason jars, Davenport sofa, Franklin stove.
金枪鱼罐头，石榴汁，马铃薯片，白兰地酒心巧克力，康师傅口味方便面，黄金奇异果，安心油。
""".strip().split("\n")
"""Products that carry the names of people and places: measured, and no model of this size gets them all."""

NAMES: Final = {"logs": LOGS, "tables": TABLES, "products": PRODUCTS, "traps": TRAPS}


def _time(rng: random.Random) -> str:
    day = f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return f"{day} {rng.randint(0, 23):02}:{rng.randint(0, 59):02}:07,{rng.randint(100, 999)}"


def _made(templates: list[str], characters: int, rng: random.Random) -> str:
    lines, size = [], 0
    while size < characters:
        line = rng.choice(templates).format(
            t=_time(rng),
            n=rng.randint(1000, 99_999),
            s=rng.randint(1, 99),
            h=f"{rng.getrandbits(32):08x}",
        )
        lines.append(line)
        size += len(line) + 1
    return "\n".join(lines)


def _code(paths: list[Path], characters: int, each: int) -> str:
    pieces, size = [], 0
    for path in paths:
        lines = [x for x in path.read_text("utf-8", "replace").splitlines() if not CREDITS.search(x)]
        pieces.append("\n".join(lines)[:each])
        size += len(pieces[-1])
        if size >= characters:
            break
    return "\n".join(pieces)


def texts(characters: int = 60_000, seed: int = 20_261_121) -> Mapping[str, str]:
    """Kind -> text of about so many characters."""
    paths = sysconfig.get_paths()
    modules = sorted(p for p in Path(paths["stdlib"]).glob("*.py") if p.name[0] >= "n" and p.name not in PEOPLED)
    headers = sorted(Path(paths["include"]).rglob("*.h"))
    found = {"Python": _code(modules, characters, 4000)}
    if headers:
        found["C"] = _code(headers, characters, 4000)
    for name, templates in NAMES.items():
        rng = random.Random(f"{seed}-{name}")  # noqa: S311  reproducible, no secret
        found[name] = _made(templates, characters if name != "traps" else characters // 20, rng)
    return found
