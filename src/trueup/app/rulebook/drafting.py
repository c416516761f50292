"""From what a person says to the rule that it means: its place in the PSA, what it takes over, whether it makes sense.

Saving and previewing start here, so that what is previewed is what would be saved.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from trueup.app.clock import usage_day
from trueup.app.connections.known_psa import asked_again, catalogue_known, lines_known
from trueup.app.counting.item_metrics import wrong
from trueup.app.counting.twice_counted import counted_twice
from trueup.app.counting.vocabulary import Vocabulary, vocabulary
from trueup.app.errors import Exit, UseCaseError, failed
from trueup.app.rulebook.mirrors import mirror_of, refuse_in_group
from trueup.app.rulebook.rule_draft import RuleDraft, rule_from
from trueup.app.rulebook.rule_scope import check_items, check_scope, only_one, with_scope, without_scope
from trueup.app.workspace import Workspace
from trueup.core.dates.succession import Succession
from trueup.core.expression import Kind, parse
from trueup.core.quantities.policy_check import faults_of
from trueup.core.reason import Reason
from trueup.core.rule import Rule, RuleLevel, governing_rule
from trueup.store.tenant_store import TenantStore

T = TypeVar("T")

_MAY_BE_NEW: Final = ("rules.unknown_service", "rules.unknown_target", "rules.mirror_unknown")


class RuleRefusedError(UseCaseError):
    """A rule that makes no sense; `faults` say why, all of them."""

    def __init__(self, faults: tuple[Reason, ...]) -> None:
        super().__init__(faults[0], Exit.USAGE)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Drafted:
    """The rule that a draft means, not saved yet. `before` is the rule at its place; `twice` names items that its
    quantity counts twice."""

    rule: Rule
    before: Rule | None
    twice: tuple[Reason, ...]


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


def rule_around(store: TenantStore, draft: RuleDraft) -> tuple[Rule, Rule | None, Rule | None]:
    """The place that a draft names, the rule that stands there, and the one that governs the place without it."""
    place = _place(store, draft)
    return place, *_around(store, place)


def drafted(ws: Workspace, draft: RuleDraft) -> Drafted:
    """The rule that a draft means; inside a transaction that is open. Raises what `rules.set_rule` raises but for
    quantities that count twice and versions."""
    store = ws.store
    place, before, wider = rule_around(store, draft)
    today = usage_day(ws.now(), store.settings.get())
    refuse_in_group(store, place)
    rule = rule_from(draft, place, before, wider, today, mirror_of(store, draft, place, before or wider))
    rule = with_scope(store, draft, replace(rule, scope=without_scope(rule.scope, draft.clear)))
    known = vocabulary(ws)
    check_quantity(rule, known)
    check_scope(store, rule)
    twice = () if rule.exclude or rule.mirror else counted_twice(store, known, parse(rule.quantity))
    return Drafted(rule, before, twice)


def refuse_counted_twice(made: Drafted, draft: RuleDraft) -> None:
    """Refuse a new quantity that counts items twice, unless that is said to be meant. Raises RuleRefusedError."""
    same = made.before is not None and made.before.quantity == made.rule.quantity
    if made.twice and not draft.counts_twice and not same:
        raise RuleRefusedError(made.twice)


async def looked_up(ws: Workspace, draft: RuleDraft, work: Callable[[], Awaitable[T]]) -> T:
    """Do something with a draft once what it names is known; a service or target that is not is looked for in the PSA
    once more. Raises UseCaseError `setup.no_psa`, PsaReadError, and what the work raises."""
    know = lines_known if draft.level in (RuleLevel.LINE, RuleLevel.CONTRACT) or draft.mirror else catalogue_known
    await know(ws)
    return await asked_again(work, _MAY_BE_NEW, lambda: know(ws, again=True))
