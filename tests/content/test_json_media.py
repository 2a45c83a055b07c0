"""JSON bodies: pictures, files and vectors are reported where they cannot be read, and read where they can."""

from __future__ import annotations

import base64

import pytest

from gateway.content import parse
from gateway.types import Coverage, PartKind, Route

from .samples import LIMITS, MESSAGES, PHONE, TOKEN, UNKNOWN, kinds, replace_all, request, response, texts

IMAGE = "data:image/png;base64,iVBORw0KGgo="


@pytest.mark.parametrize(
    ("content", "blind", "seen"),
    [
        ({"type": "image_url", "image_url": {"url": IMAGE}}, "image_url/url", "data:image/png;base64,"),
        (
            {"type": "image_url", "image_url": {"url": "https://h.example/13800138000.png"}},
            "image_url/url",
            "https://h.example/13800138000.png",
        ),
        ({"type": "input_image", "image_url": IMAGE}, "image_url", "data:image/png;base64,"),
        ({"type": "input_image", "file_id": "file-1"}, "file_id", "file-1"),
        ({"type": "input_file", "file_url": "https://h.example/a"}, "file_url", "https://h.example/a"),
        ({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}, "input_audio/data", "wav"),
        ({"type": "container", "file_ids": ["file-1"]}, "file_ids/0", "file-1"),
        ({"type": "file", "file": {"file_data": "JVBERi0=", "filename": "a.pdf"}}, "file/file_data", "a.pdf"),
    ],
)
def test_openai_media_is_reported(content: dict[str, object], blind: str, seen: str) -> None:
    found = parse(request({"messages": [{"role": "user", "content": [content]}]}), LIMITS)
    assert found.coverage is Coverage.PARTIAL
    assert list(found.unreadable) == [f"body/messages/0/content/0/{blind}"]
    assert seen in texts(found).values()


@pytest.mark.parametrize(
    ("source", "blind"),
    [
        ({"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}, "data"),
        ({"data": "iVBORw0KGgo=", "media_type": "application/pdf", "type": "base64"}, "data"),
        ({"type": "url", "url": "https://h.example/a.png"}, "url"),
        ({"type": "file", "file_id": "file_1"}, "file_id"),
        ({"type": "text", "media_type": "text/plain", "data": "hello"}, None),
    ],
)
def test_anthropic_sources(source: dict[str, str], blind: str | None) -> None:
    body = {"messages": [{"role": "user", "content": [{"type": "document", "source": source}]}]}
    found = parse(request(body, route=MESSAGES), LIMITS)
    path = "body/messages/0/content/0/source"
    assert list(found.unreadable) == ([f"{path}/{blind}"] if blind else [])
    assert blind is not None or texts(found)[f"{path}/data"] == "hello"


def test_media_in_unknown_json_is_reported() -> None:
    blob = "/9j/4AAQSkZJRgABAQ" * 60
    found = parse(request({"a": [IMAGE], "b": blob}, route=UNKNOWN), LIMITS)
    assert list(found.unreadable) == ["body/#0/0", "body/#1"]


def test_text_in_a_data_uri_is_read_and_edited() -> None:
    # "call 13800138000" in base64
    message = request({"messages": [{"content": "data:text/plain;base64,Y2FsbCAxMzgwMDEzODAwMA=="}]})
    document = parse(message, LIMITS)
    assert texts(document)["body/messages/0/content/base64"] == f"call {PHONE}"
    assert document.coverage is Coverage.FULL
    again = parse(request(replace_all(document).body), LIMITS)
    assert texts(again)["body/messages/0/content/base64"] == f"call {TOKEN}"


def test_an_embedding_is_no_part_but_what_is_no_coordinate_is() -> None:
    route = Route("openai", "embeddings", known=True)
    body = {"data": [{"embedding": [0.1, -2e-05, 1.5, 13800138000, "x"], "index": 0}]}
    found = texts(parse(response(body, route=route), LIMITS))
    assert found == {
        "body/data/0/embedding/3": "13800138000",
        "body/data/0/embedding/4": "x",
        "body/data/0/index": "0",
    }
    assert len(texts(parse(request(body, route=route), LIMITS))) == 6


def test_an_embedding_in_base64_is_a_word_of_the_protocol() -> None:
    route = Route("openai", "embeddings", known=True)
    body = {"data": [{"embedding": base64.b64encode(bytes(range(256)) * 4).decode()}]}
    document = parse(response(body, route=route), LIMITS)
    assert document.coverage is Coverage.FULL
    assert kinds(document)["body/data/0/embedding"] is PartKind.STRUCTURAL
    assert parse(request(body, route=route), LIMITS).coverage is Coverage.PARTIAL
