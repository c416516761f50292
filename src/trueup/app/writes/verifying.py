"""Verify a run: read the PSA again, in bulk, and compare every line with what was to be there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from trueup.app.late.billed import BilledShown, billed_of
from trueup.app.plans.assembling import plan_days
from trueup.app.runs import applied_plan
from trueup.app.tracing import traced
from trueup.app.workspace import Workspace
from trueup.app.writes.applying_entries import prove_entries
from trueup.app.writes.entry_work import EntryProof
from trueup.app.writes.settling import is_entry
from trueup.core.contract import UnitRow, UnitStep, level_on, open_rows, posted_on, steps_of
from trueup.core.reason import Reason
from trueup.store.journal import Intent, IntentState
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class LineProof:
    """One line read back: the units that were expected and those found, on the day of its last change."""

    line_id: str
    customer_name: str
    service_name: str
    day: date
    expected: int
    found: int
    right: bool


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """The proof of a run: its lines, and the services and lines that it created."""

    run_id: str
    plan_id: str
    lines: tuple[LineProof, ...]
    entries: tuple[EntryProof, ...] = ()
    billed: BilledShown = field(default_factory=BilledShown)

    @property
    def right(self) -> bool:
        """Whether everything shows what was planned."""
        return all(line.right for line in self.lines) and all(entry.right for entry in self.entries)


def _fits(rows: tuple[UnitRow, ...], expected: tuple[UnitStep, ...], first: date) -> bool:
    """Open rows from `first` on show the expected units; posted rows are never rewritten and are left out."""
    visible = [row for row in open_rows(rows) if row.end >= first]
    return bool(visible or not rows) and all(level_on(expected, max(row.start, first)) == row.units for row in visible)


def _first_visible(rows: tuple[UnitRow, ...], day: date) -> date:
    """The first day from `day` on whose units can be compared: a posted row keeps the old ones."""
    return next((max(row.start, day) for row in open_rows(rows) if row.end >= day), day)


def _done(store: TenantStore, run_id: str) -> tuple[tuple[Intent, ...], str]:
    """All that is done of the plan that the run applied, what an interrupted run before it had done included."""
    plan_id = applied_plan(store.runs.get(run_id))
    return tuple(intent for intent in store.journal.of_plan(plan_id) if intent.state is IntentState.DONE), plan_id


def _prove_posted(store: TenantStore, ws: Workspace, proofs: tuple[LineProof, ...], posted: frozenset[str]) -> None:
    """One approved change in a posted period that reads back right proves how this PSA treats such changes."""
    settings = store.settings.get()
    proved = any(proof.right and proof.line_id in posted for proof in proofs)
    if settings.posted_period == "unproven" and proved:
        with store.writing():
            store.settings.save(replace(settings, posted_period="proration_item"), "system", now=ws.now())
            detail = Reason.of("audit.posted_period_proved", lines=len(posted))
            store.audit.add("system", "settings.posted_period", detail, now=ws.now())


async def verify(ws: Workspace, run_id: str) -> VerifyResult:
    """Read back every line that a run of apply changed. Raises StoreError `store.unknown_run`, PsaReadError."""
    store = ws.store
    done, plan_id = await ws.step(_done, store, run_id)
    created = [intent for intent in done if is_entry(intent)]
    intents = [intent for intent in done if not is_entry(intent)]
    if not done:
        return VerifyResult(run_id, plan_id, ())
    plan = (await ws.step(store.plans.get, plan_id)).plan
    outcomes = {outcome.line_id: outcome for outcome in plan.outcomes}
    settings = await ws.step(store.settings.get)
    days = plan_days(plan.as_of, settings, ())
    first = min([days.first, *(intent.day for intent in intents)])
    with traced("verify", tenant=store.tenant, run=run_id):
        async with ws.psa() as psa:
            rows = dict(await psa.read_units(sorted({intent.line_id for intent in intents}), first, days.last))
            entries = await prove_entries(psa, created)
            billed = await billed_of(ws, psa, tuple(intents), outcomes, rows, days.last)
    last: dict[str, Intent] = {}
    for intent in sorted(intents, key=lambda intent: intent.day):
        last[intent.line_id] = intent
    proofs: list[LineProof] = []
    posted: set[str] = set()
    for line_id, intent in sorted(last.items()):
        found = rows.get(line_id, ())
        outcome = outcomes[line_id]
        starts = min(one.day for one in intents if one.line_id == line_id)
        if posted_on(found, intent.day):
            posted.add(line_id)
        day = _first_visible(found, intent.day)
        proofs.append(
            LineProof(
                line_id,
                outcome.customer_name,
                outcome.service_name,
                day,
                level_on(intent.after, day),
                level_on(steps_of(found), day),
                _fits(found, intent.after, starts),
            )
        )
    result = tuple(proofs)
    await ws.step(_prove_posted, store, ws, result, frozenset(posted))
    return VerifyResult(run_id, plan_id, result, entries, billed)
