"""Operators of presidio-anonymizer (replace, mask, hash, encrypt, custom, …) as an operator of ours.

Configured as there: entity type → `OperatorConfig`, with `DEFAULT` for the rest. Irreversible for the gate: what
`encrypt` returns is opened by whoever holds that key, not by the gateway.

Imported only where it is asked for: presidio-anonymizer imports the analyzer, spaCy and more, which takes seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from presidio_anonymizer.entities import OperatorConfig
from presidio_anonymizer.operators import OperatorsFactory, OperatorType

from gateway.errors import ConfigError, StoreError
from gateway.operators.redact import label
from gateway.types import Finding, Scope

DEFAULT: Final = "DEFAULT"
REFUSED: Final = frozenset({"keep", "surrogate_ahds"})
"""`keep` lets the value pass, which only a policy may say; the other sends it to a service."""


class PresidioOperator:
    reversible = False

    def __init__(self, name: str, configs: Mapping[str, OperatorConfig]) -> None:
        """Raises `ConfigError` for an operator or parameter that presidio-anonymizer does not take."""
        self.name = name
        self._steps = {entity_type: _step(entity_type, config) for entity_type, config in configs.items()}

    async def apply(self, scope: Scope, findings: Sequence[Finding], values: Sequence[str]) -> Sequence[str]:
        return [self._replaced(finding.entity_type, value) for finding, value in zip(findings, values, strict=True)]

    def _replaced(self, entity_type: str, value: str) -> str:
        step = self._steps.get(entity_type) or self._steps.get(DEFAULT)
        if step is None or not value:
            return label(entity_type)
        operator, parameters = step
        try:
            replacement = operator.operate(text=value, params={**parameters, "entity_type": entity_type})
        except Exception:  # noqa: BLE001  a custom function may raise anything, and quote the value
            raise StoreError("operator_failed", entity_type) from None
        if not isinstance(replacement, str) or value in replacement:
            return label(entity_type)  # such as a mask of no characters
        return replacement


def _step(entity_type: str, config: OperatorConfig) -> tuple[Any, dict[str, Any]]:
    factory: Any = OperatorsFactory()  # type: ignore[no-untyped-call]
    usable = sorted(set(factory.get_anonymizers()) - REFUSED)
    if config.operator_name not in usable:
        raise ConfigError(
            f"{entity_type}: the Presidio operator '{config.operator_name}' cannot be used; choose {', '.join(usable)}."
        )
    operator = factory.create_operator_class(config.operator_name, OperatorType.Anonymize)
    parameters = dict(config.params)
    try:
        operator.validate(params={**parameters, "entity_type": entity_type})
    except Exception as error:  # noqa: BLE001  Presidio raises errors of several kinds; none holds payload yet
        raise ConfigError(
            f"{entity_type}: the Presidio operator '{config.operator_name}' refuses its parameters ({error})."
        ) from None
    return operator, parameters
