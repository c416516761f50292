"""Items that more than one line bills: the same entry of a module's list, counted by lines that do not share it
(docs/decisions/0178-billed-twice.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trueup.core.counting.item_filter import WHOLE, Conditions, ItemFilter
from trueup.core.digest import digest
from trueup.core.usage import Item


@dataclass(frozen=True, slots=True)
class Claim:
    """A line that counts items of one organization: those that meet the `condition` of a metric and pass `chosen`.
    Lines of one `bearer` (an allocation group, else the line itself) share what they count and are one."""

    line_id: str
    service_id: str
    bearer: str
    metric: str
    condition: str | None
    chosen: ItemFilter


@dataclass(frozen=True, slots=True)
class Billers:
    """The lines that bill an item, each with the metrics through which it does, by id; and their services."""

    lines: tuple[tuple[str, tuple[str, ...]], ...]
    services: tuple[str, ...]

    @property
    def metrics(self) -> tuple[str, ...]:
        """All metrics, by name."""
        return tuple(sorted({metric for _, through in self.lines for metric in through}))


@dataclass(frozen=True, slots=True)
class ItemList:
    """How the items of one list are read: names of their attributes, and what the module calls their name."""

    attributes: tuple[str, ...]
    called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BilledTwice:
    """Items of one kind of list that the same services bill together, over all customers. `lines` and `customers` say
    how many there are, `line_ids` and `customer_names` name the first of them, `service_names` stand as `services` do.
    """

    module: str
    stream: str
    services: tuple[str, ...]
    service_names: tuple[str, ...]
    metrics: tuple[str, ...]
    items: int
    lines: int
    customers: int
    line_ids: tuple[str, ...]
    customer_names: tuple[str, ...]

    @property
    def key(self) -> str:
        """What it is muted by; the same as long as list and services are."""
        return key_of(self.module, self.stream, self.services)

    @property
    def quantity(self) -> Decimal:
        """What growth is told by: the lines. More items under the same lines are what was muted."""
        return Decimal(self.lines)


def key_of(module: str, stream: str, services: Sequence[str]) -> str:
    """The key of the items of a list that these services (by id, in order) bill together."""
    return f"twice.{module}.{stream}.{digest(list(services))[:12]}"


def contested(claims: Mapping[str, Sequence[Claim]]) -> Mapping[str, Sequence[Claim]]:
    """The organizations in which more than one line counts something at all: only their items need to be looked at."""
    return {place: found for place, found in claims.items() if len({claim.bearer for claim in found}) > 1}


def billed_twice(
    claims: Mapping[str, Sequence[Claim]], items: Iterable[Item], of: ItemList, day: date
) -> Iterator[tuple[Item, Billers]]:
    """The items of a list that more than one line bills on a day. `claims` by organization.

    What lines ask alike is asked of an item once, and items that get the same answers share one list of lines, so that
    the work grows with the items and with what is asked, never with their product by the lines.
    """
    places: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        if item.organization in claims:
            places[item.organization].append(item)
    judges: dict[tuple[str | None, ItemFilter], Conditions] = {}
    for organization, there in places.items():
        asked: dict[tuple[str | None, ItemFilter], list[Claim]] = defaultdict(list)
        for claim in claims[organization]:
            asked[claim.condition, claim.chosen].append(claim)
        for question in asked:
            if question not in judges:
                judges[question] = Conditions(*question, of.attributes, of.called, (day, day))
        known: dict[tuple[bool, ...], Billers | None] = {}
        for item in there:
            answers = tuple(judges[question].on(item, day) is True for question in asked)
            if answers not in known:
                met = (found for found, fits in zip(asked.values(), answers, strict=True) if fits)
                known[answers] = _billers(claim for found in met for claim in found)
            billers = known[answers]
            if billers is not None:
                yield item, billers
        for question in asked:  # what is asked of one organization only is not kept: there may be one a customer
            if question[1] != WHOLE:
                del judges[question]


def _billers(claims: Iterable[Claim]) -> Billers | None:
    """The lines of some claims; None where there is one bearer at most."""
    through: dict[str, set[str]] = defaultdict(set)
    bearers: set[str] = set()
    services: set[str] = set()
    for claim in claims:
        through[claim.line_id].add(claim.metric)
        bearers.add(claim.bearer)
        services.add(claim.service_id)
    if len(bearers) < 2:
        return None
    return Billers(tuple((line, tuple(sorted(through[line]))) for line in sorted(through)), tuple(sorted(services)))
