"""The rule at a place as it stands, or as it would be inherited: what an editor begins with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trueup.app.connections.known_psa import PsaNames
from trueup.app.rulebook.drafting import looked_up, rule_around
from trueup.app.rulebook.rule_draft import RuleDraft
from trueup.app.rulebook.services_view import target_name
from trueup.app.workspace import Workspace
from trueup.core.rule import Rule


@dataclass(frozen=True, slots=True)
class RuleStanding:
    """`rule` is the one in force at the place (`version` above 0), else the one that the place would inherit, else
    None. `place` is where it stands, with names; `saved_by` and `saved_at` are of the version in force."""

    place: Rule
    rule: Rule | None
    version: int
    service_name: str
    target_name: str
    inherited: bool
    saved_by: str | None = None
    saved_at: datetime | None = None


def _standing(ws: Workspace, draft: RuleDraft) -> RuleStanding:
    store = ws.store
    with store.reading():
        place, before, wider = rule_around(store, draft)
        names = PsaNames(ws)
        newest = store.rules.history(before.id)[-1] if before is not None else None
    return RuleStanding(
        place,
        before or wider,
        before.version if before is not None else 0,
        names.service(place.service_id),
        target_name(place, names),
        before is None and wider is not None,
        newest.saved_by if newest else None,
        newest.saved_at if newest else None,
    )


async def standing_rule(ws: Workspace, place: RuleDraft) -> RuleStanding:
    """The rule at the place that a draft names. Raises UseCaseError `rules.unknown_service`, `rules.unknown_target`,
    `rules.service_needed`, `rules.target_needed`, `rules.other_service`, `rules.ambiguous_name`."""
    return await looked_up(ws, place, lambda: ws.step(_standing, ws, place))
