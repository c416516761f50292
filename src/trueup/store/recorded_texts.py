"""Where names of items stand in what is on record, beside the items themselves; and how a name is taken out of a text.

A column of free text, or of JSON that may name an item, has its place in this list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from trueup.store.packing import packed, unpacked
from trueup.store.tables import (
    beside,
    catch_up,
    checks,
    customers,
    groups,
    notices,
    plans,
    rails,
    rules,
    runs,
    simulations,
    tenancy,
    unbilled,
    undos,
    usage,
)
from trueup.store.tables.access import network_rule, push_key, pushed_event
from trueup.store.tables.entries import entry_request
from trueup.store.tables.plan_rows import plan_row
from trueup.store.tables.psa import known_line
from trueup.store.tables.schedule import missed_day
from trueup.store.tables.vendors import vendor_invoice

WORDS: Final = re.compile(r".+", re.DOTALL)
"""A text that a person wrote: all of it."""
VALUES: Final = re.compile(r'(?<=")(?:[^"\\]|\\.)*(?=")|(?<=\')[^\']*(?=\')')
"""What stands in quotes: texts of JSON, or of an expression."""
MARKED: Final = re.compile(r'(?<="s)(?:[^"\\]|\\.)*(?=")|(?<=\\")[^"\\]*(?=\\")|(?<=\')[^\'"]*(?=\')')
"""In JSON of a record, values of mixed type (`trueup.store.codec`) and quoted texts of an expression, so that no word
of the record itself is taken for a name."""


def _text(kept: str) -> str:
    return kept


def _decoded(kept: bytes) -> str:
    return bytes(kept).decode()


@dataclass(frozen=True, slots=True)
class RecordedText:
    """A column, the parts of its text in which a name may stand, and how it is kept."""

    column: sa.Column[Any]
    inside: re.Pattern[str] = MARKED
    read: Callable[[Any], str] = _text
    write: Callable[[str], object] = _text


RECORDED: Final = (
    RecordedText(plans.outcome.c.body, read=unpacked, write=packed),
    RecordedText(simulations.simulation.c.body, read=unpacked, write=packed),
    RecordedText(pushed_event.c.body, VALUES, _decoded, str.encode),
    *(
        RecordedText(column)
        for column in (
            plan_row.c.why,
            plans.plan.c.notes,
            rails.line_definition.c.body,
            runs.run.c.reasons,
            runs.intent.c.reason,
            notices.notice.c.reason,
            notices.notice_message.c.failure,
            tenancy.audit.c.detail,
            tenancy.connection.c.failure,
            usage.delivery.c.failure,
            usage.delivery.c.notes,
            missed_day.c.failure,
            beside.comparison.c.reason,
            beside.contest.c.body,
            catch_up.catch_up.c.body,
            known_line.c.body,
            rules.rule.c.body,
            groups.allocation_group.c.body,
        )
    ),
    *(
        RecordedText(column, VALUES)
        for column in (
            rules.metric.c.expression,
            customers.mapping.c.item_filter,
            checks.cross_check.c.expression,
            entry_request.c.body,
            runs.intent.c.details,
            vendor_invoice.c.body,
        )
    ),
    *(
        RecordedText(column, WORDS)
        for column in (
            plans.approval.c.reason,
            plans.release.c.reason,
            undos.undo.c.reason,
            catch_up.catch_up.c.reason,
            unbilled.unbilled_mute.c.reason,
            customers.mapping.c.reason,
            simulations.simulation.c.reason,
            network_rule.c.note,
            push_key.c.note,
        )
    ),
)


class Names:
    """Texts that go, and what takes the place of each; found as whole words, whatever their case."""

    def __init__(self, pseudonyms: Mapping[str, str]) -> None:
        self.pseudonyms = pseudonyms
        self._written = {msgspec.json.encode(name).decode()[1:-1]: given for name, given in pseudonyms.items()}
        self._written |= pseudonyms
        longest_first = sorted(self._written, key=len, reverse=True)
        any_of = "|".join(map(re.escape, longest_first))
        self._any = re.compile(rf"(?<![\w@-])(?<!\w\.)(?:{any_of})(?!\.?[\w@-])", re.IGNORECASE)

    def of(self, text: str) -> str:
        """What takes the place of a text that is a name; the text itself where it is none."""
        return self.pseudonyms.get(folded(text), text)

    def in_words(self, text: str) -> str:
        """The text with every name in it exchanged."""
        return self._any.sub(lambda found: self._written[found[0].lower()], text)

    def taken_out(self, text: str, inside: re.Pattern[str]) -> str:
        """The text with the names exchanged in those parts of it."""
        if not self.stand_in(text):  # a name may follow the letter of its kind, where it is no word of its own yet
            return text
        return inside.sub(lambda part: self.in_words(part[0]), text)

    def stand_in(self, text: str) -> bool:
        """Whether any of them stands in a text."""
        return any(name in text.lower() for name in self._written)


def folded(text: str) -> str:
    """A text as names are compared."""
    return text.strip().lower()
