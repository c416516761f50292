"""Requests to create something, as outcomes of a plan: the same chain as for lines, from usage to units and money."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from trueup.app.plans.assembling import Assembly
from trueup.app.workspace import Workspace
from trueup.core.contract import Line, UnitStep
from trueup.core.digest import digest
from trueup.core.money import per_month, prorated
from trueup.core.outcome import Adjustment, EntryKind, Outcome, OutcomeStatus
from trueup.core.period import calendar_of
from trueup.core.planning.line_plan import PlanContext, plan_line
from trueup.core.planning.planning import LineCase
from trueup.core.reason import Reason
from trueup.core.rule import Rule
from trueup.store.entries import EntryRequest
from trueup.store.journal import IntentState
from trueup.store.tenant_store import TenantStore


class _Planner:
    """Turns requests into outcomes of one plan."""

    def __init__(self, store: TenantStore, assembly: Assembly, rules: tuple[Rule, ...], context: PlanContext) -> None:
        self._store = store
        self._assembly = assembly
        self._rules = {rule.service_id: tuple(r for r in rules if r.service_id == rule.service_id) for rule in rules}
        self._context = context
        self._unclear = {intent.line_id for intent in store.journal.open_intents()}

    def there(self, request: EntryRequest) -> str | None:
        """The PSA's id of what the request wants, where it is there already."""
        snapshot = self._assembly.snapshot
        if request.kind is EntryKind.CREATE_SERVICE:
            wanted = request.body["name"].casefold()
            return next((one.id for one in snapshot.services if one.name.strip().casefold() == wanted), None)
        place = (request.body["contract"], request.body["service"])
        return next((one.id for one in snapshot.lines if (one.contract_id, one.service_id) == place), None)

    def outcome(self, request: EntryRequest) -> Outcome:
        """The plan's word on one request."""
        found = self._service(request) if request.kind is EntryKind.CREATE_SERVICE else self._line(request)
        if request.id in self._unclear:
            found = _held(found, Reason.of("held.unsettled"))
        elif (created := self.there(request)) is not None:
            reason = Reason.of("none.entry_exists", kind=request.kind.value, id=created, name=found.service_name)
            found = replace(found, status=OutcomeStatus.NONE, reasons=(reason,), adjustments=(), expected=())
        elif (refused := self._refused(request)) is not None:
            found = replace(found, reasons=(*found.reasons, refused))
        body = [[name, value] for name, value in sorted(request.body.items())]
        sealed = digest(request.id, request.kind.value, body, found.digest, found.status.value)
        return replace(found, kind=request.kind, first_time=True, releasable=(), digest=sealed)

    def _refused(self, request: EntryRequest) -> Reason | None:
        """What the PSA said when it was tried last, if it refused."""
        intents = self._store.journal.of_line(request.id)
        if not intents or intents[-1].state is not IntentState.REFUSED or intents[-1].reason is None:
            return None
        return Reason.of("note.entry_refused", failure=intents[-1].reason.code, text=intents[-1].reason.get("text"))

    def _service(self, request: EntryRequest) -> Outcome:
        body = request.body
        price = Decimal(body["price"])
        reason = Reason.of(
            "change.create_service",
            name=body["name"],
            price=price,
            billing_code=body["billing_code"],
            months=int(body["period_months"]),
        )
        blank = _blank(request, self._context)
        return replace(blank, status=OutcomeStatus.CHANGE, reasons=(reason,), price=price, service_name=body["name"])

    def _line(self, request: EntryRequest) -> Outcome:
        lines = self._assembly.lines
        body = request.body
        service = lines.services.get(body["service"])
        contract = lines.contracts.get(body["contract"])
        if service is None or contract is None:
            what = "service" if service is None else "contract"
            return _held(_blank(request, self._context), Reason.of("held.entry_place_gone", what=what, id=body[what]))
        price = Decimal(body["price"]) if "price" in body else service.price
        line = Line(request.id, contract.id, service.id, service.kind, price)
        if "units" in body:
            return self._with_units(request, line, int(body["units"]))
        case = self._assembly.case(line, self._rules)
        if case is None or case.rule.mirror is not None:  # a copy's first units are those of another line
            blank = replace(_blank(request, self._context), **_names(self._assembly, line))  # type: ignore[arg-type]
            return _held(blank, Reason.of("held.entry_needs_rule", service=service.name))
        return self._by_rule(case, service.name, contract.name)

    def _by_rule(self, case: LineCase, service: str, contract: str) -> Outcome:
        as_of = self._context.as_of
        found = plan_line(case.facts, replace(case.rule, cutover=as_of), case.usage, self._context)
        if found.status is OutcomeStatus.NONE:
            return replace(found, reasons=(Reason.of("none.entry_no_usage", service=service, contract=contract),))
        holds = [reason for reason in found.reasons if reason.code.startswith("held.")]
        if found.status is OutcomeStatus.HELD and holds and all(one.code == "held.period_assumed" for one in holds):
            found = replace(
                found, status=OutcomeStatus.CHANGE
            )  # a new line has no rows of its own to read periods from
        if found.status is OutcomeStatus.CHANGE:
            change = sum(adjustment.change for adjustment in found.adjustments)
            found = replace(found, reasons=(_adding(service, contract, change, found.price), *_notes(found)))
        return found

    def _with_units(self, request: EntryRequest, line: Line, units: int) -> Outcome:
        as_of = self._context.as_of
        lines = self._assembly.lines
        contract = lines.contracts[line.contract_id]
        day = max(as_of, contract.start)
        billing = calendar_of(contract, (), lines.siblings(line))
        period = billing.period_of(day)
        amount = full = recurring = None
        if line.price is not None:
            amount = prorated(units, line.price, day, period)
            full = prorated(units, line.price, period.start, period)
            recurring = per_month(full, billing.months or int(contract.period))
        blank = replace(_blank(request, self._context), **_names(self._assembly, line))  # type: ignore[arg-type]
        if contract.end is not None and contract.end < day:
            return _held(blank, Reason.of("held.contract_ended", end=contract.end))
        return replace(
            blank,
            status=OutcomeStatus.CHANGE,
            before=0,
            after=units,
            effective=day,
            adjustments=(Adjustment(request.id, day, units, amount, full, period.start, period.end),),
            reasons=(_adding(blank.service_name, blank.contract_name, units, line.price),),
            currency=contract.currency,
            price=line.price,
            recurring=recurring,
            amount=amount,
            expected=(UnitStep(day, units),),
            levels=(UnitStep(day, units),),
            decided_until=day,
            cutover=day,
            digest=digest(line.contract_id, line.service_id, day, units, line.price, contract.end),
        )


def _adding(service: str, contract: str, units: int, price: Decimal | None) -> Reason:
    return Reason.of("change.add_line", service=service, contract=contract, units=units, price=price)


def _notes(outcome: Outcome) -> tuple[Reason, ...]:
    return tuple(reason for reason in outcome.reasons if reason.code.startswith("note."))


def _names(assembly: Assembly, line: Line) -> dict[str, str]:
    around = assembly.lines.around(line)
    if around is None:
        return {}
    contract, service, customer = around
    return {
        "customer_id": customer.id,
        "contract_id": contract.id,
        "service_id": service.id,
        "customer_name": customer.name,
        "contract_name": contract.name,
        "service_name": service.name,
    }


def _blank(request: EntryRequest, context: PlanContext) -> Outcome:
    return Outcome(
        line_id=request.id,
        status=OutcomeStatus.HELD,
        customer_id="",
        contract_id=request.body.get("contract", ""),
        service_id=request.body.get("service", ""),
        before=None,
        after=None,
        effective=None,
        mode=context.mode.value,
    )


def _held(outcome: Outcome, reason: Reason) -> Outcome:
    return replace(outcome, status=OutcomeStatus.HELD, reasons=(reason,), adjustments=(), expected=())


def entry_outcomes(
    ws: Workspace, assembly: Assembly, rules: tuple[Rule, ...], context: PlanContext
) -> tuple[Outcome, ...]:
    """One outcome for each request that is wanted, for `make_plan`; a synchronous step.

    `line_id` is the request's id. `change` is what apply would create; `none` says that it is there already (the
    request is then closed) or that nothing is used; `held` and `scheduled` as for lines. None ever goes by itself.
    """
    store = ws.store
    with store.writing():
        planner = _Planner(store, assembly, rules, context)
        found: list[Outcome] = []
        for request in store.entries.list():
            outcome = planner.outcome(request)
            created = planner.there(request)
            if outcome.status is OutcomeStatus.NONE and created is not None:
                store.entries.end(request.id, "done", now=ws.now(), created_id=created)
            found.append(outcome)
    return tuple(found)


def day_of(outcome: Outcome, as_of: date) -> date:
    """The day under which an entry's write is journalled."""
    return outcome.effective or as_of
