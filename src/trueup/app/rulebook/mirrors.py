"""What a rule copies, found in the PSA and checked: a mirror has no quantity of its own and copies no other mirror."""

from __future__ import annotations

from trueup.app.counting.item_metrics import wrong
from trueup.app.errors import failed
from trueup.app.rulebook.rule_draft import POLICY_PARTS, TIMING_PARTS, RuleDraft
from trueup.core.dates.succession import Succession
from trueup.core.naming import plain
from trueup.core.rule import Mirror, Rule, RuleLevel, governing_rule
from trueup.store.tenant_store import TenantStore

_SCOPE = ("scope", "of_customers", "with_children", "organizations", "items")
_OTHER_PARTS = ("quantity", "preset", *_SCOPE, "flag_meaning", "override")


def refuse_in_group(store: TenantStore, place: Rule) -> None:
    """Refuse a line's own rule where the line is in an allocation group. Raises UseCaseError `rules.line_in_group`."""
    if place.level is not RuleLevel.LINE:
        return
    ids = {place.target, *Succession.of(store.renewals.list()).lines_before(place.target)}
    for group in store.groups.list():
        if any(one.line_id in ids for one in group.lines):
            raise wrong("rules.line_in_group", line=place.target, group=group.name)


def mirror_of(store: TenantStore, draft: RuleDraft, place: Rule, now: Rule | None) -> Mirror | None:
    """What the rule is to copy; None where it counts usage. `now` is the rule that stands there or is inherited.

    Raises UseCaseError `rules.mirror_alone` where anything is said beside the mirror that only a counting rule has,
    `rules.mirror_unknown`, `rules.mirror_itself`, `rules.mirror_of_mirror`.
    """
    kept = now.mirror if now is not None and draft.quantity is None and not draft.exclude else None
    if draft.mirror is None and kept is None:
        return None
    said = [part for part in (*_OTHER_PARTS, *TIMING_PARTS, *POLICY_PARTS) if getattr(draft, part) is not None]
    if said:
        raise wrong("rules.mirror_alone", parts=", ".join(said))
    if draft.mirror is None:
        return kept
    found = _line(store, draft.mirror, place) if place.level is RuleLevel.LINE else _service(store, draft.mirror, place)
    if any(_copies(rule, place) for rule in store.rules.list()):
        raise wrong("rules.mirror_of_mirror", target=place.target)
    return found


def _copies(rule: Rule, place: Rule) -> bool:
    """Whether a rule copies what the place stands for, so that the place cannot copy something itself."""
    if rule.mirror is None:
        return False
    if rule.mirror.line_id:
        return place.level is RuleLevel.LINE and rule.mirror.line_id == place.target
    if rule.mirror.service_id != place.service_id:
        return False
    return place.level is RuleLevel.SERVICE or rule.target == place.target or rule.level is RuleLevel.SERVICE


def _line(store: TenantStore, wanted: str, place: Rule) -> Mirror:
    if wanted == place.target:
        raise wrong("rules.mirror_itself", target=wanted)
    line = next((line for line in store.psa.lines() if line.id == wanted), None)
    if line is None:
        raise failed("rules.mirror_unknown", target=wanted)
    contract = next((one for one in store.psa.contracts() if one.id == line.contract_id), None)
    governing = governing_rule(
        tuple(rule for rule in store.rules.list() if rule.service_id == line.service_id),
        service_id=line.service_id,
        customer_id=contract.customer_id if contract else "",
        contract_id=line.contract_id,
        line_id=line.id,
    )
    if governing is not None and governing.mirror is not None:
        raise wrong("rules.mirror_of_mirror", target=wanted)
    return Mirror(line.service_id, line.id, line.contract_id)


def _service(store: TenantStore, wanted: str, place: Rule) -> Mirror:
    services = store.psa.services()
    found = next((one for one in services if one.id == wanted), None)
    named = [one for one in services if one.active and plain(one.name) == plain(wanted)]
    if found is None and len(named) == 1:
        found = named[0]
    if found is None:
        raise failed("rules.mirror_unknown", target=wanted)
    if found.id == place.service_id:
        raise wrong("rules.mirror_itself", target=found.name)
    if any(rule.mirror is not None and rule.target == found.id for rule in store.rules.list()):
        raise wrong("rules.mirror_of_mirror", target=found.name)
    return Mirror(found.id)
