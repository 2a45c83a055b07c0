"""Values in spellings and places that look like something else: what two readers must not read in two ways."""

from __future__ import annotations

import pytest

from .gateway import Gateway
from .upstream import Upstream
from .wire import Sent

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-main")]

JSON = (("content-type", "application/json"),)
BODY = b'{"model": "m", "messages": [{"role": "user", "content": "Hello."}]%s}'

both_planes = pytest.mark.parametrize("plane", ["asgi", "mitm"])


@both_planes
@pytest.mark.parametrize("number", ["13800138000.0", "1.3800138e10", "1.3800138E+10", "138001380000e-1"])
def test_a_number_however_it_is_spelt(number: str, plane: str, default_gateway: Gateway, upstream: Upstream) -> None:
    body = BODY % b', "metadata": {"phone": %s}' % number.encode()
    answer = default_gateway.plane(plane).call(Sent("/v1/chat/completions", body, headers=JSON))
    assert answer.status == 200
    assert number not in upstream.last.text
    assert '"phone": "PHONE_NUMBER_' in upstream.last.text


@both_planes
@pytest.mark.parametrize("name", ["accept", "accept-language", "pragma", "priority", "x-stainless-lang", "openai-beta"])
@pytest.mark.parametrize("value", ["138-0013-8000", "4111 1111 1111 1111"])
def test_a_header_of_narrow_syntax(
    name: str, value: str, plane: str, default_gateway: Gateway, upstream: Upstream
) -> None:
    sent = Sent("/v1/chat/completions", BODY % b"", headers=(*JSON, (name, value)))
    assert default_gateway.plane(plane).call(sent).status == 200
    assert not upstream.saw(value)


@both_planes
@pytest.mark.parametrize("tokens", [b"[9906, 1917]", b"[[9906], [1917]]"])
def test_text_that_was_turned_into_token_ids(
    tokens: bytes, plane: str, default_gateway: Gateway, upstream: Upstream
) -> None:
    sent = Sent("/v1/embeddings", b'{"model": "m", "input": %s}' % tokens, headers=JSON)
    answer = default_gateway.plane(plane).call(sent)
    assert answer.status == 403
    assert b"unreadable_content" in answer.body
    assert upstream.requests() == []
