"""JSON bodies: which texts are found, what is refused, and that an edit changes nothing else."""

from __future__ import annotations

import json

import pytest

from gateway.content import parse
from gateway.errors import ContentError
from gateway.types import Coverage, Edit, Limits, PartKind

from .samples import (
    CHAT,
    LIMITS,
    PHONE,
    TOKEN,
    UNKNOWN,
    kinds,
    replace_all,
    request,
    response,
    swap,
    texts,
)

BODY = {
    "model": "gpt-4o",
    "temperature": 0.2,
    "stream": True,
    "messages": [
        {"role": "system", "content": "You help."},
        {"role": "user", "content": [{"type": "text", "text": f"电话{PHONE}"}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "dial", "arguments": json.dumps({"号码": PHONE, "n": 13800138000})},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": json.dumps({"ok": [PHONE]})},
    ],
    "metadata": {PHONE: "x"},
}


def test_every_string_number_and_key_is_a_part() -> None:
    found = parse(request(BODY), LIMITS)
    arguments = "body/messages/2/tool_calls/0/function/arguments/$"
    assert texts(found) == {
        "body/model": "gpt-4o",
        "body/temperature": "0.2",
        "body/messages/0/role": "system",
        "body/messages/0/content": "You help.",
        "body/messages/1/role": "user",
        "body/messages/1/content/0/type": "text",
        "body/messages/1/content/0/text": f"电话{PHONE}",
        "body/messages/2/role": "assistant",
        "body/messages/2/tool_calls/0/id": "call_1",
        "body/messages/2/tool_calls/0/type": "function",
        "body/messages/2/tool_calls/0/function/name": "dial",
        f"{arguments}/#0@key": "号码",
        f"{arguments}/#0": PHONE,
        f"{arguments}/#1@key": "n",
        f"{arguments}/#1": "13800138000",
        "body/messages/3/role": "tool",
        "body/messages/3/tool_call_id": "call_1",
        "body/messages/3/content/$/#0@key": "ok",
        "body/messages/3/content/$/#0/0": PHONE,
        "body/metadata/#0@key": PHONE,
        "body/metadata/#0": "x",
    }
    assert found.coverage is Coverage.FULL
    assert [part.id for part in found.parts] == list(range(len(found.parts)))


def test_kinds() -> None:
    found = kinds(parse(request(BODY), LIMITS))
    assert found["body/model"] is PartKind.STRUCTURAL
    assert found["body/temperature"] is PartKind.NUMBER
    assert found["body/metadata/#0@key"] is PartKind.KEY
    assert found["body/messages/1/content/0/text"] is PartKind.TEXT


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"model": "Zhang San"}, "body/model"),  # no word of a protocol
        ({"metadata": {"type": "person"}}, "body/metadata/type"),  # the user's own object
        ({"tools": [{"function": {"parameters": {"who": {"type": "y"}}}}]}, "body/tools/0/function/parameters/#0/type"),
        ({"strange": {"role": "admin"}}, "body/#0/role"),
    ],
)
def test_a_structural_key_counts_only_where_the_protocol_puts_it(body: object, path: str) -> None:
    assert kinds(parse(request(body), LIMITS))[path] is PartKind.TEXT


def test_paths_never_hold_a_key_of_the_user() -> None:
    found = parse(request({"客户": {PHONE: ["a"], "x y": 1}}, route=UNKNOWN), LIMITS)
    assert [part.path for part in found.parts][0:6] == [
        "body/#0@key", "body/#0/#0@key", "body/#0/#0/0", "body/#0/#1@key", "body/#0/#1",
    ]  # fmt: skip


def test_every_position_is_edited() -> None:
    changed = swap(request(BODY))
    assert PHONE.encode() not in changed
    again = json.loads(changed)
    assert json.loads(again["messages"][2]["tool_calls"][0]["function"]["arguments"]) == {"号码": TOKEN, "n": TOKEN}
    assert json.loads(again["messages"][3]["content"]) == {"ok": [TOKEN]}
    assert again["metadata"] == {TOKEN: "x"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (rb'{ "a" : "x\u0031\u0033800138000\/" }', rb'{ "a" : "xT\/" }'),
        (rb'["\ud83d\ude00\n13800138000\ud83d\ude00"]', rb'["\ud83d\ude00\nT\ud83d\ude00"]'),
        ("[\"😀13800138000😀\"]".encode(), "[\"😀T😀\"]".encode()),
        (rb'[1, 13800138000 ,2.50]', rb'[1, "T" ,2.50]'),
        (rb'[-13800138000e2]', rb'["-T00"]'),
        (rb'{"13800138000":1}', rb'{"T":1}'),
        (rb'"13800138000"', rb'"T"'),
        (rb'13800138000', rb'"T"'),
        (rb'["{\"a\":\"13800138000\"}"]', rb'["{\"a\":\"T\"}"]'),
        (rb'["{\"a\":13800138000}"]', rb'["{\"a\":\"T\"}"]'),
        (rb'["{\"a\":\"[\\\"\\\\u00313800138000\\\"]\"}"]', rb'["{\"a\":\"[\\\"T\\\"]\"}"]'),
        (rb'["\u007b\u0022a\u0022:[13800138000]}"]', rb'["\u007b\u0022a\u0022:[\"T\"]}"]'),
        (rb'[" \n{\"13800138000\": null} "]', rb'[" \n{\"T\": null} "]'),
    ],
)  # fmt: skip
def test_an_edit_is_spliced(raw: bytes, expected: bytes) -> None:
    assert swap(request(raw), new="T") == expected


def test_a_replacement_is_escaped_at_each_level() -> None:
    changed = swap(request({"a": json.dumps({"b": json.dumps([PHONE])})}), new='"\\\n张\x01')
    assert json.loads(json.loads(json.loads(changed)["a"])["b"]) == ['"\\\n张\x01']


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'{"a":1,"a":2}', "duplicate_key"),
        (rb'{"a":1,"\u0061":2}', "duplicate_key"),
        (b'{"x":{"a":1,"b":{},"a":2}}', "duplicate_key"),
        (b"[NaN]", "invalid_json"),
        (b"[Infinity]", "invalid_json"),
        (b"[1e999]", "invalid_json"),
        (rb'["\ud800"]', "invalid_json"),
        (rb'["\udc00\ud800"]', "invalid_json"),
        (b'["\xed\xa0\x80"]', "invalid_json"),
        (b'["\xff"]', "invalid_json"),
        (b"\xef\xbb\xbf[]", "invalid_json"),
        ("[]".encode("utf-16"), "invalid_json"),
        (b"[] x", "invalid_json"),
        (b"[1,]", "invalid_json"),
        (b"[01]", "invalid_json"),
        (b'["a\nb"]', "invalid_json"),
        (b"{'a':1}", "invalid_json"),
        (b"//\n[]", "invalid_json"),
        (b"[" * 65 + b"]" * 65, "too_deep"),
        (b"\x00", "invalid_json"),
    ],
)
def test_what_receivers_could_read_in_two_ways_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(ContentError) as caught:
        parse(request(raw), LIMITS)
    assert caught.value.code == code


def test_nested_json_counts_towards_depth() -> None:
    text = "1"
    for _ in range(4):
        text = json.dumps([[text]])
    parse(request(text.encode()), Limits(depth=8))
    with pytest.raises(ContentError, match="too_deep"):
        parse(request(text.encode()), Limits(depth=7))


@pytest.mark.parametrize("raw", [b"[1,2,3]", b"[null,true,null]", b'{"a":"","b":""}', b"[[],[],[]]"])
def test_parts_are_limited(raw: bytes) -> None:
    with pytest.raises(ContentError, match="too_many_parts"):
        parse(request(raw), Limits(parts=2))


def test_a_large_body_is_counted_before_it_is_built() -> None:
    with pytest.raises(ContentError, match="too_many_parts"):
        parse(request(b"[" + b"[]," * 400_000 + b"0]"), Limits(parts=1000))


@pytest.mark.parametrize(
    "text", ["{not json}", "[see note] call", '{"a": NaN}', "{", "[1] trailing", '{"a":"\\ud800"}', "{{name}}"]
)
def test_what_only_looks_like_json_stays_a_text(text: str) -> None:
    assert texts(parse(request({"messages": text}), LIMITS)) == {"body/messages": text}


def test_nested_json_with_a_repeated_key_is_read_whole() -> None:
    found = parse(request({"content": '{"a":"x","a":"y"}'}), LIMITS)
    assert {"x", "y"} <= set(texts(found).values())


def test_keys_that_become_one_are_refused() -> None:
    document = parse(request({"13800138000": 1, "13800138001": 2}), LIMITS)
    edits = [Edit(part.id, 0, 11, "X") for part in document.parts if part.kind is PartKind.KEY]
    with pytest.raises(ContentError, match="duplicate_key"):
        document.rebuild(edits)


def test_edits_outside_or_overlapping_are_a_mistake_of_the_caller() -> None:
    document = parse(request(["abc"]), LIMITS)
    for edits in (
        [Edit(0, 0, 4, "x")],
        [Edit(0, 0, 2, "x"), Edit(0, 1, 3, "y")],
        [Edit(7, 0, 0, "x")],
        [Edit(0, 2, 1, "x")],
    ):
        with pytest.raises(ValueError, match="edit"):
            document.rebuild(edits)


def test_an_edit_that_changes_nothing_changes_no_byte() -> None:
    message = request(rb'{"a": 138, "b": "\u0041"}')
    document = parse(message, LIMITS)
    same = [Edit(part.id, 0, len(part.text), part.text) for part in document.parts]
    assert document.rebuild(same) is message


def test_json_lines() -> None:
    raw = b'{"a": "13800138000"}\r\n\n[2]\n'
    document = parse(request(raw, "application/x-ndjson", UNKNOWN), LIMITS)
    assert texts(document)["body/2/0"] == "2"
    assert replace_all(document, new="T").body == b'{"a": "T"}\r\n\n[2]\n'


def test_charset_of_json_is_utf8() -> None:
    for charset in ("utf-8", "UTF-8", '"utf8"', "us-ascii"):
        parse(request(b"[]", f"application/json; charset={charset}"), LIMITS)
    for charset in ("utf-16", "gbk"):
        with pytest.raises(ContentError, match="invalid_json"):
            parse(request(b'["x"]', f"application/json; charset={charset}"), LIMITS)


def test_nothing_of_a_document_prints() -> None:
    document = parse(request(BODY, route=CHAT), LIMITS)
    assert PHONE not in f"{document!r} {document.parts!r} {document.unreadable!r}"


@pytest.mark.parametrize("tail", ['"', "\\", "x"])
def test_unbalanced_quotes_take_linear_time(tail: str) -> None:
    text = '["' + '\\"' * 2_000_000 + tail
    assert texts(parse(request(text.encode(), "text/plain"), LIMITS)) == {"body": text}


def test_answers_open_the_arguments_of_tool_calls() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"to": TOKEN})}}
    message = response({"choices": [{"index": 0, "message": {"role": "assistant", "tool_calls": [call]}}]})
    changed = replace_all(parse(message, LIMITS), TOKEN, 'Zhang "Z" 三').body
    arguments = json.loads(changed)["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(arguments) == {"to": 'Zhang "Z" 三'}


@pytest.mark.parametrize(
    "content",
    [
        {"type": "file_citation", "file_id": "file-1"},
        {"type": "file_path", "file_id": "file-1"},
        {"file_id": "file-1", "text": "quoted", "score": 0.5},
        {"type": "redacted_thinking", "data": "b3BhcXVl"},
    ],
)
def test_what_a_provider_quotes_is_no_content_elsewhere(content: dict[str, object]) -> None:
    assert parse(request({"messages": [{"content": [content]}]}), LIMITS).coverage is Coverage.FULL


def test_a_large_log_is_a_text_and_large_json_in_a_string_is_opened() -> None:
    log = "[2026-11-21] a, b, {c}: [d]\n" * 60_000
    assert texts(parse(request({"content": log}), LIMITS)) == {"body/content": log}
    rows = json.dumps([["请给张三打电话" * 100, n] for n in range(1500)], ensure_ascii=False)
    found = texts(parse(request({"content": rows}), LIMITS))
    assert found["body/content/$/1499/1"] == "1499"
    with pytest.raises(ContentError, match="too_many_parts"):
        parse(request({"content": "[" + "[]," * 600_000 + "0]"}), Limits(parts=1000))


def test_many_edits_in_many_nested_texts() -> None:
    rows = [json.dumps({"a": PHONE}) for _ in range(8000)]
    assert json.loads(swap(request(rows))) == [row.replace(PHONE, TOKEN) for row in rows]
