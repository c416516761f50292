"""Services: which rule each follows, its lines, and which billing types feed it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import AliasPath, BeforeValidator, Field

from trueup.app.rulebook.feeding import feeding
from trueup.app.rulebook.services_view import ServiceQuestion, service, services
from trueup.web.api.paging import Cursor, PageAnswer, cursor_at, listing_name, position_of
from trueup.web.api.routing import api_router
from trueup.web.api.rule_shapes import RuleAnswer, RuleShownAnswer, RuleVersionAnswer
from trueup.web.api.shapes import Answer, Exact, Name, joined, told
from trueup.web.asking import ViewerHere

router = api_router("services")


class ServiceAnswer(Answer):
    """A service with lines or a rule."""

    service: str = Field(validation_alias=AliasPath("service", "id"))
    name: str = Field(validation_alias=AliasPath("service", "name"))
    rule: RuleAnswer | None
    lines: int = Field(description="Lines of running contracts.")
    governed: int = Field(description="Those of them that follow usage.")
    excluded: int = Field(validation_alias="left")
    narrower: int = Field(description="Rules of customers, contracts and lines.")


class ServiceLineAnswer(Answer):
    """A line of a service with the rule that governs it; null where nobody follows it."""

    line: str = Field(validation_alias=AliasPath("line", "id"))
    contract: str = Field(validation_alias=AliasPath("contract", "id"))
    contract_name: str = Field(validation_alias=AliasPath("contract", "name"))
    contract_end: date | None = Field(validation_alias=AliasPath("contract", "end"))
    customer: str = Field(validation_alias=AliasPath("contract", "customer_id"))
    customer_name: str
    rule: str | None = Field(validation_alias=AliasPath("rule", "id"), default=None)
    price: Exact | None


class ServiceDetailAnswer(Answer):
    """One service: its own rule, the narrower ones, every version of its own, and a page of its lines."""

    service: str = Field(validation_alias=AliasPath("service", "id"))
    name: str = Field(validation_alias=AliasPath("service", "name"))
    own: RuleShownAnswer | None
    narrower: list[RuleShownAnswer]
    versions: list[RuleVersionAnswer]
    inherit: int = Field(description="Lines that its own rule governs.")
    lines: list[ServiceLineAnswer]
    next: str | None = Field(description="Cursor of the next page of lines; null on the last one.")


class FeedAnswer(Answer):
    """A billing type (or a metric over items) that a rule of a service counts."""

    metric: str
    label: str
    service: str = Field(validation_alias="service_id")
    service_name: str
    own: bool = Field(description="In the service's own rule, and not only in a narrower one or a group.")


class UnusedAnswer(Answer):
    """A billing type that no rule counts."""

    metric: str
    label: str


def _unused(found: object) -> Any:  # noqa: ANN401 - pairs of key and label, or rows already
    pairs = list(found) if isinstance(found, tuple | list) else []
    return [{"metric": key, "label": label} for key, label in pairs]


class FeedsAnswer(Answer):
    """Which billing types feed which services."""

    feeds: list[FeedAnswer]
    unused: Annotated[list[UnusedAnswer], BeforeValidator(_unused)]


def _number(cursor: str | None, of: str) -> int:
    behind = position_of(cursor, of)
    return int(behind[0]) if behind else 1


@router.get("/services", operation_id="listServices")
async def list_services(
    here: ViewerHere,
    text: Annotated[Name | None, Query(description="A part of the name or of what its rule counts.")] = None,
    ruled: Annotated[bool | None, Query(description="Only those with, or without, a rule of their own.")] = None,
    cursor: Cursor = None,
) -> PageAnswer[ServiceAnswer]:
    """Services with lines or a rule, those without a rule first."""
    of = listing_name("listServices", {"text": text, "ruled": ruled})
    found = (await services(here.ws, ServiceQuestion(text or "", ruled, _number(cursor, of)))).page
    items = [told(ServiceAnswer, row, here.said) for row in found.rows]
    return PageAnswer(items=items, next=cursor_at((found.number + 1,), of) if found.number < found.pages else None)


@router.get("/services/{service_id}", operation_id="getService")
async def get_service(
    here: ViewerHere, service_id: Annotated[Name, Path(description="Id of a service.")], cursor: Cursor = None
) -> ServiceDetailAnswer:
    """One service, page by page of its lines."""
    of = listing_name("getService", {"service": service_id})
    found = await service(here.ws, service_id, _number(cursor, of))
    page = found.lines
    behind = cursor_at((page.number + 1,), of) if page.number < page.pages else None
    return told(ServiceDetailAnswer, joined(found, lines=page.rows, next=behind), here.said, found.currency)


@router.get("/feeds", operation_id="listFeeds")
async def list_feeds(here: ViewerHere) -> FeedsAnswer:
    """Which billing types feed which services, and which feed none."""
    return told(FeedsAnswer, await feeding(here.ws), here.said)
