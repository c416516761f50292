"""Numbers, money and days as a language writes them. Exact decimals all the way: nothing here makes a float.

Babel is imported when the first number is written, so that a command that writes none starts at once.
"""

# ruff: noqa: PLC0415 (Babel waits until the first number is written)
from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

_DAY = "d MMM yyyy"
_MINUS = "\N{MINUS SIGN}"


_KEPT = 8192  # a page of a plan writes the same few hundred figures over and over


@cache
def _locale(language: str) -> Locale:
    from babel import Locale

    return Locale.parse(language)


@lru_cache(maxsize=_KEPT)
def _number(language: str, value: Decimal | int) -> str:
    from babel.numbers import format_decimal

    exact = Decimal(value)
    plain = exact if exact == 0 or exact.as_tuple().exponent == 0 else exact.normalize()
    return format_decimal(plain, locale=_locale(language), decimal_quantization=False)


@lru_cache(maxsize=_KEPT)
def _money(language: str, amount: Decimal, currency: str | None) -> str:
    from babel.numbers import format_currency, format_decimal

    locale = _locale(language)
    if not currency:
        return format_decimal(amount, format="#,##0.00", locale=locale)
    return format_currency(amount, currency, format="#,##0.00\N{NO-BREAK SPACE}\xa4\xa4", locale=locale)


@lru_cache(maxsize=_KEPT)
def _change(language: str, value: Decimal | int) -> str:
    return _signed(value, _number(language, Decimal(value).copy_abs()))


@lru_cache(maxsize=_KEPT)
def _changed_money(language: str, amount: Decimal, currency: str | None) -> str:
    return _signed(amount, _money(language, amount.copy_abs(), currency))


@lru_cache(maxsize=_KEPT)
def _percent(language: str, share: Decimal) -> str:
    from babel.numbers import format_percent

    return format_percent(share.normalize(), locale=_locale(language), decimal_quantization=False)


@lru_cache(maxsize=_KEPT)
def _day(language: str, day: date) -> str:
    from babel.dates import format_date

    return format_date(day, format=_DAY, locale=_locale(language))


@lru_cache(maxsize=_KEPT)
def _month(language: str, first: date) -> str:
    from babel.dates import format_date

    return format_date(first, format="LLLL y", locale=_locale(language))


@lru_cache(maxsize=_KEPT)
def _moment(language: str, shown: datetime) -> str:
    from babel.dates import format_datetime

    return format_datetime(shown, format=f"{_DAY} HH:mm", locale=_locale(language))


@lru_cache(maxsize=_KEPT)
def _plural(language: str, size: Decimal) -> str:
    return str(_locale(language).plural_form(size))


class Formats:
    """How one language writes values. Money carries its currency's code, so that no two currencies look alike."""

    def __init__(self, language: str) -> None:
        self._language = language

    def number(self, value: Decimal | int) -> str:
        """Grouped, with all the digits that are there and no zeros behind them: `1,240.5`."""
        return _number(self._language, value)

    def signed(self, value: Decimal | int) -> str:
        """A change: always with its sign, `+3`; zero without one."""
        return _change(self._language, value)

    def percent(self, share: Decimal) -> str:
        """A share of one as a percentage: `50%`, `50 %` in French."""
        return _percent(self._language, share)

    def money(self, amount: Decimal, currency: str | None) -> str:
        """An amount with its currency's code, `1,240.50 EUR`; without a currency two decimals, `1,240.50`."""
        return _money(self._language, amount, currency)

    def signed_money(self, amount: Decimal, currency: str | None) -> str:
        """An amount that changes something: always with its sign, `+13.50 EUR`."""
        return _changed_money(self._language, amount, currency)

    def price(self, price: Decimal, currency: str | None) -> str:
        """A price per unit: as money, with further decimals where it has them."""
        exponent = price.normalize().as_tuple().exponent
        if not isinstance(exponent, int) or exponent >= -2:
            return self.money(price, currency)
        return f"{self.number(price)}\N{NO-BREAK SPACE}{currency}" if currency else self.number(price)

    def day(self, day: date) -> str:
        """A calendar day: `12 Nov 2026`, `12 nov. 2026`."""
        return _day(self._language, day)

    def month(self, day: date) -> str:
        """The month of a day: `November 2026`, `novembre 2026`."""
        return _month(self._language, day.replace(day=1))

    def moment(self, moment: datetime) -> str:
        """A moment in the time zone that it carries: `12 Nov 2026 02:14`."""
        return _moment(self._language, moment.replace(tzinfo=None))

    def plural(self, value: Decimal | int) -> str:
        """The CLDR plural category of a number: `one`, `other`, ..."""
        return _plural(self._language, Decimal(value).copy_abs())


def _signed(value: Decimal | int, figure: str) -> str:
    if value == 0:
        return figure
    return f"+{figure}" if value > 0 else f"{_MINUS}{figure}"
