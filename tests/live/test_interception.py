"""The intercepting plane with TLS on both sides: the client's base URL stays the provider's own."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest

from .bodies import tool
from .clients import anthropic_client, openai_client
from .gateway import Gateway
from .sentences import SENTENCES, Sentence
from .tls import Authority, trusting
from .upstream import Upstream
from .values import EMAIL

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-tls")]

each_sentence = pytest.mark.parametrize("sentence", SENTENCES, ids=lambda s: s.name)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def provider(authority: Authority) -> Iterator[Upstream]:
    upstream = Upstream(authority.server_context()).start()
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def gateway(authority: Authority, provider: Upstream) -> Iterator[Gateway]:
    yield from Gateway(provider.url, environment={"REDLINE_UPSTREAM_CA": str(authority.bundle)}).running()


def proxy(gateway: Gateway) -> dict[str, object]:
    """What a client behind this proxy is told."""
    certificates = [path for path in gateway.state_dir.rglob("*ca-cert*.pem") if path.is_file()]
    assert len(certificates) == 1, "one certificate that clients are to trust"
    return {"proxy": f"http://127.0.0.1:{gateway.proxy_port}", "trust": trusting(certificates[0])}


@each_sentence
def test_openai_through_connect(sentence: Sentence, gateway: Gateway, provider: Upstream) -> None:
    provider.clear()
    with openai_client(provider.url, **proxy(gateway)) as client:  # type: ignore[arg-type]
        said: list = [{"role": "user", "content": sentence.text}]
        whole = client.chat.completions.create(model="m", messages=said)
        stream = client.chat.completions.create(model="m", messages=said, stream=True)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
        called = client.chat.completions.create(model="m", messages=said, tools=[tool("chat")])
    assert whole.choices[0].message.content == text == sentence.text
    assert called.choices[0].finish_reason == "tool_calls"
    assert len(provider.requests()) == 3
    assert not any(provider.saw(value) for value in sentence.values)


@each_sentence
def test_anthropic_through_connect(sentence: Sentence, gateway: Gateway, provider: Upstream) -> None:
    provider.clear()
    asked: dict = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": sentence.text}]}
    with anthropic_client(provider.url, **proxy(gateway)) as client:  # type: ignore[arg-type]
        assert client.messages.create(**asked).content[0].text == sentence.text
        with client.messages.stream(**asked) as stream:
            assert "".join(stream.text_stream) == sentence.text
    assert not any(provider.saw(value) for value in sentence.values)


def test_the_base_url_way_to_the_same_provider(gateway: Gateway, provider: Upstream) -> None:
    provider.clear()
    with openai_client(gateway.url) as client:
        said: list = [{"role": "user", "content": f"Mail {EMAIL.value}"}]
        assert client.chat.completions.create(model="m", messages=said).choices[0].message.content == said[0]["content"]
    assert provider.requests()
    assert not provider.saw(EMAIL.value)


def test_a_provider_that_cannot_be_verified_gets_nothing(provider: Upstream) -> None:
    """The gateway is not told of the authority: neither plane talks to this upstream."""
    provider.clear()
    made = Gateway(provider.url)
    try:
        made.start()
        for url, way in ((provider.url, proxy(made)), (made.url, {})):
            with openai_client(url, **way) as client, pytest.raises(openai.InternalServerError) as failed:  # type: ignore[arg-type]
                client.chat.completions.create(model="m", messages=[{"role": "user", "content": EMAIL.value}])
            assert failed.value.status_code == 502
        assert not provider.saw(EMAIL.value)
        assert provider.requests() == []
        assert made.stop() == 0
    finally:
        made.discard()
