"""National numbers whose check digits python-stdnum knows. Names are those that packs use."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from detectors.packs.rules import Validator

_MODULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "at_uid": "at.uid",
        "at_vnr": "at.vnr",
        "au_abn": "au.abn",
        "au_acn": "au.acn",
        "au_tfn": "au.tfn",
        "be_nn": "be.nn",
        "be_vat": "be.vat",
        "bg_egn": "bg.egn",
        "br_cnpj": "br.cnpj",
        "br_cpf": "br.cpf",
        "ca_sin": "ca.sin",
        "ch_ssn": "ch.ssn",
        "ch_uid": "ch.uid",
        "cz_rc": "cz.rc",
        "de_idnr": "de.idnr",
        "de_stnr": "de.stnr",
        "de_vat": "de.vat",
        "dk_cpr": "dk.cpr",
        "dk_cvr": "dk.cvr",
        "ee_ik": "ee.ik",
        "es_dni": "es.dni",
        "es_nie": "es.nie",
        "es_nif": "es.nif",
        "eu_vat": "eu.vat",
        "fi_hetu": "fi.hetu",
        "fi_ytunnus": "fi.ytunnus",
        "fr_nif": "fr.nif",
        "fr_nir": "fr.nir",
        "fr_siren": "fr.siren",
        "fr_siret": "fr.siret",
        "gb_utr": "gb.utr",
        "gb_vat": "gb.vat",
        "gr_amka": "gr.amka",
        "gr_vat": "gr.vat",
        "hr_oib": "hr.oib",
        "ie_pps": "ie.pps",
        "il_idnr": "il.idnr",
        "in_aadhaar": "in_.aadhaar",
        "in_gstin": "in_.gstin",
        "in_pan": "in_.pan",
        "in_vid": "in_.vid",
        "it_codice_fiscale": "it.codicefiscale",
        "it_iva": "it.iva",
        "jp_my_number": "jp.in_",
        "lt_asmens": "lt.asmens",
        "nl_bsn": "nl.bsn",
        "nl_btw": "nl.btw",
        "no_fodselsnummer": "no.fodselsnummer",
        "no_kontonr": "no.kontonr",
        "no_orgnr": "no.orgnr",
        "pl_nip": "pl.nip",
        "pl_pesel": "pl.pesel",
        "pl_regon": "pl.regon",
        "pt_cc": "pt.cc",
        "pt_nif": "pt.nif",
        "ro_cnp": "ro.cnp",
        "se_orgnr": "se.orgnr",
        "se_personnummer": "se.personnummer",
        "sg_uen": "sg.uen",
        "si_emso": "si.emso",
        "th_pin": "th.pin",
        "tr_tckimlik": "tr.tckimlik",
        "tr_vkn": "tr.vkn",
        "tw_ubn": "tw.ubn",
        "us_ein": "us.ein",
        "us_routing": "us.rtn",
        "za_idnr": "za.idnr",
        "za_tin": "za.tin",
    }
)
_NUMERALS: Final = frozenset("0123456789")
_FEWEST: Final = 3
"""Different digits in a number that somebody holds; 000000000 passes many a check."""


@cache
def _module(name: str) -> Any:
    return importlib.import_module(f"stdnum.{name}")


def _check(name: str) -> Validator:
    def holds(value: str) -> bool:
        if len(set(value) & _NUMERALS) < _FEWEST:
            return False
        return bool(_module(name).is_valid(value))

    return holds


CHECKS: Final[Mapping[str, Validator]] = MappingProxyType({name: _check(module) for name, module in _MODULES.items()})
"""Validator name → check. A module is imported when its number is first seen: all of them would slow each start."""
