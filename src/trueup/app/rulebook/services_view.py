"""Services with their rules: which follow usage, which lines inherit the rule, and where it is overridden."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from trueup.app.clock import usage_day
from trueup.app.connections.known_psa import PsaNames, lines_known
from trueup.app.counting.vocabulary import Vocabulary, vocabulary
from trueup.app.errors import UseCaseError, failed
from trueup.app.paging import PageOf, page_of
from trueup.app.rulebook.counted_names import counted_names
from trueup.app.workspace import Workspace
from trueup.core.contract import Contract, Line, Service
from trueup.core.dates.ending import ending_soon
from trueup.core.dates.succession import Succession
from trueup.core.naming import plain
from trueup.core.quantities.allocation import rules_of
from trueup.core.reason import Reason
from trueup.core.rule import Rule, RuleLevel, governing_rule
from trueup.store.rules import RuleVersion
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class ServiceQuestion:
    """Which services: words in the name or in what its rule counts; only those with or without a rule; which page."""

    text: str = ""
    ruled: bool | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service with lines or a rule. `lines` are those of running contracts, `governed` of them follow usage, `left`
    are excluded; `narrower` counts rules of customers, contracts and lines."""

    service: Service
    rule: Rule | None
    lines: int
    governed: int
    left: int
    narrower: int
    rails: int


@dataclass(frozen=True, slots=True)
class ServicesShown:
    """One page of services; `ruled` and `unruled` count them all."""

    page: PageOf[ServiceRow]
    ruled: int
    unruled: int
    problem: Reason | None = None


class LineRules:
    """Which rule governs each line of running contracts, read once."""

    def __init__(self, ws: Workspace) -> None:
        store = ws.store
        self.today = usage_day(ws.now(), store.settings.get())
        self.names = PsaNames(ws)
        self.rules = store.rules.list()
        self._by_service: dict[str, list[Rule]] = defaultdict(list)
        for rule in self.rules:
            self._by_service[rule.service_id].append(rule)
        self._renewed = Succession.of(store.renewals.list())
        lines = store.psa.lines()
        self._grouped = rules_of(store.groups.list(), lines, self.names.contracts, self.today, self._renewed)
        self.lines: dict[str, list[tuple[Line, Contract]]] = defaultdict(list)
        for line in lines:
            contract = self.names.contracts.get(line.contract_id)
            if contract is not None and (contract.end is None or contract.end >= self.today):
                self.lines[line.service_id].append((line, contract))

    def of(self, line: Line, contract: Contract) -> Rule | None:
        """The rule of a line, its group's before its own; an excluding one too."""
        place = self._renewed.place(line, contract)
        mine = tuple(self._by_service.get(line.service_id, ()))
        return self._grouped.get(line.id) or governing_rule(mine, **place)

    def of_service(self, service_id: str) -> list[Rule]:
        """All rules of a service, the widest first."""
        order = {level: place for place, level in enumerate(RuleLevel)}
        return sorted(self._by_service.get(service_id, ()), key=lambda rule: (order[rule.level], rule.id))


def _row(service: Service, lines: LineRules, rails: Counter[str]) -> ServiceRow:
    rules = lines.of_service(service.id)
    own = next((rule for rule in rules if rule.level is RuleLevel.SERVICE), None)
    governing = [lines.of(*one) for one in lines.lines.get(service.id, ())]
    left = sum(1 for rule in governing if rule is not None and rule.exclude)
    follows = sum(1 for rule in governing if rule is not None and not rule.exclude)
    narrower = sum(1 for rule in rules if rule.level is not RuleLevel.SERVICE)
    return ServiceRow(service, own, len(governing), follows, left, narrower, rails[service.id])


def _shown(ws: Workspace, question: ServiceQuestion) -> ServicesShown:
    store = ws.store
    with store.reading():
        lines = LineRules(ws)
        rails = Counter(one.choice.target for one in store.rails.listing())
        services = store.psa.services(with_gone=True)
    rows = [
        _row(service, lines, rails)
        for service in services
        if lines.lines.get(service.id) or lines.of_service(service.id)
    ]
    words = plain(question.text).split() if question.text.strip() else []
    fitting = [row for row in rows if _fits(row, question, words)]
    fitting.sort(key=lambda row: (_ruled(row), -row.lines, row.service.name.casefold()))
    ruled = sum(map(_ruled, rows))
    return ServicesShown(page_of(fitting, question.page), ruled, len(rows) - ruled)


def _ruled(row: ServiceRow) -> bool:
    return row.rule is not None or row.narrower > 0


def _fits(row: ServiceRow, question: ServiceQuestion, words: list[str]) -> bool:
    if question.ruled is not None and question.ruled is not _ruled(row):
        return False
    text = plain(f"{row.service.name} {row.rule.quantity if row.rule else ''}")
    return all(word in text for word in words)


async def services(ws: Workspace, question: ServiceQuestion | None = None) -> ServicesShown:
    """One page of the services that are on a running contract or have a rule, those without a rule first. Reads the
    PSA where its lines are not known yet; where that fails, `problem` says why."""
    problem: Reason | None = None
    try:
        await lines_known(ws)
    except UseCaseError as error:
        problem = error.reason
    found = await ws.step(_shown, ws, question or ServiceQuestion())
    return ServicesShown(found.page, found.ruled, found.unruled, problem)


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule in force with who saved it and the name of its place; `lines` counts those that it governs, `counts` are
    the names of what it counts."""

    rule: Rule
    counts: tuple[str, ...]
    target_name: str
    lines: int
    saved_by: str
    saved_at: datetime
    warnings: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class LineShown:
    """A line of the service with the rule that governs it (None: nobody follows it)."""

    line: Line
    contract: Contract
    customer_name: str
    rule: Rule | None
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class ServiceDetail:
    """One service: its own rule, the narrower ones, its lines, and every version of its own rule, the newest first.
    `currency` is the tenant's, of contracts that name none."""

    service: Service
    own: RuleShown | None
    narrower: tuple[RuleShown, ...]
    lines: PageOf[LineShown]
    inherit: int
    versions: tuple[RuleVersion, ...]
    currency: str | None


def target_name(rule: Rule, names: PsaNames) -> str:
    """Whose rule it is: a customer's name, a contract's with its customer's, or that of a line's contract."""
    if rule.level is RuleLevel.CUSTOMER:
        return names.customer(rule.target)
    if rule.level is RuleLevel.SERVICE:
        return names.service(rule.target)
    line = names.lines.get(rule.target)
    contract = names.contracts.get(line.contract_id if line and rule.level is RuleLevel.LINE else rule.target)
    return rule.target if contract is None else f"{names.customer(contract.customer_id)}, {contract.name}"


def _rule_shown(
    store: TenantStore, rule: Rule, known: Vocabulary, names: PsaNames, lines: int, today: date
) -> RuleShown:
    saved = store.rules.history(rule.id)[-1]
    counts, warnings = counted_names(known, rule), ending_soon((rule,), today)
    return RuleShown(rule, counts, target_name(rule, names), lines, saved.saved_by, saved.saved_at, warnings)


def _detail(ws: Workspace, service_id: str, page: int) -> ServiceDetail:
    store = ws.store
    with store.reading():
        found = LineRules(ws)
        service = found.names.services.get(service_id)
        if service is None:
            raise failed("rules.unknown_service", service=service_id)
        lines = [
            LineShown(line, contract, found.names.customer(contract.customer_id), found.of(line, contract), line.price)
            for line, contract in found.lines.get(service_id, ())
        ]
        counts = Counter(line.rule.id for line in lines if line.rule is not None)
        known = vocabulary(ws)
        shown = [
            _rule_shown(store, rule, known, found.names, counts.get(rule.id, 0), found.today)
            for rule in found.of_service(service_id)
        ]
        versions = tuple(reversed(store.rules.history(f"service-{service_id}")))
        currency = store.settings.get().currency
    lines.sort(key=lambda one: (one.customer_name.casefold(), one.contract.name.casefold(), one.line.id))
    own = next((one for one in shown if one.rule.level is RuleLevel.SERVICE), None)
    inherit = counts.get(own.rule.id, 0) if own else 0
    narrower = tuple(one for one in shown if one is not own)
    return ServiceDetail(service, own, narrower, page_of(lines, page), inherit, versions, currency)


async def service(ws: Workspace, service_id: str, page: int = 1) -> ServiceDetail:
    """One service with its rules and a page of its lines. Raises UseCaseError `rules.unknown_service`."""
    return await ws.step(_detail, ws, service_id, page)
