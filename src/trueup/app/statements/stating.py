"""What a customer was billed for in a month, gathered: units from the PSA, counts with their names, changes with their
reasons and whoever approved them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from trueup.app.clock import usage_day
from trueup.app.connections.known_psa import PsaNames, lines_known
from trueup.app.counting.item_metrics import wrong
from trueup.app.counting.vocabulary import vocabulary
from trueup.app.errors import failed
from trueup.app.plans.assembling import PlanDays, UsageSide, children_of
from trueup.app.plans.planning import usage_side
from trueup.app.rulebook.groups import rule_of_line
from trueup.app.rulebook.rule_scope import only_one
from trueup.app.usage.day_items import DayItems
from trueup.app.usage.evidence import Evidence
from trueup.app.usage.item_moves import moves_between
from trueup.app.workspace import Workspace
from trueup.core.amounts import amount_of_days
from trueup.core.contract import DAY, Contract, Line, UnitRow, row_on, units_on
from trueup.core.counting.evidence import MetricShown
from trueup.core.counting.scope import Chosen, ScopeReader
from trueup.core.dates.succession import Succession
from trueup.core.dates.timing import days_between
from trueup.core.expression import Expression, ExpressionError, parse
from trueup.core.period import BillingCalendar, Period, calendar_of, month_of
from trueup.core.rule import Rule, governing_rule
from trueup.core.settings import TenantSettings
from trueup.core.statements.statement import CountMove, Statement, StatementLine, UnitMove, UnitSpan
from trueup.core.usage import Coverage, DayUsage, ScopeUsage
from trueup.store.journal import Intent, IntentState
from trueup.store.tenant_store import TenantStore

_BACK = timedelta(days=7)
"""How far before the month its opening count is looked for."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whose statement, of which days, and the lines that it is about."""

    customer_id: str
    settings: TenantSettings
    month: Period
    as_of: date
    names: PsaNames
    lines: tuple[tuple[Line, Contract], ...]

    @property
    def known(self) -> Period:
        """The days of the month that have been."""
        return Period(self.month.start, min(self.month.end, self.as_of))


def _ask(ws: Workspace, customer: str, month: date) -> _Asked:
    store = ws.store
    with store.reading():
        names, settings = PsaNames(ws), store.settings.get()
        found = only_one(((one.id, one.name) for one in names.customers.values()), customer, "customer")
        if found is None:
            raise failed("customers.unknown_customer", customer=customer)
    as_of, days = usage_day(ws.now(), settings), month_of(month)
    if days.start > as_of:
        raise wrong("statement.not_begun", month=days.start, today=as_of)
    lines = [
        (line, contract)
        for line in names.lines.values()
        if (contract := names.contracts.get(line.contract_id)) is not None
        and contract.customer_id == found
        and contract.start <= days.end
        and (contract.end is None or contract.end >= days.start)
    ]
    if not lines:
        raise failed("statement.no_lines", customer=names.customer(found), month=days.start)
    lines.sort(key=lambda one: (one[1].name.casefold(), names.service(one[0].service_id).casefold(), one[0].id))
    return _Asked(found, settings, days, as_of, names, tuple(lines))


def _rule_then(store: TenantStore, asked: _Asked, line: Line, contract: Contract) -> Rule | None:
    """The rule that governed a line at the end of the month, as far as it is on record."""
    grouped = rule_of_line(store, asked.names, line.id, asked.known.end)
    rule = grouped or governing_rule(store.rules.list(), **Succession.of(store.renewals.list()).place(line, contract))
    if rule is None or rule.exclude or not rule.quantity or grouped is not None:
        return None if rule is None or rule.exclude or not rule.quantity else rule
    then = [one.rule for one in store.rules.history(rule.id) if one.saved_at.date() <= asked.known.end + DAY]
    return then[-1] if then else rule


class _Counting:
    """Counts of a customer's lines, day by day, with the names behind each move."""

    def __init__(self, ws: Workspace, asked: _Asked, rules: tuple[Rule, ...]) -> None:
        self.ws = ws
        self.month = asked.known
        days = PlanDays(self.month.end, self.month.start, self.month.end, self.month.start - _BACK)
        self.side: UsageSide = usage_side(ws.store, days, rules)
        customers = asked.names.customers.values()
        self.reader = ScopeReader(self.side.history, self.side.mapped, children_of(customers), self.side.shares)
        self.first = days.usage_first
        self._shown: dict[tuple[str, date, str], tuple[MetricShown, ...]] = {}

    def usage(self, rule: Rule, customer_id: str) -> ScopeUsage:
        holder = rule.share.holder if rule.share else customer_id
        days = days_between(self.first, self.month.end)
        return self.reader.read(parse(rule.quantity), rule.scope, holder, days, rule.flag_meaning)

    def unknown_days(self, usage: ScopeUsage) -> int:
        """Days of the month without a measured reading."""
        known = {day.day for day in usage.days if day.coverage is Coverage.MEASURED}
        return sum(1 for day in days_between(self.month.start, self.month.end) if day not in known)

    def moves(self, rule: Rule, customer_id: str, usage: ScopeUsage) -> tuple[CountMove, ...]:
        """The count with which the month opens, and every move in it; a day that was not measured says nothing."""
        expression = parse(rule.quantity)
        scope = self.reader.chosen(rule.scope, rule.share.holder if rule.share else customer_id)
        found: list[CountMove] = []
        before: DayUsage | None = None
        for day in usage.days:
            if day.coverage is not Coverage.MEASURED:
                continue
            if day.day >= self.month.start:
                found += self._of_day(expression, scope, before, day, opens=not found)
            before = day
        return tuple(found)

    def _of_day(
        self, expression: Expression, scope: Chosen, before: DayUsage | None, day: DayUsage, *, opens: bool
    ) -> Iterator[CountMove]:
        old = dict(before.metrics) if before is not None else {}
        moved = [name for name, one in day.metrics if name in old and old[name].value != one.value]
        if not moved and not opens:
            return
        shown = {one.name: one for one in self._metrics(expression, scope, day)}
        if opens and not moved:
            for name, one in day.metrics:
                yield CountMove(day.day, shown[name].label, None, one.value)
            return
        earlier = self._metrics(expression, scope, before) if before is not None else ()
        names = moves_between(day.day, earlier, tuple(shown.values()))
        if opens:
            for name, one in old.items():
                if name not in moved:
                    yield CountMove(day.day, shown[name].label, None, one.value)
        for name in moved:
            label = shown[name].label
            came = tuple(one.name for one in names.came if one.metric in self._labels(shown, name))
            went = tuple(one.name for one in names.went if one.metric in self._labels(shown, name))
            yield CountMove(day.day, label, old[name].value, dict(day.metrics)[name].value, came, went)

    def _labels(self, shown: Mapping[str, MetricShown], name: str) -> set[str]:
        """Labels of a metric and of the parts that it is worked out from: their items are its items."""
        labels, pending = set[str](), [name]
        while pending:
            one = shown.get(pending.pop())
            if one is not None and one.label not in labels:
                labels.add(one.label)
                pending.extend(one.parts)
        return labels

    def _metrics(self, expression: Expression, scope: Chosen, day: DayUsage) -> tuple[MetricShown, ...]:
        key = expression.text, day.day, repr(sorted(scope))
        if key not in self._shown:
            items = DayItems(self.ws.store, day.day, {organization for _, organization in scope})
            evidence = Evidence(vocabulary(self.ws), self.side.history, items)
            self._shown[key] = evidence.metrics(self.reader, expression, scope, day)
        return self._shown[key]


def _spans(
    rows: tuple[UnitRow, ...], price: Decimal | None, billing: BillingCalendar, days: Period
) -> tuple[UnitSpan, ...]:
    """The units of the days, each stretch that costs the same once."""

    def priced(day: date) -> tuple[int, Decimal | None] | None:
        row = row_on(rows, day)
        if row is None:
            return None
        own = row.amount / row.units if row.amount is not None and row.units else price
        return row.units, own

    found: list[UnitSpan] = []
    for key, stretch in groupby(days_between(days.start, days.end), key=priced):
        if key is not None:
            first, *others = stretch
            last = others[-1] if others else first
            found.append(UnitSpan(first, last, key[0], amount_of_days(rows, price, billing, first, last)))
    return tuple(found)


def _unit_moves(store: TenantStore, line_id: str, rows: tuple[UnitRow, ...], days: Period) -> tuple[UnitMove, ...]:
    """Every day of the month from which the units are others, with the reasons of the plan that changed them."""
    done = {one.day: one for one in store.journal.of_line(line_id) if one.state is IntentState.DONE}
    found: list[UnitMove] = []
    for day in days_between(days.start, days.end):
        before, after = units_on(rows, day - DAY), units_on(rows, day)
        if before != after and row_on(rows, day - DAY) is not None:
            found.append(_move(store, done.get(day), day, before, after))
    return tuple(found)


def _move(store: TenantStore, intent: Intent | None, day: date, before: int, after: int) -> UnitMove:
    if intent is None:
        return UnitMove(day, before, after)
    outcomes = store.plans.outcomes(intent.plan_id, line_id=intent.line_id, limit=1)
    approval = next((one for one in store.plans.approvals(intent.plan_id) if intent.digest in one.digests), None)
    return UnitMove(
        day,
        before,
        after,
        reasons=tuple(reason for _, outcome in outcomes for reason in outcome.reasons),
        person=approval.person if approval else "",
        approved_on=approval.at.date() if approval else intent.intended_at.date(),
    )


def _state(ws: Workspace, asked: _Asked, rows: Mapping[str, tuple[UnitRow, ...]]) -> Statement:
    store = ws.store
    with store.reading():
        rules = {line.id: _rule_then(store, asked, line, contract) for line, contract in asked.lines}
        counting = _Counting(ws, asked, tuple(rule for rule in rules.values() if rule is not None))
        lines: list[StatementLine] = []
        for line, contract in asked.lines:
            mine = rows.get(line.id, ())
            days = Period(max(asked.month.start, contract.start), min(asked.known.end, contract.end or asked.known.end))
            counts, unknown = _counts(counting, rules[line.id], asked.customer_id)
            rule = rules[line.id]
            lines.append(
                StatementLine(
                    line.id,
                    contract.name,
                    line.invoice_name or asked.names.service(line.service_id),
                    contract.currency or asked.settings.currency,
                    line.price,
                    rule.quantity if rule else "",
                    _spans(mine, line.price, calendar_of(contract, mine), days),
                    counts,
                    _unit_moves(store, line.id, mine, days),
                    unknown,
                )
            )
    return Statement(
        msp=asked.settings.name,
        customer_id=asked.customer_id,
        customer_name=asked.names.customer(asked.customer_id),
        first=asked.month.start,
        last=asked.month.end,
        as_of=min(asked.as_of, asked.month.end),
        provisional=asked.as_of <= asked.month.end,
        lines=tuple(lines),
    )


def _counts(counting: _Counting, rule: Rule | None, customer_id: str) -> tuple[tuple[CountMove, ...], int]:
    if rule is None:
        return (), 0
    try:
        usage = counting.usage(rule, customer_id)
        return counting.moves(rule, customer_id, usage), counting.unknown_days(usage)
    except ExpressionError:  # a rule that cannot be read counts nothing, and the plan says why
        return (), counting.month.days


async def statement(ws: Workspace, customer: str, month: date) -> Statement:
    """The statement of a customer (id, or a name that is the only one) for the calendar month of a day.

    Raises UseCaseError `customers.unknown_customer`, `rules.ambiguous_name`, `statement.no_lines`, with exit code 2
    `statement.not_begun`; `setup.no_psa`, PsaReadError.
    """
    await lines_known(ws)
    asked = await ws.step(_ask, ws, customer, month)
    async with ws.psa() as psa:
        rows = await psa.read_units([line.id for line, _ in asked.lines], asked.month.start - DAY, asked.month.end)
    return await ws.step(_state, ws, asked, dict(rows))
