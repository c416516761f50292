"""Numbers of guard rails in the fields of a form: shares in per cent, what is switched off in a word."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from trueup.core.rails.thresholds import KINDS, OFF, PartKind
from trueup.messages.sentences import Sentences

_OFF: Final = "page.settings.rail_off"
_FIGURES: Final = re.compile(r"[0-9.,]+")


def kind_of(name: str) -> PartKind:
    """What is asked for; every number without a kind of its own is an amount above which two persons approve."""
    return KINDS.get(name, PartKind.AMOUNT)


def as_shown(name: str, value: str, said: Sentences) -> str:
    """A number as it stands in its field: 0.4 as 40."""
    if value == OFF:
        return said.text(_OFF)
    return said.number(Decimal(value) * 100) if kind_of(name) is PartKind.SHARE else value


def as_meant(name: str, text: str, said: Sentences) -> str:
    """What was typed into a field, as the use case takes it: 40 as `40%`."""
    if text.casefold() == said.text(_OFF).casefold():
        return OFF
    return f"{text}%" if kind_of(name) is PartKind.SHARE and _FIGURES.fullmatch(text) else text
