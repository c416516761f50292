"""Changes of a plan that go together: approved as a whole, sent as a whole, and stopped as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from trueup.core.outcome import Outcome


def missing_from(chosen: Collection[Outcome]) -> tuple[Outcome, tuple[str, ...]] | None:
    """The first chosen change with the lines that go together with it and were not chosen; None where all are whole."""
    lines = {outcome.line_id for outcome in chosen}
    for outcome in chosen:
        missing = tuple(line for line in outcome.together if line not in lines)
        if missing:
            return outcome, missing
    return None


def whole(outcomes: Iterable[Outcome], finished: Collection[str]) -> tuple[Outcome, ...]:
    """The changes whose companions are all among them or finished already; the others wait, and so do theirs."""
    found = {outcome.line_id: outcome for outcome in outcomes}
    while True:
        broken = [
            line
            for line, outcome in found.items()
            if any(other not in found and other not in finished for other in outcome.together)
        ]
        if not broken:
            return tuple(found.values())
        for line in broken:
            del found[line]


def in_order(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Companions side by side, what lowers the bill first: if the rest of them fails, nobody is billed twice."""
    given = tuple(outcomes)
    places = {outcome.line_id: number for number, outcome in enumerate(given)}

    def key(outcome: Outcome) -> tuple[int, Decimal, int]:
        first = min(places.get(line, len(places)) for line in (outcome.line_id, *outcome.together))
        return first, (outcome.recurring or Decimal(0)) if outcome.together else Decimal(0), places[outcome.line_id]

    return tuple(sorted(given, key=key))


def batches(outcomes: Iterable[Outcome], size: int) -> Iterator[tuple[Outcome, ...]]:
    """The changes in batches of about that size; no batch ends between companions."""
    batch: list[Outcome] = []
    ahead: set[str] = set()
    for outcome in in_order(outcomes):
        if len(batch) >= size and outcome.line_id not in ahead:
            yield tuple(batch)
            batch, ahead = [], set()
        batch.append(outcome)
        ahead.update(outcome.together)
    if batch:
        yield tuple(batch)


def stopped_by(outcome: Outcome, failed: Collection[str]) -> str | None:
    """The companion that was not written, so that this change must not be either."""
    return next((line for line in outcome.together if line in failed), None)
