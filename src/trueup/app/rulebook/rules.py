"""Rules: how the quantity of a service's lines follows usage, checked before anything is saved."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime

from trueup.app.clock import usage_day
from trueup.app.connections.known_psa import PsaNames, lines_known
from trueup.app.errors import refused
from trueup.app.rulebook.drafting import RuleRefusedError, drafted, looked_up, refuse_counted_twice
from trueup.app.rulebook.rule_draft import RuleDraft
from trueup.app.rulebook.rule_scope import scope_warnings
from trueup.app.rulebook.suggesting import RuleSuggestion, suggestions
from trueup.app.workspace import Workspace
from trueup.core.dates.ending import ending_soon
from trueup.core.dates.succession import Succession
from trueup.core.quantities.allocation import rules_of
from trueup.core.reason import Reason
from trueup.core.rule import Rule, RuleLevel, governing_rule
from trueup.store.tenant_store import TenantStore

__all__ = [
    "RuleDraft",
    "RuleListed",
    "RuleRefusedError",
    "RuleSaved",
    "RuleSuggestion",
    "exclude",
    "keep_rule",
    "listing",
    "remove",
    "set_rule",
    "suggest",
]


@dataclass(frozen=True, slots=True)
class RuleListed:
    """A rule in force, with names. `lines` is how many lines of running contracts it governs, after narrower rules;
    `warnings` tell of an override or a dated bound that soon ends."""

    rule: Rule
    service_name: str
    target_name: str
    lines: int
    saved_by: str
    saved_at: datetime
    warnings: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleSaved:
    """A rule as saved. `changed` is false when it was so already; `warnings` are worth a look."""

    rule: Rule
    changed: bool
    warnings: tuple[Reason, ...] = ()


def _target_name(rule: Rule, names: PsaNames) -> str:
    if rule.level is RuleLevel.CUSTOMER:
        return names.customer(rule.target)
    if rule.level is RuleLevel.CONTRACT:
        return names.contract(rule.target)
    if rule.level is RuleLevel.LINE:
        line = names.lines.get(rule.target)
        return names.contract(line.contract_id) if line else rule.target
    return names.service(rule.target)


def _governed(store: TenantStore, rules: tuple[Rule, ...], names: PsaNames) -> dict[str, int]:
    by_service: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        by_service[rule.service_id].append(rule)
    counts: dict[str, int] = defaultdict(int)
    renewed = Succession.of(store.renewals.list())
    grouped = rules_of(store.groups.list(), names.lines.values(), names.contracts, date.max, renewed)
    for line in store.psa.lines():
        if line.id in grouped:  # its group governs it, whatever wider rules say
            continue
        contract = names.contracts.get(line.contract_id)
        if contract is not None:
            found = governing_rule(tuple(by_service[line.service_id]), **renewed.place(line, contract))
            if found is not None:
                counts[found.id] += 1
    return counts


def _listing(ws: Workspace) -> tuple[RuleListed, ...]:
    store = ws.store
    with store.reading():
        rules = store.rules.list()
        names = PsaNames(ws)
        counts = _governed(store, rules, names)
        today = usage_day(ws.now(), store.settings.get())
        listed: list[RuleListed] = []
        for rule in rules:
            saved = store.rules.history(rule.id)[-1]
            service, target = names.service(rule.service_id), _target_name(rule, names)
            ends, count = ending_soon((rule,), today), counts.get(rule.id, 0)
            listed.append(RuleListed(rule, service, target, count, saved.saved_by, saved.saved_at, ends))
    order = {level: place for place, level in enumerate(RuleLevel)}
    return tuple(sorted(listed, key=lambda one: (one.service_name.casefold(), order[one.rule.level], one.target_name)))


async def listing(ws: Workspace) -> tuple[RuleListed, ...]:
    """Rules in force, by service, the widest first."""
    return await ws.step(_listing, ws)


def _refuse_changed(store: TenantStore, rule_id: str, now: Rule | None, expected: int | None) -> None:
    """Refuse a change of a version that is no longer the newest (0: there was none); None asks nothing."""
    if expected is None or (now.version if now else 0) == expected:
        return
    newest = store.rules.history(rule_id)[-1:]
    raise refused(
        "rules.changed_meanwhile",
        rule=rule_id,
        version=now.version if now else None,
        person=(newest[0].ended_by or newest[0].saved_by) if newest else None,
    )


def _set(ws: Workspace, draft: RuleDraft, expected: int | None) -> RuleSaved:
    store = ws.store
    with store.writing():
        made = drafted(ws, draft)
        rule, before = made.rule, made.before
        _refuse_changed(store, rule.id, before, expected)
        refuse_counted_twice(made, draft)
        saved = keep_rule(ws, rule, before)
    return replace(saved, warnings=(*made.twice, *saved.warnings))


def keep_rule(ws: Workspace, rule: Rule, before: Rule | None) -> RuleSaved:
    """Save a rule that was checked, over the one at its place, and note it; inside a transaction that is open."""
    store = ws.store
    saved = store.rules.save(rule, ws.actor, now=ws.now())
    changed = before is None or saved.version != before.version
    if changed:
        detail = Reason.of(
            "audit.rule_saved",
            rule=saved.id,
            version=saved.version,
            level=saved.level.value,
            service=saved.service_id,
            target=saved.target,
            quantity=saved.quantity,
            exclude=str(saved.exclude).lower(),
        )
        store.audit.add(ws.actor, "rule.saved", detail, now=ws.now())
    return RuleSaved(saved, changed, scope_warnings(store, saved))


async def set_rule(ws: Workspace, draft: RuleDraft, expected: int | None = None) -> RuleSaved:
    """Save a rule, or change the one at its place (version + 1). What the draft leaves open stays or is inherited.
    A service or target that is not known is looked for in the PSA once more. `expected` is the version that the
    person saw (0: none).

    Raises ExpressionError with the place of the fault; RuleRefusedError (exit 2) with every `policy.*` fault, or
    with `rules.counts_twice` unless the draft says that it is meant; UseCaseError `rules.unknown_service`,
    `rules.unknown_target`, `rules.other_service`, `rules.ambiguous_name`, `rules.service_needed`,
    `rules.target_needed`, `rules.quantity_needed`, `rules.quantity_without_usage`, `rules.unknown_preset`,
    `rules.unknown_part`, `rules.line_in_group`, `rules.mirror_alone`, `rules.mirror_itself`,
    `rules.mirror_of_mirror`, `rules.mirror_unknown`, `customers.unknown_customer`,
    `customers.unknown_organization`, and for the scope `rules.unknown_organization`, `rules.items_not_counted`,
    `rules.items_not_collected`, `rules.items_without_names`; with exit code 4 `rules.changed_meanwhile` where
    another version is in force.
    """
    return await looked_up(ws, draft, lambda: ws.step(_set, ws, draft, expected))


async def exclude(ws: Workspace, level: RuleLevel, target: str | None = None, service: str | None = None) -> RuleSaved:
    """Keep hands off: lines at this place are never touched, whatever wider rules say."""
    return await set_rule(ws, RuleDraft(service=service, level=level, target=target, exclude=True))


def _remove(ws: Workspace, rule_id: str, expected: int | None) -> None:
    store = ws.store
    with store.writing():
        rule = store.rules.get(rule_id)
        _refuse_changed(store, rule_id, rule, expected)
        store.rules.remove(rule_id, ws.actor, now=ws.now())
        detail = Reason.of("audit.rule_removed", rule=rule.id, version=rule.version, quantity=rule.quantity)
        store.audit.add(ws.actor, "rule.removed", detail, now=ws.now())


async def remove(ws: Workspace, rule_id: str, expected: int | None = None) -> None:
    """Take a rule out of force; its versions are kept. `expected` is the version that the person saw. Raises StoreError
    `store.unknown_rule`, UseCaseError `rules.changed_meanwhile` (exit code 4)."""
    await ws.step(_remove, ws, rule_id, expected)


async def suggest(ws: Workspace) -> tuple[RuleSuggestion, ...]:
    """For each billing type that somebody uses: the name that its service should have, services that could be it, a
    ready-made quantity, and the lines that are missing with the contracts that they could go on.

    Reads the PSA once where its lines are not known yet. Raises UseCaseError `setup.no_psa`, PsaReadError.
    """
    await lines_known(ws)
    return await ws.step(suggestions, ws)
