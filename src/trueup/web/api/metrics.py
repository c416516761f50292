"""What can be counted: billing types, metrics of one's own, and expressions tried before they are saved."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Path
from pydantic import AliasPath, BeforeValidator, Field

from trueup.app.counting import metrics as use
from trueup.core.usage import Certainty, Coverage, MetricKind
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, Asked, Exact, Name, Told, Words, told
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


@router.put("/{metric}", operation_id="defineMetric")
async def define_metric(here: BillingHere, metric: Key, asked: MetricAsked) -> DefinedAnswer:
    """Save a metric; the newest delivered day is counted at once."""
    done = await use.define(
        here.ws,
        metric,
        asked.expression,
        asked.kind,
        replaces=asked.replace,
        stream=asked.stream,
        same_by=tuple(asked.same_by),
    )
    return told(DefinedAnswer, done, here.said)


@router.delete("/{metric}", operation_id="removeMetric", status_code=204)
async def remove_metric(here: BillingHere, metric: Key) -> None:
    """Take a metric away; its definitions and readings are kept."""
    await use.remove(here.ws, metric)
