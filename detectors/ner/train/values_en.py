"""Generated English values: names of many origins, addresses, organisations, dates, numbers. Faker (MIT) and lists."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from pathlib import Path

from detectors.names.lexicon import english_words, word_list
from detectors.ner.train.tokens import listed, numbered
from detectors.ner.train.wordlists import LOCALES, cities

ORG_TAILS = listed(
    "Technologies,Labs,Holdings,Bank,Inc.,& Co.,Foundation,Partners LLP,GmbH,Ltd,Systems,Pharma,Airlines,Group,LLC,"
    "University,Hospital,Clinic,Insurance,Logistics,Consulting,Media,Energy,Motors,Institute,School,Church,Museum",
    ",",
)
ORG_KINDS = listed(
    "High School,General Hospital,Police Department,University,City Council,Institute of Technology,FC,Credit Union,"
    "Chamber of Commerce,County Court,Public Library,Medical Center,Tribune,Symphony Orchestra",
    ",",
)
STREETS = listed(
    "Baker Main Oak Maple Cedar Church High Station Victoria King Queen Park Mill Elm Washington Lake Hill Bridge "
    "Market London Chestnut Highland Lincoln Jackson Spring Meadow Sunset Broad Union Windsor Harbour Abbey Castle",
)
WAYS = listed("Street,St,St.,Road,Rd,Avenue,Ave,Lane,Drive,Dr,Way,Court,Place,Terrace,Boulevard,Blvd,Close,Square", ",")
FIRST_DAY, LAST_DAY = datetime.date(1940, 1, 1).toordinal(), datetime.date(2027, 12, 31).toordinal()
PARTICLES = ("O'{l}", "Mc{l}", "Mac{l}", "van {l}", "de {l}", "von {l}", "al-{l}", "{l}-{m}", "St. {l}", "D'{l}")


class EnglishValues:
    """Slot letter -> a fresh value. One random source, so a seed makes the same sentences again."""

    def __init__(self, rng: random.Random, data: Path) -> None:
        from faker import Faker

        self._rng = rng
        self._fakes = [Faker(locale) for locale in LOCALES]
        for fake in self._fakes:
            fake.seed_instance(rng.randrange(2**32))
        self._home = self._fakes[:7]
        table = english_words()
        self._firsts = [w.capitalize() for w, c in table.items() if c[0] >= "3" and w.isalpha() and len(w) > 2]
        self._lasts = [w.capitalize() for w, c in table.items() if c[1] >= "3" and w.isalpha() and len(w) > 2]
        self._pinyin = sorted(w.capitalize() for w in word_list("en-pinyin-pinyin"))
        self._families = sorted(w.capitalize() for w in word_list("en-pinyin-families"))
        self._cities = cities(data)
        self._seen: list[str] = []
        self.slots: dict[str, Callable[[], str]] = {
            "P": self.person,
            "F": self.first,
            "T": self.last,
            "A": self.address,
            "L": self.place,
            "O": self.organisation,
            "D": self.date,
            "N": lambda: numbered(rng),
            "I": self.identifier,
            "E": lambda: f"{self.first()}.{self.last()}@example.com".lower().replace(" ", ""),
        }

    def first(self) -> str:
        if self._rng.random() < 0.4:
            return self._rng.choice(self._firsts)
        return self._plain(lambda: self._rng.choice(self._fakes).first_name())

    def last(self) -> str:
        if self._rng.random() < 0.45:
            return self._rng.choice(self._lasts)
        if self._rng.random() < 0.12:
            form = self._rng.choice(PARTICLES)
            return form.format(l=self._rng.choice(self._lasts), m=self._rng.choice(self._lasts))
        return self._plain(lambda: self._rng.choice(self._fakes).last_name())

    def _plain(self, make: Callable[[], str]) -> str:
        """Faker's Thai and other scripts are left to another model."""
        for _ in range(8):
            value = str(make())
            if value and ord(max(value)) < 0x250:
                return value
        return self._rng.choice(self._lasts)

    def pinyin(self) -> str:
        family, given = self._rng.choice(self._families), self._rng.choice(self._pinyin)
        if self._rng.random() < 0.5:
            given += self._rng.choice(("", "-", " ")) + self._rng.choice(self._pinyin).lower()
        form = self._rng.choice(
            (
                f"{family} {given}",
                f"{family} {given}",
                f"{given} {family}",
                f"{family}, {given}",
                f"{family.upper()} {given}",
            )
        )
        chance = self._rng.random()
        return form.lower() if chance < 0.15 else form.upper() if chance < 0.25 else form

    def person(self) -> str:
        first, last = self.first(), self.last()
        middle = self._rng.choice("ABCDEFGHJKLMNPRSTW")
        forms = {
            f"{first} {last}": 52,
            f"{first} {last}".upper(): 5,
            f"{first} {last}".lower(): 7,
            f"{first} {middle}. {last}": 5,
            f"{first} {self.first()} {last}": 3,
            f"{first[0]}. {last}": 4,
            f"{last}, {first}": 3,
            f"{last} {first[0]}": 1,
            first: 10,
            last: 2,
            self.pinyin(): 10,
        }
        return self._rng.choices(list(forms), list(forms.values()))[0]

    def place(self) -> str:
        row = self._rng.choice(self._cities)
        return self._rng.choice((row["name"], row["name"], row["country"], row["subcountry"] or row["name"]))

    def address(self) -> str:
        kind = self._rng.random()
        if kind < 0.35:
            return self._street()
        if kind < 0.7:
            return f"{self._street()}, {self.place()}{self._postcode()}"
        fake = self._rng.choice(self._home if self._rng.random() < 0.8 else self._fakes)
        text = str(fake.street_address() if kind < 0.78 else fake.address())
        if ord(max(text)) >= 0x250:
            return self._street()
        return text if self._rng.random() < 0.35 else text.replace("\n", ", ")

    def _street(self) -> str:
        rng = self._rng
        name = rng.choice(STREETS) if rng.random() < 0.6 else self.last()
        number = f"{rng.randint(1, 2999)}{rng.choice(('', '', '', '', 'A', 'B', 'b'))}"
        flat = rng.choice(
            (
                "",
                "",
                "",
                f", Apt {rng.randint(1, 99)}",
                f" #{rng.randint(1, 900)}",
                f", Flat {rng.randint(1, 30)}",
                f", Suite {rng.randint(100, 900)}",
                f", Unit {rng.randint(1, 30)}",
            )
        )
        side = rng.choice(("", "", "", "", "N ", "W. ", "East "))
        return f"{number} {side}{name} {rng.choice(WAYS)}{flat}"

    def _postcode(self) -> str:
        rng = self._rng
        letters = "ABCDEFGHJKLMNPRSTUWY"
        inner = f"{rng.randint(1, 9)}{rng.choice(letters)}{rng.choice(letters)}"
        zone = f"{rng.choice(letters)}{rng.choice(letters)}{rng.randint(1, 20)} {inner}"
        state = f"{rng.choice('CNTFAMW')}{rng.choice('AYXLZOI')}"
        return rng.choice(
            (
                "",
                "",
                f" {zone}",
                f", {state} {rng.randint(10000, 99999)}",
                f", {state}",
                f" {rng.randint(10000, 99999)}",
            )
        )

    def organisation(self) -> str:
        kind = self._rng.random()
        if kind < 0.35:
            return self._plain(lambda: self._rng.choice(self._home).company())
        if kind < 0.5:
            return self._rng.choice(("University of ", "Bank of ", "City of ", "Port of ", "Museum of ")) + self.place()
        if kind < 0.65:
            return f"{self.place()} {self._rng.choice(ORG_KINDS)}"
        return f"{self.last()} {self._rng.choice(ORG_TAILS)}"

    def date(self) -> str:
        form = self._rng.choice(
            (
                "%d %B %Y",
                "%B %d, %Y",
                "%Y-%m-%d",
                "%m/%d/%Y",
                "%d.%m.%Y",
                "%b %d",
                "%B %Y",
                "%d/%m/%y",
                "%A, %d %B",
                "%Y",
            )
        )
        day = datetime.date.fromordinal(self._rng.randint(FIRST_DAY, LAST_DAY))  # never today's: runs repeat
        return day.strftime(form)

    def identifier(self) -> str:
        """What code calls things; words of names among them."""
        rng = self._rng
        parts = [
            rng.choice(
                ("get", "set", "user", "order", "load", "item", "cache", "token", "page", "mark", "will", "chase")
            )
            for _ in range(rng.randint(1, 2))
        ] + [self.first().lower() if rng.random() < 0.2 else rng.choice(("name", "id", "list", "service"))]
        if rng.random() < 0.5:
            return "_".join(parts)
        return parts[0] + "".join(w.capitalize() for w in parts[1:])
