"""Event streams through filters: the same texts, however the bytes are cut and whatever is held back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ContentError
from gateway.protocols import for_route
from gateway.protocols.streaming import ChannelFilters, ChannelKind, StreamTransform
from gateway.types import Route

from . import streams
from .filters import Filters, Replacing
from .streams import ARGUMENTS, NAME, event, events, spoken

RECORDED: dict[tuple[str, str], Callable[[], bytes]] = {
    ("openai", "chat.completions"): streams.chat,
    ("openai", "completions"): streams.completions,
    ("openai", "responses"): streams.responses,
    ("anthropic", "messages"): streams.anthropic,
}
ALL = pytest.mark.parametrize(("name", "record"), RECORDED.items(), ids=[name[1] for name in RECORDED])
TOKEN = "PERSON_K7QMX2TRBW9D"


def transform(name: tuple[str, str], filters: ChannelFilters) -> StreamTransform:
    return for_route(Route(*name, known=True)).stream(filters)


async def run(name: tuple[str, str], chunks: Iterable[bytes], filters: ChannelFilters) -> bytes:
    stream = transform(name, filters)
    out: list[bytes] = []
    for chunk in chunks:
        out += await stream.feed(chunk)
    out += await stream.finish()
    assert all(out)
    return b"".join(out)


def cut(raw: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *places, len(raw)]
    return [raw[a:b] for a, b in pairwise(edges)]


@ALL
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000, 1 << 20])
async def test_identity_gives_the_very_same_bytes(
    name: tuple[str, str], record: Callable[[], bytes], size: int
) -> None:
    raw = record()
    assert await run(name, cut(raw, range(size, len(raw), size)), Filters()) == raw


@ALL
@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
async def test_other_line_ends(name: tuple[str, str], record: Callable[[], bytes], end: bytes) -> None:
    raw = b"\xef\xbb\xbf" + record().replace(b"\r\n", b"\n").replace(b"\n", end)
    assert await run(name, cut(raw, range(1, len(raw))), Filters()) == raw


@ALL
@pytest.mark.parametrize("hold", [1, 4, 19, 1000])
async def test_held_back_texts_come_out_whole(name: tuple[str, str], record: Callable[[], bytes], hold: int) -> None:
    raw = record()
    out = await run(name, [raw], Filters(hold))
    assert spoken(out) == spoken(raw)
    assert await run(name, cut(raw, range(1, len(raw))), Filters(hold)) == out


@ALL
async def test_every_split_in_two_gives_the_same(name: tuple[str, str], record: Callable[[], bytes]) -> None:
    raw = record()
    wanted = await run(name, [raw], Filters(6))
    for place in range(0, len(raw), 67):
        assert await run(name, cut(raw, [place]), Filters(6)) == wanted


@ALL
@pytest.mark.parametrize("secret", ["李四", 'Zhang "Z" \\ San', TOKEN])
async def test_a_token_is_restored_wherever_it_was_cut(
    name: tuple[str, str], record: Callable[[], bytes], secret: str
) -> None:
    raw = record()
    out = await run(name, cut(raw, range(5, len(raw), 5)), Replacing(TOKEN, secret))
    assert secret == TOKEN or TOKEN.encode() not in out
    for key, text in spoken(raw).items():
        if "arguments" in str(key) or "partial_json" in key:
            if text == ARGUMENTS:
                assert json.loads(spoken(out)[key])["name"] == NAME.replace(TOKEN, secret)
        else:
            assert spoken(out)[key] == text.replace(TOKEN, secret)


async def test_release_comes_before_what_ends_the_channel() -> None:
    out = events(await run(("openai", "chat.completions"), [streams.chat()], Filters(1000)))
    chunks = [(at, choice) for at, (_, data) in enumerate(out[:-1]) for choice in data["choices"]]
    ends = {at for at, choice in chunks if choice["finish_reason"]}
    last = {at for at, choice in chunks if choice["delta"]}
    assert len(ends) == 1
    assert max(last) == max(ends)
    assert out[-1] == ("", "[DONE]")


async def test_a_synthetic_chat_event_repeats_no_id_and_no_name() -> None:
    out = await run(("openai", "chat.completions"), [streams.chat()], Filters(1000))
    assert spoken(out)[0, "call", 0, "name"] == "find"
    assert out.count(b"call_a") == 1


async def test_events_that_became_empty_are_still_sent() -> None:
    raw = streams.chat()
    sent, got = events(await run(("openai", "chat.completions"), [raw], Filters(1000))), events(raw)
    assert len(sent) >= len(got)
    assert sent[0] == got[0]


async def test_numbers_of_responses_events_keep_rising_by_one() -> None:
    out = events(await run(("openai", "responses"), [streams.responses()], Filters(1000)))
    assert [data["sequence_number"] for _, data in out] == list(range(len(out)))
    assert len(out) == len(events(streams.responses())) + 3
    assert all(name == data["type"] for name, data in out)


async def test_anthropic_release_comes_before_its_block_stops() -> None:
    sent = events(await run(("anthropic", "messages"), [streams.anthropic()], Filters(1000)))
    out = [(data["type"], data.get("index")) for _, data in sent]
    for index in range(3):
        assert out.index(("content_block_stop", index)) - 1 in [
            at for at, kind in enumerate(out) if kind == ("content_block_delta", index)
        ]


async def test_kinds_of_texts() -> None:
    filters = Filters()
    await run(("openai", "responses"), [streams.responses()], filters)
    assert filters.opened == [ChannelKind.TEXT, ChannelKind.TEXT, ChannelKind.JSON_FRAGMENT]
    assert [kind for text, kind in filters.wholes if text == ARGUMENTS] == [ChannelKind.JSON_FRAGMENT] * 3
    assert {kind for text, kind in filters.wholes if text == NAME} == {ChannelKind.TEXT}
    filters = Filters()
    await run(("openai", "chat.completions"), [streams.chat()], filters)
    assert filters.opened.count(ChannelKind.JSON_FRAGMENT) == 2
    assert ("find", ChannelKind.TEXT) in filters.wholes


async def test_a_stream_that_is_cut_off_still_releases() -> None:
    raw = event({"choices": [{"index": 0, "delta": {"content": "abcdef"}}]})
    name = ("openai", "chat.completions")
    assert spoken(await run(name, [raw], Filters(4))) == {(0, "content"): "abcdef"}
    assert spoken(await run(name, [raw[:-1]], Filters(4))) == {(0, "content"): "abcdef"}
    assert spoken(await run(name, [raw, b": bye"], Filters(4))) == {(0, "content"): "abcdef"}
    assert spoken(await run(name, [raw, b"data: [DONE]"], Filters(4))) == {(0, "content"): "abcdef"}


async def test_a_channel_may_begin_again() -> None:
    one = {"choices": [{"index": 0, "delta": {"content": "abcdef"}, "finish_reason": "stop"}]}
    out = await run(("openai", "chat.completions"), [event(one) + event(one)], Filters(4))
    assert out == event(one) + event(one)


@pytest.mark.parametrize(
    "raw",
    [
        b'data: {"a":\n\n',
        b'data: {"a":1,"a":2}\n\n',
        b'data: {"a":NaN}\n\n',
        b'data: {"a":"\xff"}\n\n',
        b"data: \xff\n\n",
        b'data: {"a":"\\ud800"}\n\n',
        b"data: " + b"[" * 70 + b"]" * 70 + b"\n\n",
        b'data: {"choices": [{"ind',
    ],
)
@pytest.mark.parametrize("name", RECORDED)
async def test_what_cannot_be_read_is_refused(name: tuple[str, str], raw: bytes) -> None:
    with pytest.raises(ContentError, match="invalid_stream"):
        await run(name, [raw], Filters())


async def test_an_endless_event_is_refused() -> None:
    stream = transform(("openai", "chat.completions"), Filters())
    for _ in range(8):
        await stream.feed(b"x" * (1 << 20))
    with pytest.raises(ContentError, match="invalid_stream"):
        await stream.feed(b"x")


@pytest.mark.parametrize("name", [*RECORDED, ("generic", "unknown")])
@pytest.mark.parametrize(
    "data",
    [
        "[]", "{}", "null", '"PERSON_K7QMX2TRBW9D"', '{"choices": 1}', '{"choices": [1, {"delta": []}]}',
        '{"choices": [{"delta": {"content": [{"text": "PERSON_K7QMX2TRBW9D"}], "tool_calls": {"a": 1}}}]}',
        '{"type": ["content_block_delta"], "delta": 1}', '{"type": "content_block_delta", "delta": {"type": []}}',
        '{"type": "response.output_text.delta", "delta": {"a": 1}}', '{"type": "x.done", "sequence_number": "1"}',
        '{"type": "response.completed", "response": {"output": [[], {"arguments": 1}]}}',
        "PERSON_K7QMX2TRBW9D and\ndata: more", "plain", '"quoted" prose',
        '{"PERSON_K7QMX2TRBW9D": "{\\"a\\": \\"PERSON_K7QMX2TRBW9D\\"}"}',
    ],
)  # fmt: skip
async def test_events_of_any_shape(name: tuple[str, str], data: str) -> None:
    raw = f"data: {data}\n\n".encode()
    assert await run(name, [raw], Filters()) == raw
    assert await run(name, [raw], Replacing(TOKEN, 'a"b')) == raw.replace(
        TOKEN.encode(), b'a"b' if data.startswith("PERSON") else rb"a\"b"
    ).replace(rb"{\"a\": \"a\"b\"}", rb"{\"a\": \"a\\\"b\"}")


async def test_data_over_several_lines_is_edited_in_its_lines() -> None:
    lines = (
        b'data: {"choices": [{"index": 0,',
        b"id: 7",
        b'data:"delta": {"content": "PERSON_K7QMX2TRBW9D"}}]}',
        b"data",
    )
    raw = b"\r\n".join([*lines, b"", b""])
    out = await run(("openai", "chat.completions"), [raw], Replacing(TOKEN, "张三"))
    assert out == raw.replace(TOKEN.encode(), "张三".encode())


async def test_a_replacement_in_plain_data_cannot_begin_a_field() -> None:
    raw = b"data: hi PERSON_K7QMX2TRBW9D\n\n"
    out = await run(("generic", "unknown"), [raw], Replacing(TOKEN, "a\r\nevent: x\rb"))
    assert out == b"data: hi a\ndata: event: x\ndata: b\n\n"


async def test_words_that_repeat_are_asked_about_once() -> None:
    filters = Filters()
    await run(("openai", "chat.completions"), [streams.chat()], filters)
    assert [text for text, _ in filters.wholes].count("chat.completion.chunk") == 1


FRAGMENTS = st.sampled_from(
    [b"data: ", b"event: error\n", b"\n", b"\r\n", b"\r", b"[DONE]", b'{"choices":[', b'{"index":0,"delta":{',
     b'"content":"',
     b"abc", "张".encode(), b"\\u00", b"41", b'"', b"}", b"]}", b'{"type":"content_block_delta","index":', b"1,",
     b'"delta":{"type":"text_delta","text":"', b'{"type":"response.output_text.delta","delta":"', b"\xff", b": c"]
)  # fmt: skip


@pytest.mark.parametrize("name", [*RECORDED, ("generic", "unknown")])
@settings(max_examples=80, deadline=None)
@given(pieces=st.lists(FRAGMENTS, max_size=25), hold=st.integers(0, 9), raw=st.binary(max_size=40))
def test_any_bytes_flow_or_are_refused(name: tuple[str, str], pieces: list[bytes], hold: int, raw: bytes) -> None:
    stream = b"".join(pieces) + raw

    def outcome(chunks: Iterable[bytes], filters: ChannelFilters) -> bytes | None:
        try:
            return asyncio.run(run(name, chunks, filters))
        except ContentError:
            return None

    whole = outcome([stream], Filters())
    assert whole in {None, stream}
    assert outcome(cut(stream, range(1, len(stream))), Filters(hold)) == outcome([stream], Filters(hold))


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(st.tuples(st.integers(0, 2), st.text(max_size=6)), max_size=12),
    hold=st.integers(0, 20),
    size=st.integers(1, 50),
    ascii_only=st.booleans(),
)
def test_any_texts_come_out_as_they_went_in(
    texts: list[tuple[int, str]], hold: int, size: int, ascii_only: bool
) -> None:
    out = [event({"choices": [{"index": at, "delta": {"content": text}}]}, ascii_only=ascii_only) for at, text in texts]
    raw = b"".join([*out, event("[DONE]")])
    sent = asyncio.run(run(("openai", "chat.completions"), cut(raw, range(size, len(raw), size)), Filters(hold)))
    assert spoken(sent) == spoken(raw)


@pytest.mark.parametrize(
    "delta", [{"function_call": {"arguments": "%s"}}, {"audio": {"transcript": "%s"}}, {"refusal": "%s"}]
)
async def test_other_texts_of_a_chat_delta_are_channels(delta: dict[str, object]) -> None:
    def chunk(text: str) -> bytes:
        return event(json.loads(json.dumps({"choices": [{"index": 0, "delta": delta}]}).replace("%s", text)))

    raw = chunk("call PERSON_K7QM") + chunk("X2TRBW9D") + event("[DONE]")
    out = await run(("openai", "chat.completions"), [raw], Replacing(TOKEN, "Z"))
    assert out == chunk("call ") + chunk("Z") + event("[DONE]")


@pytest.mark.parametrize(
    ("given_event", "expected"),
    [
        (b": SECRET\ndata: {}\n\n", b": x y\ndata: {}\n\n"),
        (b"event: SECRET\nid: 1\ndata: {}\n\n", b"event: x y\nid: 1\ndata: {}\n\n"),
        (b"SECRET: a\n\n", b"x y: a\n\n"),
        (b'data: {"n": 13800138000, "m": 1.5}\n\n', b'data: {"n": "PHONE", "m": 1.5}\n\n'),
    ],
)
async def test_every_line_and_number_goes_through_the_filters(given_event: bytes, expected: bytes) -> None:
    filters = Replacing("SECRET", "x\ny") if b"SECRET" in given_event else Replacing("13800138000", "PHONE")
    assert await run(("openai", "chat.completions"), [given_event], filters) == expected
