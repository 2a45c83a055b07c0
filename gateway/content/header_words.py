"""Words of the head of a message: headers and paths that are known, and so say nothing of a user.

Sources: https://www.iana.org/assignments/http-fields, and what the `openai` and `anthropic` packages send.
"""

from __future__ import annotations

from typing import Final

_CREDENTIALS: Final = """
    authorization proxy-authorization x-api-key api-key x-goog-api-key x-auth-token x-access-token cookie set-cookie
    x-amz-security-token x-csrf-token x-redline-token ocp-apim-subscription-key
    """

_STRICT: Final = """
    host content-length transfer-encoding connection keep-alive te trailer upgrade expect date age server accept
    accept-encoding accept-language accept-charset accept-ranges content-type content-encoding content-language
    cache-control pragma vary last-modified if-modified-since if-unmodified-since expires retry-after priority
    strict-transport-security x-content-type-options sec-fetch-mode sec-fetch-site sec-fetch-dest dnt
    anthropic-version openai-beta anthropic-beta
    x-stainless-lang x-stainless-package-version x-stainless-os x-stainless-arch x-stainless-runtime
    x-stainless-runtime-version x-stainless-async x-stainless-retry-count x-stainless-read-timeout
    x-stainless-timeout x-stainless-raw-response x-stainless-helper x-stainless-helper-method
    x-stainless-stream-helper x-stainless-poll-helper
    """

_OTHERS: Final = """
    user-agent origin referer etag if-match if-none-match range location link allow www-authenticate warning via
    forwarded x-request-id x-client-request-id request-id traceparent tracestate baggage idempotency-key
    openai-organization openai-project openai-processing-ms openai-version openai-model anthropic-organization-id
    anthropic-dangerous-direct-browser-access x-app x-title http-referer x-should-retry x-forwarded-for x-real-ip
    cf-ray cf-cache-status alt-svc sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform
    x-redline-conversation x-redline-tenant x-redline-exchange x-redline-action x-redline-entities x-redline-policy
    x-redline-rules x-redline-coverage
    x-ratelimit-limit-requests x-ratelimit-limit-tokens x-ratelimit-remaining-requests
    x-ratelimit-remaining-tokens x-ratelimit-reset-requests x-ratelimit-reset-tokens
    content-disposition content-security-policy access-control-allow-origin access-control-expose-headers
    access-control-allow-credentials access-control-allow-methods access-control-allow-headers
    """

_SEGMENTS: Final = """
    v1 chat completions responses embeddings moderations models messages count_tokens input_items cancel input_tokens
    """

CREDENTIALS: Final = frozenset(_CREDENTIALS.split())
"""Headers that authenticate: secrets are expected there."""

STRICT: Final = frozenset(_STRICT.split())
"""Headers with a narrow syntax: no part as long as the value is as narrow."""

KNOWN: Final = frozenset(_OTHERS.split()) | STRICT | CREDENTIALS
"""Names that are no parts themselves."""

SEGMENTS: Final = frozenset(_SEGMENTS.split())
"""Path segments that are no parts."""

QUERY: Final = frozenset({"limit", "after", "before", "order", "include", "beta", "api-version", "stream", "alt"})
"""Names of query fields that are no parts."""
