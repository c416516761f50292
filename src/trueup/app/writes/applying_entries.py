"""Create what a person asked for, once: looked up again first, journalled before the write, settled by looking.

wanted --looked up, there--> skipped, and the request is closed with what is there
wanted --intent, claim--> sent --accepted--> done
                            |----refused---> refused
                            '----unclear---> unsettled --looked up, there--------------------> done
                                                       '-- not there, longest call over --> may be sent again
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from trueup.app.errors import failed
from trueup.app.margins.written_costs import is_cost, written_cost
from trueup.app.plans.planning_entries import day_of
from trueup.app.writes.applying_costs import apply_cost
from trueup.app.writes.entry_work import EntryProof, EntryResult, EntryWork
from trueup.app.writes.sending import Settlement, window_of
from trueup.app.writes.settling_costs import service_now
from trueup.app.writes.settling_entries import close, look_up, settle_entry
from trueup.core.contract import UnitStep
from trueup.core.outcome import EntryKind, Outcome
from trueup.core.reason import Reason
from trueup.psa.port import NewLine, NewService, Psa, PsaReadError, WriteResult, WriteStatus
from trueup.psa.window import SendWindow
from trueup.store.entries import EntryRequest
from trueup.store.journal import UNCLEAR, Intent, IntentState, NewIntent


def _details(request: EntryRequest) -> tuple[tuple[str, str], ...]:
    return (("entry", request.kind.value), *sorted(request.body.items()))


async def prove_entries(psa: Psa, intents: Iterable[Intent]) -> tuple[EntryProof, ...]:
    """Read back what was created or written: the proof of a run's entries, for `verify`. Raises PsaReadError."""
    found: list[EntryProof] = []
    for intent in intents:
        if is_cost(intent):
            found.append(await _prove_cost(psa, intent))
            continue
        body = dict(intent.details)
        kind = EntryKind(body["entry"])
        look = await look_up(psa, intent)
        expected = intent.change if kind is EntryKind.ADD_LINE else None
        name = body["name"] if kind is EntryKind.CREATE_SERVICE else body["service"]
        right = look.created is not None and look.units == expected
        found.append(EntryProof(intent.line_id, kind, name, look.created, expected, look.units, right))
    return tuple(found)


async def _prove_cost(psa: Psa, intent: Intent) -> EntryProof:
    cost = written_cost(intent)
    service = await service_now(psa, cost.service_id)
    seen = None if service is None else service.cost
    return EntryProof(
        intent.line_id,
        EntryKind.UNIT_COST,
        cost.service,
        cost.service_id,
        None,
        None,
        seen == cost.after,
        cost.after,
        seen,
        cost.currency,
    )


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
        return await _place_seen(work, request)
    name = request.body["name"]
    found = await work.psa.find_services(name)
    if found:
        return await work.ws.step(_already_there, work, request, name, found[0])
    codes = await work.psa.billing_codes()
    if all(code.id != request.body["billing_code"] for code in codes):
        reason = Reason.of("apply.billing_code_gone", billing_code=request.body["billing_code"])
        return EntryResult(request.id, request.kind, name, "skipped", reason)
    return None


def _lines_known(work: EntryWork, contract: str) -> tuple[str, ...]:
    return tuple(line.id for line in work.ws.store.psa.lines() if line.contract_id == contract)


async def _place_seen(work: EntryWork, request: EntryRequest) -> EntryResult | None:
    """The adapter asks the contract for lines of that service before it sends anything. An empty answer says something
    only of a contract whose lines can be seen: a user whose view was restricted gets empty answers to everything."""
    known = await work.ws.step(_lines_known, work, request.body["contract"])
    if not known or (await work.psa.read_lines(known)).lines:
        return None
    reason = Reason.of("apply.contract_not_seen", contract=request.body["contract"])
    return EntryResult(request.id, request.kind, request.body["service"], "waiting", reason)


def _already_there(work: EntryWork, request: EntryRequest, name: str, created: str) -> EntryResult:
    work.ws.store.entries.end(request.id, "done", now=work.ws.now(), created_id=created)
    reason = Reason.of("apply.entry_exists", kind=request.kind.value, id=created, name=name)
    return EntryResult(request.id, request.kind, name, "skipped", reason, created)


async def _write(work: EntryWork, outcome: Outcome, request: EntryRequest, window: SendWindow) -> WriteResult:
    body = request.body
    if request.kind is EntryKind.CREATE_SERVICE:
        service = NewService(body["name"], Decimal(body["price"]), body["billing_code"], int(body["period_months"]))
        return await work.psa.create_service(service, window)
    price = Decimal(body["price"]) if "price" in body else None
    day = day_of(outcome, work.plan.as_of)
    return await work.psa.add_line(NewLine(body["contract"], body["service"], day, outcome.after or 0, price), window)


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


def _finish(work: EntryWork, intent: Intent, result: WriteResult) -> Settlement:
    store, now = work.ws.store, work.ws.now()
    settlement = _settlement(result, tried_before=intent.tries > 0)
    with store.writing():
        close(work.ws, work.lease, intent, settlement, result.created_id)
        if settlement.state is IntentState.SKIPPED:
            store.entries.end(intent.line_id, "done", now=now, created_id=result.created_id)
    return settlement


async def apply_entry(work: EntryWork, outcome: Outcome) -> EntryResult:
    """Create or write what one approved outcome stands for, once, and say what became of it.

    Raises UseCaseError `apply.lease_lost`; a PSA that cannot be asked is a result (`waiting`), and nothing was sent.
    """
    if outcome.cost is not None:
        return await apply_cost(work, outcome, outcome.cost)
    name = outcome.service_name
    request = await work.ws.step(_request, work, outcome)
    if request is None:
        return EntryResult(outcome.line_id, outcome.kind, name, "skipped", Reason.of("apply.entry_closed"))
    try:
        last = await work.ws.step(_last_intent, work, outcome)
        if last is not None and last.state in UNCLEAR:
            settled = await settle_entry(work.ws, work.psa, work.lease, last, work.longest, work.plan.id)
            if settled.state is not IntentState.INTENDED:
                return _told(request, name, settled, None)
        nothing = await _still_wanted(work, request)
    except PsaReadError as error:
        return EntryResult(request.id, request.kind, name, "waiting", error.failure.reason)
    if nothing is not None:
        return nothing
    intent = await work.ws.step(_intend, work, outcome, request)
    now = work.ws.now()
    window = window_of(work.ws.clock, now, work.longest)
    if not await work.ws.step(work.ws.store.journal.claim, intent.id, work.lease, now=now):
        raise failed("apply.lease_lost")
    result = await _write(work, outcome, request, window)
    settlement = await work.ws.step(_finish, work, intent, result)
    return _told(request, name, settlement, result.created_id)


def _told(request: EntryRequest, name: str, settlement: Settlement, created: str | None) -> EntryResult:
    state = "waiting" if settlement.state is IntentState.INTENDED else settlement.state.value
    return EntryResult(request.id, request.kind, name, state, settlement.reason, created)
