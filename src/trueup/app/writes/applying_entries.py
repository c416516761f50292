"""Create what a person asked for, once: looked up again first, journalled before the write, settled by looking.

wanted --looked up, there--> skipped, and the request is closed with what is there
wanted --intent, claim--> sent --accepted--> done
                            |----refused---> refused
                            '----unclear---> unsettled --looked up, there--------------------> done
                                                       '-- not there, longest call over --> may be sent again
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from trueup.app.errors import failed
from trueup.app.plans.planning_entries import day_of
from trueup.app.workspace import Workspace
from trueup.app.writes.sending import Settlement
from trueup.app.writes.settling import agree_on
from trueup.core.contract import UnitStep, units_on
from trueup.core.outcome import EntryKind, Outcome, Plan
from trueup.core.reason import Reason
from trueup.psa.port import NewLine, NewService, Psa, PsaReadError, WriteResult, WriteStatus
from trueup.store.entries import EntryRequest
from trueup.store.journal import UNCLEAR, Intent, IntentState, NewIntent
from trueup.store.leases import Lease


@dataclass(frozen=True, slots=True)
class EntryResult:
    """What became of one request: `done`, `refused`, `unsettled`, `skipped` or `waiting` (nothing was sent).
    `created_id` is the PSA's id where it is known."""

    request_id: str
    kind: EntryKind
    name: str
    state: str
    reason: Reason | None = None
    created_id: str | None = None


@dataclass(frozen=True, slots=True)
class EntryProof:
    """One created entry read back. `expected` and `found` are a line's units on its first day; None for a service."""

    request_id: str
    kind: EntryKind
    name: str
    created_id: str | None
    expected: int | None
    found: int | None
    right: bool


@dataclass(frozen=True, slots=True)
class EntryWork:
    """A run of apply at work, as far as entries need it. `longest` is how long a write may still be under way."""

    ws: Workspace
    psa: Psa
    run_id: str
    plan: Plan
    lease: Lease
    longest: timedelta


def _details(request: EntryRequest) -> tuple[tuple[str, str], ...]:
    return (("entry", request.kind.value), *sorted(request.body.items()))


async def _looked_up(psa: Psa, intent: Intent) -> tuple[str | None, int | None]:
    """The PSA's id of what an entry wants, and a line's units on its day, asked now. Raises PsaReadError: not found is
    not the same as not there."""
    body = dict(intent.details)
    if body["entry"] == EntryKind.CREATE_SERVICE:
        services = await psa.find_services(body["name"])
        return (services[0] if services else None), None
    snapshot = await psa.read(intent.day, intent.day)
    place = (body["contract"], body["service"])
    line = next((line for line in snapshot.lines if (line.contract_id, line.service_id) == place), None)
    if line is None:
        return None, None
    return line.id, units_on(dict(snapshot.rows).get(line.id, ()), intent.day)


async def prove_entries(psa: Psa, intents: Iterable[Intent]) -> tuple[EntryProof, ...]:
    """Read back what was created: the proof of a run's entries, for `verify`. Raises PsaReadError."""
    found: list[EntryProof] = []
    for intent in intents:
        body = dict(intent.details)
        kind = EntryKind(body["entry"])
        created, units = await _looked_up(psa, intent)
        expected = intent.change if kind is EntryKind.ADD_LINE else None
        name = body["name"] if kind is EntryKind.CREATE_SERVICE else body["service"]
        right = created is not None and units == expected
        found.append(EntryProof(intent.line_id, kind, name, created, expected, units, right))
    return tuple(found)


def _close(
    work: EntryWork, intent: Intent, settlement: Settlement, outcome: Outcome | None, created: str | None
) -> None:
    """Settle an intent and, where what it wanted is there, close its request: one transaction."""
    ws, store = work.ws, work.ws.store
    with store.writing():
        store.journal.settle(
            intent.id, settlement.state, settlement.reason, work.lease, now=ws.now(), not_sent=settlement.not_sent
        )
        if settlement.state is IntentState.DONE:
            store.entries.end(intent.line_id, "done", now=ws.now(), created_id=created)
            if outcome is not None and outcome.kind is EntryKind.ADD_LINE and created is not None:
                agree_on(store, replace(outcome, line_id=created), now=ws.now())
            detail = Reason.of("audit.entry_created", id=intent.line_id, created=created, plan=intent.plan_id)
            store.audit.add(ws.actor, "entry.created", detail, now=ws.now())


async def settle_entry(work: EntryWork, intent: Intent) -> Settlement:
    """Clear up an unclear write of an entry by looking; sends nothing. Raises PsaReadError.

    Not there proves nothing until the longest possible call has passed; after that the intent may be sent again by its
    own plan, and is closed for any other.
    """
    now = work.ws.now()
    created, _ = await _looked_up(work.psa, intent)
    if created is not None:
        settlement = Settlement(IntentState.DONE, Reason.of("journal.entry_found", id=created))
    elif intent.sent_at is not None and now - intent.sent_at <= work.longest:
        seconds = int((intent.sent_at + work.longest - now).total_seconds()) + 1
        settlement = Settlement(IntentState.UNSETTLED, Reason.of("journal.may_still_arrive", seconds=seconds))
    else:
        mine = intent.plan_id == work.plan.id
        state = IntentState.INTENDED if mine else IntentState.SKIPPED
        settlement = Settlement(state, Reason.of("journal.entry_not_found"))
    outcome = next((one for one in work.plan.outcomes if one.line_id == intent.line_id), None)
    await work.ws.step(_close, work, intent, settlement, outcome, created)
    return settlement


def _request(work: EntryWork, outcome: Outcome) -> EntryRequest | None:
    wanted = work.ws.store.entries.list()
    return next((request for request in wanted if request.id == outcome.line_id), None)


def _last_intent(work: EntryWork, outcome: Outcome) -> Intent | None:
    found = work.ws.store.journal.of_line(outcome.line_id)
    return found[-1] if found else None


def _intend(work: EntryWork, outcome: Outcome, request: EntryRequest) -> Intent:
    """The intent to claim: one that an earlier try of this plan left, else a new one, committed now."""
    store = work.ws.store
    with store.writing():
        last = _last_intent(work, outcome)
        if last is not None and last.plan_id == work.plan.id and last.state is IntentState.INTENDED:
            return last
        units = outcome.after or 0
        day = day_of(outcome, work.plan.as_of)
        after = (UnitStep(day, units),) if outcome.kind is EntryKind.ADD_LINE else ()
        new = NewIntent(work.run_id, work.plan.id, request.id, day, units, (), after, outcome.digest, _details(request))
        numbers = store.journal.intend((new,), work.lease, now=work.ws.now())
        return store.journal.get(numbers[0])


async def _still_wanted(work: EntryWork, request: EntryRequest) -> EntryResult | None:
    """Look up again just before the write; a result where there is nothing to write. Raises PsaReadError."""
    if request.kind is not EntryKind.CREATE_SERVICE:
        return None  # the adapter asks the contract for lines of that service before it sends anything
    name = request.body["name"]
    found = await work.psa.find_services(name)
    if found:
        return await work.ws.step(_already_there, work, request, name, found[0])
    codes = await work.psa.billing_codes()
    if all(code.id != request.body["billing_code"] for code in codes):
        reason = Reason.of("apply.billing_code_gone", billing_code=request.body["billing_code"])
        return EntryResult(request.id, request.kind, name, "skipped", reason)
    return None


def _already_there(work: EntryWork, request: EntryRequest, name: str, created: str) -> EntryResult:
    work.ws.store.entries.end(request.id, "done", now=work.ws.now(), created_id=created)
    reason = Reason.of("apply.entry_exists", kind=request.kind.value, id=created, name=name)
    return EntryResult(request.id, request.kind, name, "skipped", reason, created)


async def _write(work: EntryWork, outcome: Outcome, request: EntryRequest) -> WriteResult:
    body = request.body
    if request.kind is EntryKind.CREATE_SERVICE:
        service = NewService(body["name"], Decimal(body["price"]), body["billing_code"], int(body["period_months"]))
        return await work.psa.create_service(service)
    price = Decimal(body["price"]) if "price" in body else None
    day = day_of(outcome, work.plan.as_of)
    return await work.psa.add_line(NewLine(body["contract"], body["service"], day, outcome.after or 0, price))


def _settlement(result: WriteResult, *, tried_before: bool) -> Settlement:
    """What a write's result means. That it is there already proves an unclear try; without one it is not ours."""
    if result.status is WriteStatus.ACCEPTED:
        return Settlement(IntentState.DONE)
    if result.status is WriteStatus.NOT_SENT:
        return Settlement(IntentState.INTENDED, result.reason, not_sent=True)
    if result.status is WriteStatus.UNCLEAR:
        return Settlement(IntentState.UNSETTLED, result.reason)
    if result.created_id is None:
        return Settlement(IntentState.REFUSED, result.reason)
    if tried_before:
        return Settlement(IntentState.DONE, Reason.of("journal.entry_found", id=result.created_id))
    return Settlement(IntentState.SKIPPED, result.reason)


def _finish(work: EntryWork, intent: Intent, outcome: Outcome, result: WriteResult) -> Settlement:
    store, now = work.ws.store, work.ws.now()
    settlement = _settlement(result, tried_before=intent.tries > 0)
    with store.writing():
        _close(work, intent, settlement, outcome, result.created_id)
        if settlement.state is IntentState.SKIPPED:
            store.entries.end(intent.line_id, "done", now=now, created_id=result.created_id)
    return settlement


async def apply_entry(work: EntryWork, outcome: Outcome) -> EntryResult:
    """Create what one approved outcome stands for, once, and say what became of it.

    Raises UseCaseError `apply.lease_lost`; a PSA that cannot be asked is a result (`waiting`), and nothing was sent.
    """
    name = outcome.service_name
    request = await work.ws.step(_request, work, outcome)
    if request is None:
        return EntryResult(outcome.line_id, outcome.kind, name, "skipped", Reason.of("apply.entry_closed"))
    try:
        last = await work.ws.step(_last_intent, work, outcome)
        if last is not None and last.state in UNCLEAR:
            settled = await settle_entry(work, last)
            if settled.state is not IntentState.INTENDED:
                return _told(request, name, settled, None)
        nothing = await _still_wanted(work, request)
    except PsaReadError as error:
        return EntryResult(request.id, request.kind, name, "waiting", error.failure.reason)
    if nothing is not None:
        return nothing
    intent = await work.ws.step(_intend, work, outcome, request)
    claimed = await work.ws.step(work.ws.store.journal.claim, intent.id, work.lease, now=work.ws.now())
    if not claimed:
        raise failed("apply.lease_lost")
    result = await _write(work, outcome, request)
    settlement = await work.ws.step(_finish, work, intent, outcome, result)
    return _told(request, name, settlement, result.created_id)


def _told(request: EntryRequest, name: str, settlement: Settlement, created: str | None) -> EntryResult:
    state = "waiting" if settlement.state is IntentState.INTENDED else settlement.state.value
    return EntryResult(request.id, request.kind, name, state, settlement.reason, created)
