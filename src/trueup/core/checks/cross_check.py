"""A check across modules: which items fit a condition that looks at other modules too, or for which customers a
comparison of counts holds (docs/decisions/0164-cross-source-checks.md).

What another module does not say is never taken for an absence (design law 1): a customer whose list is not whole, or
who has no organization there, is left out with the reason, and not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trueup.core.counting.item_filter import row_of
from trueup.core.counting.scope import OrganizationKey
from trueup.core.expression import Condition, ExpressionError, fold
from trueup.core.reason import Reason
from trueup.core.usage import Item


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """A saved check. `over` names the list of items that the expression judges (`datto_rmm.devices`); None: the
    expression compares counts, customer by customer. `tell` opens a notice while anything is found."""

    key: str
    expression: str
    over: str | None = None
    tell: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that a check found: an item of a customer, or the customer with the counts that were compared."""

    customer_id: str
    name: str
    place: OrganizationKey | None = None
    item_key: str | None = None
    counts: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A customer that could not be judged, and why."""

    customer_id: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check says of a usage day. `judged` counts the customers of whom it says something; `unmapped` items
    belong to organizations that are nobody's yet."""

    check: CrossCheck
    day: date
    found: tuple[Found, ...]
    judged: int
    left_out: tuple[LeftOut, ...] = ()
    unmapped: int = 0


@dataclass(frozen=True, slots=True)
class ListOfCustomer:
    """The texts of one list that belong to a customer, folded; `problem` says why an absence proves nothing."""

    texts: frozenset[str] = frozenset()
    problem: Reason | None = None


def texts_of(items: Iterable[Item], place: int, names: int) -> frozenset[str]:
    """The values of one attribute of items, as texts are compared; `place` is its position among so many names."""
    values = (row_of(item, names)[place] for item in items)
    return frozenset(fold(value) for value in values if isinstance(value, str) and value.strip())


def judged_items(
    condition: Condition,
    names: tuple[str, ...],
    items: Iterable[tuple[OrganizationKey, Item]],
    lists: Mapping[str, ListOfCustomer],
    today: date,
) -> tuple[tuple[OrganizationKey, Item], ...] | Reason:
    """The items of one customer that fit a condition, or why that cannot be said."""
    for known in lists.values():
        if known.problem is not None:
            return known.problem
    try:
        fits = condition.over(names, {name: known.texts for name, known in lists.items()}, today)
        return tuple(one for one in items if fits(row_of(one[1], len(names))))
    except ExpressionError as error:
        return Reason.of("cross_check.cannot_judge", error=error.code, position=error.position)
