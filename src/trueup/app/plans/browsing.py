"""A plan as people read it: filtered, grouped, ordered, a page at a time, with what became of each line so far."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, Literal

from trueup.app.errors import failed
from trueup.app.workspace import Workspace
from trueup.core.naming import plain
from trueup.core.outcome import Plan
from trueup.store.errors import StoreError
from trueup.store.journal import IntentState
from trueup.store.plan_projection import Part
from trueup.store.plan_rows import COUNTED, Cursor, PlanRow, PlanTotal, RowFilter
from trueup.store.plans import OPEN, StoredPlan
from trueup.store.tenant_store import TenantStore

Show = Literal["todo", "waits", "changes", "later", "right", "all"]
Group = Literal["customer", "service", "reason"]
Sort = Literal["", "change", "day", "amount"]

SHOWN: Final[Mapping[str, tuple[Part, ...]]] = {
    "todo": (Part.WAITS, Part.CHANGES),
    "waits": (Part.WAITS,),
    "changes": (Part.CHANGES,),
    "later": (Part.LATER,),
    "right": (Part.RIGHT,),
    "all": tuple(Part),
}
NAMES_SOUGHT: Final = 500
PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """What of a plan is asked for. `reason` is one code of those that decide an outcome; `text` a part of a customer's
    or a service's name, or a line's id; `sort` orders all rows by a figure and leaves the groups away; `after` is a
    page's `following`."""

    show: Show = "todo"
    group: Group = "customer"
    sort: Sort = ""
    falling: bool = False
    customer: str = ""
    service: str = ""
    reason: str = ""
    text: str = ""
    after: str = ""
    limit: int = PAGE

    @property
    def order(self) -> str:
        """The order of the rows."""
        return self.sort or self.group

    @property
    def narrowed(self) -> bool:
        """Whether it asks for less than whole parts of the plan."""
        return bool(self.customer or self.service or self.reason or self.text)


@dataclass(frozen=True, slots=True)
class PlanHead:
    """A plan without its lines. `state` is `open`, `superseded`, `expired` (also where its time is over) or `applied`;
    `newest` says whether no plan is younger; `run` made it."""

    plan: Plan
    state: str
    expires_at: datetime
    newest: bool
    run: str | None

    @property
    def is_open(self) -> bool:
        """Whether it may be approved and applied."""
        return self.state == OPEN


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One row with what was said and done about it: who approved it, and what became of its write."""

    row: PlanRow
    approved_by: tuple[str, ...] = ()
    written: str | None = None

    @property
    def needs_two(self) -> bool:
        """Whether two persons must approve it."""
        return any(reason.code == "note.second_approval" for reason in self.row.why)


@dataclass(frozen=True, slots=True)
class PlanGroup:
    """Rows that stand together. `lines` is how many there are in all, also on other pages; None for a flat list."""

    part: Part
    key: str
    name: str
    lines: int | None
    rows: tuple[PlanLine, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A value to filter by, with how many lines of the shown parts it has."""

    key: str
    name: str
    lines: int


@dataclass(frozen=True, slots=True)
class PlanListing:
    """One page of a plan. `matching` is how many rows fit (None: more than `COUNTED`), `following` where the next page
    begins (None: this is the last one)."""

    head: PlanHead
    question: PlanQuestion
    totals: tuple[PlanTotal, ...]
    groups: tuple[PlanGroup, ...]
    matching: int | None
    following: str | None
    services: tuple[Choice, ...]
    reasons: tuple[Choice, ...]
    customer: str | None


def plan_head(ws: Workspace, stored: StoredPlan, newest: bool) -> PlanHead:
    """The head of a stored plan; a synchronous step that writes nothing."""
    expires = stored.plan.created_at + timedelta(hours=ws.store.settings.get().plan_hours)
    over = stored.state == OPEN and ws.now() > expires
    return PlanHead(stored.plan, "expired" if over else stored.state, expires, newest, stored.run_id)


def head_of(ws: Workspace, plan_id: str | None) -> PlanHead | None:
    """The head of a plan, or of the newest one; None where there is none. Raises StoreError `store.unknown_plan`."""
    newest = ws.store.plans.list(limit=1)
    if plan_id is None or (newest and newest[0].plan.id == plan_id):
        return plan_head(ws, newest[0], newest=True) if newest else None
    return plan_head(ws, ws.store.plans.head(plan_id), newest=False)


def with_rows(store: TenantStore, plan_id: str) -> None:
    """See to it that the rows of a plan are at hand: those of old plans are made again."""
    if not store.plan_rows.ready(plan_id):
        store.plan_rows.make(store.plans.get(plan_id).plan)


def _token(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(json.dumps(cursor, ensure_ascii=False).encode()).decode().rstrip("=")


def _cursor(token: str, order: str) -> Cursor | None:
    if not token:
        return None
    lengths = {"customer": 5, "service": 5, "reason": 4}
    try:
        found = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError):
        found = None
    if (
        not isinstance(found, list)
        or len(found) != lengths.get(order, 3)
        or not all(isinstance(part, str | int) and not isinstance(part, bool) for part in found)
        or not isinstance(found[0], int)
        or not isinstance(found[-1], int)
        or any(isinstance(part, int) and abs(part) >= 2**63 for part in found)
    ):
        raise failed("plan.unknown_page")
    return tuple(found)


def row_filter(store: TenantStore, plan_id: str, asked: PlanQuestion, reasons: Sequence[PlanTotal]) -> RowFilter:
    """The question as the rows are filtered by it."""
    names: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    lines: tuple[str, ...] | None = None
    text = plain(asked.text)
    if text:
        line = RowFilter(SHOWN["all"], lines=(asked.text.strip(),))
        if store.plan_rows.count(plan_id, line):
            lines = line.lines
        else:
            found = (store.plan_rows.named(plan_id, what, text, NAMES_SOUGHT) for what in ("customer", "service"))
            names = (next(found), next(found))
    combined = tuple({total.key for total in reasons if asked.reason in total.key.split()}) if asked.reason else None
    return RowFilter(SHOWN[asked.show], asked.customer or None, asked.service or None, combined, names, lines)


def _choices(totals: Sequence[PlanTotal], parts: tuple[Part, ...], *, codes: bool = False) -> tuple[Choice, ...]:
    found: dict[str, Choice] = {}
    for total in totals:
        if total.part in parts:
            for key in total.key.split() if codes else (total.key,):
                before = found.get(key)
                name = key if codes else total.name
                found[key] = Choice(key, name, total.lines + (before.lines if before else 0))
    return tuple(found.values())


def _written(store: TenantStore, plan_id: str) -> Mapping[str, str]:
    """What became of the lines of a plan: the state that is worst of all of a line's changes."""
    order = [state for state in IntentState if state is not IntentState.DONE]
    found: dict[str, IntentState] = {}
    for intent in store.journal.of_plan(plan_id):
        last = found.get(intent.line_id)
        if last is None or (intent.state in order and last is IntentState.DONE):
            found[intent.line_id] = intent.state
    return {line: state.value for line, state in found.items()}


def with_deeds(store: TenantStore, plan_id: str, rows: Sequence[PlanRow]) -> tuple[PlanLine, ...]:
    """Rows with who approved them, and what became of their writes."""
    persons: dict[str, list[str]] = {}
    wanted = {row.digest for row in rows}
    for approval in store.plans.approvals(plan_id):
        for digest in wanted.intersection(approval.digests):
            persons.setdefault(digest, []).append(approval.person)
    written = _written(store, plan_id) if persons else {}
    return tuple(
        PlanLine(row, tuple(dict.fromkeys(persons.get(row.digest, ()))), written.get(row.line_id)) for row in rows
    )


def _grouped(
    store: TenantStore, plan_id: str, asked: PlanQuestion, wanted: RowFilter, lines: Sequence[PlanLine]
) -> tuple[PlanGroup, ...]:
    by = asked.group
    keys = {
        "customer": lambda row: row.customer_id,
        "service": lambda row: row.service_id,
        "reason": lambda row: row.reason,
    }

    def place(line: PlanLine) -> tuple[Part, str]:
        return line.row.part, "" if asked.sort else keys[by](line.row)

    found: list[PlanGroup] = []
    counts: dict[tuple[Part, str], int] = {}
    if not asked.sort:
        for part in {line.row.part for line in lines}:
            on_page = {keys[by](line.row) for line in lines if line.row.part is part}
            if asked.narrowed:
                counts.update(
                    {(part, key): n for key, n in store.plan_rows.groups(plan_id, wanted, by, on_page, part).items()}
                )
            else:
                for total in store.plan_rows.totals(plan_id, by, on_page):
                    if total.part is part:
                        counts[part, total.key] = counts.get((part, total.key), 0) + total.lines
    for (part, key), rows in groupby(lines, key=place):
        together = tuple(rows)
        first = together[0].row
        name = {"customer": first.customer_name, "service": first.service_name, "reason": first.reason}[by]
        found.append(PlanGroup(part, key, "" if asked.sort else name, counts.get((part, key)), together))
    return tuple(found)


def _listing(ws: Workspace, plan_id: str | None, asked: PlanQuestion) -> PlanListing | None:
    store = ws.store
    head = head_of(ws, plan_id)
    if head is None:
        return None
    after = _cursor(asked.after, asked.order)
    found_id = head.plan.id
    with_rows(store, found_id)
    with store.reading():
        totals, services, reasons = (store.plan_rows.totals(found_id, what) for what in ("plan", "service", "reason"))
        wanted = row_filter(store, found_id, asked, reasons)
        rows = store.plan_rows.page(
            found_id, wanted, order=asked.order, falling=asked.falling, after=after, limit=asked.limit + 1
        )
        more = len(rows) > asked.limit
        rows = rows[: asked.limit]
        following = _token(store.plan_rows.cursor(found_id, rows[-1], asked.order)) if more else None
        if asked.narrowed:
            counted = store.plan_rows.count(found_id, wanted)
            matching = counted if counted <= COUNTED else None
        else:
            matching = sum(total.lines for total in totals if total.part in wanted.parts)
        customers = store.plan_rows.totals(found_id, "customer", (asked.customer,)) if asked.customer else ()
        return PlanListing(
            head=head,
            question=asked,
            totals=totals,
            groups=_grouped(store, found_id, asked, wanted, with_deeds(store, found_id, rows)),
            matching=matching,
            following=following,
            services=_choices(services, wanted.parts),
            reasons=_choices(reasons, wanted.parts, codes=True),
            customer=customers[0].name if customers else asked.customer or None,
        )


async def browse(ws: Workspace, plan_id: str | None = None, asked: PlanQuestion | None = None) -> PlanListing | None:
    """One page of a plan, or of the newest one; None where no plan was made yet.

    Raises StoreError `store.unknown_plan`; UseCaseError `plan.unknown_page` for an `after` that is none of ours.
    """
    return await ws.step(_listing, ws, plan_id, asked or PlanQuestion())


@dataclass(frozen=True, slots=True)
class PlanState:
    """What was done with a plan so far: how many outcomes are approved and not written yet, the newest run that wrote
    of it, and of one line, if it was named, who approved it and what became of it."""

    head: PlanHead
    to_write: int
    run: str | None
    line: PlanLine | None


def _state(ws: Workspace, plan_id: str, line: str | None) -> PlanState:
    store = ws.store
    head = head_of(ws, plan_id)
    if head is None:
        raise StoreError("store.unknown_plan", plan=plan_id)
    with_rows(store, plan_id)
    with store.reading():
        approved = {
            digest
            for one in store.plans.approvals(plan_id)
            if one.checksum == head.plan.checksum
            for digest in one.digests
        }
        intents = store.journal.of_plan(plan_id) if approved else ()
        begun = {intent.digest for intent in intents}
        rows = store.plan_rows.page(plan_id, RowFilter(lines=(line,)), limit=1) if line else ()
        return PlanState(
            head,
            len(approved - begun) if head.is_open else 0,
            max(intents, key=lambda one: one.id).run_id if intents else None,
            with_deeds(store, plan_id, rows)[0] if rows else None,
        )


async def plan_state(ws: Workspace, plan_id: str, line: str | None = None) -> PlanState:
    """What was done with a plan, and with one of its lines. Raises StoreError `store.unknown_plan`."""
    return await ws.step(_state, ws, plan_id, line)
