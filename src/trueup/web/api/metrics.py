"""What can be counted: billing types, metrics of one's own, and expressions tried before they are saved."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import Path, Response
from pydantic import AliasPath, BeforeValidator, Field

from trueup.app.counting import history
from trueup.app.counting import metrics as use
from trueup.core.usage import Certainty, Coverage, MetricKind
from trueup.web.api.conditional import IfMatch, expected_number, with_etag
from trueup.web.api.paging import Cursor, cursor_at, listing_name, position_of
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, Asked, Exact, Name, Told, Words, joined, told
from trueup.web.asking import BillingHere, ViewerHere

router = api_router("metrics", "/metrics")

Key = Annotated[Name, Path(description="Name of a metric.")]


class BillingTypeAnswer(Answer):
    """What a module counts, with its total on the newest day."""

    key: str = Field(validation_alias=AliasPath("type", "key"))
    label: str = Field(validation_alias=AliasPath("type", "label"))
    kind: MetricKind = Field(validation_alias=AliasPath("type", "kind"))
    unit: str = Field(validation_alias=AliasPath("type", "unit"))
    certainty: Certainty = Field(validation_alias=AliasPath("type", "certainty"))
    condition: str | None = Field(validation_alias=AliasPath("type", "condition"))
    total: Exact | None
    coverage: Coverage
    day: date | None


class OwnMetricAnswer(Answer):
    """A metric that a person defined."""

    key: str = Field(validation_alias=AliasPath("metric", "key"))
    expression: str = Field(validation_alias=AliasPath("metric", "expression"))
    kind: MetricKind = Field(validation_alias=AliasPath("metric", "kind"))
    version: int = Field(validation_alias=AliasPath("metric", "version"))
    stream: str | None = Field(validation_alias=AliasPath("metric", "stream"))
    same_by: list[str] = Field(validation_alias=AliasPath("metric", "same_by"))
    over_items: bool
    used_by: list[str]
    total: Exact | None
    day: date | None


class MetricsAnswer(Answer):
    """Everything that can be counted."""

    billing_types: list[BillingTypeAnswer] = Field(validation_alias="types")
    metrics: list[OwnMetricAnswer]


class CountedAnswer(Answer):
    """So many on the newest day of a connection."""

    connection: str
    day: date
    total: Exact


class DefinedAnswer(Answer):
    """A metric as saved, and how many it counts now."""

    key: str = Field(validation_alias=AliasPath("metric", "key"))
    version: int = Field(validation_alias=AliasPath("metric", "version"))
    over_items: bool
    counted: list[CountedAnswer]


class TriedValueAnswer(Answer):
    """What an expression comes to for one organization or customer."""

    connection: str | None
    key: str
    name: str
    customer: str | None = Field(validation_alias="customer_id")
    value: Exact | None
    coverage: Coverage
    metrics: Annotated[dict[str, Exact], BeforeValidator(dict)]
    problem: Told | None


class TriedAnswer(Answer):
    """What an expression comes to on the newest day."""

    expression: str
    over_items: bool
    day: date
    organizations: list[TriedValueAnswer]
    customers: list[TriedValueAnswer]


class MetricDayAnswer(Answer):
    """The total of all organizations on one day; null where a source of it said nothing."""

    day: date
    value: Exact | None
    coverage: Coverage


class MetricValueAnswer(Answer):
    """The newest value of one organization, and whose it is."""

    connection: str
    organization: str
    customer: str | None = Field(validation_alias="customer_id")
    customer_name: str | None
    value: Exact
    coverage: Coverage


class MetricVersionAnswer(Answer):
    """One definition of a metric."""

    version: int
    expression: str
    saved_by: str
    saved_at: datetime


class MetricDetailAnswer(Answer):
    """One billing type or metric. A metric over billing types has no history: `tried` is what it comes to now."""

    key: str
    label: str | None = Field(validation_alias=AliasPath("type", "label"), default=None)
    expression: str | None = Field(validation_alias=AliasPath("metric", "expression"), default=None)
    versions: list[MetricVersionAnswer] = Field(description="Of a metric of one's own, the newest first.")
    days: list[MetricDayAnswer]
    used_by: list[str]
    tried: TriedAnswer | None
    values: list[MetricValueAnswer]
    next: str | None = Field(description="Cursor of the next page of values; null on the last one.")


class MetricAsked(Asked):
    """A metric: an expression over billing types, or over the attributes of items."""

    expression: Words
    kind: MetricKind = MetricKind.LEVEL
    stream: Name | None = Field(default=None, description="Stream of the items, where several could be meant.")
    same_by: list[Name] = Field(default=[], max_length=10, description="Attributes that make two items the same.")
    replace: bool = Field(default=False, description="Say that a metric of the name is meant to change.")


class ExpressionAsked(Asked):
    """An expression to be tried."""

    expression: Words


@router.get("", operation_id="listMetrics")
async def list_metrics(here: ViewerHere) -> MetricsAnswer:
    """Billing types of the connected modules, and metrics of one's own."""
    return told(MetricsAnswer, await use.listing(here.ws), here.said)


@router.post("/try", operation_id="tryExpression")
async def try_expression(here: ViewerHere, asked: ExpressionAsked) -> TriedAnswer:
    """Work an expression out for every organization and customer on the newest day; nothing is saved."""
    return told(TriedAnswer, await use.test(here.ws, asked.expression), here.said)


@router.get("/{metric}", operation_id="getMetric")
async def get_metric(response: Response, here: ViewerHere, metric: Key, cursor: Cursor = None) -> MetricDetailAnswer:
    """One billing type or metric: its history, the values of organizations page by page, and who uses it. The ETag of a
    metric of one's own is its version."""
    of = listing_name("getMetric", {"metric": metric})
    behind = position_of(cursor, of)
    found = await history.metric(here.ws, metric, int(behind[0]) if behind else 1)
    page = found.values
    with_etag(response, found.metric.version if found.metric else 0)
    following = cursor_at((page.number + 1,), of) if page.number < page.pages else None
    return told(MetricDetailAnswer, joined(found, values=page.rows, next=following), here.said)


@router.put("/{metric}", operation_id="defineMetric")
async def define_metric(
    response: Response, here: BillingHere, metric: Key, asked: MetricAsked, if_match: IfMatch = None
) -> DefinedAnswer:
    """Save a metric; the newest delivered day is counted at once."""
    done = await use.define(
        here.ws,
        metric,
        asked.expression,
        asked.kind,
        replaces=asked.replace,
        stream=asked.stream,
        same_by=tuple(asked.same_by),
        expected=expected_number(if_match),
    )
    with_etag(response, done.metric.version)
    return told(DefinedAnswer, done, here.said)


@router.delete("/{metric}", operation_id="removeMetric", status_code=204)
async def remove_metric(here: BillingHere, metric: Key) -> None:
    """Take a metric away; its definitions and readings are kept."""
    await use.remove(here.ws, metric)
