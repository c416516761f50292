"""Files with money in them: vendors' invoices, by a profile of columns, and price lists, whose columns are ours.

An amount that is not understood is worse than none, so a file is taken whole or refused, with its line and the cure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Final, TypeVar

from trueup.core.expression import fold
from trueup.core.margins.invoice import InvoiceRow
from trueup.core.margins.prices import Commitment, Tier, TierRule, VendorPrice
from trueup.modules.files.numbers import DecimalSign, number_of
from trueup.modules.files.profile import CHOICES, ProfileError
from trueup.modules.files.refusing import implausible
from trueup.modules.files.rows import Cell, Formula, text_of
from trueup.modules.files.table import day_in, header_of, rows_below, table_of

T = TypeVar("T")

_PLAIN: Final = (
    "product quantity amount organization number currency currency_column decimal delimiter encoding sheet"
).split()
_GROUPS: Final = ("name", "skip")
_NEEDED: Final = ("product", "quantity", "amount")


@dataclass(frozen=True, slots=True)
class InvoiceProfile:
    """What the columns of one vendor's invoices mean. `names` says as what billing type a product's text counts;
    `skip` holds columns with values whose rows are left out (subtotals, taxes)."""

    product: str
    quantity: str
    amount: str
    organization: str | None = None
    number: str | None = None
    currency: str | None = None
    currency_column: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    skip: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    decimal: str = "auto"
    delimiter: str = "auto"
    encoding: str = "auto"
    sheet: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is needed, each once."""
        found = (self.product, self.quantity, self.amount, self.organization, self.number, self.currency_column)
        return tuple(dict.fromkeys(name for name in (*found, *self.skip) if name is not None))


def invoice_profile(settings: Mapping[str, str]) -> InvoiceProfile:
    """The profile in a vendor's settings. Raises ProfileError `file.profile_*`."""
    plain: dict[str, str] = {}
    groups: dict[str, dict[str, str]] = {name: {} for name in _GROUPS}
    for key, value in settings.items():
        group, dot, name = key.partition(".")
        if dot and group in groups and name.strip():
            groups[group][name.strip()] = value.strip()
        elif key in _PLAIN:
            plain[key] = value.strip()
        else:
            known = ", ".join((*_PLAIN, *(f"{one}.NAME" for one in _GROUPS)))
            raise ProfileError("file.profile_key", key=key, known=known)
    for key in _NEEDED:
        if not plain.get(key):
            raise ProfileError("file.profile_needs", key=key)
    for key in ("decimal", "delimiter", "encoding"):
        if plain.setdefault(key, "auto") not in CHOICES[key]:
            raise ProfileError("file.profile_value", key=key, value=plain[key], known=", ".join(CHOICES[key]))
    names = {fold(text): metric for metric, texts in groups["name"].items() for text in texts.split("|")}
    skip = {column: tuple(fold(text) for text in value.split("|")) for column, value in groups["skip"].items()}
    return InvoiceProfile(**{key: value for key, value in plain.items() if value}, names=names, skip=skip)


@dataclass(frozen=True, slots=True)
class InvoiceRead:
    """What an invoice's file says. `number` is None where the file names none."""

    digest: str
    rows: tuple[InvoiceRow, ...]
    number: str | None


@dataclass(frozen=True, slots=True)
class _PriceLayout:
    columns: tuple[str, ...] = ("metric", "price", "currency", "from")
    delimiter: str = "auto"
    encoding: str = "auto"
    sheet: str | None = None


class _Row:
    """The cells of one row by column; whatever is wrong with one refuses the file with the line."""

    def __init__(self, line: int, cells: tuple[Cell, ...], columns: Mapping[str, int], sign: str) -> None:
        self.line = line
        self._cells = cells
        self._columns = columns
        self._sign = sign

    def cell(self, column: str) -> Cell:
        place = self._columns.get(column)
        found = self._cells[place] if place is not None and place < len(self._cells) else None
        if isinstance(found, Formula):
            raise implausible("file.money_formula", line=self.line, column=column)
        return found

    def text(self, column: str | None) -> str:
        return text_of(self.cell(column)) if column is not None else ""

    def number(self, column: str) -> Decimal:
        found = self.number_or_none(column)
        if found is None:
            raise implausible("file.money_no_number", line=self.line, column=column, value="")
        return found

    def number_or_none(self, column: str) -> Decimal | None:
        cell = self.cell(column)
        if isinstance(cell, Decimal):
            return cell
        text = text_of(cell)
        if not text:
            return None
        number = None if isinstance(cell, date) else number_of(text, self._sign)
        if number is None:
            raise implausible("file.money_no_number", line=self.line, column=column, value=text[:60])
        return number

    def day_or_none(self, column: str) -> date | None:
        cell = self.cell(column)
        if cell is None or isinstance(cell, date):
            return cell
        text = text_of(cell)
        found = day_in(text, "iso") if text else None
        if text and found is None:
            raise implausible("file.money_no_day", line=self.line, column=column, value=text[:60])
        return found


def _read(
    data: bytes,
    layout: InvoiceProfile | _PriceLayout,
    numbers: tuple[str, ...],
    decimal: str,
    read: Callable[[Iterator[_Row]], T],
) -> T:
    """A file's rows, with the decimal sign that its numbers settle. Raises FileRefusedError."""
    _, rows = table_of(data, layout)
    header, columns = header_of(rows, layout)
    more = {fold(text_of(cell)): place for line, cells in rows() if line == header for place, cell in enumerate(cells)}
    columns = {**more, **columns}
    told = {"auto": None, "comma": ",", "point": "."}[decimal]
    seen = DecimalSign()
    for line, cells in rows_below(rows, header):
        for column in numbers:
            place = columns.get(column)
            cell = cells[place] if place is not None and place < len(cells) else None
            if isinstance(cell, str):
                seen.see(line, cell)
    sign = told or seen.settled()
    return read(_Row(line, cells, columns, sign) for line, cells in rows_below(rows, header))


def read_invoice(data: bytes, profile: InvoiceProfile, currency: str) -> InvoiceRead:
    """Read an invoice whose amounts are in `currency`. Raises FileRefusedError: `file.column_missing`,
    `file.other_currency`, `file.several_numbers`, `file.money_*`, `file.empty`."""

    def rows(found: Iterator[_Row]) -> InvoiceRead:
        read: list[InvoiceRow] = []
        numbers: dict[str, int] = {}
        for row in found:
            if any(fold(row.text(column)) in values for column, values in profile.skip.items()):
                continue
            if profile.currency_column is not None and fold(row.text(profile.currency_column)) != fold(currency):
                other = row.text(profile.currency_column)[:20]
                raise implausible("file.other_currency", line=row.line, value=other, expected=currency)
            if profile.number is not None and row.text(profile.number):
                numbers.setdefault(row.text(profile.number), row.line)
            product = row.text(profile.product)
            if not product:
                raise implausible("file.money_blank", line=row.line, column=profile.product)
            quantity, amount = row.number(profile.quantity), row.number(profile.amount)
            read.append(InvoiceRow(row.line, product, quantity, amount, row.text(profile.organization) or None))
        if not read:
            raise implausible("file.empty")
        if len(numbers) > 1:
            (_, first), (other, second) = list(numbers.items())[:2]
            raise implausible("file.several_numbers", line=second, first=first, number=other)
        return InvoiceRead(hashlib.sha256(data).hexdigest(), tuple(read), next(iter(numbers), None))

    return _read(data, profile, (profile.quantity, profile.amount), profile.decimal, rows)


PriceList = tuple[tuple[VendorPrice, ...], tuple[Commitment, ...]]


def read_prices(data: bytes) -> PriceList:
    """Read a price list with the columns metric, price, currency, from, and where needed to, above, tiers, minimum
    (docs/guides/margins.md). Rows of one billing type and first day are tiers of one price. Raises FileRefusedError."""

    def rows(found: Iterator[_Row]) -> PriceList:
        tiers: dict[tuple[str, date], list[tuple[int, Tier]]] = {}
        heads: dict[tuple[str, date], tuple[str, date | None, TierRule]] = {}
        commitments: dict[tuple[str, date], Commitment] = {}
        for row in found:
            metric, first = row.text("metric"), row.day_or_none("from")
            if not metric or first is None:
                raise implausible("file.money_blank", line=row.line, column="from" if metric else "metric")
            place = (metric, first)
            head = (row.text("currency").upper(), row.day_or_none("to"), _rule(row))
            if heads.setdefault(place, head) != head:
                raise implausible("file.tiers_differ", line=row.line, metric=metric)
            above = row.number_or_none("above") or Decimal(0)
            tiers.setdefault(place, []).append((row.line, Tier(above, row.number("price"))))
            minimum = row.number_or_none("minimum")
            if minimum is not None:
                commitments[place] = Commitment(metric, minimum, first, head[1])
        if not tiers:
            raise implausible("file.empty")
        prices = []
        for (metric, first), steps in tiers.items():
            currency, last, rule = heads[metric, first]
            ordered = sorted(steps, key=lambda step: step[1].above)
            for (_, one), (line, other) in pairwise(ordered):
                if one.above == other.above:
                    raise implausible("file.tier_twice", line=line, metric=metric, above=other.above)
            prices.append(VendorPrice(metric, currency, first, last, tuple(tier for _, tier in ordered), rule))
        return tuple(prices), tuple(commitments.values())

    return _read(data, _PriceLayout(), ("price", "above", "minimum"), "auto", rows)


def _rule(row: _Row) -> TierRule:
    text = row.text("tiers") or TierRule.VOLUME.value
    if text not in set(TierRule):
        raise implausible("file.tiers_unknown", line=row.line, value=text[:40], known=", ".join(TierRule))
    return TierRule(text)
