"""Runs, their lines and their proof, as the API gives them."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import AliasPath, Field

from trueup.core.outcome import EntryKind
from trueup.store.journal import IntentState
from trueup.web.api.shapes import Answer, Asked, Exact, Name, Told, Words


class RunStepAnswer(Answer):
    """One step of a run with its numbers."""

    name: str
    state: str
    at: datetime
    numbers: dict[str, int]


class RunHead(Answer):
    """A run as lists show it."""

    run: str = Field(validation_alias="id")
    kind: str
    actor: str
    status: str = Field(description="`running` until it is finished.")
    started_at: datetime
    finished_at: datetime | None
    reasons: list[Told]


class RunAnswer(RunHead):
    """A run. Of one that writes: its plan, so many changes by state, and so many lines that its approvals cover."""

    steps: list[RunStepAnswer]
    plan: str | None
    changes: dict[str, int] | None
    approved: int | None


class UnitStepAnswer(Answer):
    """Units from a day on."""

    start: date
    units: int


class WrittenCostAnswer(Answer):
    """A unit cost that a run wrote into the PSA's catalogue."""

    service: str = Field(validation_alias="service_id")
    before: Exact | None
    after: Exact
    currency: str


class RunLineAnswer(Answer):
    """One change of a run, as the journal has it."""

    change_id: int = Field(validation_alias=AliasPath("intent", "id"))
    line: str = Field(validation_alias=AliasPath("intent", "line_id"))
    customer_name: str
    service_name: str
    day: date = Field(validation_alias=AliasPath("intent", "day"))
    change: int = Field(validation_alias=AliasPath("intent", "change"))
    before: list[UnitStepAnswer] = Field(validation_alias=AliasPath("intent", "before"))
    after: list[UnitStepAnswer] = Field(validation_alias=AliasPath("intent", "after"))
    state: IntentState = Field(validation_alias=AliasPath("intent", "state"))
    tries: int = Field(validation_alias=AliasPath("intent", "tries"))
    sent_at: datetime | None = Field(validation_alias=AliasPath("intent", "sent_at"))
    settled_at: datetime | None = Field(validation_alias=AliasPath("intent", "settled_at"))
    reason: Told | None = Field(validation_alias=AliasPath("intent", "reason"))
    unit_cost: WrittenCostAnswer | None = Field(validation_alias="cost")


class LineProofAnswer(Answer):
    """One line read back."""

    line: str = Field(validation_alias="line_id")
    customer_name: str
    service_name: str
    day: date
    expected: int
    found: int
    right: bool


class EntryProofAnswer(Answer):
    """A service or line that the run created, or a unit cost that it wrote, read back."""

    request: str = Field(validation_alias="request_id")
    kind: EntryKind
    name: str
    created: str | None = Field(validation_alias="created_id")
    expected: int | None
    found: int | None
    expected_cost: Exact | None
    found_cost: Exact | None
    currency: str | None
    right: bool


class BilledProofAnswer(Answer):
    """A posted item beside what the plan had previewed."""

    item: str
    line: str = Field(validation_alias="line_id")
    day: date
    kind: str
    quantity: Exact
    previewed: Exact
    billed: Exact
    agrees: bool
    formula: str | None


class ProofAnswer(Answer):
    """The PSA read again and compared with what was to be there."""

    run: str = Field(validation_alias="run_id")
    plan: str = Field(validation_alias="plan_id")
    right: bool
    lines: list[LineProofAnswer]
    entries: list[EntryProofAnswer]
    billed: list[BilledProofAnswer] = Field(validation_alias=AliasPath("billed", "proofs"))
    billed_problem: Told | None = Field(validation_alias=AliasPath("billed", "problem"))


class UndoAsked(Asked):
    """What to take back."""

    lines: list[Name] | None = Field(default=None, max_length=20_000, description="Null for every line of the run.")
    reason: Words | None = None


class BegunAnswer(Answer):
    """A run that is under way; `Location` is its address."""

    run: str
