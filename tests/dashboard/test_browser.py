"""A real browser on a real socket: the page runs under its own policy, refreshes itself, and looks like a page."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from gateway.config import Address
from gateway.dashboard import create_app, serve
from gateway.dashboard.reader import RecordReader

from .conftest import Log, ready, stored

CHROMIUM = Path("/usr/bin/chromium")

pytestmark = [pytest.mark.live]


async def _listening(app: object, stop: asyncio.Event) -> tuple[asyncio.Task[None], Address]:
    heard: asyncio.Future[Address] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(app, Address("127.0.0.1", 0), stop, heard.set_result))  # type: ignore[arg-type]
    return task, await heard


async def test_the_listener_serves_and_stops(log: Log) -> None:
    stop = asyncio.Event()
    task, address = await _listening(create_app(log, ready, lambda: b""), stop)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"server:" not in answer.lower()
    stop.set()
    await task


@pytest.mark.skipif(not CHROMIUM.exists(), reason="no browser on this machine")
async def test_in_a_browser(log: Log, tmp_path: Path) -> None:
    from playwright.async_api import async_playwright

    stop = asyncio.Event()
    reader: RecordReader = log
    task, address = await _listening(create_app(reader, ready, lambda: b""), stop)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM)
        page = await browser.new_page(viewport={"width": 1200, "height": 1000}, locale="en")
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"http://{address}/")
        assert await page.locator("tbody tr").count() == 30
        shot = await page.screenshot(path=os.environ.get("REDLINE_SHOT", tmp_path / "page.png"), full_page=True)
        log.records.insert(0, stored(999, "block"))
        await page.locator("code", has_text="01k000000999").wait_for(timeout=15_000)
        assert await page.locator("#stale").is_hidden()
        await browser.close()
    stop.set()
    await task
    assert len(shot) > 20_000
    assert said == [], "no complaint of the content security policy"
    assert all(url.startswith(f"http://{address}/") for url in asked)
