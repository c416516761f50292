"""A sample of contracts, lines and rows of units, and what it says about the assumptions.

At most one page of contracts in force today, their first page of lines, and the units of some of those lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from trueup.core.contract import PeriodType, UnitRow
from trueup.psa.autotask import listings
from trueup.psa.autotask.picklists import Meanings
from trueup.psa.autotask.query import BEFORE_ALL, Listing, one_page, pages, within
from trueup.psa.autotask.rows import ContractRow, LineRow, ServiceRow, UnitsRow
from trueup.psa.autotask.settings import AutotaskSettings
from trueup.psa.autotask.translation import day_of, line_of, unit_row_of
from trueup.psa.autotask.transport import Transport

_LINES = 50
_OPEN_END_YEAR = 9000


@dataclass(frozen=True, slots=True)
class Seen:
    """How many cases agree with an assumption and how many do not; `of` is how many were looked at, if it helps."""

    agree: int = 0
    differ: int = 0
    of: int | None = None

    @classmethod
    def among(cls, cases: Iterable[bool]) -> Seen:
        """Count what agrees and what does not."""
        counted = Counter(cases)
        return cls(counted[True], counted[False], counted.total())


def period_starts(anchor: date, months: int) -> Iterator[date]:
    """First days of the periods that begin with an anchor day, clamped to the end of shorter months."""
    step = 0
    while True:
        month = anchor.month - 1 + step * months
        year, month = anchor.year + month // 12, month % 12 + 1
        longest = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
        yield date(year, month, min(anchor.day, longest))
        step += 1


@dataclass(frozen=True, slots=True)
class Sample:
    """What was read, and the periods as the tenant's numbers mean them."""

    meanings: Meanings
    contracts: tuple[ContractRow, ...]
    lines: tuple[LineRow, ...]
    rows: tuple[tuple[int, tuple[UnitRow, ...]], ...]
    services: tuple[ServiceRow, ...]

    @property
    def contract_ids(self) -> list[int]:
        """Ids of the contracts in the sample."""
        return [contract.id for contract in self.contracts]

    def findings(self) -> Iterator[tuple[str, Seen]]:
        """Each assumption that the sample can say something about."""
        yield "contract_type", Seen.among(row.contract_type == self.meanings.recurring for row in self.contracts)
        yield "period_type", Seen.among(row.contract_period_type in self.meanings.periods for row in self.contracts)
        yield (
            "dates_at_midnight",
            Seen.among(
                text[10:19] in ("", "T00:00:00")
                for row in self.contracts
                for text in (row.start_date, row.end_date)
                if text
            ),
        )
        yield (
            "one_line_per_service",
            Seen.among(
                number == 1 for number in Counter((line.contract_id, line.service_id) for line in self.lines).values()
            ),
        )
        yield "line_without_rows", Seen(agree=sum(1 for _, rows in self.rows if not rows), of=len(self.rows))
        yield "row_price_extended", Seen.among(self._extended())
        yield (
            "rows_do_not_overlap",
            Seen.among(earlier.end < later.start for _, rows in self.rows for earlier, later in pairwise(rows)),
        )
        yield (
            "rows_follow_without_gap",
            Seen.among(
                earlier.end + timedelta(days=1) == later.start
                for _, rows in self.rows
                for earlier, later in pairwise(rows)
            ),
        )
        yield "rows_anchored_at_contract_start", Seen.among(self._anchored())
        yield "rows_end_with_contract", Seen.among(self._ending())
        yield "contract_period_decides", Seen.among(self._contract_decides())
        yield "successor_on_old_contract", Seen.among(self._successors())

    def _of(self, line: LineRow) -> ContractRow | None:
        return next((row for row in self.contracts if row.id == line.contract_id), None)

    def _with_rows(self) -> Iterator[tuple[LineRow, ContractRow, tuple[UnitRow, ...]]]:
        rows = dict(self.rows)
        for line in self.lines:
            contract = self._of(line)
            if contract is not None and rows.get(line.id):
                yield line, contract, rows[line.id]

    def _extended(self) -> Iterator[bool]:
        """Only rows of two units or more can tell a row's amount from a unit price."""
        for line, contract, rows in self._with_rows():
            price = line_of(line).price
            starts = self._starts(contract, rows)
            for row in rows:
                if price and row.units > 1 and row.amount is not None and row.start in starts:
                    yield row.amount == price * row.units

    def _starts(self, contract: ContractRow, rows: tuple[UnitRow, ...]) -> frozenset[date]:
        length = self.meanings.periods.get(contract.contract_period_type or 0, PeriodType.MONTHLY)
        found = set()
        for start in period_starts(day_of(contract.start_date, "Contracts", contract.id, "startDate"), int(length)):
            if start > rows[-1].start:
                break
            found.add(start)
        return frozenset(found)

    def _anchored(self) -> Iterator[bool]:
        """The first row that follows a whole row starts on a boundary counted from the contract's start."""
        for _, contract, rows in self._with_rows():
            starts = self._starts(contract, rows)
            yield any(row.start in starts for row in rows)

    def _ending(self) -> Iterator[bool]:
        """No row reaches beyond its contract."""
        for _, contract, rows in self._with_rows():
            end = day_of(contract.end_date, "Contracts", contract.id, "endDate")
            if end.year < _OPEN_END_YEAR:
                yield rows[-1].end <= end

    def _contract_decides(self) -> Iterator[bool]:
        """Where a service has another period than its contract, rows as long as the contract's speak for it."""
        periods = {service.id: service.period_type for service in self.services}
        for line, contract, rows in self._with_rows():
            other = periods.get(line.service_id or 0)
            if other is None or other == contract.contract_period_type or len(rows) < 2:
                continue
            starts = self._starts(contract, rows)
            yield all(row.start in starts for row in rows[1:])

    def _successors(self) -> Iterator[bool]:
        """Whether the field stands on the older contract; told by ids, as renewal makes a new contract."""
        for row in self.contracts:
            if row.renewed_contract_id:
                yield row.renewed_contract_id > row.id


async def read_sample(transport: Transport, settings: AutotaskSettings, meanings: Meanings, today: date) -> Sample:
    """Read a sample in a handful of calls. Raises PsaReadError."""
    size, longest = settings.page_size, settings.longest_list
    contracts, _ = await one_page(
        transport, listings.recurring_contracts(meanings.recurring, today, today), BEFORE_ALL, min(size, longest)
    )
    ids = [row.id for row in contracts]
    lines, _ = await one_page(transport, listings.LINES.narrowed(within("contractID", ids or [-1])), BEFORE_ALL, size)
    some = [line.id for line in lines[:_LINES]]
    rows: dict[int, list[UnitRow]] = {line: [] for line in some}
    units: Listing[UnitsRow] = Listing("ContractServiceUnits", UnitsRow, (within("contractServiceID", some or [-1]),))
    async for page in pages(transport, units, size):
        for row in page:
            rows.setdefault(row.contract_service_id or 0, []).append(unit_row_of(row))
    services, _ = await one_page(transport, listings.SERVICES, BEFORE_ALL, size)
    return Sample(
        meanings=meanings,
        contracts=tuple(contracts),
        lines=tuple(lines),
        rows=tuple((line, tuple(sorted(found, key=lambda row: row.start))) for line, found in rows.items()),
        services=tuple(services),
    )
