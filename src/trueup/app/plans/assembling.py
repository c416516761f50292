"""Everything a plan is made from, put together: usage from the store, units from the PSA, rules and memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from trueup.app.clock import usage_day
from trueup.app.late.corrections import Corrections
from trueup.app.plans.rail_memory import RailMemory
from trueup.app.plans.renewals import known_before, next_line, unclear_before
from trueup.app.plans.usage_window import first_usage_day
from trueup.core.by_hand.drift import KnownUnits
from trueup.core.contract import Contract, Customer, Line, PeriodType, PsaSnapshot, Service, UnitRow
from trueup.core.counting.scope import OrganizationKey, ScopeReader, UsageHistory
from trueup.core.dates.adjusting import PsaHabits
from trueup.core.dates.succession import Succession
from trueup.core.dates.timing import days_between
from trueup.core.digest import digest
from trueup.core.expression import Expression, ExpressionError, parse
from trueup.core.period import calendar_of
from trueup.core.planning.governing_mode import governing_mode
from trueup.core.planning.line_plan import LineFacts, PlanContext
from trueup.core.planning.planning import LineCase, PlanFacts
from trueup.core.quantities.allocation import AllocationGroup, rules_of
from trueup.core.rails.guard import ModuleTotal, Release
from trueup.core.reason import Reason
from trueup.core.rule import Basis, FlagMeaning, Rule, Scope, Window, governing_rule
from trueup.core.settings import TenantSettings
from trueup.core.undo.undone import Undone
from trueup.core.usage import ScopeUsage

_LONGEST_WINDOW = {
    Window.CALENDAR_MONTH_CURRENT: 31,
    Window.CALENDAR_MONTH_PREVIOUS: 62,
    Window.BILLING_PERIOD_CURRENT: 366,
    Window.BILLING_PERIOD_PREVIOUS: 732,
}


@dataclass(frozen=True, slots=True)
class PlanDays:
    """Days that a plan is about: units are read for `first` .. `last`, usage from `usage_first` to `as_of`."""

    as_of: date
    first: date
    last: date
    usage_first: date


def plan_days(as_of: date, settings: TenantSettings, rules: Iterable[Rule], oldest: int = 0) -> PlanDays:
    """How far back and ahead a plan has to look (docs/decisions/0006-read-window.md); `oldest` is how old the last
    value of a source may be that speaks less often than daily."""
    stale = max(settings.stale_days, oldest)
    first = as_of - timedelta(days=settings.lookback_days)
    back = stale + 1
    for rule in rules:
        back = max(back, rule.timing.cutoff_days + stale + 1)
        if rule.policy.basis is not Basis.LAST or rule.policy.window in (
            Window.CALENDAR_MONTH_PREVIOUS,
            Window.BILLING_PERIOD_PREVIOUS,
        ):
            back = max(back, _LONGEST_WINDOW[rule.policy.window])
    return PlanDays(as_of, first, as_of + timedelta(days=settings.ahead_days), first - timedelta(days=back))


@dataclass(frozen=True, slots=True)
class UsageSide:
    """What the store knows about usage, as the core reads it. `shares`: the filter under which a customer has a part of
    an organization, by customer and organization. `ages`: how many days old the last value of a source may be, where
    it is not the tenant's number. `labels`: what billing types are called, by key."""

    history: UsageHistory
    mapped: Mapping[str, tuple[OrganizationKey, ...]]
    guessed: frozenset[str] = frozenset()
    totals: tuple[ModuleTotal, ...] = ()
    shares: Mapping[tuple[str, OrganizationKey], str] = field(default_factory=dict)
    ages: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Memory:
    """What Trueup remembers of lines: what was agreed, dates already used, writes not settled, releases in force,
    changes that a person took back."""

    known: Mapping[str, KnownUnits]
    used_dates: Mapping[str, frozenset[date]]
    unsettled: frozenset[str] = frozenset()
    releases: tuple[Release, ...] = ()
    undone: Mapping[str, Undone] = field(default_factory=dict)
    rails: RailMemory = field(default_factory=RailMemory)


@dataclass(frozen=True, slots=True)
class LateSide:
    """Late and corrected usage: the corrections, usage further back where there are any, days of catch-up entries,
    whether posted items have proved the formula of previewed amounts, and what is to be said of days that a connection
    missed, by its name."""

    corrections: Corrections = field(default_factory=Corrections)
    usage: UsageSide | None = None
    first: date = date.max
    unbilled: Mapping[str, tuple[tuple[date, date], ...]] = field(default_factory=dict)
    proven: bool = False
    missed: Mapping[str, tuple[Reason, ...]] = field(default_factory=dict)


class _Lines:
    """The PSA's snapshot by id, and which lines stand side by side on a contract."""

    def __init__(self, snapshot: PsaSnapshot) -> None:
        self.customers = {customer.id: customer for customer in snapshot.customers}
        self.contracts = {contract.id: contract for contract in snapshot.contracts}
        self.services = {service.id: service for service in snapshot.services}
        self.rows: dict[str, tuple[UnitRow, ...]] = dict(snapshot.rows)
        self._first_rows: dict[str, tuple[str, tuple[UnitRow, ...]]] = {}
        for line in snapshot.lines:
            rows = self.rows.get(line.id, ())
            if rows and line.contract_id not in self._first_rows:
                self._first_rows[line.contract_id] = (line.id, rows)

    def siblings(self, line: Line) -> tuple[UnitRow, ...]:
        other, rows = self._first_rows.get(line.contract_id, ("", ()))
        return rows if other != line.id else ()

    def around(self, line: Line) -> tuple[Contract, Service, Customer] | None:
        contract = self.contracts.get(line.contract_id)
        service = self.services.get(line.service_id)
        if contract is None or service is None:
            return None
        customer = self.customers.get(contract.customer_id) or Customer(contract.customer_id, contract.customer_id)
        return contract, service, customer


def children_of(customers: Iterable[Customer]) -> Mapping[str, tuple[str, ...]]:
    """Sub-organizations by parent."""
    found: dict[str, list[str]] = defaultdict(list)
    for customer in customers:
        if customer.parent_id is not None:
            found[customer.parent_id].append(customer.id)
    return {parent: tuple(sorted(children)) for parent, children in found.items()}


class Assembly:
    """Builds the facts of a plan; lines without a rule and excluded lines are only counted."""

    def __init__(
        self,
        days: PlanDays,
        settings: TenantSettings,
        snapshot: PsaSnapshot,
        usage: UsageSide,
        memory: Memory,
        succession: Succession | None = None,
        groups: Iterable[AllocationGroup] = (),
        late: LateSide | None = None,
        appeared: Mapping[str, datetime] | None = None,
    ) -> None:
        self.days = days
        self.settings = settings
        self.snapshot = snapshot
        self.usage = usage
        self.memory = memory
        self.succession = succession or Succession()
        self.appeared = {line: usage_day(moment, settings) for line, moment in (appeared or {}).items()}
        self.lines = _Lines(snapshot)
        self.reader = ScopeReader(usage.history, usage.mapped, children_of(snapshot.customers), usage.shares)
        self._in_groups = rules_of(groups, snapshot.lines, self.lines.contracts, days.as_of, self.succession)
        self.late = late or LateSide()
        far = self.late.usage
        self._far = ScopeReader(far.history, far.mapped, children_of(snapshot.customers), far.shares) if far else None
        self._parsed: dict[str, Expression | None] = {}
        self._read: dict[tuple[str, Scope, str, date, FlagMeaning], ScopeUsage] = {}
        self._definitions: dict[tuple[str, frozenset[str]], tuple[tuple[str, str], ...]] = {}
        self.without_rule = 0
        self.excluded = 0
        self.incomplete: list[Reason] = []

    def _expression(self, text: str) -> Expression | None:
        if text not in self._parsed:
            try:
                self._parsed[text] = parse(text)
            except ExpressionError:
                self._parsed[text] = None
        return self._parsed[text]

    def _usage_of(self, rule: Rule, customer: Customer, months: int) -> tuple[ScopeUsage, frozenset[str]]:
        expression = self._expression(rule.quantity)
        if expression is None:  # the line's outcome says what is wrong with it
            return ScopeUsage(), frozenset()
        holder = rule.share.holder if rule.share else customer.id
        connections = self.reader.connections(expression)
        stale = self._stale_days(connections) or self.settings.stale_days
        first = max(first_usage_day(rule, self.days.first, months, stale), self.days.usage_first)
        asked = rule.quantity, rule.scope, holder, first, rule.flag_meaning
        if asked not in self._read:  # lines of one customer often ask the same
            days = days_between(first, self.days.as_of)
            self._read[asked] = self.reader.read(expression, rule.scope, holder, days, rule.flag_meaning)
        return self._read[asked], connections

    def _missed(self, usage: ScopeUsage) -> tuple[Reason, ...]:
        """What is to be said of missed days of the connections that have organizations of a line."""
        names = sorted({connection for connection, _ in usage.organizations})
        return tuple(note for name in names for note in self.late.missed.get(name, ()))

    def _stale_days(self, connections: frozenset[str]) -> int | None:
        """How old a last value of these sources may be; None for the tenant's number."""
        return max((self.usage.ages[name] for name in connections if name in self.usage.ages), default=None)

    def _months(self, line: Line, contract: Contract) -> int:
        """Length of the line's billing period; the longest there is where its rows agree with none."""
        rows, siblings = self.lines.rows.get(line.id, ()), self.lines.siblings(line)
        return calendar_of(contract, rows, siblings).months or int(PeriodType.YEARLY)

    def _late(self, rule: Rule, customer: Customer, usage: ScopeUsage) -> tuple[tuple[Reason, ...], ScopeUsage | None]:
        """Corrections of a line's usage, and its usage as far back as they may need it."""
        expression = self._expression(rule.quantity)
        if expression is None or self._far is None:
            return (), None
        found = self.late.corrections.of(usage.organizations, self.reader.base_names(expression))
        if not found:
            return (), None
        days = days_between(self.late.first, self.days.as_of)
        holder = rule.share.holder if rule.share else customer.id
        return found, self._far.read(expression, rule.scope, holder, days, rule.flag_meaning)

    def case(self, line: Line, rules: Mapping[str, tuple[Rule, ...]]) -> LineCase | None:
        """One line with its rule and usage; None where no rule governs it."""
        around = self.lines.around(line)
        if around is None:
            self.incomplete.append(Reason.of("note.line_incomplete", line=line.id, contract=line.contract_id))
            return None
        contract, service, customer = around
        place = self.succession.place(line, contract)
        grouped = self._in_groups.get(line.id)
        rule = grouped or governing_rule(rules.get(line.service_id, ()), **place)
        if rule is None or rule.exclude:
            self.without_rule += rule is None
            self.excluded += rule is not None
            return None
        mode = governing_mode(rules.get(line.service_id, ()), self.settings.mode, **place)
        rule = replace(rule, mode=(grouped and grouped.mode) or mode)
        usage, connections = self._usage_of(rule, customer, self._months(line, contract))
        corrections, long_usage = self._late(rule, customer, usage)
        facts = replace(
            self.line_facts(line, contract, service, customer),
            unclear_before=unclear_before(self.succession, rules.get(line.service_id, ()), line, rule),
            corrections=corrections,
            long_usage=long_usage,
            stale_days=self._stale_days(connections),
            missed=self._missed(usage),
        )
        return LineCase(facts, rule, usage, connections, self._counts_by(rule, connections), self._copied(rule))

    def line_facts(self, line: Line, contract: Contract, service: Service, customer: Customer) -> LineFacts:
        """A line with what the PSA shows around it and what Trueup remembers of it."""
        return LineFacts(
            line=line,
            contract=contract,
            service=service,
            customer=customer,
            rows=self.lines.rows.get(line.id, ()),
            sibling_rows=self.lines.siblings(line),
            known=known_before(self.succession, self.memory.known, self.lines.rows, contract, line),
            used_dates=self.memory.used_dates.get(line.id, frozenset()),
            unsettled=line.id in self.memory.unsettled,
            renews=contract.id in self.succession.contract_before,
            next_line=next_line(self.succession, self.lines.contracts, contract, line),
            payer=payer.name if (payer := self.lines.customers.get(contract.payer_id or "")) else None,
            unbilled=self.late.unbilled.get(line.id, ()),
            appeared=self.appeared.get(line.id),
        )

    def _copied(self, rule: Rule) -> tuple[str, ...]:
        """The lines that a mirror may copy: the one that its rule names, and those that go on for it."""
        if rule.mirror is None or not rule.mirror.line_id:
            return ()
        wanted, before = rule.mirror.line_id, self.succession.lines_before
        return tuple(line.id for line in self.snapshot.lines if wanted in (line.id, *before(line.id)))

    def _counts_by(self, rule: Rule, connections: frozenset[str]) -> tuple[tuple[str, str], ...]:
        key = rule.quantity, connections
        if key not in self._definitions:
            expression = self._expression(rule.quantity)
            known = self.memory.rails.definitions
            self._definitions[key] = known.behind(expression, connections) if expression else ()
        return self._definitions[key]

    def facts(self, rules: tuple[Rule, ...], guessed: frozenset[str] = frozenset()) -> PlanFacts:
        """The whole plan's facts, lines in the PSA's order."""
        by_service: dict[str, list[Rule]] = defaultdict(list)
        for rule in rules:
            by_service[rule.service_id].append(rule)
        grouped = {service: tuple(found) for service, found in by_service.items()}
        cases = tuple(case for line in self.snapshot.lines if (case := self.case(line, grouped)) is not None)
        context = PlanContext(
            as_of=self.days.as_of,
            first_day=self.days.first,
            habits=PsaHabits(self.settings.posted_period, self.settings.same_day, self.late.proven),
            stale_days=self.settings.stale_days,
            mode=self.settings.mode,
            drift=self.settings.drift,
            guessed_metrics=guessed | self.usage.guessed,
            labels=self.usage.labels,
        )
        return PlanFacts(
            cases,
            context,
            self.settings.thresholds,
            self.usage.totals,
            self.memory.releases,
            self.settings.onboarding,
            choices=self.memory.rails.choices,
            written=self.memory.rails.written,
            history=self.memory.rails.history,
            agreed=self.memory.rails.definitions.agreed,
            clashed=self.memory.rails.clashed,
            currency=self.settings.currency,
            undone=self.memory.undone,
        )


def evidence_digests(items: Iterable[tuple[OrganizationKey, str, tuple[object, ...]]]) -> Mapping[OrganizationKey, str]:
    """Digest of the items of each organization: their keys and the attributes that count, whatever their order."""
    grouped: dict[OrganizationKey, list[str]] = defaultdict(list)
    for organization, key, attributes in items:
        grouped[organization].append(f"{key}\x1f" + "\x1f".join(str(value) for value in attributes))
    return {organization: digest(sorted(found)) for organization, found in grouped.items()}
