"""An organization that several customers share: each has the items that its filter lets through."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Final

from trueup.app.errors import failed
from trueup.app.workspace import Workspace
from trueup.core.reason import Reason
from trueup.store.connections import Connection
from trueup.store.tenant_store import TenantStore

if TYPE_CHECKING:
    from trueup.core.counting.scope import OrganizationKey

# ruff: noqa: PLC0415 (expressions are needed where somebody shares an organization, which most MSPs never do)

SHOWN: Final = 10
"""How many items are named."""


def check_share(ws: Workspace, connection: str, text: str) -> None:
    """Refuse a filter that no list of this connection's items can answer.

    Raises ExpressionError with the place of the fault; UseCaseError `customers.share_without_names`,
    `customers.no_items_yet`.
    """
    from trueup.app.counting.item_metrics import wrong
    from trueup.app.counting.vocabulary import vocabulary
    from trueup.core.expression import Kind, parse

    expression = parse(text)
    if not expression.names:
        raise wrong("customers.share_without_names", filter=text)
    kind = ws.store.connections.get(connection).kind
    delivered = ws.store.usage.streams(connection)
    streams = [one for one in vocabulary(ws).streams if one.module == kind and one.stream in delivered]
    if not streams:
        raise failed("customers.no_items_yet", connection=connection)
    fitting = [one for one in streams if set(expression.names) <= set(one.attributes)]
    for stream in fitting or streams:
        expression.check(stream.attributes, Kind.TRUTH)


def refuse_taking_all(store: TenantStore, connection: str, key: str, name: str, customer_id: str) -> None:
    """What several customers share is not given to one of them, or ignored, by the way. Raises UseCaseError
    `customers.shared`."""
    others = _others(store, connection, key, customer_id, shared=True)
    if others:
        raise failed("customers.shared", connection=connection, organization=name, customers=", ".join(others))


def refuse_taking_part(store: TenantStore, connection: str, key: str, name: str, customer_id: str) -> None:
    """Nothing is taken from a customer that has the whole organization. Raises UseCaseError `customers.not_shared`."""
    others = _others(store, connection, key, customer_id, shared=False)
    if others:
        raise failed("customers.not_shared", connection=connection, organization=name, customer=others[0])


def _others(store: TenantStore, connection: str, key: str, customer_id: str, *, shared: bool) -> list[str]:
    return sorted(
        mapping.customer_id
        for mapping in store.customers.mappings(connection=connection)
        if mapping.organization_key == key
        and mapping.customer_id not in (None, customer_id)
        and (mapping.item_filter is not None) is shared
    )


def _filters(store: TenantStore, connection: str | None, key: str | None) -> Mapping[OrganizationKey, list[str]]:
    found: dict[OrganizationKey, list[str]] = defaultdict(list)
    for mapping in store.customers.mappings(connection=connection):
        if mapping.item_filter is not None and key in (None, mapping.organization_key):
            found[mapping.connection, mapping.organization_key].append(mapping.item_filter)
    return found


def _reason(code: str, organization: str, connection: str, names: Iterable[str]) -> tuple[Reason, ...]:
    items = sorted(names, key=str.casefold)
    if not items:
        return ()
    shown = ", ".join(items[:SHOWN]) + (", ..." if len(items) > SHOWN else "")
    place = {"organization": organization, "connection": connection}
    return (Reason.of(code, items=len(items), names=shown, **place),)


def _warnings_of(
    store: TenantStore, connection: Connection, day: date, key: str, name: str, filters: list[str]
) -> tuple[Reason, ...]:
    from trueup.app.counting.countable import called
    from trueup.core.counting.item_filter import Conditions, ItemFilter

    nobody: list[str] = []
    several: list[str] = []
    unjudged: dict[Reason, None] = {}
    for stream, attributes in store.usage.streams(connection.name).items():
        names = called(connection.kind, stream)
        shares = [Conditions(None, ItemFilter(items=text), attributes, names, (day, day)) for text in filters]
        for item in store.usage.items(day, connection.name, stream, (key,)):
            said = [share.on(item, day) for share in shares]
            if said.count(True) > 1:
                several.append(item.name or item.key)
            elif True not in said and None not in said:
                nobody.append(item.name or item.key)
            elif True not in said:
                problems = [share.problem for share, one in zip(shares, said, strict=True) if one is None]
                unjudged |= {problem: None for problem in problems[:1] if problem is not None}
    return (
        *_reason("customers.items_of_nobody", name, connection.name, nobody),
        *_reason("customers.items_of_several", name, connection.name, several),
        *tuple(unjudged)[:1],
    )


def share_warnings(
    store: TenantStore, connection: str | None = None, key: str | None = None
) -> Mapping[OrganizationKey, tuple[Reason, ...]]:
    """What does not add up in shared organizations on their connections' newest days: items that no filter lets
    through, and items that several do, by name. One moment of the database."""
    found: dict[OrganizationKey, tuple[Reason, ...]] = {}
    with store.reading():
        filters = _filters(store, connection, key)
        if not filters:
            return {}
        names = {(one.connection, one.organization.key): one.organization.name for one in store.usage.organizations()}
        for one in store.connections.list("module"):
            day = store.connections.state(one.name).delivered_day
            for place, texts in filters.items():
                if place[0] == one.name and day is not None:
                    found[place] = _warnings_of(store, one, day, place[1], names.get(place, place[1]), texts)
    return {place: reasons for place, reasons in found.items() if reasons}
