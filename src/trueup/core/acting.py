"""Who acts: a person, or a token that acts for one and is named beside them."""

from __future__ import annotations

from typing import Final

SEPARATOR: Final = "\N{MIDDLE DOT}"
"""Stands between a person and their token where a token acts; no person's name holds it."""


def acting_for(person: str, token: str) -> str:
    """The name for the record of a token that acts for a person."""
    return f"{person_behind(person)} {SEPARATOR} {token}"


def person_behind(actor: str) -> str:
    """The person who acts, by themselves or through a token."""
    return actor.partition(f" {SEPARATOR} ")[0]
