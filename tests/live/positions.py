"""Every place in a request where a value can hide. One function a position; the table is at the end.

A position returns the request that plants `value` there, or None where its protocol has no such place.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from .bodies import PATHS, body, part, tool, turns
from .search import CODINGS
from .values import CARD, EMAIL, MOBILE, RESIDENT_ID, Planted
from .wire import Sent

JSON = (("content-type", "application/json"),)


def send(protocol: str, payload: Any, *headers: tuple[str, str], path: str = "") -> Sent:
    data = payload if isinstance(payload, bytes) else orjson.dumps(payload, option=orjson.OPT_NON_STR_KEYS)
    return Sent(path or PATHS[protocol], data, (*JSON, *headers))


def said(protocol: str, text: str) -> Sent:
    return send(protocol, body(protocol, text))


def system(p: str, v: str) -> Sent:
    text = f"You help our customer {v}."
    match p:
        case "chat":
            user = {"role": "user", "content": "Hello"}
            return send(p, turns(p, {"role": "system", "content": text}, user))
        case "responses":
            return send(p, body(p, instructions=text))
        case _:
            return send(p, body(p, system=text))


def content_array(p: str, v: str) -> Sent:
    return send(p, body(p, [part(p, "Hello"), part(p, f"My number is {v}, thanks.")]))


def assistant_history(p: str, v: str) -> Sent:
    user = {"role": "user", "content": "Hello"}
    return send(p, turns(p, user, {"role": "assistant", "content": f"I have noted {v}."}, user))


def tool_arguments(p: str, v: str, text: str = "") -> Sent:
    arguments = text or json.dumps({"query": v, "limit": 3})
    match p:
        case "chat":
            call = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": arguments}}
            item: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": [call]}
            return send(p, turns(p, item, {"role": "tool", "tool_call_id": "call_1", "content": "ok"}))
        case "responses":
            call = {"type": "function_call", "call_id": "call_1", "name": "look_up", "arguments": arguments}
            return send(p, turns(p, call, {"type": "function_call_output", "call_id": "call_1", "output": "ok"}))
        case _:
            use = {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": json.loads(arguments)}
            result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}
            return send(p, turns(p, {"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}))


def tool_arguments_escaped(p: str, v: str) -> Sent:
    hidden = "".join(f"\\u{ord(c):04x}" for c in v)
    return tool_arguments(p, v, f'{{"query": "{hidden}"}}')


def tool_arguments_number(p: str, v: str) -> Sent:
    return tool_arguments(p, v, f'{{"card": {v}}}')


def tool_result(p: str, v: str, content: Any = None) -> Sent:
    text = content or f"Found one customer: {v}."
    match p:
        case "chat":
            return send(p, turns(p, {"role": "tool", "tool_call_id": "call_1", "content": text}))
        case "responses":
            return send(p, turns(p, {"type": "function_call_output", "call_id": "call_1", "output": text}))
        case _:
            result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": text}
            return send(p, turns(p, {"role": "user", "content": [result]}))


def tool_result_array(p: str, v: str) -> Sent:
    return tool_result(p, v, [part(p, f"Found one customer: {v}.")])


def tool_result_json(p: str, v: str) -> Sent:
    return tool_result(p, v, json.dumps({"rows": [{"contact": v}]}))


def name(p: str, v: str) -> Sent | None:
    return send(p, turns(p, {"role": "user", "name": v, "content": "Hello"})) if p == "chat" else None


def metadata(p: str, v: str) -> Sent:
    return send(p, body(p, metadata={"user_id" if p == "anthropic" else "ticket": v}))


def metadata_key(p: str, v: str) -> Sent:
    return send(p, body(p, metadata={v: "1"}))


def user_field(p: str, v: str) -> Sent:
    return send(p, body(p, user=v))


def function_description(p: str, v: str) -> Sent:
    return send(p, body(p, tools=[tool(p, f"Write to {v} first.")]))


def schema(**field: Callable[[str], Any]) -> Callable[[str, str], Sent]:
    return lambda p, v: send(p, body(p, tools=[tool(p, **{key: make(v) for key, make in field.items()})]))


def schema_property(p: str, v: str) -> Sent:
    made = tool(p)
    parameters = made.get("input_schema") or made.get("parameters") or made["function"]["parameters"]
    parameters["properties"][v] = {"type": "string"}
    return send(p, body(p, tools=[made]))


def tool_choice(p: str, v: str) -> Sent:
    return send(p, body(p, tools=[tool(p)], tool_choice={"type": "function", "function": {"name": v}}))


def response_format(p: str, v: str) -> Sent:
    form = {"type": "json_schema", "json_schema": {"name": "a", "description": f"For {v}", "schema": {}}}
    return send(p, body(p, response_format=form))


def stop(p: str, v: str) -> Sent:
    return send(p, body(p, **{"stop_sequences" if p == "anthropic" else "stop": [v]}))


def image_url(p: str, v: str) -> Sent:
    url = f"https://images.example.org/view?who={quote(v)}"
    item: dict[str, Any] = {"type": "image_url", "image_url": {"url": url}}
    if p == "responses":
        item = {"type": "input_image", "image_url": url}
    if p == "anthropic":
        item = {"type": "image", "source": {"type": "url", "url": url}}
    return send(p, body(p, [part(p, "Look"), item]))


def data_url(p: str, v: str) -> Sent:
    data = base64.b64encode(f"Contact: {v}".encode()).decode()
    url = f"data:text/plain;base64,{data}"
    item: dict[str, Any] = {
        "type": "file",
        "file": {"filename": "a.txt", "file_data": url},
    }
    if p == "responses":
        item = {"type": "input_file", "filename": "a.txt", "file_data": url}
    if p == "anthropic":
        item = {"type": "document", "source": {"type": "base64", "media_type": "text/plain", "data": data}}
    return send(p, body(p, [part(p, "Read"), item]))


def file_name(p: str, v: str) -> Sent:
    return send(p, body(p, [part(p, "Read"), {"type": "input_file", "filename": f"{v}.txt", "file_data": ""}]))


def extra(**fields: Callable[[str], Any]) -> Callable[[str, str], Sent]:
    return lambda p, v: send(p, body(p, **{key: make(v) for key, make in fields.items()}))


def number(p: str, v: str) -> Sent:
    return send(p, json.dumps(body(p, account="@")).replace('"@"', v).encode())


def unicode_escapes(p: str, v: str) -> Sent:
    hidden = "".join(f"\\u{ord(c):04x}" for c in v)
    return send(p, json.dumps(body(p, "@@")).replace("@@", f"My number is {hidden} ok").encode())


def header(field: str) -> Callable[[str, str], Sent]:
    return lambda p, v: send(p, body(p), (field, v))


def query(p: str, v: str) -> Sent:
    return send(p, body(p), path=f"{PATHS[p]}?note={quote(v)}")


def query_name(p: str, v: str) -> Sent:
    return send(p, body(p), path=f"{PATHS[p]}?{quote(v)}=1")


def path(p: str, v: str) -> Sent:
    return Sent(f"/v1/models/{v}", method="GET")


def path_encoded(p: str, v: str) -> Sent:
    return Sent("/v1/models/" + "".join(f"%{byte:02X}" for byte in v.encode()), method="GET")


def encoded(coding: str) -> Callable[[str, str], Sent]:
    def plant(p: str, v: str) -> Sent:
        plain = orjson.dumps(body(p, f"My number is {v}."))
        return send(p, CODINGS[coding](plain), ("content-encoding", coding))

    return plant


def encoded_twice(p: str, v: str) -> Sent:
    plain = CODINGS["gzip"](CODINGS["gzip"](orjson.dumps(body(p, f"My number is {v}."))))
    return send(p, plain, ("content-encoding", "gzip, gzip"))


def typed(content_type: str, make: Callable[[str], bytes]) -> Callable[[str, str], Sent]:
    return lambda p, v: Sent(PATHS[p], make(v), (("content-type", content_type),))


def chunked(p: str, v: str) -> Sent:
    return Sent(PATHS[p], orjson.dumps(body(p, f"My number is {v}.")), JSON, chunked=True)


def trailer(p: str, v: str) -> Sent:
    return Sent(PATHS[p], orjson.dumps(body(p)), JSON, chunked=True, trailers=(("x-note", v),))


def _multipart(v: str) -> bytes:
    return f'--bb\r\ncontent-disposition: form-data; name="a"\r\n\r\n{v}\r\n--bb--\r\n'.encode()


def text(form: Callable[[str], str]) -> Callable[[str, str], Sent]:
    return lambda p, v: said(p, form(v))


def _wide(v: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in v)


def _grouped(mark: str) -> Callable[[str], str]:
    return lambda v: "Card " + mark.join(v[at : at + 4] for at in range(0, len(v), 4)) + " please"


def _b64(v: str) -> str:
    return base64.b64encode(f"contact: {v}".encode()).decode()


@dataclass(frozen=True)
class Position:
    name: str
    plant: Callable[[str, str], Sent | None]
    planted: Planted = EMAIL
    forwards: bool = False
    """True: under a tokenizing policy the request must go through, with a token in the value's place."""
    bare: bool = False
    """True: it may be refused before there is an exchange, in no particular protocol."""


POSITIONS = (
    Position("user_string", text(lambda v: f"Please write to {v} today."), EMAIL, forwards=True),
    Position("user_chinese", text(lambda v: f"我的身份证号是{v}，请帮我查询。"), RESIDENT_ID, forwards=True),
    Position("user_chinese_mobile", text(lambda v: f"请打我手机{v}联系"), MOBILE, forwards=True),
    Position("full_width", text(lambda v: f"身份证{_wide(v)}。"), RESIDENT_ID, forwards=True),
    Position("separators_space", text(_grouped(" ")), CARD, forwards=True),
    Position("separators_hyphen", text(_grouped("-")), CARD, forwards=True),
    Position("base64", text(lambda v: f"Decode this: {_b64(v)}")),
    Position("base64_url_safe", text(lambda v: base64.urlsafe_b64encode(f"??>contact {v}".encode()).decode())),
    Position("url_encoded", text(lambda v: f"https://example.org/?mail={quote(v, safe='')}&x=1")),
    Position("percent_all", text(lambda v: "".join(f"%{byte:02x}" for byte in v.encode()))),
    Position("nested_json", text(lambda v: json.dumps({"customer": {"contact": v}})), forwards=True),
    Position("double_nested", text(lambda v: json.dumps({"a": json.dumps({"contact": v})})), forwards=True),
    Position("nested_json_key", text(lambda v: json.dumps({v: 1}))),
    Position("markdown_table", text(lambda v: f"| mail |\n|---|\n| {v} |"), forwards=True),
    Position("unicode_escapes", unicode_escapes, RESIDENT_ID, forwards=True),
    Position("system", system, forwards=True),
    Position("content_array", content_array, RESIDENT_ID, forwards=True),
    Position("assistant_history", assistant_history, MOBILE, forwards=True),
    Position("tool_arguments", tool_arguments, forwards=True),
    Position("tool_arguments_escaped", tool_arguments_escaped, RESIDENT_ID, forwards=True),
    Position("tool_arguments_number", tool_arguments_number, CARD),
    Position("tool_result", tool_result, forwards=True),
    Position("tool_result_array", tool_result_array, forwards=True),
    Position("tool_result_json", tool_result_json, RESIDENT_ID, forwards=True),
    Position("name", name),
    Position("metadata", metadata),
    Position("metadata_key", metadata_key),
    Position("user_field", user_field),
    Position("function_description", function_description, forwards=True),
    Position("schema_default", schema(default=lambda v: v)),
    Position("schema_enum", schema(enum=lambda v: ["a", v])),
    Position("schema_example", schema(examples=lambda v: [{"x": v}])),
    Position("schema_property", schema_property),
    Position("tool_choice", tool_choice),
    Position("response_format", response_format),
    Position("stop_sequences", stop),
    Position("logit_bias_key", extra(logit_bias=lambda v: {v: 1})),
    Position("model", extra(model=lambda v: v)),
    Position("unknown_field", extra(x_note=lambda v: v)),
    Position("unknown_nested_field", extra(x_note=lambda v: {"a": [[{"b": f"see {v}"}]]})),
    Position("json_key", extra(x_note=lambda v: {v: True})),
    Position("json_key_top", lambda p, v: send(p, {**body(p), v: 1})),
    Position("number", number, CARD),
    Position("image_url", image_url),
    Position("data_url", data_url),
    Position("file_name", file_name),
    Position("header", header("x-note")),
    Position("header_user_agent", header("user-agent")),
    Position("header_cookie", header("cookie")),
    Position("header_referer", header("referer")),
    Position("header_accept", header("accept-language")),
    Position("query", query),
    Position("query_name", query_name),
    Position("path", path, bare=True),
    Position("path_encoded", path_encoded, bare=True),
    Position("gzip_body", encoded("gzip"), RESIDENT_ID, forwards=True),
    Position("deflate_body", encoded("deflate"), RESIDENT_ID, forwards=True),
    Position("br_body", encoded("br"), RESIDENT_ID, forwards=True),
    Position("zstd_body", encoded("zstd"), RESIDENT_ID, forwards=True),
    Position("gzip_twice_body", encoded_twice),
    Position("chunked_body", chunked, RESIDENT_ID, forwards=True),
    Position("trailer", trailer, bare=True),
    Position("form_body", typed("application/x-www-form-urlencoded", lambda v: urlencode({"q": v}).encode())),
    Position("text_body", typed("text/plain; charset=utf-8", lambda v: f"mail {v}".encode())),
    Position("utf16_body", typed("text/plain; charset=utf-16", lambda v: f"mail {v}".encode("utf-16"))),
    Position("multipart_body", typed("multipart/form-data; boundary=bb", _multipart)),
    Position("binary_body", typed("application/octet-stream", lambda v: b"\x00\x01" + v.encode())),
    Position("no_content_type", lambda p, v: Sent(PATHS[p], orjson.dumps(body(p, f"mail {v}")))),
)
