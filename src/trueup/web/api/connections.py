"""Connections: what can be connected, the live test, and what was delivered."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import Path, Query

from trueup.app.clock import usage_day
from trueup.app.connections import checking, setup
from trueup.app.connections.kinds import kinds
from trueup.core.finding import FindingState
from trueup.web.api.connection_shapes import (
    CheckAnswer,
    ConnectAsked,
    ConnectedAnswer,
    ConnectionAnswer,
    DeliveryAnswer,
    KindAnswer,
)
from trueup.web.api.routing import api_router
from trueup.web.api.shapes import Day, Name, told
from trueup.web.asking import AdministratorHere, BillingHere, ViewerHere

router = api_router("connections")

ConnectionName = Annotated[Name, Path(description="Name of a connection.")]


@router.get("/kinds", operation_id="listKinds")
async def list_kinds(here: ViewerHere) -> list[KindAnswer]:
    """What can be connected, with the settings and secrets that each kind asks for."""
    return [told(KindAnswer, one, here.said) for one in await here.ws.step(kinds)]


@router.get("/check", operation_id="checkPrerequisites")
async def check_prerequisites(
    here: BillingHere, facts: Annotated[bool, Query(description="Facts about the PSA too.")] = False
) -> CheckAnswer:
    """Ask the prerequisites, live and one by one: the store, the PSA, each module, and what only a person can say."""
    findings = await checking.check(here.ws, facts)
    failed = any(one.state is FindingState.FAILED for one in findings)
    return told(CheckAnswer, {"failed": failed, "findings": findings}, here.said)


@router.get("/connections", operation_id="listConnections")
async def list_connections(here: ViewerHere) -> list[ConnectionAnswer]:
    """Connections in use, by name, without their secrets."""
    return [told(ConnectionAnswer, one, here.said) for one in await here.ws.step(here.ws.store.connections.list)]


@router.post("/connections", operation_id="connect", status_code=201)
async def connect(here: AdministratorHere, asked: ConnectAsked) -> ConnectedAnswer:
    """Try an account live, then store it. Refused with the findings where address or credentials do not work."""
    use = setup.connect_psa if asked.role == "psa" else setup.connect_module
    findings = await use(here.ws, asked.kind, asked.connection, asked.settings, asked.secret, force=asked.force)
    return told(ConnectedAnswer, {"connection": asked.connection, "findings": findings}, here.said)


@router.delete("/connections/{connection}", operation_id="disconnect", status_code=204)
async def disconnect(here: AdministratorHere, connection: ConnectionName) -> None:
    """Take a connection out of use and destroy its secrets; what it delivered stays on record."""
    await setup.disconnect(here.ws, connection)


@router.get("/connections/{connection}/deliveries", operation_id="listDeliveries")
async def list_deliveries(
    here: ViewerHere,
    connection: ConnectionName,
    last: Annotated[Day | None, Query(description="The newest day wanted; null for today's.")] = None,
    days: Annotated[int, Query(ge=1, le=366, description="So many days.")] = 30,
) -> list[DeliveryAnswer]:
    """Collections of usage days, every attempt, oldest day first. A day without one is unknown, never zero."""
    settings = await here.ws.step(here.ws.store.settings.get)
    until = min(last or usage_day(here.ws.now(), settings) + timedelta(days=1), date(9000, 1, 1))
    first = until - min(timedelta(days=days - 1), until - date.min)
    usage = here.ws.store.usage
    found = await here.ws.step(usage.deliveries, connection, first, until, all_attempts=True)
    return [told(DeliveryAnswer, one, here.said) for one in found]
