"""Company names as a PSA writes them, and the other ways in which an RMM site of the same customer is spelled."""

from __future__ import annotations

import random
import unicodedata
from typing import NamedTuple


class CompanyName(NamedTuple):
    """A company's name in its parts: `Menuiserie`, `Béranger`, `SARL`; `order` says which comes first."""

    trade: str
    family: str
    legal: str
    city: str
    order: str

    @property
    def core(self) -> str:
        """The name without its legal form."""
        return f"{self.trade} {self.family}" if self.order == "trade" else f"{self.family} {self.trade}"

    @property
    def full(self) -> str:
        """The name as the PSA has it."""
        return f"{self.core} {self.legal}".strip()


class _Language(NamedTuple):
    order: str
    trades: tuple[str, ...]
    families: tuple[str, ...]
    legal: tuple[str, ...]
    cities: tuple[str, ...]


_FRENCH = _Language(
    "trade",
    (
        "Boulangerie", "Menuiserie", "Cabinet comptable", "Étude notariale", "Garage", "Clinique vétérinaire",
        "Transports", "Imprimerie", "Pharmacie", "Hôtel", "Électricité générale", "Maçonnerie", "Avocats", "Traiteur",
        "Bureau d'études", "Librairie",
    ),
    (
        "Lefèvre", "Béranger", "Moreau & Associés", "Girard", "Rémy", "Dupont", "Gauthier", "Marchand", "Noël",
        "Chevallier", "Perrin", "Garnier", "François", "Bonnet", "Lemaître", "Hérault", "Clément", "Vidal",
        "Delacroix", "Étienne", "Mercier", "Renaud", "Poirier & Fils", "Tissot",
    ),
    ("SARL", "SAS", "SA", "SELARL", "EURL", ""),
    ("Lyon", "Annecy", "Nantes", "Lille", "Genève"),
)  # fmt: skip
_ENGLISH = _Language(
    "family",
    (
        "Dental", "Logistics", "Engineering", "Solicitors", "Architects", "Foods", "Motors", "Accountancy", "Joinery",
        "Property Services", "Veterinary Group", "Printing", "Insurance Brokers", "Care Homes", "Interiors", "Plumbing",
    ),
    (
        "Ashworth", "Brightwater", "Kingsley", "Hartley & Sons", "Oakfield", "Pembroke", "Northgate", "Whitmore",
        "Greenfield", "Thornton", "Blackwood", "Fairview", "O'Connor", "Sinclair", "Westbrook", "Harrington",
        "Lockwood", "Merrick & Daughters", "Ravenhill", "Stanton", "Wexford", "Elmwood", "Cartwright", "Dunmore",
    ),
    ("Ltd", "Limited", "LLP", "Inc.", "plc", ""),
    ("Leeds", "Bristol", "Dublin", "York", "Boston"),
)  # fmt: skip
_GERMAN = _Language(
    "family",
    (
        "Maschinenbau", "Elektrotechnik", "Spedition", "Präzisionsteile", "Steuerberatung", "Architekten", "Bäckerei",
        "Metallbau", "Apotheke", "Gebäudetechnik", "Druckerei", "Möbelwerk", "Autohaus", "Gartenbau", "Zahnärzte",
        "Werkzeuge",
    ),
    (
        "Müller", "Schäfer & Söhne", "Weiß", "Krüger", "Hoffmann", "Jäger", "Böhm", "Lindner", "Größl", "Vogel",
        "Köhler", "Brandt", "Schröder", "Zimmermann", "Fuchs", "Wörner", "Kästner", "Reuter", "Döring", "Albrecht",
        "Heß", "Lorenz", "Günther", "Stahl",
    ),
    ("GmbH", "AG", "GmbH & Co. KG", "KG", "e.K.", ""),
    ("Zürich", "Köln", "München", "Wien", "Bern"),
)  # fmt: skip
_LANGUAGES = (_FRENCH, _FRENCH, _ENGLISH, _GERMAN)


def company_names(number: int, chance: random.Random) -> list[CompanyName]:
    """Return that many different names in three languages; a city is added once all simple ones are used."""
    names: list[CompanyName] = []
    taken: set[str] = set()
    while len(names) < number:
        language = chance.choice(_LANGUAGES)
        name = CompanyName(
            chance.choice(language.trades),
            chance.choice(language.families),
            chance.choice(language.legal),
            chance.choice(language.cities),
            language.order,
        )
        if name.core in taken:
            if len(names) < 800:
                continue
            name = name._replace(family=f"{name.family} {name.city} {len(names)}")
        taken.add(name.core)
        names.append(name)
    return names


def without_accents(text: str) -> str:
    """`Lefèvre` as somebody types it on a foreign keyboard."""
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


def _german_ascii(text: str) -> str:
    for letter, written in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue"), ("ß", "ss")):
        text = text.replace(letter, written)
    return without_accents(text)


def spelled_differently(name: CompanyName, chance: random.Random) -> str:
    """Return how the RMM has the customer: the same, shorter, without accents, upper case, or turned round."""
    joined = {"&": chance.choice(("&", "et", "and", "und", "+"))}
    variants = (
        name.full,
        name.core,
        name.core,
        _german_ascii(name.core),
        without_accents(name.full),
        without_accents(name.core).upper(),
        f"{name.family}, {name.trade}",
        f"{name.family} ({name.trade})",
        f"{name.family} {name.trade}" if name.order == "trade" else f"{name.trade} {name.family}",
        " ".join(joined.get(word, word) for word in name.core.split()),
        f"{name.core} - {name.city}",
    )
    return chance.choice(variants)
