"""Rows of units: one per billing period of a line and more where a period was split; compact and indexed by line.

`ContractServiceUnits` and `ContractServiceBundleUnits` are this table seen through their field lists.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from trueup_simulators.autotask.fields import Entity, Field
from trueup_simulators.autotask.store import Bounds, id_range, keys_within
from trueup_simulators.autotask.wire import Value, money, wire_value

_FEW_LINES = 2_000


@dataclass(slots=True)
class UnitRow:
    """Units of one line from `start` to `end`, both inclusive."""

    id: int
    line: Line
    start: date
    end: date
    units: int
    unit_price: Decimal
    unit_cost: Decimal
    period_start: date
    period_end: date
    """The whole billing period that the row lies in, not cut at the contract's end."""
    posted: date | None = None
    """`approveAndPostDate`."""
    adjustment_id: int | None = None
    """The adjustment that made the row; null for the row that a period begins with."""
    carried_units: int = 0
    carried_amount: Decimal = Decimal(0)
    """What earlier rows of the same period bill, for a whole period, to its end; only the difference is billed."""

    @property
    def amount(self) -> Decimal:
        """Units at the unit price, for a whole period."""
        return self.unit_price * self.units


@dataclass(slots=True)
class Line:
    """A contract service or contract service bundle, as far as its units are concerned."""

    id: int
    contract_id: int
    item_id: int
    rate: Decimal
    """Internal currency per unit of contract currency."""
    vendor_company_id: int | None = None
    organizational_level_id: int | None = None
    rows: list[UnitRow] = field(default_factory=list)
    """Ascending by start, then id."""
    adjusted_days: set[date] = field(default_factory=set)

    def at(self, day: date) -> UnitRow | None:
        """The row in force: among those covering the day the one that starts last, then the newest."""
        for row in reversed(self.rows):
            if row.start <= day <= row.end:
                return row
        return None


class UnitTable:
    """All unit rows of services, or all of bundles."""

    def __init__(self, entity: Entity, line_field: str, item_field: str, first_id: int) -> None:
        self._entity = entity
        self._rows: dict[int, UnitRow] = {}
        self._ids: list[int] = []
        self._next_id = first_id
        self.lines: dict[int, Line] = {}
        self._line_ids: list[int] | None = None
        self._by_contract: dict[int, list[int]] = {}
        self._contract_ids: list[int] | None = None
        self._line_field, self._item_field = line_field, item_field
        self._readers: Mapping[str, Callable[[UnitRow], Value]] = {
            "id": lambda row: row.id,
            "approveAndPostDate": lambda row: row.posted,
            "contractID": lambda row: row.line.contract_id,
            line_field: lambda row: row.line.id,
            "cost": lambda row: money(row.unit_cost * row.units),
            "endDate": lambda row: row.end,
            "internalCurrencyPrice": lambda row: money(row.unit_price * row.units * row.line.rate),
            "organizationalLevelAssociationID": lambda row: row.line.organizational_level_id,
            "price": lambda row: money(row.unit_price * row.units),
            item_field: lambda row: row.line.item_id,
            "startDate": lambda row: row.start,
            "units": lambda row: row.units,
            "vendorCompanyID": lambda row: row.line.vendor_company_id,
        }

    @property
    def entity(self) -> Entity:
        """Metadata of the rows."""
        return self._entity

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[UnitRow]:
        return iter([self._rows[key] for key in self._ids])

    def add_line(self, line: Line) -> None:
        """Know a line, as yet without rows."""
        self.lines[line.id] = line
        self._by_contract.setdefault(line.contract_id, []).append(line.id)
        self._line_ids = self._contract_ids = None

    def lines_of(self, contract_id: int) -> list[Line]:
        """Lines of a contract, ascending by id."""
        return [self.lines[key] for key in sorted(self._by_contract.get(contract_id, ()))]

    def new_id(self) -> int:
        """An id never used before."""
        self._next_id += 1
        return self._next_id - 1

    def add(self, row: UnitRow) -> UnitRow:
        """Insert a row into its line."""
        if row.id in self._rows:
            raise ValueError(f"{self._entity.path}: id {row.id} exists twice")
        self._rows[row.id] = row
        if self._ids and row.id < self._ids[-1]:
            self._ids.insert(bisect_left(self._ids, row.id), row.id)
        else:
            self._ids.append(row.id)
        self._next_id = max(self._next_id, row.id + 1)
        rows = row.line.rows
        if rows and (row.start, row.id) < (rows[-1].start, rows[-1].id):
            rows.insert(bisect_left(rows, (row.start, row.id), key=lambda other: (other.start, other.id)), row)
        else:
            rows.append(row)
        return row

    def remove(self, row: UnitRow) -> None:
        """Take a row out."""
        del self._rows[row.id]
        del self._ids[bisect_left(self._ids, row.id)]
        row.line.rows = [other for other in row.line.rows if other is not row]

    def renumber(self, row: UnitRow) -> None:
        """Give a row a new id, as a database does that deletes and inserts instead of changing."""
        self.remove(row)
        row.id = self.new_id()
        self.add(row)

    def get(self, key: int) -> UnitRow | None:
        """The row with this id."""
        return self._rows.get(key)

    def key(self, row: UnitRow) -> int:
        """Its id."""
        return row.id

    def reader(self, field: Field) -> Callable[[UnitRow], Value]:
        """A function that reads one field of a row."""
        return self._readers[field.name]

    def udf_reader(self, name: str) -> Callable[[UnitRow], Value]:
        """Unit rows have no user-defined fields."""
        raise KeyError(name)

    def scan(self, after: int, bounds: Bounds) -> Iterator[UnitRow]:
        """Rows with ids above `after`, ascending, among them all that satisfy the bounds."""
        low, high = id_range(self._ids, after, bounds.get("id"))
        by_id = bounds.get("id")
        if by_id is not None and by_id.values is not None:
            for key in sorted(key for key in by_id.values if key > after):
                if key in self._rows:
                    yield self._rows[key]
            return
        lines = self._lines_within(bounds)
        if lines is None or len(lines) > _FEW_LINES or high - low < len(lines):
            for key in self._ids[low:high]:
                yield self._rows[key]
            return
        yield from sorted(self._rows_of(lines, after, bounds), key=lambda row: row.id)

    def _rows_of(self, lines: list[int], after: int, bounds: Bounds) -> Iterator[UnitRow]:
        starts, ends = bounds.get("startDate"), bounds.get("endDate")
        latest = starts.high if starts is not None and isinstance(starts.high, date) else date.max
        earliest = ends.low if ends is not None and isinstance(ends.low, date) else date.min
        for key in lines:
            for row in self.lines[key].rows:
                if row.start > latest:
                    break
                if row.end >= earliest and row.id > after:
                    yield row

    def _lines_within(self, bounds: Bounds) -> list[int] | None:
        lines: list[int] | None = None
        if self._line_field in bounds:
            if self._line_ids is None:
                self._line_ids = sorted(self.lines)
            lines = keys_within(bounds[self._line_field], self.lines, self._line_ids)
        if "contractID" in bounds:
            if self._contract_ids is None:
                self._contract_ids = sorted(self._by_contract)
            contracts = keys_within(bounds["contractID"], self._by_contract, self._contract_ids)
            found = [line for contract in contracts for line in self._by_contract[contract]]
            if lines is None or len(found) < len(lines):
                lines = found
        return lines

    def wire(self, row: UnitRow, fields: tuple[Field, ...]) -> dict[str, object]:
        """The row as JSON holds it."""
        readers = self._readers
        return {entry.name: wire_value(readers[entry.name](row)) for entry in fields}
