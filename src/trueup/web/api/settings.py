"""What a tenant chooses, and the numbers of its guard rails."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated

from fastapi import Query, Response
from pydantic import AliasPath, Field, PlainSerializer

from trueup.app.connections.setup import TenantChoices, change_settings, settings_version
from trueup.app.rulebook import rail_settings as rails
from trueup.app.rulebook.rail_settings import RailPlace
from trueup.core.rails.thresholds import ThresholdLevel
from trueup.core.rule import DriftPolicy, Mode
from trueup.core.settings import TenantSettings, UnitCosts
from trueup.web.api.conditional import IfMatch, expected_number, expected_version, with_etag
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Answer, Asked, Days, Name, told
from trueup.web.asking import AdministratorHere, Here, ViewerHere

router = api_router("settings")


class KeepAnswer(Answer):
    """Months that each kind of data is kept after the one that is running; null keeps it for good."""

    usage: int | None
    plans: int | None
    simulations: int | None
    notices: int | None
    pushes: int | None
    runs: int | None


class SettingsAnswer(Answer):
    """A tenant's settings. The numbers of the guard rails are under `/rails`."""

    name: str
    time_zone: str
    currency: str | None
    language: str
    day_close: Annotated[time, PlainSerializer(lambda value: f"{value:%H:%M}", return_type=str)]
    mode: Mode
    drift: DriftPolicy
    unit_costs: UnitCosts
    posted_period: str
    same_day: str
    plan_hours: int
    stale_days: int
    wait_days: int = Field(validation_alias=AliasPath("beside", "wait_days"))
    contest_nights: int = Field(validation_alias=AliasPath("beside", "contest_nights"))
    contest_window: int = Field(validation_alias=AliasPath("beside", "contest_window"))
    keep: KeepAnswer = Field(validation_alias="retention")


class SettingsAsked(Asked):
    """What is to change; what is left out stays."""

    name: Name | None = None
    time_zone: Name | None = Field(default=None, description="Of the IANA list, such as Europe/Paris.")
    currency: Name | None = Field(default=None, description="ISO 4217, such as EUR.")
    language: Name | None = Field(default=None, description="`en` or `fr`.")
    mode: Mode | None = None
    drift: DriftPolicy | None = None
    unit_costs: UnitCosts | None = Field(
        default=None,
        description="Unit costs in the PSA's catalogue: `off`, `propose` in plans, or `write` what was approved.",
    )
    wait_days: Days | None = None
    contest_nights: Days | None = None
    contest_window: Days | None = None
    keep: dict[Name, Name] | None = Field(
        default=None, max_length=10, description="Months by kind of data, or `always`; kinds that are left out stay."
    )


class RailNumberAnswer(Answer):
    """One number, and where it comes from."""

    name: str
    value: str
    origin: str


class RailsAnswer(Answer):
    """The numbers that hold at one place."""

    level: ThresholdLevel
    target: str
    name: str
    numbers: list[RailNumberAnswer]
    version: int | None
    saved_by: str | None
    saved_at: datetime | None


class RailsSavedAnswer(Answer):
    """The numbers that hold now."""

    rails: RailsAnswer = Field(validation_alias="shown")
    changed: bool


class PlaceAsked(Asked):
    """A place: a service, a line, or the tenant where neither is named."""

    service: Name | None = None
    line: Name | None = None


class SetRailsAsked(PlaceAsked):
    """Numbers by their names."""

    numbers: dict[Name, Name] = Field(max_length=100)


class ClearRailsAsked(PlaceAsked):
    """Numbers to be taken away; an empty list means all."""

    names: list[Name] = Field(default=[], max_length=100)


def _shown(response: Response, here: Here, found: TenantSettings) -> SettingsAnswer:
    with_etag(response, settings_version(found))
    return told(SettingsAnswer, found, here.said)


@router.get("/settings", operation_id="getSettings")
async def get_settings(response: Response, here: ViewerHere) -> SettingsAnswer:
    """The tenant's settings, with an ETag."""
    return _shown(response, here, await here.ws.step(here.ws.store.settings.get))


@router.patch("/settings", operation_id="changeSettings")
async def patch_settings(
    response: Response, here: AdministratorHere, asked: SettingsAsked, if_match: IfMatch = None
) -> SettingsAnswer:
    """Change settings; each change is in the audit trail."""
    choices = TenantChoices(**{name: getattr(asked, name) for name in SettingsAsked.model_fields})
    return _shown(response, here, await change_settings(here.ws, choices, expected_version(if_match)))


def _saved(response: Response, here: Here, done: rails.RailsSaved) -> RailsSavedAnswer:
    with_etag(response, done.shown.version or 0)
    return told(RailsSavedAnswer, done, here.said)


@router.get("/rails", operation_id="listRails")
async def list_rails(
    response: Response,
    here: ViewerHere,
    service: Annotated[Name | None, Query()] = None,
    line: Annotated[Name | None, Query()] = None,
) -> list[RailsAnswer]:
    """The numbers that hold for the tenant and every place with numbers of its own, or for one place. The ETag is the
    version of the first, 0 where nothing was set."""
    found = await rails.rails_listing(here.ws, RailPlace(service, line))
    with_etag(response, found[0].version or 0)
    return [told(RailsAnswer, one, here.said) for one in found]


@router.post("/rails", operation_id="setRails")
async def set_rails(
    response: Response, here: AdministratorHere, asked: SetRailsAsked, if_match: IfMatch = None
) -> RailsSavedAnswer:
    """Set numbers of one place; the names are in docs/guardrails.md."""
    place, expected = RailPlace(asked.service, asked.line), expected_number(if_match)
    return _saved(response, here, await rails.set_rails(here.ws, place, asked.numbers, expected=expected))


@router.post("/rails/clear", operation_id="clearRails")
async def clear_rails(
    response: Response, here: AdministratorHere, asked: ClearRailsAsked, if_match: IfMatch = None
) -> RailsSavedAnswer:
    """Take numbers of one place away: the wider ones hold again."""
    place, expected = RailPlace(asked.service, asked.line), expected_number(if_match)
    return _saved(response, here, await rails.clear_rails(here.ws, place, asked.names, expected))
