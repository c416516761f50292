"""Take a decision on an organization back, as if it had not been made: on the day it was made, by anybody.

A decision of an earlier day has been planned by, so it is ended or replaced from today on instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from trueup.app.errors import UseCaseError, failed
from trueup.app.mapping.customers import known_organization
from trueup.app.mapping.versions import refuse_changed
from trueup.app.workspace import Workspace
from trueup.core.reason import Reason


@dataclass(frozen=True, slots=True)
class DecisionPlace:
    """One organization, with the version of the decisions that the person saw."""

    connection: str
    key: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of taking back several decisions: the organizations as they were before, and what was refused."""

    done: tuple[DecisionPlace, ...]
    refused: tuple[Reason, ...] = ()


def _undo(ws: Workspace, place: DecisionPlace) -> None:
    store = ws.store
    with store.writing():
        organization = known_organization(store, place.connection, place.key)
        refuse_changed(store, place.connection, place.key, organization.name, place.version)
        zone = ZoneInfo(store.settings.get().time_zone)
        made = store.customers.decided_last(place.connection, place.key)
        if made is None:
            raise failed("customers.nothing_to_undo", connection=place.connection, organization=organization.name)
        if made.astimezone(zone).date() != ws.now().astimezone(zone).date():
            raise failed("customers.undo_too_late", organization=organization.name, day=made.astimezone(zone).date())
        store.customers.take_back(place.connection, place.key, ws.actor, now=ws.now())
        detail = Reason.of(
            "audit.mapping_undone", connection=place.connection, organization=place.key, name=organization.name
        )
        store.audit.add(ws.actor, "customer.undone", detail, now=ws.now())


async def undo(ws: Workspace, place: DecisionPlace) -> None:
    """Take the newest decision on an organization back: what it said never held, and what it ended goes on.

    Raises UseCaseError `customers.unknown_organization`, `customers.nothing_to_undo`, `customers.undo_too_late`, and
    `customers.changed_meanwhile` (exit code 4).
    """
    await ws.step(_undo, ws, place)


def _undo_all(ws: Workspace, places: Sequence[DecisionPlace]) -> Undone:
    done: list[DecisionPlace] = []
    reasons: list[Reason] = []
    for place in places:
        try:
            _undo(ws, place)
        except UseCaseError as error:
            reasons.append(error.reason)
        else:
            done.append(place)
    return Undone(tuple(done), tuple(reasons))


async def undo_all(ws: Workspace, places: Sequence[DecisionPlace]) -> Undone:
    """The same for several, such as those accepted in bulk; one that moved meanwhile does not hold the others."""
    return await ws.step(_undo_all, ws, tuple(places))
