"""A rule that changes: what it means, and from which day the new meaning counts for a line.

A changed rule never bills days again that an earlier plan settled. Days that are not settled yet follow it wholly, so
that a mistake found before anything was approved leaves no trace (docs/decisions/0008-changed-rules.md).
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.contract import DAY
from trueup.core.digest import digest
from trueup.core.rule import Rule

_PLACE = frozenset({"id", "level", "service_id", "target", "version", "mode", "cutover", "reason", "drift"})
"""What says where a rule stands, who writes, or since when; none of it changes what is counted."""


def meaning_of(rule: Rule) -> str:
    """A digest over all that decides units and dates; parts at their default count for nothing, so that a part added
    to the language later changes no old rule."""
    plain = Rule(rule.id, rule.level, rule.service_id, rule.target)
    said = [
        f"{part.name}={getattr(rule, part.name)!r}"
        for part in fields(rule)
        if part.name not in _PLACE and getattr(rule, part.name) != getattr(plain, part.name)
    ]
    return digest(sorted(said))


def first_billable_day(rule: Rule, known: KnownUnits | None, as_of: date) -> date:
    """The first day on which this rule may change the line.

    The rule's cut-over for a line that is new to it, or where a person has just moved the cut-over. For a line that an
    earlier meaning settled it is the day after the last settled one, or `as_of` where a coming period was settled
    already; as long as the meaning stays it does not move.
    """
    start = rule.cutover or (known.cutover if known else as_of)
    if known is None or known.rule_cutover != rule.cutover:
        return start
    if known.meaning == meaning_of(rule) or known.until is None:
        return max(start, known.cutover)
    return max(start, min(known.until + DAY, as_of))
