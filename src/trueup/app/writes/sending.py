"""One adjustment on its way: intent first, then the write, then what is known of it (design law 4, exactly once).

    intended --claim--> sent --accepted--------------> done
       ^                  |----refused---------------> refused
       |                  |----unclear--> unsettled
       |                  '----not sent--> intended
       '---- read back "before", longest call over --- unsettled --read back "after"--> done
                                                       unsettled --read back other----> conflict

Every arrow is one committed transaction, compare-and-set under the lease's epoch. A process that dies leaves an
intent in `sent`; its successor treats that as unclear. `docs/journal.md` draws the same picture for readers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from trueup.core.contract import UnitRow
from trueup.core.dates.read_back import Shown, shown_by
from trueup.core.reason import Reason
from trueup.psa.port import RefusalKind, WriteResult, WriteStatus
from trueup.psa.window import ARRIVES_WITHIN, SendWindow, Timepiece
from trueup.store.journal import Intent, IntentState

LEAVES_WITHIN = timedelta(seconds=30)
"""A claimed write leaves within this time, or not at all. Shorter than the lease, which is renewed before each claim:
what leaves does so under a lease that has not run out."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """The journal state that follows from a write or from reading back, and why. `not_sent`: surely nothing left."""

    state: IntentState
    reason: Reason | None = None
    not_sent: bool = False


def window_of(timepiece: Timepiece, claimed_at: datetime, longest: timedelta) -> SendWindow:
    """When the write that is claimed at that moment may leave; its answer is awaited for no longer than it counts."""
    return SendWindow.opened(timepiece, claimed_at, LEAVES_WITHIN, longest)


def over_at(sent_at: datetime, longest: timedelta) -> datetime:
    """The moment from which a write that was claimed at `sent_at` cannot be carried out any more: it left late, was
    long on its way, and the PSA then took the longest possible call for it."""
    return sent_at + LEAVES_WITHIN + ARRIVES_WITHIN + longest


def after_write(result: WriteResult, *, tried_before: bool) -> Settlement:
    """What a write's result means. Refused as duplicate after an unclear write, it proves that it was done."""
    if result.status is WriteStatus.ACCEPTED:
        return Settlement(IntentState.DONE)
    if result.status is WriteStatus.NOT_SENT:
        return Settlement(IntentState.INTENDED, result.reason, not_sent=True)
    if result.status is WriteStatus.UNCLEAR:
        return Settlement(IntentState.UNSETTLED, result.reason)
    if tried_before and result.refusal is RefusalKind.DUPLICATE_DATE:
        return Settlement(IntentState.DONE, Reason.of("journal.duplicate_proves"))
    return Settlement(IntentState.REFUSED, result.reason)


def still_on_its_way(intent: Intent, now: datetime, longest: timedelta) -> Settlement | None:
    """That the write may still arrive, with the seconds to wait; None once it cannot any more."""
    if intent.sent_at is None or now > over_at(intent.sent_at, longest):
        return None
    seconds = int((over_at(intent.sent_at, longest) - now).total_seconds()) + 1
    return Settlement(IntentState.UNSETTLED, Reason.of("journal.may_still_arrive", seconds=seconds))


def after_looking(intent: Intent, rows: tuple[UnitRow, ...], now: datetime, longest: timedelta) -> Settlement:
    """What fresh rows mean for an intent whose write was unclear.

    `before` proves nothing until the longest possible call has passed since it was sent: it may still be on its way.
    """
    shown = shown_by(rows, intent.day, intent.before, intent.after)
    if shown is Shown.AFTER:
        return Settlement(IntentState.DONE, Reason.of("journal.read_back_after", day=intent.day))
    if shown is Shown.BEFORE:
        waiting = still_on_its_way(intent, now, longest)
        if waiting is not None:
            return waiting
        return Settlement(IntentState.INTENDED, Reason.of("journal.read_back_before", day=intent.day))
    if shown is Shown.NOTHING:
        return Settlement(IntentState.CONFLICT, Reason.of("journal.cannot_be_seen", day=intent.day))
    return Settlement(IntentState.CONFLICT, Reason.of("journal.neither", day=intent.day))
