"""A past day and how a line's units came to be, as the API gives them."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from trueup.core.usage import Coverage
from trueup.web.api.rule_shapes import RuleAnswer
from trueup.web.api.shapes import Answer, Exact, Told


class CountedAnswer(Answer):
    """What the line's rule counted from day to day; null where that cannot be said."""

    first: date
    last: date
    value: Exact | None


class UnitsFromTo(Answer):
    """Units of the line in the PSA from day to day."""

    first: date
    last: date
    units: int


class LineChangeAnswer(Answer):
    """Something that happened to the line."""

    day: date
    kind: str = Field(description="`item`, `rule`, `mapping`, `written` or `hand`.")
    reason: Told
    evidence: str = Field(description="Digest of the items behind a write; empty for anything else.")


class LineHistoryAnswer(Answer):
    """A line between two days."""

    line: str = Field(validation_alias="line_id")
    customer: str = Field(validation_alias="customer_id")
    customer_name: str
    service_name: str
    contract_name: str
    first: date
    last: date
    units_then: int | None
    units_now: int | None
    count_then: Exact | None
    count_now: Exact | None
    counts: list[CountedAnswer]
    units: list[UnitsFromTo]
    changes: list[LineChangeAnswer]
    came: list[LineChangeAnswer] = Field(description="Items that make the difference between both counts.")
    left: list[LineChangeAnswer]


class MappedThenAnswer(Answer):
    """A decision on an organization that held that day."""

    connection: str
    organization: str
    customer: str | None = Field(validation_alias="customer_id")
    customer_name: str | None
    items: str | None = Field(validation_alias="item_filter")
    decided_by: str


class UnitsThenAnswer(Answer):
    """Units of a line that day."""

    line: str = Field(validation_alias="line_id")
    customer: str = Field(validation_alias="customer_id")
    customer_name: str
    service_name: str
    units: int


class ReadingThenAnswer(Answer):
    """A reading of that day."""

    connection: str
    metric: str
    organization: str
    value: Exact
    coverage: Coverage


class MetricThenAnswer(Answer):
    """A metric of one's own as it was defined that day."""

    key: str
    expression: str
    version: int


class PlanThenAnswer(Answer):
    """The newest plan at the end of that day, and its state then."""

    plan: str = Field(validation_alias="plan_id")
    as_of: date
    state: str
    lines: int


class PastDayAnswer(Answer):
    """What was in force on one day."""

    day: date
    rules: list[RuleAnswer]
    metrics: list[MetricThenAnswer]
    mappings: list[MappedThenAnswer]
    plan: PlanThenAnswer | None
    units: list[UnitsThenAnswer]
    readings: list[ReadingThenAnswer]
