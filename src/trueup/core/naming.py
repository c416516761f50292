"""Company names made comparable: accents, case, punctuation, legal forms and word order taken away."""

from __future__ import annotations

import re
import unicodedata

LEGAL_FORMS = frozenset(
    "sarl sas sasu sa eurl sci snc scop selarl scea gie earl asbl sprl srl bvba nv bv vof "
    "gmbh ag kg ohg ug mbh ev gbr se co cie "
    "ltd limited llc llp lp plc inc incorporated corp corporation company pty "
    "spa oy ab as aps kft sro".split()
)
"""Legal forms of the countries that MSPs sell in; never the only word of a name (a company called "SA" keeps it)."""

_APART = re.compile(r"[\W_]+")
_FOLDED = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d"})


def plain(name: str) -> str:
    """Lower case, without accents and punctuation, words apart by one blank; dotted forms such as `S.A.R.L.` joined.

    Letters of every script count; a name of punctuation alone stays as it is, so that two such names are not equal."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold().translate(_FOLDED))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"\b(?:[a-z]\.){2,}", lambda found: found.group(0).replace(".", ""), text)
    text = text.replace("&", " and ").replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
    return " ".join(_APART.sub(" ", text).split()) or " ".join(name.casefold().split())


def without_legal_forms(name: str) -> str:
    """The plain name without legal forms; the plain name itself where nothing else would be left."""
    words = [word for word in plain(name).split() if word not in LEGAL_FORMS and word != "and"]
    return " ".join(words) or plain(name)


def word_set(name: str) -> tuple[str, ...]:
    """The words of the bare name in alphabetical order, so that word order does not matter."""
    return tuple(sorted(without_legal_forms(name).split()))
