"""Plans, outcomes, approvals and releases as the API gives them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AliasPath, Field

from trueup.core.outcome import EntryKind, OutcomeStatus
from trueup.web.api.shapes import Answer, Asked, Day, Exact, Name, Told, Words


class WorthAnswer(Answer):
    """Totals of the lines of one status in one currency."""

    status: OutcomeStatus
    currency: str | None
    lines: int
    unpriced_lines: int = Field(validation_alias="unpriced")
    amount_per_month: Exact = Field(validation_alias="monthly")
    amount_now: Exact = Field(validation_alias="now")


class PlanHead(Answer):
    """A plan as lists show it."""

    plan: str = Field(validation_alias=AliasPath("plan", "id"))
    as_of: date = Field(validation_alias=AliasPath("plan", "as_of"), description="The usage day that it plans for.")
    created_at: datetime = Field(validation_alias=AliasPath("plan", "created_at"))
    state: str = Field(description="`open`, `superseded`, `expired` or `applied`.")
    state_at: datetime
    superseded_by: str | None
    run: str | None = Field(validation_alias="run_id", description="The run that made it.")
    checksum: str = Field(validation_alias=AliasPath("plan", "checksum"), description="Send it with an approval.")


class PlanAnswer(PlanHead):
    """A plan: so many lines of each status, and what they are worth."""

    counts: dict[str, int]
    totals: list[WorthAnswer]
    notes: list[Told] = Field(validation_alias=AliasPath("plan", "notes"))


class AdjustmentAnswer(Answer):
    """One dated change of units."""

    day: date
    change: int
    amount: Exact | None = Field(description="Effect on the open periods, prorated.")
    recurring: Exact | None = Field(description="Effect a month.")
    period_start: date | None
    period_end: date | None
    estimated: bool


class UnitCostChangeAnswer(Answer):
    """The unit cost of a service in the PSA's catalogue, for one of its periods."""

    before: Exact | None
    after: Exact
    currency: str
    units: int = Field(description="Units of its lines on the usage day.")
    margin_per_month: Exact | None = Field(
        validation_alias="margin",
        description="What it does to their margin as the PSA reckons it; nobody is billed by it.",
    )


class OutcomeAnswer(Answer):
    """What a plan says about one line or entry."""

    line: str = Field(validation_alias="line_id")
    kind: EntryKind
    status: OutcomeStatus
    customer: str = Field(validation_alias="customer_id")
    customer_name: str
    contract: str = Field(validation_alias="contract_id")
    contract_name: str
    service: str = Field(validation_alias="service_id")
    service_name: str
    before: int | None
    after: int | None
    effective: date | None
    currency: str | None
    price: Exact | None
    amount_per_month: Exact | None = Field(validation_alias="recurring")
    amount_now: Exact | None = Field(validation_alias="amount")
    adjustments: list[AdjustmentAnswer]
    reasons: list[Told]
    releasable: list[str] = Field(description="Guard rails that hold it and that an approver may release.")
    first_time: bool = Field(description="A rule takes it over with this plan.")
    guessed: bool
    rule: str | None = Field(validation_alias="rule_id")
    mode: str
    digest: str
    unit_cost: UnitCostChangeAnswer | None = Field(
        validation_alias="cost", description="Set where `kind` is `unit_cost`; there are no units then."
    )


class ApprovalAnswer(Answer):
    """Who approved what."""

    plan: str = Field(validation_alias="plan_id")
    checksum: str
    person: str
    reason: str
    at: datetime
    digests: list[str]


class PreviewedWorth(Answer):
    """Lines in one currency, and what they would change."""

    currency: str | None
    lines: int
    customers: int
    amount_per_month: Exact = Field(validation_alias="monthly")
    amount_now: Exact = Field(validation_alias="amount", description="Effect on the open periods, prorated.")


class ApprovalPreviewAnswer(Answer):
    """What an approval would cover."""

    plan: str = Field(validation_alias=AliasPath("head", "plan", "id"))
    checksum: str = Field(description="Send it with the approval.")
    state: str = Field(validation_alias=AliasPath("head", "state"))
    expires_at: datetime = Field(validation_alias=AliasPath("head", "expires_at"))
    lines: int = Field(validation_alias="count")
    worth: list[PreviewedWorth]


class SecondApproval(Answer):
    """A line that needs one more person."""

    line: str
    approved_by: list[str]


class ApprovedAnswer(Answer):
    """What an approval covers."""

    approval: ApprovalAnswer
    lines: list[str]
    released: list[str] = Field(description="Lines whose guard rails were released with it.")
    second_approval: list[SecondApproval]


class ReleaseAnswer(Answer):
    """A guard rail that a person released, for one line, target and date."""

    rail: str = Field(validation_alias=AliasPath("release", "rail"))
    line: str = Field(validation_alias=AliasPath("release", "line_id"))
    units: int = Field(validation_alias=AliasPath("release", "after"))
    day: date = Field(validation_alias=AliasPath("release", "effective"))
    person: str
    reason: str
    at: datetime
    ended_at: datetime | None


class AdoptedAnswer(Answer):
    """A line that was decided, with its new rule."""

    line: str = Field(validation_alias=AliasPath("outcome", "line_id"))
    rule: str = Field(validation_alias=AliasPath("rule", "id"))


class AdoptedList(Answer):
    """Lines that were decided."""

    adopted: list[AdoptedAnswer]


Lines = Annotated[list[Name] | None, Field(description="Ids of lines; null for all that fit.", max_length=20_000)]


class MakePlan(Asked):
    """What to plan."""

    as_of: Day | None = Field(default=None, description="A usage day; null for the newest one.")


class Part(Asked):
    """A part of a plan: named lines, or those of a customer, a service or an allocation group."""

    lines: Lines = None
    customer: Name | None = None
    service: Name | None = None
    group: Name | None = None


class Approve(Part):
    """A person's yes."""

    checksum: Name = Field(description="The plan's, as it was shown: another plan is refused.")
    releases: list[Name] = Field(default=[], max_length=50, description="Guard rails to release for these lines.")
    reason: Words | None = Field(default=None, description="Needed where something is released.")


class Adopt(Part):
    """What becomes of lines that a rule takes over for the first time."""

    choice: Literal["offset", "minimum", "exclude"] = Field(
        description="A line that simply follows is approved instead."
    )
    reason: Words
