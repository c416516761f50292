"""Explain one line: the whole chain from items by name to units and money, as the latest plan decided it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from trueup.app.connections.known_psa import PsaNames
from trueup.app.counting.vocabulary import vocabulary
from trueup.app.errors import UseCaseError, failed
from trueup.app.plans.assembling import PlanDays, children_of, plan_days
from trueup.app.plans.planning import usage_side
from trueup.app.plans.said_by_persons import said_of_line
from trueup.app.plans.source_day import source_day_of
from trueup.app.rulebook.groups import group_version, rule_of_line, rule_then
from trueup.app.usage.day_items import DayItems
from trueup.app.usage.evidence import Evidence, OrganizationShown
from trueup.app.usage.item_moves import ItemMoves, moves_between
from trueup.app.usage.source_age import oldest_age
from trueup.app.workspace import Workspace
from trueup.core.contract import Contract, PsaSnapshot, UnitRow, UnitStep
from trueup.core.counting.evidence import FrozenEvidence, MetricShown
from trueup.core.counting.scope import ScopeReader
from trueup.core.dates.succession import Succession
from trueup.core.dates.timing import days_between
from trueup.core.digest import psa_digest
from trueup.core.expression import ExpressionError, parse
from trueup.core.outcome import Adjustment, CostChange, EntryKind, Outcome
from trueup.core.reason import Reason
from trueup.core.rule import Rule, governing_rule
from trueup.core.usage import DayUsage, ScopeUsage
from trueup.psa.port import PsaReadError
from trueup.store.catch_up import CatchUp
from trueup.store.errors import StoreError
from trueup.store.journal import IntentState
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class RuleShown:
    """The rule as it was saved when the plan was made, and by whom. `latest_version` tells whether it changed since."""

    rule: Rule
    saved_by: str
    saved_at: datetime
    latest_version: int | None


@dataclass(frozen=True, slots=True)
class PsaShown:
    """What the PSA shows of the line now.

    `moved` says that it differs from what the plan was made from, so that apply would skip the line (None where that
    cannot be said, and once the plan's own changes are written). `problem` is set when the PSA could not be asked;
    then there are no rows.
    """

    rows: tuple[UnitRow, ...] = ()
    moved: bool | None = None
    problem: Reason | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One line from items to money. What stands in the plan is told as it was decided; usage is looked up again, and
    `notes` say where it differs by now.

    `status` is None where no plan speaks of the line; `reasons` then say why. `source_day` is the usage day that gave
    the quantity, `value` the rule's expression on it. `steps` are the policy's steps, in order. `moves` are the items
    that came and went since the last measured day before the change; None where nothing changes. `evidence` is the
    digest of the items as they were when the plan was made, which `metrics` then show; empty where nothing would be
    written, and `metrics` show what the store says now.
    """

    line_id: str
    plan_id: str | None
    plan_state: str | None
    as_of: date | None
    status: str | None
    kind: EntryKind
    customer_id: str
    customer_name: str
    contract: Contract | None
    contract_name: str
    service_id: str
    service_name: str
    price: Decimal | None
    currency: str | None
    rule: RuleShown | None
    source_day: date | None
    organizations: tuple[OrganizationShown, ...]
    metrics: tuple[MetricShown, ...]
    quantity: str
    value: Decimal | None
    steps: tuple[Reason, ...]
    before: int | None
    after: int | None
    effective: date | None
    adjustments: tuple[Adjustment, ...]
    expected: tuple[UnitStep, ...]
    recurring: Decimal | None
    amount: Decimal | None
    psa: PsaShown
    reasons: tuple[Reason, ...]
    releasable: tuple[str, ...]
    notes: tuple[Reason, ...]
    digest: str
    evidence: str = ""
    catch_up: tuple[CatchUp, ...] = ()
    moves: ItemMoves | None = None
    cost: CostChange | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """What the store knows of a line before usage is looked at."""

    outcome: Outcome | None
    plan_id: str | None
    plan_state: str | None
    plan_made: datetime | None
    as_of: date | None
    rule: Rule | None
    reasons: tuple[Reason, ...]
    names: PsaNames


def _ids(found: _Found, line_id: str) -> tuple[str, str, str]:
    """Customer, contract and service of the line."""
    if found.outcome is not None:
        return found.outcome.customer_id, found.outcome.contract_id, found.outcome.service_id
    line = found.names.lines[line_id]
    contract = found.names.contracts.get(line.contract_id)
    return contract.customer_id if contract else "", line.contract_id, line.service_id


def _look_up(ws: Workspace, line_id: str) -> _Found:
    store = ws.store
    with store.reading():
        names = PsaNames(ws)
        latest = store.plans.list(limit=1)
        stored = latest[0] if latest else None
        outcome: Outcome | None = None
        if stored is not None:
            outcomes = store.plans.outcomes(stored.plan.id, line_id=line_id)
            outcome = outcomes[0][1] if outcomes else None
        if outcome is None and line_id not in names.lines:
            raise failed("explain.unknown_line", line=line_id)
        found = _Found(
            outcome=outcome,
            plan_id=stored.plan.id if stored else None,
            plan_state=stored.state if stored else None,
            plan_made=stored.plan.created_at if stored else None,
            as_of=stored.plan.as_of if stored else None,
            rule=None,
            reasons=(),
            names=names,
        )
        rule, reasons = _rule_of(store, found, line_id, ws.now().date())
    return _Found(found.outcome, found.plan_id, found.plan_state, found.plan_made, found.as_of, rule, reasons, names)


def _rule_of(store: TenantStore, found: _Found, line_id: str, today: date) -> tuple[Rule | None, tuple[Reason, ...]]:
    outcome = found.outcome
    day = found.as_of or today
    if outcome is not None:
        made = found.plan_made
        grouped = rule_then(store, found.names, outcome.rule_id or "", line_id, day, made)
        return grouped or _version_then(store, outcome.rule_id, made), outcome.reasons
    customer_id, contract_id, service_id = _ids(found, line_id)
    renewed = Succession.of(store.renewals.list())
    rule = rule_of_line(store, found.names, line_id, day) or governing_rule(
        store.rules.list(),
        service_id=service_id,
        customer_id=customer_id,
        contract_id=contract_id,
        line_id=line_id,
        contracts_before=renewed.contracts_before(contract_id),
        lines_before=renewed.lines_before(line_id),
    )
    if rule is None:
        return None, (Reason.of("explain.no_rule", service=found.names.service(service_id)),)
    if rule.exclude:
        return rule, (Reason.of("explain.excluded", rule=rule.id),)
    return rule, (Reason.of("explain.not_planned", rule=rule.id, plan=found.plan_id),)


def _version_then(store: TenantStore, rule_id: str | None, moment: datetime | None) -> Rule | None:
    """The version that was in force when the plan was made."""
    versions = store.rules.history(rule_id) if rule_id else ()
    for version in reversed(versions):
        if moment is None or version.saved_at <= moment:
            return version.rule
    return versions[-1].rule if versions else None


def _rule_shown(store: TenantStore, rule: Rule | None) -> RuleShown | None:
    if rule is None:
        return None
    if (group := group_version(store, rule)) is not None:
        return RuleShown(rule, group.saved_by, group.saved_at, group.latest_version)
    versions = store.rules.history(rule.id)
    mine = next(version for version in versions if version.rule.version == rule.version)
    latest = versions[-1].rule.version if versions[-1].ended_at is None else None
    return RuleShown(rule, mine.saved_by, mine.saved_at, latest)


def _day_usage(usage: ScopeUsage, wanted: date | None) -> DayUsage | None:
    if wanted is not None:
        return next((day for day in usage.days if day.day == wanted), None)
    return usage.days[-1] if usage.days else None


def _value(rule: Rule, day: DayUsage | None) -> tuple[Decimal | None, tuple[Reason, ...]]:
    if day is None:
        return None, ()
    try:
        found = parse(rule.quantity).evaluate({name: one.value for name, one in day.metrics}, today=day.day)
    except ExpressionError as error:
        return None, (Reason.of("explain.cannot_compute", error=error.code, position=error.position),)
    return (found if isinstance(found, Decimal) else None), ()


def _changed_since(outcome: Outcome | None, day: DayUsage | None) -> tuple[Reason, ...]:
    """Where usage of the source day is another by now than the plan says (a correction, another mapping)."""
    if outcome is None or day is None:
        return ()
    now = {name: metric.value for name, metric in day.metrics}
    return tuple(
        Reason.of("explain.usage_changed", name=step.get("name"), then=step.get("value"), now=now[name])
        for step in outcome.steps
        if step.code == "step.metric"
        and isinstance(name := step.get("name"), str)
        and name in now
        and now[name] != step.get("value")
    )


@dataclass(frozen=True, slots=True)
class _Usage:
    day: date | None = None
    organizations: tuple[OrganizationShown, ...] = ()
    metrics: tuple[MetricShown, ...] = ()
    value: Decimal | None = None
    notes: tuple[Reason, ...] = ()
    moves: ItemMoves | None = None


def _frozen(store: TenantStore, outcome: Outcome | None) -> FrozenEvidence | None:
    """The items behind the units of an outcome, as they were when it was planned."""
    return store.evidence.get(outcome.evidence) if outcome is not None and outcome.evidence else None


def _day_before(outcome: Outcome | None, usage: ScopeUsage, day: DayUsage | None) -> DayUsage | None:
    """The last day with usage before the first change of an outcome."""
    if outcome is None or day is None or not outcome.adjustments:
        return None
    first = min(outcome.adjustments[0].day, day.day)
    return next((one for one in reversed(usage.days) if one.day < first and one.metrics), None)


def _usage(ws: Workspace, found: _Found, customer_id: str) -> _Usage:
    rule = found.rule
    if found.outcome is not None and found.outcome.kind is EntryKind.UNIT_COST:
        return _Usage()  # it follows prices, and nobody's usage
    if rule is None or rule.exclude or not rule.quantity:
        return _Usage()
    customer_id = rule.share.holder if rule.share else customer_id
    try:
        expression = parse(rule.quantity)
    except ExpressionError as error:
        return _Usage(notes=(Reason.of("explain.cannot_compute", error=error.code, position=error.position),))
    store = ws.store
    with store.reading():
        days = _days(ws, found)
        side = usage_side(store, days, (rule,))
        snapshot = PsaSnapshot(ws.now(), days.first, days.last, customers=tuple(found.names.customers.values()))
        reader = ScopeReader(side.history, side.mapped, children_of(snapshot.customers), side.shares)
        wanted = days_between(days.usage_first, days.as_of)
        try:
            usage = reader.read(expression, rule.scope, customer_id, wanted, rule.flag_meaning)
        except ExpressionError as error:
            return _Usage(notes=(Reason.of("explain.cannot_compute", error=error.code, position=error.position),))
        day = _day_usage(usage, source_day_of(found.outcome) if found.outcome else None)
        feeds = reader.connections(expression)  # a customer's organizations of other modules are not counted here
        scope = {key: one for key, one in reader.chosen(rule.scope, customer_id).items() if key[0] in feeds}
        known, keys = vocabulary(ws), {key for _, key in scope}
        evidence = Evidence(known, side.history, DayItems(store, day.day if day else days.as_of, keys))
        organizations = evidence.organizations(scope)
        metrics = evidence.metrics(reader, expression, scope, day)
        then = _day_before(found.outcome, usage, day)
        moves: ItemMoves | None = None
        if then is not None:
            before = Evidence(known, side.history, DayItems(store, then.day, keys))
            earlier = before.metrics(reader, expression, scope, then)
            moves = moves_between(then.day, earlier, metrics)
        frozen = _frozen(store, found.outcome)
    value, problems = (None, ()) if usage.unmapped else _value(rule, day)
    notes = (*problems, *_changed_since(found.outcome, day))
    shown = frozen.metrics if frozen is not None else metrics
    return _Usage(day.day if day else None, organizations, shown, value, notes, moves)


def _days(ws: Workspace, found: _Found) -> PlanDays:
    settings = ws.store.settings.get()
    delivered = [
        state.delivered_day
        for connection in ws.store.connections.list("module")
        if (state := ws.store.connections.state(connection.name)).delivered_day is not None
    ]
    newest = max(delivered, default=ws.now().date())
    as_of = found.as_of if found.outcome is not None and found.as_of is not None else newest
    return plan_days(as_of, settings, (found.rule,) if found.rule else (), oldest_age(ws.store))


async def _psa_now(ws: Workspace, found: _Found, line_id: str) -> PsaShown:
    if found.outcome is not None and found.outcome.kind is not EntryKind.LINE:
        return PsaShown()
    days = await ws.step(_days, ws, found)
    try:
        async with ws.psa() as psa:
            snapshot = await psa.read_lines((line_id,))
            rows = dict(await psa.read_units((line_id,), days.first, days.last)).get(line_id, ())
    except (PsaReadError, UseCaseError, StoreError) as error:
        return PsaShown(problem=error.failure.reason if isinstance(error, PsaReadError) else error.reason)
    if not snapshot.lines or not snapshot.contracts:
        return PsaShown(problem=Reason.of("explain.line_gone", line=line_id))
    outcome = found.outcome
    moved: bool | None = None
    if outcome is not None and outcome.psa_digest and not await ws.step(_applied, ws, found, line_id):
        moved = psa_digest(snapshot.lines[0], snapshot.contracts[0], rows) != outcome.psa_digest
    return PsaShown(rows, moved)


def _applied(ws: Workspace, found: _Found, line_id: str) -> bool:
    """Whether the plan's changes of the line were written: then it is our own doing that the PSA shows other units."""
    ours = [intent for intent in ws.store.journal.of_line(line_id) if intent.plan_id == found.plan_id]
    return bool(ours) and all(intent.state is IntentState.DONE for intent in ours)


async def explain(ws: Workspace, line_id: str, *, live: bool = True) -> Explanation:
    """Explain a line (or a request to create one) from the latest plan: rule, organizations, metrics with the items
    behind them, policy steps, units and money. Works for held and unmapped lines, and says why where no plan speaks of
    the line. `live` also asks the PSA for the line's unit rows as they are now; that it cannot be asked is part of the
    answer. Raises UseCaseError `explain.unknown_line`.
    """
    found = await ws.step(_look_up, ws, line_id)
    customer_id, contract_id, service_id = _ids(found, line_id)
    usage = await ws.step(_usage, ws, found, customer_id)
    psa = await _psa_now(ws, found, line_id) if live else PsaShown()
    rule = await ws.step(_rule_shown, ws.store, found.rule)
    names, outcome = found.names, found.outcome
    digest = outcome.digest if outcome else ""
    said = await ws.step(said_of_line, ws.store, line_id, found.plan_id if outcome else None, digest)
    contract = names.contracts.get(contract_id)
    line = names.lines.get(line_id)
    return Explanation(
        line_id=line_id,
        plan_id=found.plan_id if outcome else None,
        plan_state=found.plan_state if outcome else None,
        as_of=found.as_of if outcome else None,
        status=outcome.status.value if outcome else None,
        kind=outcome.kind if outcome else EntryKind.LINE,
        customer_id=customer_id,
        customer_name=(outcome.customer_name if outcome else "") or names.customer(customer_id),
        contract=contract,
        contract_name=(outcome.contract_name if outcome else "") or names.contract(contract_id),
        service_id=service_id,
        service_name=(outcome.service_name if outcome else "") or names.service(service_id),
        price=outcome.price if outcome else line.price if line else None,
        currency=contract.currency if contract else outcome.cost.currency if outcome and outcome.cost else None,
        rule=rule,
        source_day=usage.day,
        organizations=usage.organizations,
        metrics=usage.metrics,
        quantity=found.rule.quantity if found.rule else "",
        value=usage.value,
        steps=outcome.steps if outcome else (),
        before=outcome.before if outcome else None,
        after=outcome.after if outcome else None,
        effective=outcome.effective if outcome else None,
        adjustments=outcome.adjustments if outcome else (),
        expected=outcome.expected if outcome else (),
        recurring=outcome.recurring if outcome else None,
        amount=outcome.amount if outcome else None,
        psa=psa,
        reasons=found.reasons,
        releasable=outcome.releasable if outcome else (),
        notes=(*usage.notes, *said),
        digest=outcome.digest if outcome else "",
        evidence=outcome.evidence if outcome else "",
        catch_up=await ws.step(ws.store.catch_up.list, line_id=line_id),
        moves=usage.moves,
        cost=outcome.cost if outcome else None,
    )
