"""Whose usage a rule bills, and which items of it: names turned into what they stand for, checked before saving."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from trueup.app.counting.countable import counted_items
from trueup.app.counting.item_metrics import wrong
from trueup.app.counting.vocabulary import ItemStream, Vocabulary
from trueup.app.errors import failed
from trueup.app.rulebook.rule_draft import RuleDraft
from trueup.core.counting.scope import OrganizationKey
from trueup.core.expression import Kind, parse
from trueup.core.naming import plain
from trueup.core.reason import Reason
from trueup.core.rule import Rule, RuleLevel, Scope, ScopeKind
from trueup.store.organizations import StoredOrganization
from trueup.store.tenant_store import TenantStore


def only_one(found: Iterable[tuple[str, str]], wanted: str, what: str) -> str | None:
    """The id of the one entry with that id, else of the only one with that name. Raises `rules.ambiguous_name`."""
    entries = list(found)
    if any(entry_id == wanted for entry_id, _ in entries):
        return wanted
    same = sorted(entry_id for entry_id, name in entries if plain(name) == plain(wanted))
    if len(same) > 1:
        raise wrong("rules.ambiguous_name", what=what, name=wanted, ids=", ".join(same))
    return same[0] if same else None


def _organization(listed: tuple[StoredOrganization, ...], connections: set[str], text: str) -> OrganizationKey:
    """The organization that `CONNECTION:KEY` means; a name will do where it is the only one, in that connection or,
    where none is given, in all. Raises UseCaseError `rules.unknown_organization`, `rules.ambiguous_name`."""
    connection, colon, rest = text.partition(":")
    named = bool(colon) and connection in connections
    wanted = rest.strip() if named else text.strip()
    fitting = [one for one in listed if not named or one.connection == connection]
    places = [(one.connection, one.organization.key) for one in fitting if one.organization.key == wanted]
    places = places or [
        (one.connection, one.organization.key) for one in fitting if plain(one.organization.name) == plain(wanted)
    ]
    if not places:
        raise failed("rules.unknown_organization", organization=wanted, connection=connection if named else None)
    if len(places) > 1:
        ids = ", ".join(":".join(place) for place in sorted(places))
        raise wrong("rules.ambiguous_name", what="organization", name=wanted, ids=ids)
    return places[0]


def _customer(store: TenantStore, text: str) -> str:
    customers = ((customer.id, customer.name) for customer in store.psa.customers())
    found = only_one(customers, text, "customer")
    if found is None:
        raise failed("customers.unknown_customer", customer=text)
    return found


def with_scope(store: TenantStore, draft: RuleDraft, rule: Rule) -> Rule:
    """The rule with the parts of its scope that the draft says; the others stay as they are. Naming customers takes the
    place of the holder, with or without its sub-organizations.

    Raises UseCaseError `rules.unknown_organization`, `customers.unknown_customer`, `rules.ambiguous_name`.
    """
    scope = rule.scope
    if draft.of_customers is not None:
        named = tuple(dict.fromkeys(_customer(store, text) for text in draft.of_customers))
        scope = replace(scope, kind=ScopeKind.CUSTOMERS, customers=named)
    elif draft.with_children:
        scope = replace(scope, kind=ScopeKind.HOLDER_AND_CHILDREN, customers=())
    if draft.organizations is not None:
        listed = store.usage.organizations()
        connections = {connection.name for connection in store.connections.list("module")}
        places = {_organization(listed, connections, text) for text in draft.organizations}
        scope = replace(scope, organizations=tuple(sorted(places)))
    if draft.items is not None:
        scope = replace(scope, items=draft.items.strip() or None)
    return replace(rule, scope=scope)


def check_items(rule: Rule, known: Vocabulary) -> None:
    """Refuse a filter that cannot be asked of every item that the quantity counts.

    Raises ExpressionError with the place of the fault; UseCaseError `rules.items_not_counted` where a metric has no
    items to filter, `rules.items_not_collected` where none were collected yet.
    """
    if rule.scope.items is None:
        return
    expression = parse(rule.scope.items)
    if not expression.names:
        raise wrong("rules.items_without_names", filter=rule.scope.items)
    streams: dict[tuple[str, str], ItemStream] = {}
    without: list[str] = []
    for name in known.base_types(parse(rule.quantity)):
        one = known.types.get(name) or known.metrics.get(name)
        counted = counted_items(one) if one is not None else None
        if counted is None:
            without.append(name)
            continue
        metric = known.metrics.get(name)
        module = name.partition(".")[0] if metric is None else metric.module or ""
        found = [s for s in known.streams if (s.module, s.stream) == (module, counted.stream)]
        if not found:
            raise failed("rules.items_not_collected", metric=name)
        streams.update({(s.module, s.stream): s for s in found})
    if without:
        raise wrong("rules.items_not_counted", metrics=", ".join(without))
    for stream in streams.values():
        expression.check(stream.attributes, Kind.TRUTH)


def check_scope(store: TenantStore, rule: Rule) -> None:
    """Refuse customers and organizations that do not exist. Raises UseCaseError `customers.unknown_customer`,
    `customers.unknown_organization`."""
    customers = {customer.id for customer in store.psa.customers(with_gone=True)}
    for customer in rule.scope.customers:
        if customer not in customers:
            raise failed("customers.unknown_customer", customer=customer)
    known = {(one.connection, one.organization.key) for one in store.usage.organizations()}
    for connection, key in rule.scope.organizations:
        if (connection, key) not in known:
            raise failed("customers.unknown_organization", connection=connection, organization=key)


def _customers_of(store: TenantStore, rule: Rule) -> set[str] | None:
    """The customers in the scope of the rule's lines; None for a rule of a service, which has many."""
    if rule.scope.kind is ScopeKind.CUSTOMERS:
        return set(rule.scope.customers)
    if rule.level is RuleLevel.SERVICE:
        return None
    holder: str | None = rule.target
    if rule.level is not RuleLevel.CUSTOMER:
        line = next((one for one in store.psa.lines() if one.id == rule.target), None)
        contract_id = line.contract_id if line is not None and rule.level is RuleLevel.LINE else rule.target
        holder = next((one.customer_id for one in store.psa.contracts() if one.id == contract_id), None)
    found = set() if holder is None else {holder}
    if rule.scope.kind is ScopeKind.HOLDER_AND_CHILDREN:
        found |= {one.id for one in store.psa.customers() if one.parent_id == holder}
    return found


def scope_warnings(store: TenantStore, rule: Rule) -> tuple[Reason, ...]:
    """Named organizations that are not mapped to a customer of the scope: they count nothing until they are."""
    if rule.exclude or not rule.scope.organizations:
        return ()
    customers = _customers_of(store, rule)
    if customers is None:
        return ()
    owners: dict[OrganizationKey, set[str]] = {}
    for mapping in store.customers.mappings():
        if mapping.customer_id is not None:
            owners.setdefault((mapping.connection, mapping.organization_key), set()).add(mapping.customer_id)
    names = {(one.connection, one.organization.key): one.organization.name for one in store.usage.organizations()}
    return tuple(
        Reason.of("rules.organization_elsewhere", organization=names.get(place, place[1]), connection=place[0])
        for place in rule.scope.organizations
        if not customers & owners.get(place, set())
    )


def without_scope(scope: Scope, clear: frozenset[str]) -> Scope:
    """The scope with its named parts put back: `customers`, `organizations`, `items`."""
    if "customers" in clear:
        scope = replace(scope, kind=ScopeKind.HOLDER, customers=())
    if "organizations" in clear:
        scope = replace(scope, organizations=())
    return replace(scope, items=None) if "items" in clear else scope
