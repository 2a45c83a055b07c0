"""A sample exchange shown three ways, in Chinese and in English, and the record that is kept of it.

It goes through the very port that clients use. What the model saw is asked of the worker: tokens are
deterministic within a scope, so inspecting the same request again gives the same bytes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from gateway.config import Config
from gateway.supervisor import report
from gateway.supervisor.fleet import Fleet

if TYPE_CHECKING:
    import aiohttp

SAMPLES: Final = (
    ("中文", "请给张伟（手机13800138000）写一条还款提醒，金额5000元，12月1日到期"),
    (
        "English",
        "Draft a short apology to John Smith, john.smith@example.com, card 4111 1111 1111 1111, for a late parcel",
    ),
)
_KEY: Final = "sample-client"
_SECONDS: Final = 60


async def send_samples(config: Config, fleet: Fleet) -> None:
    """Never raises: a sample that fails is told, the gateway goes on."""
    import aiohttp

    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS)) as session:
            for language, prompt in SAMPLES:
                exchange = await _send(session, config, fleet, language, prompt)
            await _show_record(session, config, exchange)
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError) as error:
        report.problem(f"the sample exchange failed ({type(error).__name__}); the gateway itself runs on")
    report.note("\nPress Ctrl-C to stop.")


def _body(prompt: str) -> dict[str, Any]:
    return {"model": "demo", "messages": [{"role": "user", "content": prompt}]}


async def _send(session: aiohttp.ClientSession, config: Config, fleet: Fleet, language: str, prompt: str) -> str:
    raw = json.dumps(_body(prompt), ensure_ascii=False)
    seen = await fleet.ask("preview", body=raw, key=_KEY)
    headers = {"authorization": f"Bearer {_KEY}", "content-type": "application/json"}
    url = f"http://{config.listen}/v1/chat/completions"
    async with session.post(url, data=raw.encode(), headers=headers) as answer:
        said = json.loads(await answer.read())
        exchange = answer.headers.get("x-redline-exchange", "")
    report.heading(f"Sample exchange, {language}")
    report.show("the client sent", prompt)
    report.show("the model saw", str(json.loads(seen["body"])["messages"][0]["content"]))
    report.show("the client got back", str(said["choices"][0]["message"]["content"]))
    return exchange


async def _show_record(session: aiohttp.ClientSession, config: Config, exchange: str) -> None:
    async with session.get(f"http://{config.dashboard_listen}/api/records/{exchange}") as answer:
        records = (await answer.json())["records"]
    report.heading("What is kept of it, until it expires")
    for record in records:
        kept = {name: record[name] for name in ("direction", "effect", "entities", "operators", "policy_revision")}
        report.note(f"  {json.dumps(kept, ensure_ascii=False)}   expires in {record['ttl_seconds']} s")
