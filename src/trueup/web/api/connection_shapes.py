"""Connections, their kinds and how they stand, as the API gives and takes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from trueup.core.usage import Coverage
from trueup.web.api.shapes import Answer, Asked, Name, Told, ToldFailure, ToldFinding, Words

Role = Literal["psa", "module"]
Secret = Annotated[str, Field(max_length=10_000)]


class FieldAnswer(Answer):
    """One thing that a connection asks for."""

    name: str
    label: str
    secret: bool
    required: bool
    help: str | None
    default: str | None
    choices: list[str]


class KindAnswer(Answer):
    """A product that can be connected."""

    role: Role
    kind: str
    label: str
    delivered: bool = Field(description="Its usage comes by file or push: nothing is asked.")
    known_to_icb: bool
    asked: list[FieldAnswer]


class ConnectionAnswer(Answer):
    """A configured account, without its secrets."""

    connection: str = Field(validation_alias="name")
    role: Role
    kind: str
    settings: Annotated[dict[str, str], BeforeValidator(dict)]
    secret_fields: list[str] = Field(description="Names of the secrets that are kept.")
    added_by: str
    added_at: datetime


class DaySpan(Answer):
    """Days, both included."""

    first: date
    last: date


def _spans(found: object) -> object:
    pairs = list(found) if isinstance(found, tuple | list) else []
    return [{"first": first, "last": last} for first, last in pairs]


Spans = Annotated[list[DaySpan], BeforeValidator(_spans)]


class ProgressAnswer(Answer):
    """How far a collection that runs now has come."""

    started_at: datetime
    stream: str | None
    organizations: int
    items: int


class NextAnswer(Answer):
    """When it is asked next, for which night, and why."""

    at: datetime
    night: date
    why: str


class ModuleAnswer(Answer):
    """How one module stands."""

    connection: str
    kind: str
    state: str
    since: datetime
    pulled: bool
    delivered_day: date | None
    delivered_at: datetime | None
    organizations: int
    items: int
    calls: int
    failure: ToldFailure | None
    failures: int
    progress: ProgressAnswer | None
    next: NextAnswer | None
    asked_at: datetime | None
    lines: int = Field(description="Lines of the newest plan that wait for it.")
    lines_since: date | None
    missed: Spans
    lost: Spans


class DeliveryAnswer(Answer):
    """One collection of one usage day."""

    day: date
    coverage: Coverage
    observed_at: datetime
    provisional: bool
    attempt: int
    state: str = Field(description="`current`, or what took its place.")
    run: str | None = Field(validation_alias="run_id")
    calls: int
    failure: ToldFailure | None
    notes: list[Told]


class ScheduleAnswer(Answer):
    """When one connection is collected. `own`: a person said so."""

    connection: str
    at: str
    zone: str
    on: bool
    own: bool
    asked: bool
    next: NextAnswer | None
    notes: list[Told] = Field(default_factory=list)


class ConnectAsked(Asked):
    """An account. The same name again replaces settings and secrets."""

    role: Role
    kind: Name
    connection: Name
    settings: dict[Name, Words] = Field(default={}, max_length=100)
    secret: dict[Name, Secret] = Field(default={}, max_length=20)
    force: bool = Field(default=False, description="Store it though the live test failed.")


class ConnectedAnswer(Answer):
    """What the live test said."""

    connection: str
    findings: list[ToldFinding]


class CheckAnswer(Answer):
    """The prerequisites, asked one by one."""

    failed: bool
    findings: list[ToldFinding]


class ScheduleAsked(Asked):
    """When a connection is collected; what is left out stays."""

    at: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length=5)] | None = None
    zone: Name | None = None


class SyncedAnswer(Answer):
    """Connections that will be asked as soon as a worker sees it; their progress is in `/modules`."""

    asked: list[str]
