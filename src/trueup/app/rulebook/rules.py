"""Rules: how the quantity of a service's lines follows usage, checked before anything is saved."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime

from trueup.app.clock import usage_day
from trueup.app.connections.known_psa import PsaNames, asked_again, catalogue_known, lines_known
from trueup.app.counting.item_metrics import wrong
from trueup.app.counting.twice_counted import counted_twice
from trueup.app.counting.vocabulary import Vocabulary, vocabulary
from trueup.app.errors import Exit, UseCaseError, failed, refused
from trueup.app.rulebook.mirrors import mirror_of, refuse_in_group
from trueup.app.rulebook.rule_draft import RuleDraft, rule_from
from trueup.app.rulebook.rule_scope import check_items, check_scope, only_one, scope_warnings, with_scope, without_scope
from trueup.app.rulebook.suggesting import RuleSuggestion, suggestions
from trueup.app.workspace import Workspace
from trueup.core.dates.ending import ending_soon
from trueup.core.dates.succession import Succession
from trueup.core.expression import Kind, parse
from trueup.core.quantities.allocation import rules_of
from trueup.core.quantities.policy_check import faults_of
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
    "listing",
    "remove",
    "set_rule",
    "suggest",
]


_MAY_BE_NEW = ("rules.unknown_service", "rules.unknown_target", "rules.mirror_unknown")


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


class RuleRefusedError(UseCaseError):
    """A rule that makes no sense; `faults` say why, all of them."""

    def __init__(self, faults: tuple[Reason, ...]) -> None:
        super().__init__(faults[0], Exit.USAGE)
        self.faults = faults


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


def _service_id(store: TenantStore, wanted: str) -> str:
    active = [service for service in store.psa.services() if service.active]
    found = only_one(((service.id, service.name) for service in active), wanted, "service")
    if found is None:
        found = only_one(((service.id, service.name) for service in store.psa.services()), wanted, "service")
    if found is None:
        raise failed("rules.unknown_service", service=wanted)
    return found


def _place(store: TenantStore, draft: RuleDraft) -> Rule:
    """Where the rule stands: an empty rule with id, level, service and target, each of which exists in the PSA."""
    if draft.level is RuleLevel.LINE:
        return _line_place(store, draft)
    if draft.service is None:
        raise wrong("rules.service_needed")
    service = _service_id(store, draft.service)
    if draft.level is RuleLevel.SERVICE:
        return Rule(f"service-{service}", RuleLevel.SERVICE, service, service)
    if draft.target is None:
        raise wrong("rules.target_needed", level=draft.level.value)
    if draft.level is RuleLevel.CUSTOMER:
        customers = ((customer.id, customer.name) for customer in store.psa.customers())
        target = only_one(customers, draft.target, "customer")
    else:
        contracts = ((contract.id, contract.name) for contract in store.psa.contracts())
        target = only_one(contracts, draft.target, "contract")
    if target is None:
        raise failed("rules.unknown_target", level=draft.level.value, target=draft.target)
    return Rule(f"{draft.level.value}-{target}-{service}", draft.level, service, target)


def _line_place(store: TenantStore, draft: RuleDraft) -> Rule:
    line = next((line for line in store.psa.lines() if line.id == draft.target), None)
    if draft.target is None:
        raise wrong("rules.target_needed", level=draft.level.value)
    if line is None:
        raise failed("rules.unknown_target", level=draft.level.value, target=draft.target)
    if draft.service is not None and _service_id(store, draft.service) != line.service_id:
        raise failed("rules.other_service", line=line.id, service=draft.service)
    return Rule(f"line-{line.id}", RuleLevel.LINE, line.service_id, line.id)


def _around(store: TenantStore, place: Rule) -> tuple[Rule | None, Rule | None]:
    """The rule that stands at the place, and the one that governs it until now: the next wider one of the same service,
    or the one that a renewed contract or line brought along."""
    mine = [rule for rule in store.rules.list() if rule.service_id == place.service_id]
    before = next((rule for rule in mine if (rule.level, rule.target) == (place.level, place.target)), None)
    line = next((one for one in store.psa.lines() if one.id == place.target), None)
    contract_id = line.contract_id if line and place.level is RuleLevel.LINE else place.target
    contract = next((one for one in store.psa.contracts() if one.id == contract_id), None)
    by_level = {
        RuleLevel.LINE: (contract_id, contract.customer_id if contract else ""),
        RuleLevel.CONTRACT: ("", contract.customer_id if contract else ""),
        RuleLevel.CUSTOMER: ("", place.target),
        RuleLevel.SERVICE: ("", ""),
    }
    in_contract, of_customer = by_level[place.level]
    others = tuple(rule for rule in mine if rule is not before and rule.level is not place.level)
    if place.level is RuleLevel.SERVICE:
        return before, None
    renewed = Succession.of(store.renewals.list() if place.level is not RuleLevel.CUSTOMER else ())
    lines_before = renewed.lines_before(place.target) if place.level is RuleLevel.LINE else ()
    contracts_before = renewed.contracts_before(contract_id)
    brought = lines_before if place.level is RuleLevel.LINE else contracts_before
    others += tuple(rule for rule in mine if rule.level is place.level and rule.target in brought)
    wider = governing_rule(
        others,
        service_id=place.service_id,
        customer_id=of_customer,
        contract_id=in_contract,
        line_id="",
        contracts_before=contracts_before,
        lines_before=lines_before,
    )
    return before, wider if wider is not None and not wider.exclude else None


def check_quantity(rule: Rule, known: Vocabulary) -> None:
    """Refuse a quantity that cannot be worked out and a policy that makes no sense; see `set_rule` for the errors."""
    if rule.exclude or rule.mirror is not None:
        return
    expression = parse(rule.quantity)
    expression.check(known.numbers, Kind.NUMBER)
    if not expression.names:
        raise wrong("rules.quantity_without_usage", quantity=rule.quantity)
    names = known.names_behind(expression)  # a metric of one's own may be one-time though what it counts is not
    faults = faults_of(rule, {name: known.kind_of(name) for name in names}, names)
    if faults:
        raise RuleRefusedError(faults)
    check_items(rule, known)


def _refuse_changed(store: TenantStore, rule_id: str, now: Rule | None, expected: int | None) -> None:
    """Refuse a change of a version that is no longer the newest; None asks nothing."""
    if expected is None or (now is not None and now.version == expected):
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
        place = _place(store, draft)
        before, wider = _around(store, place)
        _refuse_changed(store, place.id, before, expected)
        today = usage_day(ws.now(), store.settings.get())
        refuse_in_group(store, place)
        rule = rule_from(draft, place, before, wider, today, mirror_of(store, draft, place, before or wider))
        rule = with_scope(store, draft, replace(rule, scope=without_scope(rule.scope, draft.clear)))
        known = vocabulary(ws)
        check_quantity(rule, known)
        check_scope(store, rule)
        twice = () if rule.exclude or rule.mirror else counted_twice(store, known, parse(rule.quantity))
        if twice and not draft.counts_twice and (before is None or before.quantity != rule.quantity):
            raise RuleRefusedError(twice)
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
    return RuleSaved(saved, changed, (*twice, *scope_warnings(store, saved)))


async def set_rule(ws: Workspace, draft: RuleDraft, expected: int | None = None) -> RuleSaved:
    """Save a rule, or change the one at its place (version + 1). What the draft leaves open stays or is inherited.
    A service or target that is not known is looked for in the PSA once more. `expected` is the version that the person
    saw.

    Raises ExpressionError with the place of the fault; RuleRefusedError (exit 2) with every `policy.*` fault, or with
    `rules.counts_twice` unless the draft says that it is meant; UseCaseError `rules.unknown_service`,
    `rules.unknown_target`, `rules.other_service`, `rules.ambiguous_name`, `rules.service_needed`,
    `rules.target_needed`, `rules.quantity_needed`, `rules.quantity_without_usage`, `rules.unknown_preset`,
    `rules.unknown_part`, `rules.line_in_group`, `rules.mirror_alone`, `rules.mirror_itself`, `rules.mirror_of_mirror`,
    `rules.mirror_unknown`, `customers.unknown_customer`, `customers.unknown_organization`, and for the scope
    `rules.unknown_organization`, `rules.items_not_counted`, `rules.items_not_collected`, `rules.items_without_names`;
    with exit code 4 `rules.changed_meanwhile`.
    """
    know = lines_known if draft.level in (RuleLevel.LINE, RuleLevel.CONTRACT) or draft.mirror else catalogue_known
    await know(ws)
    return await asked_again(lambda: ws.step(_set, ws, draft, expected), _MAY_BE_NEW, lambda: know(ws, again=True))


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
