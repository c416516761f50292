"""A file's rows, counted as its profile says: what each organization has of each billing type, and every row that could
not be used with its line. Nothing is guessed: a row in doubt is rejected, and what it belongs to is never called whole.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final

from trueup.core.expression import fold
from trueup.core.reason import Param, Reason
from trueup.core.usage import BillingType, Item, MetricKind
from trueup.modules.files.numbers import LARGEST, DecimalSign, number_of
from trueup.modules.files.profile import FileProfile, catalogued
from trueup.modules.files.refusing import implausible
from trueup.modules.files.rows import Cell, Formula, Written, text_of
from trueup.modules.files.table import day_in, header_of, rows_below, table_of

REJECTED_KEPT: Final = 1_000
"""Rejected rows that are listed one by one; more are counted."""
_MOST_REJECTED: Final = 10
"""One rejected row among this many rows is too many for the file to be the one that the profile describes."""
_EXACT: Final = Decimal(10) ** 15

Place = tuple[str, str]
"""An organization's key and the last word of a billing type's key."""


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not counted: its number in the file, and why."""

    line: int
    reason: Reason


@dataclass(slots=True)
class FileReading:
    """What a file says. `doubtful` are organizations of which a row was rejected; `unknown` are counts that nothing may
    be said of (the same key twice, a blank cell). `whose_is_lost`: a rejected row could belong to anybody.
    `days` are the days that the file states, with the number of rows of each."""

    digest: str
    size: int
    written: Written
    rows: int = 0
    left_out: int = 0
    organizations: dict[str, str] = field(default_factory=dict)
    types: dict[str, BillingType] = field(default_factory=dict)
    counts: dict[Place, Decimal] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)
    unknown: set[Place] = field(default_factory=set)
    whose_is_lost: bool = False
    rejected: list[RejectedRow] = field(default_factory=list)
    rejected_rows: int = 0
    days: dict[date, int] = field(default_factory=dict)


class _RowError(Exception):
    """A row that cannot be used."""

    def __init__(self, code: str, **params: Param) -> None:
        super().__init__(code)
        self.reason = Reason.of(code, **params)


def read_file(data: bytes, profile: FileProfile, day: date | None = None) -> FileReading:
    """Count a file. Of a file that states several days only the rows of `day` count. Raises FileRefusedError."""
    written, rows = table_of(data, profile)
    header, columns = header_of(rows, profile)
    told = {"auto": None, "comma": ",", "point": "."}[profile.decimal]
    fresh = FileReading(hashlib.sha256(data).hexdigest(), len(data), written)
    seen = DecimalSign()
    counter = _Counter(profile, columns, told or ".", day, fresh)
    places = [columns[name] for name in (*profile.counts.values(), profile.quantity) if name is not None]
    for line, cells in rows_below(rows, header):
        if told is None:
            _see(seen, line, cells, places)
        counter.take(line, cells)
    sign = told or seen.settled()
    if told is None and sign != ".":  # counted with the wrong sign: once more, which is cheaper than always twice
        counter = _Counter(profile, columns, sign, day, FileReading(fresh.digest, fresh.size, written))
        for line, cells in rows_below(rows, header):
            counter.take(line, cells)
    counter.reading.written = replace(written, decimal=sign if told or seen.found else "")
    return counter.finished()


def _see(seen: DecimalSign, line: int, cells: tuple[Cell, ...], places: list[int]) -> None:
    """Take the numbers of one row that are written as text into account."""
    for place in places:
        cell = cells[place] if place < len(cells) else None
        if isinstance(cell, str):
            seen.see(line, cell)


class _Counter:
    """Counts one row after the other."""

    def __init__(
        self, profile: FileProfile, columns: Mapping[str, int], sign: str, day: date | None, reading: FileReading
    ) -> None:
        self._profile = profile
        self._columns = columns
        self._sign = sign
        self._day = day
        self.reading = reading
        self._lines: dict[tuple[str, str, str], int] = {}
        self._types: dict[str, str] = {}
        self._slugs: dict[str, str] = {}
        named = {name: one.label for name, one in catalogued(profile.kind).items()} | dict(profile.names)
        self._known = {fold(text): name for name, text in named.items()}
        self._known |= {fold(name): name for name in named}

    def take(self, line: int, cells: tuple[Cell, ...]) -> None:
        """Count one row, or write down why not."""
        organization: str | None = None
        try:
            if self._is_left_out(cells):
                self.reading.left_out += 1
                return
            if not self._is_of_the_day(cells):
                return
            self.reading.rows += 1
            organization = self._organization(cells)
            self._expected(cells)
            self._count(line, cells, organization)
        except _RowError as error:
            self.reject(line, error.reason, organization)

    def reject(self, line: int, reason: Reason, organization: str | None) -> None:
        """Write a rejected row down; what it belongs to is in doubt."""
        reading = self.reading
        reading.rejected_rows += 1
        if len(reading.rejected) < REJECTED_KEPT:
            reading.rejected.append(RejectedRow(line, reason))
        if organization is None:
            reading.whose_is_lost = True
        else:
            reading.doubtful.add(organization)

    def finished(self) -> FileReading:
        """The last word on the whole file. Raises FileRefusedError `file.empty`, `file.other_day`, `file.several_days`,
        `file.too_many_rejected`."""
        reading = self.reading
        if self._day is not None and reading.days and self._day not in reading.days:
            raise implausible("file.other_day", day=self._day, first=min(reading.days), last=max(reading.days))
        if self._day is None and len(reading.days) > 1:
            days = {"first": min(reading.days), "last": max(reading.days)}
            raise implausible("file.several_days", days=len(reading.days), **days)
        if reading.rows == 0 and not reading.rejected_rows:
            raise implausible("file.empty")
        if reading.rejected_rows * _MOST_REJECTED > max(reading.rows, _MOST_REJECTED):
            first = reading.rejected[0]
            raise implausible(
                "file.too_many_rejected",
                rows=max(reading.rows, reading.rejected_rows),
                rejected=reading.rejected_rows,
                line=first.line,
                failure=first.reason.code,
            )
        for place in reading.unknown:
            reading.counts.pop(place, None)
        return reading

    def _cell(self, cells: tuple[Cell, ...], column: str) -> Cell:
        place = self._columns[column]
        cell = cells[place] if place < len(cells) else None
        if isinstance(cell, Formula):
            raise _RowError("file.row_formula", column=column)
        return cell

    def _text(self, cells: tuple[Cell, ...], column: str) -> str:
        cell = self._cell(cells, column)
        if isinstance(cell, Decimal) and abs(cell) >= _EXACT:
            raise _RowError("file.row_id_too_long", column=column)
        return unicodedata.normalize("NFC", text_of(cell))

    def _is_left_out(self, cells: tuple[Cell, ...]) -> bool:
        return any(fold(self._text(cells, column)) in values for column, values in self._profile.skip.items())

    def _is_of_the_day(self, cells: tuple[Cell, ...]) -> bool:
        column = self._profile.day
        if column is None:
            return True
        cell = self._cell(cells, column)
        found = cell if isinstance(cell, date) else self._day_in(column, text_of(cell))
        self.reading.days[found] = self.reading.days.get(found, 0) + 1
        return self._day is None or found == self._day

    def _day_in(self, column: str, text: str) -> date:
        found = day_in(text, self._profile.day_format)
        if found is not None:
            return found
        raise _RowError("file.row_day", column=column, value=text[:60])

    def _organization(self, cells: tuple[Cell, ...]) -> str:
        key = self._text(cells, self._profile.organization)
        if not key:
            raise _RowError("file.row_no_organization", column=self._profile.organization)
        column = self._profile.organization_name
        name = self._text(cells, column) if column else key
        self.reading.organizations.setdefault(key, name or key)
        return key

    def _expected(self, cells: tuple[Cell, ...]) -> None:
        for column, expected in self._profile.only.items():
            found = self._text(cells, column)
            if fold(found) != fold(expected):
                raise _RowError("file.row_not_expected", column=column, value=found[:60], expected=expected)

    def _count(self, line: int, cells: tuple[Cell, ...], organization: str) -> None:
        profile = self._profile
        if profile.counts:
            numbers = {name: self._number(cells, column) for name, column in profile.counts.items()}
            for name, number in numbers.items():
                self._type(name, None)
                self._add(line, organization, name, number)
            return
        name = self._type_of(cells)
        if profile.item is not None:
            self._add_item(line, cells, organization, name)
        else:
            self._add(line, organization, name, self._number(cells, profile.quantity or ""))

    def _number(self, cells: tuple[Cell, ...], column: str) -> Decimal | None:
        """The number in a column; None for a blank cell whose meaning nobody told."""
        cell = self._cell(cells, column)
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            return Decimal(0) if self._profile.blank_is_zero else None
        number = cell if isinstance(cell, Decimal) else number_of(str(cell), self._sign)
        if number is None or isinstance(cell, date):
            raise _RowError("file.row_no_number", column=column, value=text_of(cell)[:60])
        if number < 0:
            raise _RowError("file.row_negative", column=column, value=text_of(cell)[:60])
        if number >= LARGEST:
            raise _RowError("file.row_too_large", column=column, value=text_of(cell)[:60])
        return number

    def _type(self, name: str, text: str | None) -> None:
        if name not in self.reading.types:
            self.reading.types[name] = self._profile.billing_type(name, text)

    def _type_of(self, cells: tuple[Cell, ...]) -> str:
        profile = self._profile
        if profile.fixed_type is not None:
            self._type(profile.fixed_type, None)
            return profile.fixed_type
        text = self._text(cells, profile.type_column or "")
        folded = fold(text)
        if folded not in self._types:
            name = self._known.get(folded) or _named(folded)
            if not name:
                raise _RowError("file.row_no_type", column=profile.type_column, value=text[:60])
            other = self._slugs.setdefault(name, text)
            if fold(other) != folded and folded not in self._known:
                raise _RowError("file.row_type_collides", value=text[:60], other=other[:60], name=name)
            self._types[folded] = name
        self._type(self._types[folded], text)
        return self._types[folded]

    def _add(self, line: int, organization: str, name: str, number: Decimal | None) -> None:
        place = (organization, name)
        first = self._lines.setdefault((*place, ""), line)
        if number is None:
            self.reading.unknown.add(place)
            return
        if first != line and self._profile.duplicates == "refuse":
            self.reading.unknown.add(place)
            raise _RowError("file.row_duplicate", first=first, organization=organization, metric=name)
        if self.reading.types[name].kind is MetricKind.FLAG:
            number = Decimal(number > 0)
            self.reading.counts[place] = max(number, self.reading.counts.get(place, Decimal(0)))
        else:
            self.reading.counts[place] = self.reading.counts.get(place, Decimal(0)) + number

    def _add_item(self, line: int, cells: tuple[Cell, ...], organization: str, name: str) -> None:
        profile, place = self._profile, (organization, name)
        key = self._text(cells, profile.item or "")
        if not key:
            raise _RowError("file.row_no_item", column=profile.item)
        first = self._lines.setdefault((*place, key), line)
        if first != line:
            if profile.duplicates == "once":
                return
            self.reading.unknown.add(place)
            raise _RowError("file.row_duplicate", first=first, organization=organization, metric=name)
        attributes = tuple(self._text(cells, column) or None for column in profile.attributes.values())
        shown = self._text(cells, profile.item_name) if profile.item_name else key
        whole = "/".join((organization.replace("/", "//"), name, key))
        self.reading.items[whole] = Item(whole, organization, shown or key, (name, *attributes))
        self.reading.counts[place] = self.reading.counts.get(place, Decimal(0)) + 1


def _named(text: str) -> str:
    """A name for expressions from a text of the file: `Microsoft 365 Business` is `microsoft_365_business`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = "_".join("".join(letter if letter.isalnum() else " " for letter in plain.casefold()).split())
    return f"n{name}" if name[:1].isdigit() else name
