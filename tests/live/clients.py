"""The ordinary clients, pointed at a gateway and nothing else changed."""

from __future__ import annotations

import ssl

import anthropic
import openai

KEY = "live-key-a"
SECONDS = 30.0


def openai_client(
    url: str, key: str = KEY, *, proxy: str | None = None, trust: ssl.SSLContext | None = None
) -> openai.OpenAI:
    """Use as a context manager. `proxy`: a forward proxy, where the base URL stays the provider's."""
    client = openai.DefaultHttpxClient(proxy=proxy, trust_env=False, verify=trust or True)
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=SECONDS, http_client=client)


def openai_async(url: str, key: str = KEY) -> openai.AsyncOpenAI:
    client = openai.DefaultAsyncHttpxClient(trust_env=False)
    return openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=SECONDS, http_client=client)


def anthropic_client(
    url: str, key: str = KEY, *, proxy: str | None = None, trust: ssl.SSLContext | None = None
) -> anthropic.Anthropic:
    client = anthropic.DefaultHttpxClient(proxy=proxy, trust_env=False, verify=trust or True)
    return anthropic.Anthropic(base_url=url, api_key=key, max_retries=0, timeout=SECONDS, http_client=client)


def anthropic_async(url: str, key: str = KEY) -> anthropic.AsyncAnthropic:
    client = anthropic.DefaultAsyncHttpxClient(trust_env=False)
    return anthropic.AsyncAnthropic(base_url=url, api_key=key, max_retries=0, timeout=SECONDS, http_client=client)
