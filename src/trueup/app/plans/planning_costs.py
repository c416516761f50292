"""Unit costs as entries of a plan: what a service costs by the PSA's catalogue, and what vendors ask instead.

One entry a service at most, and none where vendors' prices give no single cost
(docs/decisions/0194-unit-costs-in-the-plan.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from trueup.app.margins.costs import costs_asked
from trueup.app.margins.written_costs import WrittenCost, line_of, written_cost
from trueup.app.plans.assembling import Assembly
from trueup.app.workspace import Workspace
from trueup.core.contract import PsaSnapshot, Service, units_on
from trueup.core.digest import digest
from trueup.core.margins.unit_cost import AskedCost, cost_digest
from trueup.core.money import per_month
from trueup.core.outcome import CostChange, EntryKind, Outcome, OutcomeStatus
from trueup.core.planning.line_plan import PlanContext
from trueup.core.reason import Reason
from trueup.core.rule import Rule
from trueup.core.settings import TenantSettings, UnitCosts
from trueup.core.usage import Certainty
from trueup.store.journal import Intent, IntentState
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class PlannedCosts:
    """Entries for unit costs, and what a plan's notes tell of services without one."""

    outcomes: tuple[Outcome, ...] = ()
    notes: tuple[Reason, ...] = ()


class CostsBefore:
    """What the journal knows of unit costs: writes that are unclear, the last that is done, and the last refusal."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self.unclear = {intent.line_id for intent in store.journal.open_intents()}

    def of(self, line: str) -> tuple[Intent, ...]:
        """The intents of a service's cost, oldest first."""
        return self._store.journal.of_line(line)

    def last(self, line: str) -> WrittenCost | None:
        """What was written last."""
        done = [one for one in self.of(line) if one.state is IntentState.DONE]
        return written_cost(done[-1]) if done else None


def units_of_services(snapshot: PsaSnapshot, context: PlanContext) -> Mapping[str, int]:
    """The units of all lines in force of each service on the usage day."""
    rows, contracts = dict(snapshot.rows), {one.id: one for one in snapshot.contracts}
    found: dict[str, int] = defaultdict(int)
    for line in snapshot.lines:
        contract = contracts.get(line.contract_id)
        if contract is not None and contract.covers(context.as_of):
            found[line.service_id] += units_on(rows.get(line.id, ()), context.as_of)
    return found


def cost_outcome(
    service: Service, cost: CostChange, reasons: tuple[Reason, ...], *, months: int, mode: str, guessed: bool = False
) -> Outcome:
    """One entry as a change that waits for an approval; it never goes by itself. Its digest covers what is shown."""
    line = line_of(service.id)
    shown = [[one.code, [[name, value] for name, value in one.params]] for one in reasons]
    before = cost_digest(service)
    return Outcome(
        line_id=line,
        status=OutcomeStatus.CHANGE,
        customer_id="",
        contract_id="",
        service_id=service.id,
        before=None,
        after=None,
        effective=None,
        reasons=reasons,
        currency=cost.currency,
        first_time=True,
        guessed=guessed,
        kind=EntryKind.UNIT_COST,
        mode=mode,
        psa_digest=before,
        digest=digest(line, EntryKind.UNIT_COST.value, before, cost.after, cost.currency, cost.units, shown),
        service_name=service.name,
        period_months=months,
        cost=cost,
    )


def held_cost(outcome: Outcome, reason: Reason) -> Outcome:
    """The same entry, waiting for a person: it says why before it says what."""
    held = digest(outcome.digest, reason.code, [[name, value] for name, value in reason.params])
    return replace(outcome, status=OutcomeStatus.HELD, reasons=(reason, *outcome.reasons), digest=held)


def margin_of(before: Decimal | None, after: Decimal, units: int, months: int) -> Decimal | None:
    """What a changed cost does to the margin of so many units in a month, as the PSA reckons it."""
    return None if before is None else per_month((before - after) * units, months)


def not_written(settings: TenantSettings, ability: Certainty | None) -> Reason | None:
    """Why no unit cost may be written, whoever approves it; None where it may."""
    if ability is None:
        return Reason.of("held.unit_cost_by_hand")
    return None if settings.unit_costs is UnitCosts.WRITE else Reason.of("held.unit_cost_proposed")


def _planned(
    asked: AskedCost,
    units: int,
    context: PlanContext,
    before: CostsBefore,
    barred: Reason | None,
    *,
    guessed: bool,
    others: tuple[str, ...],
) -> Outcome:
    service = asked.service
    margin = margin_of(service.cost, asked.cost, units, asked.months)
    cost = CostChange(service.cost, asked.cost, asked.currency, units, margin)
    change = Reason.of(
        "change.unit_cost",
        before=service.cost,
        after=asked.cost,
        currency=asked.currency,
        metrics=", ".join(asked.metrics),
        price=asked.price,
        since=asked.since,
        each=asked.each if asked.each != 1 else None,
        months=asked.months if asked.months != 1 else None,
        rule=asked.rule_id,
    )
    effect = Reason.of("note.unit_cost_margin", units=units, margin=margin, currency=asked.currency)
    line = line_of(service.id)
    last, refused = before.last(line), _refused(before.of(line))
    edited = last is not None and last.after != service.cost
    notes = [effect]
    if others:
        notes.append(Reason.of("note.unit_cost_shared", services=", ".join(others)))
    if last is not None and edited:
        notes.append(Reason.of("note.unit_cost_edited", ours=last.after, currency=last.currency))
    if refused is not None:
        notes.append(refused)
    found = cost_outcome(service, cost, (change, *notes), months=asked.months, mode=context.mode.value, guessed=guessed)
    if line in before.unclear:
        return held_cost(found, Reason.of("held.unsettled"))
    if barred is not None:
        return held_cost(found, barred)
    if last is not None and last.undoes is not None and last.before == asked.cost and not edited:
        return held_cost(found, Reason.of("held.unit_cost_undone", run=last.undoes))
    return found


def _refused(intents: Iterable[Intent]) -> Reason | None:
    """What the PSA said when it was tried last, if it refused."""
    last = next(reversed(tuple(intents)), None)
    if last is None or last.state is not IntentState.REFUSED or last.reason is None:
        return None
    return Reason.of("note.entry_refused", failure=last.reason.code, text=last.reason.get("text"))


def _others(mine: AskedCost, asked: Iterable[AskedCost]) -> tuple[str, ...]:
    """Services that count some of the same: the vendor asks for it once, and only a person knows where it belongs."""
    return tuple(one.service.name for one in asked if one is not mine and set(one.metrics) & set(mine.metrics))


def cost_outcomes(
    ws: Workspace,
    assembly: Assembly,
    rules: tuple[Rule, ...],
    context: PlanContext,
    ability: Certainty | None,
) -> PlannedCosts:
    """One entry for each service whose unit cost in the catalogue is not what vendors ask, for `make_plan`; a
    synchronous step. `ability` is how sure it is that the PSA takes a cost (None: it does not).

    `change` is written once a person has approved it, where the tenant allows that; else it is `held` with the cure.
    """
    store, snapshot = ws.store, assembly.snapshot
    if assembly.settings.unit_costs is UnitCosts.OFF:
        return PlannedCosts()
    with store.reading():
        asked, without = costs_asked(ws, context.as_of, rules, snapshot.services, snapshot.contracts, snapshot.lines)
        before = CostsBefore(store)
        units = units_of_services(snapshot, context)
        barred, guessed = not_written(assembly.settings, ability), ability is Certainty.GUESSED
        outcomes = tuple(
            _planned(
                one,
                units.get(one.service.id, 0),
                context,
                before,
                barred,
                guessed=guessed,
                others=_others(one, asked),
            )
            for one in asked
            if not one.right
        )
    notes = (Reason.of("plan.unit_costs_undecided", services=len(without)),) if without else ()
    return PlannedCosts(outcomes, notes)
