"""What models call things, and our entity types for it. Three answers: a type, "not ours", and unknown: an error.

Rule for the next editor: a label that is in neither table stops the start. Add it to one of them knowingly; a label
that is dropped without a word is a name that passes unseen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

ALIASES: Mapping[str, str] = {
    alias: entity
    for entity, aliases in {
        "PERSON": "PER PERSON PERS PEOPLE NAME NAMES FIRSTNAME LASTNAME MIDDLENAME GIVENNAME GIVENNAME1 GIVENNAME2 "
        "SURNAME LASTNAME1 LASTNAME2 LASTNAME3 FULLNAME PERSONNAME PRIVATEPERSON PATIENT DOCTOR STAFF PERNAM NR "
        "人名 姓名 人物",
        "LOCATION": "LOC LOCATION GPE CITY COUNTRY STATE COUNTY PLACE FAC FACILITY LOCNAM GPENAM NS 地名 地点 SCENE",
        "ADDRESS": "ADDRESS STREETADDRESS STREET PRIVATEADDRESS BUILDINGNUMBER BUILDINGNUM BUILDING SECONDARYADDRESS "
        "SECADDRESS ZIPCODE ZIP POSTCODE ADDR POSTALADDRESS 地址",
        "ORGANIZATION": "ORG ORGANIZATION ORGANISATION COMPANY COMPANYNAME CORP CORPORATION GRP GROUP HOSPITAL ORGNAM "
        "NT GOVERNMENT 机构 组织 公司",
        "DATE_OF_BIRTH": "DATEOFBIRTH DOB BIRTHDATE BIRTHDAY PRIVATEDATE BOD",
        "PHONE_NUMBER": "PHONE PHONENUMBER TELEPHONE TELEPHONENUM TEL MOBILE MOBILEPHONENUMBER PRIVATEPHONE FAX 电话",
        "EMAIL_ADDRESS": "EMAIL EMAILADDRESS PRIVATEEMAIL 邮箱",
        "BANK_ACCOUNT": "ACCOUNTNUMBER ACCOUNTNUM BANKACCOUNT BANKACCOUNTNUMBER",
        "CREDIT_CARD": "CREDITCARD CREDITCARDNUMBER CARDNUMBER MASKEDNUMBER",
        "CARD_SECURITY_CODE": "CVV CVC CREDITCARDCVV",
        "NATIONAL_ID": "NATIONALID IDCARD IDCARDNUM IDCARDNUMBER IDNUM IDNUMBER IDENTITYCARD 身份证号",
        "PASSPORT_NUMBER": "PASSPORT PASSPORTNUMBER PASSPORTNUM 护照号",
        "DRIVER_LICENSE": "DRIVERLICENSE DRIVERLICENSENUM DRIVERLICENSENUMBER DRIVERSLICENSE DRIVERSLICENSENUMBER",
        "TAX_ID": "TAXID TAXNUM TAXNUMBER TAXIDENTIFICATIONNUMBER",
        "USERNAME": "USERNAME USER DISPLAYNAME ACCOUNTNAME LOGIN",
        "CRYPTO": "BITCOINADDRESS ETHEREUMADDRESS LITECOINADDRESS CRYPTOADDRESS",
        "VIN": "VIN VEHICLEVIN",
        "IMEI": "IMEI PHONEIMEI",
        "GPS_COORDINATES": "GEOCOORD NEARBYGPSCOORDINATE COORDINATE GPSCOORDINATES",
        "IBAN_CODE": "IBAN IBANCODE",
        "SWIFT_BIC": "BIC SWIFT SWIFTBIC BICCODE",
        "IP_ADDRESS": "IP IPADDRESS IPV4 IPV6",
        "MAC_ADDRESS": "MAC MACADDRESS",
        "US_SSN": "SSN SOCIALNUM SOCIALNUMBER SOCIALSECURITYNUMBER USSSN",
        "URL": "URL PRIVATEURL",
        "PASSWORD": "PASSWORD PASSWD PASS",
        "CARD_PIN": "PIN",
        "API_KEY": "APIKEY SECRET",
    }.items()
    for alias in aliases.split()
}

_OTHERS = """
    O MISC MISCELLANEOUS OTHER CARDINAL ORDINAL PERCENT PERCENTAGE QUANTITY MONEY CURRENCY NUMBER LAN TRANSPORT
    AMOUNT CURRENCYCODE CURRENCYNAME CURRENCYSYMBOL CARDISSUER CREDITCARDISSUER SEX GENDER AGE HEIGHT EYECOLOR PREFIX
    JOBAREA JOBTYPE ORDINALDIRECTION USERAGENT
    PRODUCT EVENT WORKOFART LAW LANGUAGE NORP DATE TIME DATETIME GAME BOOK MOVIE POSITION TITLE JOBTITLE
"""
OTHERS = frozenset(_OTHERS.split())
"""Labels of common models that name nothing we look for: quantities, works, dates of any kind, nationalities.
Who wants them gives them a type in the label map, such as `{"DATE": "DATE_TIME"}`."""

PREFIX = re.compile(r"^([BIESLUO])[-_](.+)$", re.DOTALL)
SUFFIX = re.compile(r"^(.+)[-_]([BIESLU])$", re.DOTALL)
ENTITY = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
"""What an entity type may be called; it becomes part of tokens."""


def parse_label(name: str) -> tuple[str, str]:
    """`B-PER` -> (`B`, `PER`); a plain label has no prefix."""
    match = PREFIX.match(name)
    if match:
        return match.group(1), match.group(2)
    match = SUFFIX.match(name)
    return (match.group(2), match.group(1)) if match else ("", name)


def entity_of(label: str, extra: Mapping[str, str] | None = None) -> str | None:
    """Our entity type for a model's bare label; empty: known, and not ours; None: unknown. `extra` goes first."""
    if extra is not None and label in extra:
        return extra[label]
    plain = re.sub(r"[\s_.\-/]", "", label).upper()
    if plain in ALIASES:
        return ALIASES[plain]
    return "" if plain in OTHERS else None
