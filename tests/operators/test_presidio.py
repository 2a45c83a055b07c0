"""Presidio's operators in our place, configured as Presidio's users know it."""

from __future__ import annotations

from typing import Any

import pytest
from presidio_anonymizer.entities import OperatorConfig

from gateway.errors import ConfigError, StoreError
from gateway.operators.presidio import PresidioOperator
from gateway.types import Finding, Scope

SCOPE = Scope("acme", "5e1f", "c1")


async def apply(configs: dict[str, OperatorConfig], entity_type: str, value: str) -> str:
    operator = PresidioOperator("presidio", configs)
    return (await operator.apply(SCOPE, [Finding(0, 0, len(value), entity_type, 1.0, "p/r@1")], [value]))[0]


@pytest.mark.parametrize(
    ("name", "params", "expected"),
    [
        ("replace", {"new_value": "<手机>"}, "<手机>"),
        ("replace", {}, "<PHONE_NUMBER>"),
        ("redact", {}, ""),
        ("mask", {"masking_char": "#", "chars_to_mask": 7, "from_end": False}, "#######8000"),
        ("mask", {"masking_char": "*", "chars_to_mask": 0, "from_end": True}, "<PHONE_NUMBER>"),
        ("custom", {"lambda": lambda value: value[::-1]}, "00083100831"),
        ("custom", {"lambda": lambda value: f"tel {value}"}, "<PHONE_NUMBER>"),
    ],
)
async def test_operators(name: str, params: dict[str, Any], expected: str) -> None:
    configs = {"DEFAULT": OperatorConfig(name, params)}
    assert await apply(configs, "PHONE_NUMBER", "13800138000") == expected


async def test_the_type_comes_before_the_default() -> None:
    configs = {
        "PERSON": OperatorConfig("replace", {"new_value": "某人"}),
        "DEFAULT": OperatorConfig("replace", {"new_value": "某物"}),
    }
    assert await apply(configs, "PERSON", "张三") == "某人"
    assert await apply(configs, "LOCATION", "Paris") == "某物"


async def test_without_a_config_the_type_is_all_that_is_left() -> None:
    assert await apply({}, "PERSON", "张三") == "<PERSON>"


async def test_encrypt_hides_the_value() -> None:
    configs = {"DEFAULT": OperatorConfig("encrypt", {"key": "0123456789abcdef"})}
    assert "13800138000" not in await apply(configs, "PHONE_NUMBER", "13800138000")


def _raise(value: str) -> str:
    raise ValueError(value)


async def test_an_error_does_not_quote_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    operator = PresidioOperator("presidio", {"DEFAULT": OperatorConfig("custom", {"lambda": str})})
    operator._steps["DEFAULT"][1]["lambda"] = _raise
    with pytest.raises(StoreError, match="operator_failed") as failure:
        await operator.apply(SCOPE, [Finding(0, 0, 2, "PERSON", 1.0, "p/r@1")], ["张三"])
    assert "张三" not in repr(failure.value.__dict__)
    assert failure.value.__suppress_context__


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (OperatorConfig("keep"), "'keep' cannot be used; choose custom"),
        (OperatorConfig("nothing"), "'nothing' cannot be used"),
        (OperatorConfig("mask", {"masking_char": "**", "chars_to_mask": 1, "from_end": True}), "refuses its"),
    ],
)
def test_what_cannot_be_used_is_told_at_start(config: OperatorConfig, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        PresidioOperator("presidio", {"PERSON": config})
