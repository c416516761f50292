"""Whether lines bill the same usage: of one organization, each line may count only some items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from trueup.core.usage import ScopeUsage


class Claim(NamedTuple):
    """A line's word on usage: who bills it (the line, or the group that shares it out among lines), and the usage."""

    biller: str
    usage: ScopeUsage


def meeting(organization: tuple[str, str], claims: Mapping[str, Claim]) -> Mapping[str, frozenset[str]]:
    """Lines that count usage of one organization, by id -> those with which they count some of the same items, itself
    included. Lines of one biller never meet, a line without a filter counts every item, and one that meets nobody is
    left out."""
    if len({claim.biller for claim in claims.values()}) < 2:
        return {}
    every = frozenset(claims)
    some = {line: items for line, claim in claims.items() for at, items in claim.usage.filtered if at == organization}
    if not some:
        return dict.fromkeys(every, every)
    found: dict[str, frozenset[str]] = {}
    for line, claim in claims.items():
        mine = some.get(line)
        others = frozenset(
            other
            for other, another in claims.items()
            if another.biller != claim.biller
            and (mine is None or other not in some or not mine.isdisjoint(some[other]))
        )
        if others:
            found[line] = others | {line}
    return found
