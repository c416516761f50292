"""What the fields of a form and what was chosen in them are called in the reader's language, for a form that is shown
away from its page."""

from __future__ import annotations

from typing import Final

from trueup.messages.sentences import Sentences
from trueup.web.kept import Kept

_CURRENCY: Final = "second_approval_above."
_FAMILIES: Final = ("page.sign_in.field.", "page.settings.rail_", "page.services.rail_", "page.money.columns.")
"""Texts that are called by the names of fields: those below, guard rails, columns of an invoice."""

_WORDS: Final = {
    **{
        name: name
        for name in ("basis", "drift", "language", "mode", "role", "rounding", "scope", "unit_costs", "window")
    },
    "decrease": "timing",
    "increase": "timing",
}
"""Fields in which a word is chosen, and the list of words."""


def label_of(said: Sentences, name: str, product: str = "") -> str:
    """The label of a field; its name where nobody has given it one. `product` is the kind of module that a connection
    is made to: its fields may be called otherwise than those of others."""
    for family in _FAMILIES:
        if said.knows(family + name):
            return said.text(family + name)
    if name.startswith(_CURRENCY):
        return said.text("page.settings.second_above", currency=name.removeprefix(_CURRENCY))
    begins, _, rest = name.partition("." if "." in name else "_")
    if begins == "keep":
        return said.word("kept", rest)
    for key in (f"page.modules.field.{product}.{rest}", f"page.modules.field.{rest}", f"page.notices.setting_{rest}"):
        if begins in ("field", "setting") and said.knows(key):
            return said.text(key)
    return name


def labelled(said: Sentences, kept: Kept) -> list[tuple[str, str]]:
    """The fields with something in them, by their labels."""
    product = next((value for name, value in kept.fields if name == "kind"), "")
    return [(label_of(said, name, product), _chosen(said, name, value)) for name, value in kept.typed]


def _chosen(said: Sentences, name: str, value: str) -> str:
    """What was chosen, by its word; what was typed, as it was typed."""
    return said.word(_WORDS[name], value) if name in _WORDS else value
