"""How the units of one line came to be: its count and its units day by day, and each change by name and date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from trueup.app.clock import end_of_usage_day, usage_day
from trueup.app.connections.known_psa import PsaNames
from trueup.app.errors import Exit, UseCaseError, failed
from trueup.app.history.line_rules import LineRules, RuleStep
from trueup.app.history.past_usage import PastUsage
from trueup.app.workspace import Workspace
from trueup.core.contract import DAY
from trueup.core.counting.item_presence import ItemEvent, net
from trueup.core.outcome import Outcome
from trueup.core.reason import Reason
from trueup.core.rule import Rule
from trueup.store.journal import Intent, IntentState
from trueup.store.tenant_store import TenantStore

LOOKED_BACK: Final = 90
"""Days that are shown where nobody says since when."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What the line's rule counted on each day from `first` to `last`; None where that cannot be said."""

    first: date
    last: date
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class UnitsShown:
    """Units of the line in the PSA from `first` to `last`."""

    first: date
    last: date
    units: int


@dataclass(frozen=True, slots=True)
class LineChange:
    """Something that happened to a line on a day: `kind` is `item`, `rule`, `mapping`, `written` or `hand`. `evidence`
    is the digest of the items behind a write."""

    day: date
    kind: str
    reason: Reason
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class LineHistory:
    """A line between two days. `came` and `left` are the items that make the difference between their counts; an item
    that came and left again in between is among the changes only."""

    line_id: str
    customer_id: str
    customer_name: str
    service_name: str
    contract_name: str
    first: date
    last: date
    counts: tuple[Counted, ...]
    units: tuple[UnitsShown, ...]
    changes: tuple[LineChange, ...]
    came: tuple[LineChange, ...]
    left: tuple[LineChange, ...]

    @property
    def units_then(self) -> int | None:
        """Units on the first day; None where the PSA was not read so far back."""
        return next((one.units for one in self.units if one.first <= self.first <= one.last), None)

    @property
    def units_now(self) -> int | None:
        """Units on the last day."""
        return next((one.units for one in self.units if one.first <= self.last <= one.last), None)

    @property
    def count_then(self) -> Decimal | None:
        """What was counted on the first day."""
        return next((one.value for one in self.counts if one.first <= self.first <= one.last), None)

    @property
    def count_now(self) -> Decimal | None:
        """What was counted on the last day."""
        return next((one.value for one in self.counts if one.first <= self.last <= one.last), None)


class _Teller:
    def __init__(self, ws: Workspace, line_id: str, first: date, last: date) -> None:
        self._store: TenantStore = ws.store
        self._ws = ws
        self._first, self._last = first, last
        self._settings = ws.store.settings.get()
        self._names = PsaNames(ws)
        if line_id not in self._names.lines:
            raise failed("explain.unknown_line", line=line_id)
        self._line = self._names.lines[line_id]
        contract = self._names.contracts.get(self._line.contract_id)
        if contract is None:
            raise failed("explain.unknown_line", line=line_id)
        self._contract = contract

    def _end_of(self, day: date) -> datetime:
        return end_of_usage_day(day, self._settings)

    def _day_of(self, moment: datetime) -> date:
        return usage_day(moment, self._settings)

    def tell(self) -> LineHistory:
        steps = tuple(
            LineRules(self._store, self._names, self._line, self._contract).steps(
                self._end_of(self._first), self._end_of(self._last), self._last
            )
        )
        usage = PastUsage(self._ws, self._names, [step.rule for step in steps if step.rule], self._first, self._last)
        counts: list[Counted] = []
        events: list[ItemEvent] = []
        for begin, end, rule in self._stretches(steps, usage):
            if rule is not None and rule.quantity and not rule.exclude:
                counts += self._counted(usage, rule, begin, end)
                events += usage.items_moved(rule, self._holder(rule), begin, end)
        units = tuple(self._units())
        changes = [self._item(event, usage) for event in events]
        changes += self._rules(steps)
        changes += self._mappings(usage, steps)
        changes += self._writes()
        changes += self._by_hand(units)
        came, left = net(events)
        return LineHistory(
            line_id=self._line.id,
            customer_id=self._contract.customer_id,
            customer_name=self._names.customer(self._contract.customer_id),
            service_name=self._names.service(self._line.service_id),
            contract_name=self._contract.name,
            first=self._first,
            last=self._last,
            counts=tuple(_joined(counts)),
            units=units,
            changes=tuple(sorted(changes, key=lambda one: (one.day, one.kind, str(one.reason.get("item"))))),
            came=tuple(self._item(event, usage) for event in came),
            left=tuple(self._item(event, usage) for event in left),
        )

    def _stretches(self, steps: tuple[RuleStep, ...], usage: PastUsage) -> Iterator[tuple[date, date, Rule | None]]:
        """Days on which the line counted the same things, each stretch with its rule."""
        rules = {max(self._first, self._day_of(step.since)): step.rule for step in steps}
        held: tuple[date, Rule | None, object] | None = None
        for day in sorted({self._first, *rules, *usage.remapped}):
            rule = rules[max(begin for begin in rules if begin <= day)]
            question = None if rule is None else usage.question(rule, self._holder(rule), day)
            if held is not None and held[2] == question:
                continue
            if held is not None:
                yield held[0], day - DAY, held[1]
            held = day, rule, question
        if held is not None:
            yield held[0], self._last, held[1]

    def _holder(self, rule: Rule) -> str:
        return rule.share.holder if rule.share else self._contract.customer_id

    def _counted(self, usage: PastUsage, rule: Rule, first: date, last: date) -> Iterator[Counted]:
        for days, value in usage.counted(rule, self._holder(rule), first, last):
            yield Counted(days[0], days[-1], value)

    def _units(self) -> Iterator[UnitsShown]:
        for span in self._store.line_units.of_line(self._line.id):
            begin, end = max(span.first, self._first), min(span.last or self._last, self._last)
            if begin <= end:
                yield UnitsShown(begin, end, span.units)

    def _item(self, event: ItemEvent, usage: PastUsage) -> LineChange:
        code = "history.item_came" if event.came else "history.item_left"
        reason = Reason.of(
            code,
            item=event.item.name or event.item.key,
            organization=usage.organization(event.place),
            metric=usage.label(event.metric),
        )
        return LineChange(event.day, "item", reason)

    def _rules(self, steps: tuple[RuleStep, ...]) -> Iterator[LineChange]:
        for step in steps[1:]:
            if step.rule is None:
                reason = Reason.of("history.rule_ended", person=step.person)
            else:
                reason = Reason.of(
                    "history.rule_changed",
                    rule=step.rule.id,
                    version=step.rule.version,
                    quantity=step.rule.quantity or None,
                    person=step.person,
                )
            yield LineChange(self._day_of(step.since), "rule", reason)

    def _mappings(self, usage: PastUsage, steps: tuple[RuleStep, ...]) -> Iterator[LineChange]:
        customers = {self._contract.customer_id}
        for step in steps:
            customers |= usage.customers(step.rule, self._contract.customer_id)
        for one in usage.mappings:
            if one.customer_id not in customers:
                continue
            named = {"organization": usage.organization((one.connection, one.organization_key))}
            named |= {"customer": self._names.customer(one.customer_id or "")}
            begin = one.valid_from or self._day_of(one.decided_at)
            if self._first < begin <= self._last:
                yield LineChange(begin, "mapping", Reason.of("history.mapped", person=one.decided_by, **named))
            if one.valid_to is not None and self._first < one.valid_to + DAY <= self._last:
                yield LineChange(one.valid_to + DAY, "mapping", Reason.of("history.mapping_ended", **named))

    def _intents(self) -> tuple[Intent, ...]:
        done = (one for one in self._store.journal.of_line(self._line.id) if one.state is IntentState.DONE)
        return tuple(one for one in done if self._first < one.day <= self._last)

    def _writes(self) -> Iterator[LineChange]:
        for intent in self._intents():
            approvals = self._store.plans.approvals(intent.plan_id)
            planned = self._store.plans.outcomes(intent.plan_id, line_id=self._line.id)
            outcome: Outcome | None = planned[0][1] if planned else None
            reason = Reason.of(
                "history.written",
                change=intent.change,
                run=intent.run_id,
                plan=intent.plan_id,
                person=", ".join(sorted({one.person for one in approvals})) or None,
            )
            yield LineChange(intent.day, "written", reason, outcome.evidence if outcome else "")

    def _by_hand(self, units: tuple[UnitsShown, ...]) -> Iterator[LineChange]:
        """Steps of the PSA's units that no write of ours made."""
        ours = {intent.day for intent in self._intents()}
        for before, after in pairwise(units):
            if before.last + DAY == after.first and after.first not in ours:
                reason = Reason.of("history.by_hand", before=before.units, after=after.units)
                yield LineChange(after.first, "hand", reason)


def _joined(counts: Iterable[Counted]) -> Iterator[Counted]:
    """Neighbours of the same value as one."""
    held: Counted | None = None
    for one in sorted(counts, key=lambda found: found.first):
        if held is not None and held.value == one.value and held.last + DAY == one.first:
            held = Counted(held.first, one.last, held.value)
            continue
        if held is not None:
            yield held
        held = one
    if held is not None:
        yield held


def _looked_back(store: TenantStore, line_id: str, until: date) -> date:
    """Where nobody says since when: the last 90 days, from the first of them on which the units are known, so that
    there is something to compare with."""
    first = until - timedelta(days=LOOKED_BACK - 1)
    known = next((span.first for span in store.line_units.of_line(line_id)), first)
    return max(first, known) if known < until else first


def _tell(ws: Workspace, line_id: str, first: date | None, last: date | None) -> LineHistory:
    today = usage_day(ws.now(), ws.store.settings.get())
    until = last if last is not None else today
    since = first if first is not None else _looked_back(ws.store, line_id, until)
    if until > today:
        raise UseCaseError(Reason.of("history.day_to_come", day=until, today=today), Exit.USAGE)
    if since > until:
        raise UseCaseError(Reason.of("history.days_reversed", first=since, last=until), Exit.USAGE)
    with ws.store.reading():
        return _Teller(ws, line_id, since, until).tell()


async def line_history(ws: Workspace, line_id: str, first: date | None = None, last: date | None = None) -> LineHistory:
    """How a line came from its units on one day to those of another (default: the last 90 days, as far as its units
    are known). From what is stored; the PSA is not asked.

    Raises UseCaseError `explain.unknown_line`, `history.day_to_come`, `history.days_reversed`.
    """
    return await ws.step(_tell, ws, line_id, first, last)
