"""Tables of decisions, and the properties that hold for every policy."""

from __future__ import annotations

import math
import timeit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy import RulePolicy, parse_policy
from gateway.types import Coverage, Direction, Effect, Finding, Route

from .conftest import CATEGORIES, CHAT, ENTITIES, HEAD, UNKNOWN, finding, message, policy

FULL, PARTIAL, NONE = Coverage.FULL, Coverage.PARTIAL, Coverage.NONE
REQUEST, RESPONSE = Direction.REQUEST, Direction.RESPONSE


LATER_BLOCK = """min_score: 0.95
default: allow
rules:
- {name: a, entities: {PERSON: {action: hash, min_score: 0}}}
- {name: b, entities: {PERSON: block}}
"""


@pytest.mark.parametrize(
    ("body", "found", "effect", "reasons", "operators"),
    [
        ("default: tokenize\nrules: []", [], Effect.ALLOW, (), {}),
        ("default: tokenize\nrules: []", [finding("PERSON")], Effect.TRANSFORM, (), {"tokenize": 1}),
        ("default: allow\nrules: []", [finding("PERSON")], Effect.ALLOW, (), {}),
        ("default: block\nrules: []", [finding("PERSON")], Effect.BLOCK, ("policy_block",), {}),
        ("default: {action: mask, min_score: 0.95}\nrules: []", [finding("PERSON")], Effect.ALLOW, (), {}),
        ("default: {action: mask, min_score: 0.9}\nrules: []", [finding("PERSON")], Effect.TRANSFORM, (), {"mask": 1}),
        ("min_score: 0.95\ndefault: mask\nrules: []", [finding("PERSON")], Effect.ALLOW, (), {}),
        ("default: block\nrules: []", [finding("PERSON", math.nan)], Effect.BLOCK, ("policy_block",), {}),
        ("default: block\nrules: []", [finding("NOT_IN_TABLE")], Effect.BLOCK, ("policy_block",), {}),
        (
            "default: allow\nrules: [{name: a, entities: {'category:contact': redact, PHONE_NUMBER: hash}}]",
            [finding("PHONE_NUMBER"), finding("EMAIL_ADDRESS", start=9)],
            Effect.TRANSFORM,
            (),
            {"hash": 1, "redact": 1},
        ),
        (
            "default: block\nrules: [{name: a, entities: {'*': allow, 'category:person': mask}}]",
            [finding("PERSON"), finding("US_SSN", start=9), finding("NOT_IN_TABLE", start=20)],
            Effect.TRANSFORM,
            (),
            {"mask": 1},
        ),
        # the first matching rule in the file says what happens …
        (
            "default: allow\nrules: [{name: a, entities: {PERSON: hash}}, {name: b, entities: {PERSON: mask}}]",
            [finding("PERSON")],
            Effect.TRANSFORM,
            (),
            {"hash": 1},
        ),
        # … but deny overrides, wherever it stands,
        (
            "default: allow\nrules: [{name: a, entities: {PERSON: allow}}, {name: b, entities: {PERSON: block}}]",
            [finding("PERSON")],
            Effect.BLOCK,
            ("policy_block",),
            {},
        ),
        # from its own score on.
        (
            LATER_BLOCK,
            [finding("PERSON")],
            Effect.TRANSFORM,
            (),
            {"hash": 1},
        ),
        # within one rule the type's own line counts, though its category blocks
        (
            "default: allow\nrules: [{name: a, entities: {'category:person': block, PERSON: mask}}]",
            [finding("PERSON")],
            Effect.TRANSFORM,
            (),
            {"mask": 1},
        ),
    ],
)
def test_findings(
    body: str, found: list[Finding], effect: Effect, reasons: tuple[str, ...], operators: dict[str, int]
) -> None:
    decision = policy(body).decide(message(), found, FULL)
    assert decision.effect is effect
    assert decision.reasons == reasons
    assert {name: len(some) for name, some in decision.obligations.items()} == operators
    assert bool(decision.blocked) == (effect is Effect.BLOCK)
    assert decision.policy_revision.startswith("p@1-")


@pytest.mark.parametrize(
    ("when", "at", "holds"),
    [
        ("{}", {}, True),
        ("{direction: request}", {}, True),
        ("{direction: response}", {}, False),
        ("{route: openai/*}", {}, True),
        ("{route: [anthropic/*, openai/chat.*]}", {}, True),
        ("{route: openai/chat}", {}, False),
        ("{route: 'openai/chat?completions'}", {}, True),
        ("{route: '*'}", {}, True),
        ("{upstream: api.example.com}", {}, True),
        ("{upstream: API.Example.com}", {}, True),
        ("{upstream: '*.example.com'}", {}, True),
        ("{upstream: 'example.com'}", {}, False),
        ("{upstream: '*.example.com'}", {"upstream": "example.com:443"}, False),
        ("{upstream: 'api.example.com:443'}", {}, True),
        ("{upstream: 'api.example.com:*'}", {}, True),
        ("{upstream: 'api.example.com:8443'}", {}, False),
        ("{upstream: api.example.com}", {"upstream": "api.example.com.:443"}, True),
        ("{upstream: api.example.com}", {"upstream": "api.example.com.evil.test:443"}, False),
        ("{upstream: '::1'}", {"upstream": "[::1]:8000"}, True),
        ("{upstream: '[::1]:8000'}", {"upstream": "[::1]:8000"}, True),
        ("{upstream: '[::1]:8001'}", {"upstream": "[::1]:8000"}, False),
        ("{tenant: bank-*}", {"tenant": "bank-7"}, True),
        ("{tenant: bank-*}", {}, False),
        ("{client: [c_2, c_1]}", {}, True),
        ("{client: c_2}", {}, False),
        ("{tenant: default, client: c_2}", {}, False),
    ],
)
def test_when(when: str, at: dict[str, str], holds: bool) -> None:
    rules = f"default: allow\nrules: [{{name: a, when: {when}, entities: {{PERSON: block}}}}]"
    decision = policy(rules).decide(message(**at), [finding("PERSON")], FULL)  # type: ignore[arg-type]
    assert (decision.effect is Effect.BLOCK) is holds


def test_unless_takes_messages_out_of_a_rule() -> None:
    some = policy("default: allow\nrules: [{name: a, unless: {upstream: '*.internal'}, entities: {PERSON: block}}]")
    assert some.decide(message(), [finding("PERSON")], FULL).effect is Effect.BLOCK
    assert some.decide(message(upstream="llm.internal:80"), [finding("PERSON")], FULL).effect is Effect.ALLOW


@pytest.mark.parametrize(
    ("lines", "direction", "coverage", "effect", "reasons"),
    [
        ("", REQUEST, FULL, Effect.ALLOW, ()),
        ("", REQUEST, PARTIAL, Effect.BLOCK, ("unreadable_content",)),
        ("", REQUEST, NONE, Effect.BLOCK, ("unreadable_content",)),
        ("", RESPONSE, NONE, Effect.BLOCK, ("response_unreadable",)),
        ("unreadable: allow", REQUEST, NONE, Effect.ALLOW, ()),
        ("unreadable: {request: block, response: allow}", REQUEST, NONE, Effect.BLOCK, ("unreadable_content",)),
        ("unreadable: {request: block, response: allow}", RESPONSE, NONE, Effect.ALLOW, ()),
    ],
)
def test_coverage(
    lines: str, direction: Direction, coverage: Coverage, effect: Effect, reasons: tuple[str, ...]
) -> None:
    decision = policy(f"default: allow\nrules: []\n{lines}").decide(message(direction), [], coverage)
    assert (decision.effect, decision.reasons) == (effect, reasons)


def test_reasons_come_worst_first_and_name_both() -> None:
    some = policy("default: block\nrules: []")
    assert some.decide(message(), [finding("PERSON")], NONE).reasons == ("policy_block", "unreadable_content")
    assert some.decide(message(RESPONSE), [finding("PERSON")], NONE).reasons == (
        "response_blocked",
        "response_unreadable",
    )


def test_unknown_routes_and_foreign_upstreams_are_refused_unread() -> None:
    some = policy("upstreams: [api.example.com]\ndefault: tokenize\nrules: []")
    both = some.decide(message(route=UNKNOWN, upstream="evil.test:443"), [finding("PERSON")], FULL)
    assert (both.effect, both.reasons) == (Effect.BLOCK, ("upstream_not_allowed", "unknown_route"))
    assert not some.inspects(message(route=UNKNOWN))
    assert some.inspects(message())
    assert some.decide(message(RESPONSE, UNKNOWN, "evil.test:443"), [], FULL).effect is Effect.ALLOW


@pytest.mark.parametrize(
    ("own", "deployment", "refused"),
    [
        ("", [], False),
        ("", ["*.example.com"], False),
        ("", ["*.example.org", "api.example.com:8443"], True),
        ("upstreams: [api.example.com]\n", ["*.example.com"], False),
        ("upstreams: [api.example.org]\n", ["*.example.com"], True),
        ("upstreams: [api.example.com]\n", ["*.example.org"], True),
    ],
)
def test_an_upstream_must_be_on_both_lists(own: str, deployment: list[str], refused: bool) -> None:
    source = parse_policy(f"{HEAD}{own}default: allow\nrules: []\n", "p.yaml", ENTITIES)
    decision = RulePolicy(source, ENTITIES, deployment).decide(message(), [], FULL)
    assert decision.reasons == (("upstream_not_allowed",) if refused else ())


def test_shadow_mode_opens_no_upstream_that_is_not_on_the_list() -> None:
    """What a policy would do is tried out; where this gateway may send anything at all is not."""
    shadow = policy("mode: shadow\nupstreams: [api.example.com]\ndefault: tokenize\nrules: []")
    away = message(route=UNKNOWN, upstream="evil.test:443")
    decision = shadow.decide(away, [finding("PERSON")], FULL)
    assert (decision.effect, decision.shadow) == (Effect.BLOCK, False)
    assert not shadow.inspects(away)
    at_home = shadow.decide(message(route=UNKNOWN), [finding("PERSON")], FULL)
    assert (at_home.effect, at_home.shadow) == (Effect.BLOCK, True)
    assert shadow.inspects(message(route=UNKNOWN))


def test_a_rule_may_let_an_unknown_route_through_and_another_take_that_back() -> None:
    allow = (
        "default: allow\nrules:\n- {name: a, when: {upstream: '*.internal'}, unknown_route: allow, unreadable: allow}\n"
    )
    at = message(route=UNKNOWN, upstream="x.internal:80")
    assert policy(allow).decide(at, [], NONE).effect is Effect.ALLOW
    assert policy(allow).decide(message(route=UNKNOWN), [], FULL).effect is Effect.BLOCK
    deny = policy(allow + "- {name: b, unknown_route: block}\n")
    assert deny.decide(at, [], FULL).reasons == ("unknown_route",)


def test_an_error_blocks_unless_said_otherwise() -> None:
    body = "default: allow\nrules: []\n"
    assert policy(body).on_error(message(), "detector_failed").effect is Effect.BLOCK
    assert policy(body).on_error(message(), "detector_failed").reasons == ("detector_failed",)
    assert policy(body + "error: allow").on_error(message(), "detector_failed").effect is Effect.ALLOW
    lenient = policy(body + "error: {request: block, response: allow}")
    assert lenient.on_error(message(), "deadline_exceeded").effect is Effect.BLOCK
    assert lenient.on_error(message(RESPONSE), "deadline_exceeded").effect is Effect.ALLOW


@pytest.mark.parametrize(
    ("body", "direction", "inspects"),
    [
        ("default: allow\nrules: []", REQUEST, False),
        ("default: {request: mask, response: allow}\nrules: []", REQUEST, True),
        ("default: {request: mask, response: allow}\nrules: []", RESPONSE, False),
        ("default: allow\nrules: [{name: a, entities: {PERSON: {action: block, min_score: 1}}}]", REQUEST, True),
        ("default: block\nrules: [{name: a, entities: {'*': allow}}]", REQUEST, False),
    ],
)
def test_inspection_is_spared_only_where_it_cannot_matter(body: str, direction: Direction, inspects: bool) -> None:
    assert policy(body).inspects(message(direction)) is inspects


ACTIONS = st.sampled_from(["allow", "block", "tokenize", "redact", "mask", "hash"])
SCORES = st.sampled_from([0.0, 0.3, 0.5, 0.7, 1.0])
NAMES = st.sampled_from([*CATEGORIES, *(f"category:{name}" for name in sorted(set(CATEGORIES.values()))), "*"])
FINDINGS = st.lists(
    st.builds(finding, st.sampled_from([*CATEGORIES, "NOT_IN_TABLE"]), st.floats(0, 1), st.integers(0, 999)), max_size=8
)
WHENS = st.sampled_from(["{}", "{direction: request}", "{direction: response}", "{route: anthropic/*}", "{tenant: t}"])


@st.composite
def bodies(draw: st.DrawFn) -> str:
    lines = ["rules:" if (count := draw(st.integers(0, 4))) else "rules: []"]
    for number in range(count):
        entities = draw(st.dictionaries(NAMES, st.tuples(ACTIONS, SCORES), min_size=1, max_size=4))
        inner = ", ".join(f"'{k}': {{action: {a}, min_score: {s}}}" for k, (a, s) in entities.items())
        lines.append(f"- {{name: r{number}, when: {draw(WHENS)}, entities: {{{inner}}}}}")
    lines.append(f"default: {{action: {draw(ACTIONS)}, min_score: {draw(SCORES)}}}")
    return "\n".join(lines) + "\n"


MESSAGES = st.builds(
    message,
    st.sampled_from(list(Direction)),
    st.sampled_from([CHAT, Route("anthropic", "messages", True), UNKNOWN]),
    tenant=st.sampled_from(["default", "t"]),
)


@settings(max_examples=60, deadline=None)
@given(body=bodies(), at=MESSAGES, found=FINDINGS, more=FINDINGS, coverage=st.sampled_from(list(Coverage)))
def test_properties(body: str, at, found, more, coverage) -> None:  # type: ignore[no-untyped-def]
    enforce, shadow = policy(body), policy(body + "mode: shadow\n")
    decision = enforce.decide(at, found, coverage)
    assert enforce.decide(at, found, coverage) == decision, "pure"
    assert enforce.decide(at, [*found, *more], coverage).effect >= decision.effect, "a finding never weakens"
    assert decision.effect <= enforce.decide(at, found, Coverage.NONE).effect, "less coverage never weakens"
    observed = shadow.decide(at, found, coverage)
    assert (observed.effect, observed.obligations, observed.reasons) == (
        decision.effect,
        decision.obligations,
        decision.reasons,
    )
    assert observed.shadow
    assert not decision.shadow
    acted = [one for some in decision.obligations.values() for one in some]
    assert (decision.effect is Effect.TRANSFORM) == bool(acted)
    assert not (acted and decision.blocked), "what is blocked is not rewritten"
    assert (decision.effect is Effect.BLOCK) == bool(decision.reasons)
    if not enforce.inspects(at):
        assert enforce.decide(at, [], coverage) == decision, "sparing detection changes nothing"


@settings(max_examples=40, deadline=None)
@given(body=bodies(), deny=st.sampled_from(["PERSON", "category:credential", "*"]), found=FINDINGS)
def test_deny_overrides_wherever_it_stands(body: str, deny: str, found: list[Finding]) -> None:
    denied = f"- {{name: deny, entities: {{'{deny}': {{action: block, min_score: 0}}}}}}\n"
    body = body.replace("rules: []", "rules:")
    first = policy(body.replace("rules:\n", "rules:\n" + denied))
    last = policy(body.replace("default:", denied + "default:"))
    hit = [one for one in found if deny in {"*", one.entity_type, f"category:{CATEGORIES.get(one.entity_type)}"}]
    for some in (first, last):
        assert set(hit) <= set(some.decide(message(), found, FULL).blocked)


def test_a_decision_costs_microseconds() -> None:
    some: RulePolicy = policy(
        "default: tokenize\nrules: [{name: a, when: {route: openai/*}, entities: {'category:credential': block}}]"
    )
    found = [finding(name) for name in list(CATEGORIES)[:10]]
    at = message()
    per_call = min(timeit.repeat(lambda: some.decide(at, found, FULL), number=200, repeat=5)) / 200
    assert per_call < 500e-6, "an order above the aim, so that a loaded machine cannot fail it"


def test_revision_follows_the_text_not_its_line_ends() -> None:
    body = "default: allow\nrules: []\n"
    assert policy(body).revision == policy(body.replace("\n", "\r\n"), HEAD.replace("\n", "\r\n")).revision
    assert policy(body).revision != policy(body + "# changed\n").revision


@pytest.mark.parametrize(
    ("body", "types", "acts"),
    [
        ("default: allow\nrules: []", ["PERSON"], False),
        ("default: mask\nrules: []", ["PERSON"], True),
        ("default: mask\nrules: []", [], False),
        ("default: mask\nrules: [{name: a, entities: {PERSON: allow}}]", ["PERSON"], False),
        ("default: mask\nrules: [{name: a, entities: {PERSON: allow}}]", ["PERSON", "NOT_IN_THE_CATALOGUE"], True),
        ("default: allow\nrules: [{name: a, entities: {PERSON: {action: block, min_score: 1}}}]", ["PERSON"], True),
        ("default: allow\nrules: [{name: a, entities: {PHONE_NUMBER: block}}]", ["PERSON", "ADDRESS"], False),
    ],
)
def test_who_finds_only_what_passes_may_be_spared(body: str, types: list[str], acts: bool) -> None:
    some = policy(body)
    assert some.acts_on(message(), types) is acts
    if not acts:
        found = [finding(name, start=9 * at) for at, name in enumerate(types)]
        assert some.decide(message(), found, Coverage.FULL).effect is Effect.ALLOW
