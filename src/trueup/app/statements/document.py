"""A statement in one language: titles, and tables of typed cells that PDF, XLSX and CSV write each in its way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trueup.app.exports.cells import Cell
from trueup.core.statements.statement import CountMove, Statement, StatementLine, UnitMove
from trueup.messages.sentences import Sentences


class Kind(StrEnum):
    """How a column's cells are written for people."""

    TEXT = "text"
    DAY = "day"
    NUMBER = "number"
    MONEY = "money"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, how its cells are written, and its share of the width."""

    title: str
    kind: Kind = Kind.TEXT
    width: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `name` is the same in every language."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One contract line: what it is, and its tables."""

    line_id: str
    title: str
    subtitle: str
    currency: str | None
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A statement in words. `provisional` is empty for a month that is over; `content` is the digest of all it says."""

    title: str
    msp: str
    head: tuple[tuple[str, str], ...]
    provisional: str
    summary: Table
    totals: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    content: str
    said: Sentences

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of all lines together, each row led by its line and its service: for files of rows."""
        line, service = Column(self.said.word("statement", "line")), Column(self.said.word("statement", "service"))
        first = self.sections[0].tables if self.sections else ()
        found = [self.summary]
        for place, table in enumerate(first):
            rows = tuple(
                (section.line_id, section.title, *row)
                for section in self.sections
                for row in section.tables[place].rows
            )
            found.append(Table(table.name, table.title, (line, service, *table.columns), rows))
        return tuple(found)


def document(made: Statement, content: str, said: Sentences) -> Document:
    """The statement in words."""
    word = _Words(said)
    state = word("provisional" if made.provisional else "over")
    head = (
        (word("customer"), f"{made.customer_name} ({made.customer_id})"),
        (word("month"), f"{said.month(made.first)} ({said.day(made.first)} - {said.day(made.last)})"),
        (word("as_of"), said.day(made.as_of)),
        (word("state"), state),
    )
    totals = tuple((word("total"), said.money(amount, currency)) for currency, amount in made.totals.items())
    return Document(
        title=said.text("statement.title", customer=made.customer_name, month=made.first),
        msp=made.msp,
        head=head,
        provisional=said.text("statement.provisional", day=made.as_of) if made.provisional else "",
        summary=_summary(made, word),
        totals=totals,
        sections=tuple(_section(line, word, said) for line in made.lines),
        content=content,
        said=said,
    )


class _Words:
    def __init__(self, said: Sentences) -> None:
        self._said = said

    def __call__(self, name: str) -> str:
        return self._said.word("statement", name)


def _summary(made: Statement, word: _Words) -> Table:
    columns = (
        Column(word("service"), width=4),
        Column(word("contract"), width=3),
        Column(word("line"), width=1),
        Column(word("units"), Kind.NUMBER),
        Column(word("price"), Kind.PRICE, 2),
        Column(word("amount"), Kind.MONEY, 2),
        Column(word("currency")),
        Column(word("unknown_days"), Kind.NUMBER, width=2),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            line.service_name,
            line.contract_name,
            line.line_id,
            line.spans[-1].units if line.spans else None,
            line.price,
            line.amount,
            line.currency,
            line.unknown_days if line.quantity else None,
        )
        for line in made.lines
    ]
    return Table("lines", word("lines"), columns, tuple(rows))


def _section(line: StatementLine, word: _Words, said: Sentences) -> Section:
    units = Table(
        "units",
        word("units_by_day"),
        (
            Column(word("from"), Kind.DAY),
            Column(word("to"), Kind.DAY),
            Column(word("units"), Kind.NUMBER),
            Column(word("amount"), Kind.MONEY),
        ),
        tuple((one.first, one.last, one.units, one.amount) for one in line.spans),
    )
    counted = Table(
        "counted",
        word("counted"),
        (
            Column(word("day"), Kind.DAY, 2),
            Column(word("what"), width=3),
            Column(word("before"), Kind.NUMBER),
            Column(word("after"), Kind.NUMBER),
            Column(word("came"), width=4),
            Column(word("went"), width=4),
        ),
        tuple(_count(one) for one in line.counts),
    )
    changes = Table(
        "changes",
        word("changes"),
        (
            Column(word("day"), Kind.DAY, 2),
            Column(word("before"), Kind.NUMBER),
            Column(word("after"), Kind.NUMBER),
            Column(word("why"), width=7),
            Column(word("approved"), width=4),
        ),
        tuple(_change(one, line, said) for one in line.moves),
    )
    subtitle = ", ".join(
        part
        for part in (
            line.contract_name,
            said.text("statement.counts", quantity=line.quantity) if line.quantity else word("no_rule"),
            said.text("statement.price", price=line.price, currency=line.currency) if line.price is not None else "",
        )
        if part
    )
    return Section(line.line_id, line.service_name, subtitle, line.currency, (units, counted, changes))


def _count(one: CountMove) -> tuple[Cell, ...]:
    return one.day, one.label, one.before, one.after, ", ".join(one.came), ", ".join(one.went)


def _change(one: UnitMove, line: StatementLine, said: Sentences) -> tuple[Cell, ...]:
    why = "; ".join(said.say(reason, line.currency) for reason in one.reasons)
    if one.person is None:
        return one.day, one.before, one.after, said.text("statement.changed_by_hand"), ""
    who = said.text("statement.approved_by", person=one.person or None, day=one.approved_on)
    return one.day, one.before, one.after, why, who


def shown(cell: Cell, kind: Kind, currency: str | None, said: Sentences) -> str:
    """A cell as a person reads it."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if kind is Kind.MONEY and isinstance(cell, int | Decimal):
        return said.money(Decimal(cell), currency)
    if kind is Kind.PRICE and isinstance(cell, int | Decimal):
        return said.price(Decimal(cell), currency)
    if isinstance(cell, int | Decimal):
        return said.number(cell)
    return said.day(cell)


def joined(cells: Iterable[str]) -> str:
    """Cells as one line of text that no cell can forge: each with its length."""
    return "".join(f"{len(cell)}:{cell}" for cell in cells)
