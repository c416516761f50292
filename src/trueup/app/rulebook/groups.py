"""Allocation groups: one quantity for several lines, checked before anything is saved.

A group governs its lines whatever the rules of their service, customer or contract say. A rule of a line itself and a
group exclude each other, so that it is never a question which of the two counts.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime

from trueup.app.clock import usage_day
from trueup.app.connections.known_psa import PsaNames, asked_again, lines_known
from trueup.app.counting.item_metrics import wrong
from trueup.app.counting.twice_counted import counted_twice
from trueup.app.counting.vocabulary import vocabulary
from trueup.app.errors import failed, refused
from trueup.app.rulebook.drafting import RuleRefusedError, check_quantity
from trueup.app.rulebook.rule_draft import RuleDraft, rule_from
from trueup.app.workspace import Workspace
from trueup.core.contract import Contract, Line
from trueup.core.dates.succession import Succession
from trueup.core.expression import parse
from trueup.core.quantities.allocation import AllocationGroup, GroupLine, as_rule, rules_of
from trueup.core.quantities.policy_check import policy_faults
from trueup.core.reason import Reason
from trueup.core.rule import Rule, RuleLevel, ScopeKind, Window
from trueup.store.tenant_store import TenantStore

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
_PERIOD_WINDOWS = (Window.BILLING_PERIOD_CURRENT, Window.BILLING_PERIOD_PREVIOUS)

GIVEN = tuple[str, int | None]
"""A line by its id with its cap."""


@dataclass(frozen=True, slots=True)
class GroupSaved:
    """A group as saved. `changed` is false when it was so already; `warnings` are worth a look."""

    group: AllocationGroup
    changed: bool
    warnings: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupListed:
    """A group in force, with names: the customer's, and of each line its service and contract."""

    group: AllocationGroup
    customer_name: str
    line_names: tuple[str, ...]
    saved_by: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class GroupVersionShown:
    """Who saved a version of a group, and when; `latest_version` tells whether it changed since (None: removed)."""

    saved_by: str
    saved_at: datetime
    latest_version: int | None


def _known(store: TenantStore, given: tuple[GIVEN, ...]) -> tuple[tuple[GroupLine, Line, Contract], ...]:
    lines = {line.id: line for line in store.psa.lines()}
    contracts = {contract.id: contract for contract in store.psa.contracts()}
    found: list[tuple[GroupLine, Line, Contract]] = []
    for line_id, cap in given:
        line = lines.get(line_id)
        contract = contracts.get(line.contract_id) if line else None
        if line is None or contract is None:
            raise failed("group.unknown_line", line=line_id)
        found.append((GroupLine(line.id, line.contract_id, line.service_id, cap), line, contract))
    return tuple(found)


def _refuse_order(name: str, given: tuple[GIVEN, ...]) -> None:
    """Refuse lines that cannot be poured into one after the other."""
    if not _NAME.fullmatch(name):
        raise wrong("group.name_form", name=name)
    if len(given) < 2:
        raise wrong("group.too_few_lines", group=name)
    twice = [line for line, count in Counter(line for line, _ in given).items() if count > 1]
    if twice:
        raise wrong("group.line_twice", line=twice[0])
    for line, cap in given:
        if cap is not None and cap < 0:
            raise wrong("group.cap_negative", line=line, cap=cap)
    for line, cap in given[:-1]:
        if cap is None:
            raise wrong("group.cap_missing", line=line)


def _refuse_claimed(store: TenantStore, name: str, given: tuple[GIVEN, ...]) -> None:
    """Refuse a line that something else governs already: another group, or a rule of the line itself."""
    renewed = Succession.of(store.renewals.list())
    ids = {before for line, _ in given for before in (line, *renewed.lines_before(line))}
    for other in store.groups.list():
        taken = [place.line_id for place in other.lines if place.line_id in ids]
        if other.name != name and taken:
            raise wrong("group.line_elsewhere", line=taken[0], group=other.name)
    for rule in store.rules.list():
        if rule.level is RuleLevel.LINE and rule.target in ids:
            raise wrong("group.line_has_rule", line=rule.target, rule=rule.id)


def _refuse_customers(store: TenantStore, rule: Rule, contracts: tuple[Contract, ...]) -> None:
    """Refuse lines of a customer whose usage the group does not count."""
    holder = contracts[0].customer_id
    counted = {holder, *rule.scope.customers}
    if rule.scope.kind is ScopeKind.HOLDER_AND_CHILDREN:
        counted |= {one.id for one in store.psa.customers() if one.parent_id == holder}
    for contract in contracts:
        if contract.customer_id not in counted:
            names = {one.id: one.name for one in store.psa.customers(with_gone=True)}
            other = names.get(contract.customer_id, contract.customer_id)
            raise wrong("group.other_customer", contract=contract.name, customer=other)


def _places(
    before: AllocationGroup | None, known: tuple[tuple[GroupLine, Line, Contract], ...]
) -> tuple[GroupLine, ...]:
    """The lines in their new order; what was said about a line of the group before stays."""
    kept = {place.line_id: place for place in before.lines} if before else {}
    return tuple(
        replace(place, policy=kept[place.line_id].policy, timing=kept[place.line_id].timing)
        if place.line_id in kept
        else place
        for place, _, _ in known
    )


def _in_force(store: TenantStore, name: str) -> AllocationGroup | None:
    return next((group for group in store.groups.list() if group.name == name), None)


def _unchanged(name: str, before: AllocationGroup | None, expected: int | None) -> None:
    """Refuse a change that was meant for another version than the one in force; 0 is that of no group."""
    if expected is not None and expected != (before.version if before else 0):
        raise refused("group.changed_meanwhile", group=name)


def _save(ws: Workspace, group: AllocationGroup, before: AllocationGroup | None) -> tuple[AllocationGroup, bool]:
    store = ws.store
    saved = store.groups.save(group, ws.actor, now=ws.now())
    changed = before is None or saved.version != before.version
    if changed:
        lines = ", ".join(f"{one.line_id}:{one.cap}" if one.cap is not None else one.line_id for one in saved.lines)
        detail = Reason.of(
            "audit.group_saved", group=saved.name, version=saved.version, quantity=saved.quantity, lines=lines
        )
        store.audit.add(ws.actor, "group.saved", detail, now=ws.now())
    return saved, changed


def _set(ws: Workspace, name: str, given: tuple[GIVEN, ...], draft: RuleDraft, expected: int | None) -> GroupSaved:
    store = ws.store
    with store.writing():
        before = _in_force(store, name)
        _unchanged(name, before, expected)
        if not given and before is not None:
            given = tuple((place.line_id, place.cap) for place in before.lines)
        _refuse_order(name, given)
        known = _known(store, given)
        _refuse_claimed(store, name, given)
        today = usage_day(ws.now(), store.settings.get())
        place = Rule(f"group-{name}", RuleLevel.LINE, "", "")
        rule = rule_from(draft, place, as_rule(before) if before else None, None, today)
        if rule.policy.window in _PERIOD_WINDOWS:
            raise RuleRefusedError((Reason.of("group.window", window=rule.policy.window.value),))
        words = vocabulary(ws)
        check_quantity(rule, words)
        twice = counted_twice(store, words, parse(rule.quantity))
        if twice and not draft.counts_twice and (before is None or before.quantity != rule.quantity):
            raise RuleRefusedError(twice)
        contracts = tuple(contract for _, _, contract in known)
        _refuse_customers(store, rule, contracts)
        group = AllocationGroup(
            name=name,
            customer_id=contracts[0].customer_id,
            quantity=rule.quantity,
            lines=_places(before, known),
            policy=rule.policy,
            timing=rule.timing,
            scope=rule.scope,
            flag_meaning=rule.flag_meaning,
            override=rule.override,
            mode=rule.mode,
            cutover=rule.cutover,
        )
        saved, changed = _save(ws, group, before)
    return GroupSaved(saved, changed, twice)


async def set_group(
    ws: Workspace, name: str, lines: tuple[GIVEN, ...], draft: RuleDraft, expected: int | None = None
) -> GroupSaved:
    """Save a group, or change the one of that name (version + 1). `lines` are ids with caps in the order in which they
    take; empty keeps those of the group. What the draft leaves open stays, as for rules. `expected` is the version that
    the person saw, 0 for a new group.

    Raises ExpressionError; RuleRefusedError with `policy.*`, `group.window` or `rules.counts_twice`; UseCaseError
    `group.name_form`, `group.too_few_lines`, `group.line_twice`, `group.cap_negative`, `group.cap_missing`,
    `group.unknown_line`, `group.line_elsewhere`, `group.line_has_rule`, `group.other_customer`, `rules.*`; with exit
    code 4 `group.changed_meanwhile`.
    """
    await lines_known(ws)
    return await asked_again(
        lambda: ws.step(_set, ws, name, lines, draft, expected),
        ("group.unknown_line",),
        lambda: lines_known(ws, again=True),
    )


def _set_line(ws: Workspace, name: str, line_id: str, draft: RuleDraft, expected: int | None) -> GroupSaved:
    store = ws.store
    with store.writing():
        group = _in_force(store, name)
        if group is None:
            raise failed("group.unknown", group=name)
        _unchanged(name, group, expected)
        place = next((one for one in group.lines if one.line_id == line_id), None)
        if place is None:
            raise failed("group.line_not_in", group=name, line=line_id)
        base = Rule(group.rule_id, RuleLevel.LINE, place.service_id, line_id, group.quantity)
        now = replace(base, policy=place.policy, timing=place.timing or group.timing)
        today = usage_day(ws.now(), store.settings.get())
        back = "timing" in draft.clear
        rule = rule_from(replace(draft, clear=draft.clear - {"timing"}), base, now, None, today)
        faults = policy_faults(rule.policy, rule.timing)
        if faults:
            raise RuleRefusedError(faults)
        timing = None if back or rule.timing == group.timing else rule.timing
        changed = replace(place, policy=rule.policy, timing=timing)
        lines = tuple(changed if one is place else one for one in group.lines)
        saved, anew = _save(ws, replace(group, lines=lines), group)
    return GroupSaved(saved, anew)


async def set_line(ws: Workspace, name: str, line_id: str, draft: RuleDraft, expected: int | None = None) -> GroupSaved:
    """Give one line of a group steps and timing of its own: the draft's policy steps and timing, and nothing else.

    Raises RuleRefusedError, UseCaseError `group.unknown`, `group.line_not_in`, `rules.unknown_preset`; with exit
    code 4 `group.changed_meanwhile`.
    """
    return await ws.step(_set_line, ws, name, line_id, draft, expected)


def _listing(ws: Workspace) -> tuple[GroupListed, ...]:
    store = ws.store
    with store.reading():
        names = PsaNames(ws)
        found: list[GroupListed] = []
        for group in store.groups.list():
            version = store.groups.history(group.name)[-1]
            lines = tuple(
                f"{names.service(place.service_id)}, {names.contract(place.contract_id)}" for place in group.lines
            )
            found.append(
                GroupListed(group, names.customer(group.customer_id), lines, version.saved_by, version.saved_at)
            )
    return tuple(found)


async def listing(ws: Workspace) -> tuple[GroupListed, ...]:
    """Groups in force, by name."""
    return await ws.step(_listing, ws)


async def listed(ws: Workspace, name: str) -> GroupListed:
    """The group of that name. Raises UseCaseError `group.unknown`."""
    found = next((one for one in await listing(ws) if one.group.name == name), None)
    if found is None:
        raise failed("group.unknown", group=name)
    return found


def _remove(ws: Workspace, name: str, expected: int | None) -> None:
    store = ws.store
    with store.writing():
        _unchanged(name, _in_force(store, name), expected)
        store.groups.remove(name, ws.actor, now=ws.now())
        store.audit.add(ws.actor, "group.removed", Reason.of("audit.group_removed", group=name), now=ws.now())


async def remove(ws: Workspace, name: str, expected: int | None = None) -> None:
    """Take a group out of force; its versions are kept, and rules govern its lines again. Raises StoreError
    `store.unknown_group`, UseCaseError `group.changed_meanwhile` (exit code 4)."""
    await ws.step(_remove, ws, name, expected)


def rule_of_line(store: TenantStore, names: PsaNames, line_id: str, as_of: date) -> Rule | None:
    """The rule of a line that stands in a group now; None for other lines."""
    renewed = Succession.of(store.renewals.list())
    return rules_of(store.groups.list(), names.lines.values(), names.contracts, as_of, renewed).get(line_id)


def rule_then(
    store: TenantStore, names: PsaNames, rule_id: str, line_id: str, as_of: date, moment: datetime | None
) -> Rule | None:
    """The rule of a line under a group's id, in the version that was in force at a moment; None for other rules."""
    if not rule_id.startswith("group-"):
        return None
    versions = store.groups.history(rule_id.removeprefix("group-"))
    then = [one for one in versions if moment is None or one.saved_at <= moment] or versions[-1:]
    if not then:
        return None
    group = then[-1].group
    renewed = Succession.of(store.renewals.list())
    rules = rules_of((group,), names.lines.values(), names.contracts, as_of, renewed)
    return rules.get(line_id) or as_rule(group, line_id)


def group_version(store: TenantStore, rule: Rule) -> GroupVersionShown | None:
    """Who saved the group that a rule stands for, and its newest version; None for a rule that is no group's."""
    if not rule.id.startswith("group-"):
        return None
    versions = store.groups.history(rule.id.removeprefix("group-"))
    mine = next(one for one in versions if one.group.version == rule.version)
    latest = versions[-1].group.version if versions[-1].ended_at is None else None
    return GroupVersionShown(mine.saved_by, mine.saved_at, latest)
