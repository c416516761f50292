"""The customers of the generated MSP, as one module knows them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from trueup_simulators.msp_names import company_names, spelled_differently

_FIRST_COMPANY = 29_683_500
_SHAPE = (18, 9, 6, 5, 4, 3, 2)
"""Tenths of the asked size, dealt out in turn: a few large customers and many small ones."""


class Customer(NamedTuple):
    """One customer: `name` as this module spells it, `full` and `autotask_id` as the PSA has it.

    `size` is how many seats or devices it has here; the last customer has none, so that there is a true zero.
    """

    number: int
    name: str
    full: str
    autotask_id: int
    size: int


def _known(kind: str, seed: int, number: int) -> list[tuple[Customer, random.Random]]:
    """The first `number` customers of the MSP that `generate_msp(seed)` makes, without items yet."""
    names = company_names(number, random.Random(f"msp/{seed}"))  # noqa: S311 - wants to be repeatable
    found: list[tuple[Customer, random.Random]] = []
    taken: set[str] = set()
    for place, name in enumerate(names, start=1):
        chance = random.Random(f"{kind}/{seed}/{place}")  # noqa: S311 - wants to be repeatable
        spelled = spelled_differently(name, chance)
        spelled = name.full if spelled in taken else spelled
        taken.add(spelled)
        found.append((Customer(place, spelled, name.full, _FIRST_COMPANY + place, 0), chance))
    return found


def customers(kind: str, seed: int, number: int, size: int) -> list[Customer]:
    """Return the first `number` customers of the MSP that `generate_msp(seed)` makes, with about `size` items each."""
    found: list[Customer] = []
    for customer, chance in _known(kind, seed, number):
        place = customer.number
        share = size * _SHAPE[(place - 1) % len(_SHAPE)] // 5 + chance.randint(0, 2)
        last = number > 2 and place == number
        found.append(customer._replace(size=0 if last else max(1, share)))
    return found


def dealt_customers(kind: str, seed: int, dealt: Sequence[tuple[int, int]]) -> list[Customer]:
    """Return the named customers of that MSP, each with so many items: `dealt` has numbers from 1 and sizes."""
    known = _known(kind, seed, max(number for number, _ in dealt))
    return [known[number - 1][0]._replace(size=size) for number, size in dealt]
