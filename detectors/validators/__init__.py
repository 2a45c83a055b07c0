"""Checks that a pack may name under `validator:`. Each takes the matched text and says whether it can be real."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from detectors.rules import Validator
from detectors.validators import cn, finance, identity, network, phones, secrets

VALIDATORS: Final[Mapping[str, Validator]] = MappingProxyType(
    {
        "basic_auth": secrets.basic_auth,
        "birth_date": identity.birth_date,
        "btc_address": finance.btc_address,
        "card": finance.card,
        "cn_area_code": cn.area_code,
        "cn_resident_id": cn.resident_id,
        "cn_resident_id_15": cn.resident_id_15,
        "cn_uscc": cn.uscc,
        "email": network.email,
        "eth_address": finance.eth_address,
        "hk_id": cn.hk_id,
        "iban": finance.iban,
        "ipv4": network.ipv4,
        "ipv6": network.ipv6,
        "jwt": secrets.jwt,
        "luhn": finance.luhn,
        "mac": network.mac,
        "mixed_alnum": secrets.mixed_alnum,
        "mixed_case": secrets.mixed_case,
        "not_placeholder": secrets.not_placeholder,
        "password": secrets.password,
        "password_word": secrets.password_word,
        "phone_gb": phones.gb,
        "phone_international": phones.international,
        "phone_us": phones.us,
        "plate": cn.plate,
        "random": secrets.random_looking,
        "tron_address": finance.tron_address,
        "tw_id": cn.tw_id,
        "uk_nhs": identity.nhs,
        "uk_nino": identity.nino,
        "unionpay": finance.unionpay,
        "url_password": secrets.url_password,
        "us_itin": identity.itin,
        "us_ssn": identity.ssn,
        "varied_digits": identity.varied_digits,
        "varied_text": secrets.varied_text,
    }
)
