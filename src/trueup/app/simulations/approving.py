"""A simulation becomes a rule change: what was shown is what is put in force, or nothing is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from trueup.app.clock import usage_day
from trueup.app.counting.vocabulary import vocabulary
from trueup.app.errors import refused
from trueup.app.rulebook.drafting import check_quantity
from trueup.app.rulebook.mirrors import refuse_in_group
from trueup.app.rulebook.rule_scope import check_scope
from trueup.app.rulebook.rules import RuleSaved, keep_rule
from trueup.app.simulations.simulating import rules_of_services, services_around
from trueup.app.workspace import Workspace
from trueup.core.reason import Reason
from trueup.core.rule import Rule
from trueup.core.simulation.simulation import Simulation
from trueup.store.simulations import StoredSimulation


def _refuse_changed_rules(in_force: tuple[Rule, ...], made: Simulation) -> None:
    """Refuse where the rules that the simulation stood in for are others by now."""
    services = services_around(in_force, made.rules)
    now = {one.id: one.version for one in rules_of_services(in_force, services)}
    then = dict(made.instead_of)
    changed = sorted(rule for rule in {*now, *then} if now.get(rule) != then.get(rule))
    if changed:
        raise refused("simulate.rules_changed", simulation=made.id, rules=", ".join(changed))


def _from_today(rule: Rule, made: Simulation, today: date) -> Rule:
    """The rule as it is put in force: one that is new at its place takes over today, and not when it was tried."""
    is_new = rule.id not in dict(made.instead_of)
    return replace(rule, cutover=today) if is_new and rule.cutover == made.as_of else rule


def _approve(ws: Workspace, simulation_id: str, checksum: str, reason: str) -> tuple[RuleSaved, ...]:
    store = ws.store
    with store.writing():
        stored = store.simulations.get(simulation_id)
        made = stored.simulation
        if checksum != stored.checksum or stored.checksum != made.checksum:
            raise refused("simulate.other_checksum", simulation=simulation_id)
        if stored.approved_at is not None:
            raise refused("simulate.approved_before", simulation=simulation_id, person=stored.approved_by)
        in_force = store.rules.list()
        _refuse_changed_rules(in_force, made)
        today, known = usage_day(ws.now(), store.settings.get()), vocabulary(ws)
        before = {one.id: one for one in in_force}
        saved: list[RuleSaved] = []
        for tried in made.rules:
            rule = _from_today(tried, made, today)
            refuse_in_group(store, rule)
            check_quantity(rule, known)
            check_scope(store, rule)
            saved.append(keep_rule(ws, rule, before.get(rule.id)))
        store.simulations.approve(simulation_id, ws.actor, reason, now=ws.now())
        rules = ", ".join(one.rule.id for one in saved)
        detail = Reason.of("audit.simulation_approved", simulation=simulation_id, rules=rules, why=reason)
        store.audit.add(ws.actor, "simulation.approved", detail, now=ws.now())
    return tuple(saved)


async def approve_simulation(
    ws: Workspace, simulation_id: str, checksum: str, reason: str = ""
) -> tuple[RuleSaved, ...]:
    """Put the rules of a simulation in force, all or none. `checksum` is of what was shown.

    Raises StoreError `store.unknown_simulation`; with exit code 4 UseCaseError `simulate.other_checksum`,
    `simulate.approved_before`, `simulate.rules_changed`; what `rules.set_rule` raises where a rule makes no sense any
    more.
    """
    return await ws.step(_approve, ws, simulation_id, checksum, reason)


async def simulation(ws: Workspace, simulation_id: str) -> StoredSimulation:
    """A simulation as it was shown. Raises StoreError `store.unknown_simulation`."""
    return await ws.step(ws.store.simulations.get, simulation_id)


async def simulations(ws: Workspace, limit: int = 20) -> tuple[StoredSimulation, ...]:
    """The newest simulations, newest first."""
    return await ws.step(ws.store.simulations.list, limit)
