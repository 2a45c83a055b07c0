"""What machines and shops write: logs, tables, hashes, versions, prices, books, formulas, places and measurements."""

from __future__ import annotations

import random
from typing import Final

from detectors.steward.corpus.fill import fill, pick

_LOGS: Final = (
    "2026-11-{01-30}T08:22:{00-59}.{6}Z INFO request_id={uuid} status=200 bytes={0-9999999} took=0.{6}s\n",
    "17{8}.{3} [{1-9}] worker-{1-64} pid={100-65535} mem={9} trace={x32} span={x16}\n",
    "E{4} 17{11} module.c:{1-4000}] timeout after {1-90000} ms, retry {1-5}, offset {11}\n",
    "Nov {10-30} 08:22:17 host kernel: [{5}.{6}] usb 1-{1-9}: new device, address {1-127}\n",
    'host - - [{01-30}/Nov/2026:08:22:17 +0000] "GET /api/v2/orders/{7}?page={1-99}" 200 {5}\n',
)
_ORDERS: Final = (
    "ORD-{10},{1-99},{1-9999/2},SKU-{6},2026{01-12}{01-28}\n",
    "订单号2026{01-12}{01-28}{10}，运单号SF{13}，共{1-9}件\n",
    "2026{01-12}{01-28}{6},PO{8},{1-500},shipped,2026{01-12}{01-28}\n",
    "invoice INV-{6} tracking 1Z999AA1{10} batch {1-999}\n",
    "order {16} was split into {15} and {14}; 流水号{20}，批次{8}，库位A{2}-{3}-{2}\n",
)
_HASHES: Final = (
    "{x64}  build/part-{1-999}.bin\nmd5 {x32}\n",
    "commit {x40}\nAuthor: the release bot\n\n    merge {x7}..{x7} into main\n",
    'sha512 {x128}\nETag: "{x32}-{1-9}"\nblake2 {x40}\n',
    "sha256-{b43}= crc32 {x8} key id {x16} fingerprint SHA256:{b43}\n",
)
_UUIDS: Final = (
    "{uuid} created\n",
    "urn:uuid:{uuid}\n",
    "对象 {uuid} 已删除\n",
    "node={uuid};rev={1-99}-{x32}\n",
    "_id: {x24}, v: {0-9}\n",
)
_VERSIONS: Final = (
    "upgraded lib{1-99} {0-30}.{0-99}.{0-9}-rc{1-9}; ",
    "Chrome/{90-140}.0.{4}.{10-200} Safari/537.36; ",
    "build {5}.{4}, 版本 {0-30}.{0-99}.{0-9}.{0-9}, 第{0-30}.{0-99}.{0-9}节; ",
    "openssl 3.0.{0-15}-0ubuntu1.{1-20} amd64, kernel 6.{1-12}.0-{1-99}-generic; ",
)
_PRICES: Final = (
    "€{1-9999/2} -> ${1-99},{3}.00; ",
    "¥{4}元，{1-9}折，满{3}减{2}；",
    "{1-999} {3} {3} kr (excl. VAT {5-25}%); ",
    "总计 {1-99},{3},{3}.{2} 元，同比 {1-99}.{0-9}%；",
    "USD {6}.{2}, GBP {4}.{2}, 单价{2}.{1}元/千克; ",
)
_BOOKS: Final = (
    "ISBN 978-7-{3}-{5}-{0-9}, {80-900}页, {1950-2026}年; ",
    "ISBN 979-8-{3}-{5}-{0-9}, {80-900} pp.; doi:10.{4}/j.{4}.{01-12}.{3}; ",
    "arXiv:{10-26}{01-12}.{5}; ISSN {4}-{3}X; EAN 4{12}; PMID {8}; ",
)
_CHEMISTRY: Final = (
    "2,4-dinitrophenylhydrazine (CAS {3}-{2}-{0-9}, {10-900/2} g/mol, {1-300} °C); ",
    "(2R,3S)-2,3-dihydroxybutanedioic acid, C4H6O6, pKa {1-9/2}; N,N-dimethylformamide CAS {2}-{2}-{0-9}; ",
    "对乙酰氨基酚 {1-999} mg，5-羟色胺，聚四氟乙烯，熔点{1-300}℃，CAS号{4}-{2}-{0-9}；",
    "[Fe(CN)6]4-, CH3(CH2)16COOH, C12H22O11, 1,1,1-trichloroethane, bis(2-ethylhexyl) phthalate {0-9/3} mol/L; ",
)
_COORDINATES: Final = (
    "{0-90/2}, {0-180/2}; ",
    "({0-4000}, {0-4000}, 0.{4}); ",
    "北纬{18-53}度，东经{73-135}度，海拔{1-8848}米；",
    '<point x="{0-999/3}" y="{0-999/3}"/> ',
)
_MEASUREMENTS: Final = (
    "\t".join(["{0-1000/3}"] * 6) + "\n",
    "{0-9},{0-99},{0-9999},{0-99999},{0-999999},{0-9999999}\n",
    "得分 {01-99} {01-99} {01-99} {01-99}；编号 {001-999} {001-999} {001-999}\n",
    "set {{1-49}, {1-49}, {1-49}, {1-49}, {1-49}, {1-49}} mean 0.{6}\n",
    "0.{8} 0.{8} -0.{8} 1.{8}e-{01-12}\n",
)


def log(rng: random.Random) -> str:
    return pick(rng, _LOGS)


def orders(rng: random.Random) -> str:
    return pick(rng, _ORDERS)


def hashes(rng: random.Random) -> str:
    return pick(rng, _HASHES)


def uuids(rng: random.Random) -> str:
    return pick(rng, _UUIDS)


def versions(rng: random.Random) -> str:
    return pick(rng, _VERSIONS)


def prices(rng: random.Random) -> str:
    return pick(rng, _PRICES)


def books(rng: random.Random) -> str:
    return pick(rng, _BOOKS)


def chemistry(rng: random.Random) -> str:
    return pick(rng, _CHEMISTRY)


def coordinates(rng: random.Random) -> str:
    """Coarse ones: a city, not a door; and pairs that are no place."""
    return pick(rng, _COORDINATES)


def measurements(rng: random.Random) -> str:
    """Tables of numbers, and rows of two digits such as lottery numbers, as people paste them."""
    row = fill(rng, " ".join(["{00-99}"] * rng.randint(4, 12)))
    return f"{row}\n" if rng.random() < 0.3 else pick(rng, _MEASUREMENTS)
