"""What a statement says: the units of each line of a customer in a month, what was counted, when and why it changed.

Everything in it is data; a document (`trueup.app.statements`) writes it in a language and a format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trueup.core.money import sum_by_currency
from trueup.core.reason import Reason


@dataclass(frozen=True, slots=True)
class UnitSpan:
    """Units in force from `first` to `last`, both inclusive, and their cost for these days (None without a price)."""

    first: date
    last: date
    units: int
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class CountMove:
    """The day on which a counted number was another than on the measured day before, with the names behind it. `first`
    is the opening count of the month: `before` is None, and there are no names."""

    day: date
    label: str
    before: Decimal | None
    after: Decimal
    came: tuple[str, ...] = ()
    went: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitMove:
    """A change of a line's units: from which day, why, and who let it go when. `person` is None for a change that was
    not made by Trueup: then nobody knows more than the PSA shows."""

    day: date
    before: int
    after: int
    reasons: tuple[Reason, ...] = ()
    person: str | None = None
    approved_on: date | None = None


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One contract line in the month. `quantity` is the rule's expression (empty without a rule); `unknown_days` are
    days without a measured reading."""

    line_id: str
    contract_name: str
    service_name: str
    currency: str | None
    price: Decimal | None
    quantity: str
    spans: tuple[UnitSpan, ...]
    counts: tuple[CountMove, ...] = ()
    moves: tuple[UnitMove, ...] = ()
    unknown_days: int = 0

    @property
    def amount(self) -> Decimal | None:
        """What the line costs for the days of the month; None where a price is missing."""
        amounts = [span.amount for span in self.spans]
        return None if None in amounts else sum((one for one in amounts if one is not None), Decimal(0))


@dataclass(frozen=True, slots=True)
class Statement:
    """A customer's month. `as_of` is the newest usage day that it knows; `provisional` says that the month was not over
    then, so that another statement of it may say something else."""

    msp: str
    customer_id: str
    customer_name: str
    first: date
    last: date
    as_of: date
    provisional: bool
    lines: tuple[StatementLine, ...]

    @property
    def totals(self) -> Mapping[str | None, Decimal]:
        """Amounts by currency, of lines that have a price."""
        return sum_by_currency((line.currency, line.amount) for line in self.lines if line.amount is not None)
