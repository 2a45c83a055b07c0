"""Text that looks like secrets and identifiers and is none, made anew from a seed: what false positives are counted on.

Each kind is about `characters` long. Nothing in it is anybody's; a finding in it at 0.5 or more is a false positive.
"""

from __future__ import annotations

import base64
import hashlib
import random
import uuid
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

_NEWS: Final = (
    "国家统计局公布，前三季度国内生产总值同比增长{a}.{b}%，社会消费品零售总额{c}亿元，扣除价格因素后实际增长{b}.{a}%。",
    "记者从发布会上获悉，该线路全长{c}公里，设站{a}座，预计{y}年{m}月通车，总投资{d}万元。",
    "本场比赛吸引了{c}名观众，主队以{a}比{b}取胜，这是球队自{y}年以来的第{a}次夺冠。",
    "专家表示，密码学与令牌机制是数据安全的基础，企业应当定期更换口令并妥善保管密钥。",
)
_CODE: Final = (
    "def load_token(path: Path, *, secret_name: str = DEFAULT_SECRET) -> str | None:\n    return read(path)[{a}]\n",
    "    password = getpass.getpass('password: ')\n    api_key = settings.api_key or os.environ['API_KEY']\n",
    "const accessToken = await getAccessToken({{ clientId, clientSecret: process.env.CLIENT_SECRET }});\n",
    "assert digest == '{h40}'  # sha1 of fixture {a}\n",
    "VERSION = '{a}.{b}.{a}'\nMAX_TOKENS = {c}\nkey_{a} = 'item-{c}'\n",
)


def _fill(rng: random.Random, template: str) -> str:
    return template.format(
        a=rng.randint(1, 30),
        b=rng.randint(0, 9),
        c=rng.randint(1_000, 99_999),
        d=rng.randint(100_000, 9_999_999),
        y=rng.randint(1990, 2030),
        m=rng.randint(1, 12),
        h40=hashlib.sha1(rng.randbytes(8), usedforsecurity=False).hexdigest(),
    )


def _news(rng: random.Random) -> str:
    return _fill(rng, rng.choice(_NEWS))


def _code(rng: random.Random) -> str:
    return _fill(rng, rng.choice(_CODE))


def _log(rng: random.Random) -> str:
    seconds = f"{rng.randint(0, 59):02d}.{rng.randint(0, 999_999):06d}"
    return (
        f"2026-11-{rng.randint(1, 30):02d}T08:22:{seconds}Z INFO "
        f"request_id={uuid.UUID(int=rng.getrandbits(128))} status=200 "
        f"bytes={rng.randint(0, 10**7)} took={rng.random():.6f}s\n"
    )


def _lock(rng: random.Random) -> str:
    digest = base64.b64encode(rng.randbytes(64)).decode()
    version = f"{rng.randint(0, 20)}.{rng.randint(0, 30)}.{rng.randint(0, 9)}"
    return (
        f'"node_modules/pkg-{rng.randint(1, 999)}": {{"version": "{version}",'
        f' "resolved": "https://registry.example.org/pkg/-/pkg-1.tgz", "integrity": "sha512-{digest}"}},\n'
    )


def _orders(rng: random.Random) -> str:
    isbn = f"978-7-{rng.randint(100, 999)}-{rng.randint(10000, 99999)}-{rng.randint(0, 9)}"
    return (
        f"ORD-{rng.randint(10**9, 10**10)},{rng.randint(1, 99)},{rng.randint(1, 9999)}.{rng.randint(0, 99):02d},"
        f"SKU-{rng.randint(10**5, 10**6)},{isbn}\n"
    )


def _hashes(rng: random.Random) -> str:
    data = rng.randbytes(32)
    return f"{hashlib.sha256(data).hexdigest()}  build/part-{rng.randint(1, 999)}.bin\nmd5 {data[:16].hex()}\n"


def _versions(rng: random.Random) -> str:
    version = f"{rng.randint(0, 30)}.{rng.randint(0, 99)}.{rng.randint(0, 9)}-rc{rng.randint(1, 9)}"
    return f"upgraded lib{rng.randint(1, 99)} {version}, €{rng.randint(1, 999)}.{rng.randint(10, 99)}; "


def _image(rng: random.Random) -> str:
    return f'<img src="data:image/png;base64,iVBORw0KGgo{base64.b64encode(rng.randbytes(900)).decode()}"/>\n'


def _minified(rng: random.Random) -> str:
    name = rng.choice("abcdefghijk")
    body = f"return e&&e.key?t[{rng.randint(1, 99)}]:void 0"
    return f"!function({name},t){{var n={rng.randint(1, 999)};{name}.token=function(e){{{body}}}}}(window,[]);"


def _docs(rng: random.Random) -> str:
    return rng.choice(
        (
            "Set `API_KEY=YOUR_API_KEY` and `PASSWORD=changeme` in your .env file.\n",
            "export AWS_SECRET_ACCESS_KEY=<your-secret-key>  # never commit it\n",
            'client = Client(api_key="sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")\n',
            "password: ${DB_PASSWORD}\ntoken: {{ secrets.TOKEN }}\nsecret: !vault\n",
            "curl -u USER:PASSWORD https://api.example.com -H 'X-API-Key: $API_KEY'\n",
            "请将 `access_token` 替换为您的令牌，密码长度不少于 8 位，验证码有效期为 5 分钟。\n",
        )
    )


KINDS: Final[Mapping[str, Callable[[random.Random], str]]] = MappingProxyType(
    {
        "news": _news,
        "code": _code,
        "logs": _log,
        "lock files": _lock,
        "orders": _orders,
        "hashes": _hashes,
        "versions": _versions,
        "images": _image,
        "minified": _minified,
        "docs": _docs,
    }
)


def corpus(characters: int, seed: int = 20_261_121) -> dict[str, str]:
    """Kind → text of about so many characters."""
    result: dict[str, str] = {}
    for name, make in KINDS.items():
        rng = random.Random(f"{seed}-{name}")
        pieces: list[str] = []
        size = 0
        while size < characters:
            piece = make(rng)
            pieces.append(piece)
            size += len(piece)
        result[name] = "".join(pieces)
    return result
