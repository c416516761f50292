"""The way from an empty store to a first plan: six steps, each done or to do, in the order in which they make sense."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from trueup.app.workspace import Workspace


class Step(StrEnum):
    """A step of the first set-up."""

    PSA = "psa"
    MODULE = "module"
    USAGE = "usage"
    CUSTOMERS = "customers"
    RULES = "rules"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class StepState:
    """One step, and whether it is done."""

    step: Step
    done: bool


async def next_step(ws: Workspace) -> Step | None:
    """The first step that is left to do; None once there is a plan and all before it."""
    return next((one.step for one in await ws.step(steps_of, ws) if not one.done), None)


def steps_of(ws: Workspace) -> tuple[StepState, ...]:
    """The steps as the store shows them; a synchronous step."""
    store = ws.store
    with store.reading():
        modules = store.connections.list("module")
        done = {
            Step.PSA: bool(store.connections.list("psa")),
            Step.MODULE: bool(modules),
            Step.USAGE: any(store.connections.state(one.name).delivered_day is not None for one in modules),
            Step.CUSTOMERS: any(one.customer_id is not None for one in store.customers.mappings()),
            Step.RULES: bool(store.rules.list()) or bool(store.groups.list()),
            Step.PLAN: bool(store.plans.list(limit=1)),
        }
    return tuple(StepState(step, done[step]) for step in Step)
