"""Named parts of a plan: the lines of a customer, of a service, of an allocation group."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from trueup.app.errors import Exit, UseCaseError
from trueup.core.naming import plain
from trueup.core.outcome import Outcome, Plan
from trueup.core.reason import Reason


@dataclass(frozen=True, slots=True)
class PlanPart:
    """What a person names of a plan: a customer and a service by id or name, an allocation group by name. Where several
    are given, a line has to belong to all of them."""

    customer: str | None = None
    service: str | None = None
    group: str | None = None

    @property
    def named(self) -> bool:
        """Whether anything is named."""
        return any(name is not None for name in (self.customer, self.service, self.group))


def _matching(plan: Plan, what: str, wanted: str, pairs: Iterable[tuple[str, str]]) -> str:
    found = list(dict.fromkeys(pairs))
    ids = [entry for entry, _ in found if entry == wanted] or [
        entry for entry, name in found if plain(name) == plain(wanted)
    ]
    if not ids:
        raise UseCaseError(Reason.of("approve.unknown_part", what=what, name=wanted, plan=plan.id), Exit.USAGE)
    if len(set(ids)) > 1:
        several = ", ".join(sorted(set(ids)))
        raise UseCaseError(Reason.of("rules.ambiguous_name", what=what, name=wanted, ids=several), Exit.USAGE)
    return ids[0]


def lines_in(plan: Plan, part: PlanPart, lines: Collection[str] | None) -> frozenset[str] | None:
    """The lines that are meant: those of the part, and among the named ones; None where nothing is named.

    Raises UseCaseError with exit code 2: `approve.unknown_part`, `rules.ambiguous_name`.
    """
    if not part.named:
        return None if lines is None else frozenset(lines)
    found: Iterable[Outcome] = plan.outcomes
    if part.customer is not None:
        pairs = ((outcome.customer_id, outcome.customer_name) for outcome in plan.outcomes)
        customer = _matching(plan, "customer", part.customer, pairs)
        found = [outcome for outcome in found if outcome.customer_id == customer]
    if part.service is not None:
        pairs = ((outcome.service_id, outcome.service_name) for outcome in plan.outcomes)
        service = _matching(plan, "service", part.service, pairs)
        found = [outcome for outcome in found if outcome.service_id == service]
    if part.group is not None:
        rules = {outcome.rule_id for outcome in plan.outcomes}
        if f"group-{part.group}" not in rules:
            raise UseCaseError(
                Reason.of("approve.unknown_part", what="group", name=part.group, plan=plan.id), Exit.USAGE
            )
        found = [outcome for outcome in found if outcome.rule_id == f"group-{part.group}"]
    meant = frozenset(outcome.line_id for outcome in found)
    return meant if lines is None else meant & frozenset(lines)
