"""Where a line's units come from, as the API gives it: items, rule, steps, units, money."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import AliasPath, BeforeValidator, Field

from trueup.core.outcome import EntryKind
from trueup.core.usage import Coverage
from trueup.web.api.catch_up_shapes import CatchUpAnswer
from trueup.web.api.plan_shapes import AdjustmentAnswer, UnitCostChangeAnswer
from trueup.web.api.rule_shapes import RuleAnswer
from trueup.web.api.shapes import Answer, Exact, Told, param_text

Value = Annotated[str | int | bool | None, BeforeValidator(param_text)]


class ItemAnswer(Answer):
    """One counted thing."""

    key: str
    name: str
    attributes: Annotated[dict[str, Value], BeforeValidator(dict)]


class CountAnswer(Answer):
    """What one organization adds to a metric."""

    connection: str
    key: str = Field(validation_alias="organization")
    name: str
    value: Exact | None
    coverage: Coverage
    items: list[ItemAnswer] | None = Field(description="Null where the count comes without its items.")
    problem: Told | None


class MetricAnswer(Answer):
    """One metric of the quantity, with what it counted."""

    name: str
    label: str
    unit: str
    value: Exact | None
    coverage: Coverage
    condition: str | None
    expression: str | None
    parts: list[str]
    organizations: list[CountAnswer] = Field(validation_alias="counts")


class OrganizationAnswer(Answer):
    """An organization whose usage the line bills."""

    connection: str
    key: str
    name: str
    delivered: bool
    failure: Told | None
    gone_since: date | None
    shares: list[str]


class UnitRowAnswer(Answer):
    """Units of the line in the PSA, from day to day."""

    start: date
    end: date
    units: int
    posted: date | None


class PsaAnswer(Answer):
    """The line in the PSA now. `moved` says whether it changed since the plan; null where it was not asked."""

    rows: list[UnitRowAnswer]
    moved: bool | None
    problem: Told | None


class RuleOfLine(Answer):
    """The rule that decided, as it was then."""

    rule: RuleAnswer
    saved_by: str
    saved_at: datetime
    latest_version: int | None


class StepAnswer(Answer):
    """Units from a day on."""

    start: date
    units: int


class ExplanationAnswer(Answer):
    """The whole chain of one line."""

    line: str = Field(validation_alias="line_id")
    plan: str | None = Field(validation_alias="plan_id")
    plan_state: str | None
    as_of: date | None
    status: str | None
    kind: EntryKind
    customer: str = Field(validation_alias="customer_id")
    customer_name: str
    contract: str | None = Field(validation_alias=AliasPath("contract", "id"), default=None)
    contract_name: str
    service: str = Field(validation_alias="service_id")
    service_name: str
    currency: str | None
    price: Exact | None
    rule: RuleOfLine | None
    source_day: date | None
    organizations: list[OrganizationAnswer]
    metrics: list[MetricAnswer] = Field(description="As the plan was made, where `evidence` is not empty; else as now.")
    evidence: str = Field(description="Digest of the items behind the line; empty where nothing would be written.")
    quantity: str
    value: Exact | None
    steps: list[Told]
    before: int | None
    after: int | None
    effective: date | None
    adjustments: list[AdjustmentAnswer]
    expected: list[StepAnswer]
    amount_per_month: Exact | None = Field(validation_alias="recurring")
    amount_now: Exact | None = Field(validation_alias="amount")
    psa: PsaAnswer
    reasons: list[Told]
    releasable: list[str]
    notes: list[Told]
    catch_up: list[CatchUpAnswer]
    unit_cost: UnitCostChangeAnswer | None = Field(validation_alias="cost")
