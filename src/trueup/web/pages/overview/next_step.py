"""The first set-up from page to page: where each of its steps is done, and which one comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from trueup.app.overview.steps import Step, next_step
from trueup.web.asking import Here

PLACES: Final = {
    Step.PSA: "modules/connect?kind=autotask",
    Step.MODULE: "modules/connect",
    Step.USAGE: "modules",
    Step.CUSTOMERS: "customers",
    Step.RULES: "services/suggestions",
    Step.PLAN: "plan",
}
"""Addresses below the tenant's."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step, and where it is done."""

    step: Step
    address: str


async def coming(here: Here) -> NextStep | None:
    """The step that is left for a person to do; None after the first plan. Usage comes by itself once a module is
    connected."""
    step = await next_step(here.ws)
    if step is Step.USAGE:
        step = Step.CUSTOMERS
    return None if step is None else NextStep(step, f"/t/{here.tenant}/{PLACES[step]}")
