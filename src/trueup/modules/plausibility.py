"""Does what was read make sense: against the account's own figure, against the last time, against what is known."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from trueup.core.expression import fold
from trueup.core.reason import Reason
from trueup.core.usage import Scalar
from trueup.modules.failures import source_error
from trueup.modules.field_values import as_text
from trueup.modules.prepared import PreparedModule
from trueup.modules.reader import Found
from trueup.modules.rows import ItemRows


def figure_of(value: Scalar) -> int | None:
    """A figure that an account gives of itself, number or text; None when it is neither."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value)
    return None


def compared(prepared: PreparedModule, found: Found, previous_total: int | None) -> list[Reason]:
    """Notes where rights look restricted. Raises SourceError when an empty answer cannot be believed."""
    notes: list[Reason] = []
    read = sum(rows.distinct for rows in found.items.values())
    for rule in prepared.file.compare:
        records = found.plain[rule.stream].kept
        figure = figure_of(records[0].get(rule.field)) if records else None
        rows = found.items.get(rule.items)
        if figure is None or rows is None:
            continue
        if rows.distinct == 0 and figure > 0:
            raise source_error("module.empty", stream=rule.items, expected=figure)
        if rows.base_count * 100 < figure * rule.least_percent:
            notes.append(
                Reason.of("module.rights_look_restricted", stream=rule.items, read=rows.base_count, expected=figure)
            )
    if read == 0 and previous_total:
        raise source_error("module.empty", stream=next(iter(found.items), ""), expected=previous_total)
    if read and not any(found.plain[name].distinct for name in prepared.listing):
        raise source_error("module.empty", stream=prepared.file.organizations.stream, expected=1)
    return notes


def odd_values(prepared: PreparedModule, found: Found) -> list[Reason]:
    """Notes about values nobody expected, fields of another kind, and records without a key."""
    notes: list[Reason] = []
    for name, rows in found.items.items():
        for watch in prepared.file.streams[name].watch:
            known = {fold(value) for value in watch.known} | {""}
            for value, number in sorted(_values(prepared, name, rows, watch.field).items()):
                if fold(value) not in known:
                    notes.append(
                        Reason.of("module.unknown_value", stream=name, field=watch.field, value=value, count=number)
                    )
        if rows.without_key:
            notes.append(Reason.of("module.item_without_key", stream=name, count=rows.without_key))
        if rows.excluded:
            notes.append(Reason.of("module.excluded", stream=name, count=rows.excluded))
    odd = {name: rows.odd for name, rows in found.items.items()} | {
        name: rows.odd for name, rows in found.plain.items()
    }
    for name, fields in odd.items():
        notes += [Reason.of("module.field_mistyped", stream=name, field=field) for field in sorted(fields)]
    return notes


def _values(prepared: PreparedModule, name: str, rows: ItemRows, field: str) -> Counter[str]:
    place = prepared.rest_names(name).index(field)
    counted: Counter[str] = Counter()
    for index, number in rows.by_combination().items():
        value = as_text(rows.combinations[index].values[place])
        if value is not None:
            counted[value.strip()] += number
    return counted
