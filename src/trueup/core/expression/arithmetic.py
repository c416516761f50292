"""Exact arithmetic: nothing is rounded until a result leaves the expression.

Sums, differences and products of decimals are exact decimals. A quotient that ends is one too (1 / 8); one that
does not (5 / 3) is carried as an exact fraction, so that 5 / 3 + 5 / 3 + 5 / 3 is 5 and a later rounding up does not
make it 6. Only `settle` rounds, once, to `DIGITS` digits. No context of the thread is ever consulted.
"""

from __future__ import annotations

import math
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    Underflow,
)
from fractions import Fraction

DIGITS = 28
"""Digits of a result, and the most that may stand before its decimal point."""

_WIDEST = 2 * DIGITS
"""Digits of an exact decimal on the way; beyond, the value is carried as a fraction."""

_LARGEST_BITS = 4096
"""Where a fraction is refused: far beyond anything counted, near enough to keep every operation quick."""

Number = Decimal | Fraction

_TRAPS = [DivisionByZero, Inexact, InvalidOperation, Overflow, Underflow]
_EXACT = Context(prec=_WIDEST, rounding=ROUND_HALF_EVEN, traps=_TRAPS)
_RESULT = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, Overflow])
_WIDE = Context(prec=_LARGEST_BITS, traps=[InvalidOperation, Overflow])
_ZERO = Decimal(0)
_ONE = Decimal(1)


class TooLargeError(ArithmeticError):
    """A number outgrew the limits; the caller knows the place in the text."""


def usable(value: Decimal) -> bool:
    """Whether a finite decimal is of a size that can be calculated with."""
    return not value or -_WIDEST <= value.adjusted() <= _WIDEST


def add(left: Number, right: Number) -> Number:
    """`left + right`, exact."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        try:
            return _EXACT.add(left, right)
        except Inexact:
            pass
    return _bounded(Fraction(left) + Fraction(right))


def subtract(left: Number, right: Number) -> Number:
    """`left - right`, exact."""
    return add(left, negate(right))


def multiply(left: Number, right: Number) -> Number:
    """`left * right`, exact."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        try:
            return _EXACT.multiply(left, right)
        except Inexact:
            pass
    return _bounded(Fraction(left) * Fraction(right))


def divide(left: Number, right: Number) -> Number:
    """`left / right`, exact; the caller has seen that `right` is not zero."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        try:
            return _EXACT.divide(left, right)
        except Inexact:
            pass
    return _bounded(Fraction(left) / Fraction(right))


def negate(value: Number) -> Number:
    """`-value`; never a negative zero."""
    if isinstance(value, Decimal):
        return value.copy_negate() if value else value
    return -value


def absolute(value: Number) -> Number:
    """`value` without its sign."""
    return value.copy_abs() if isinstance(value, Decimal) else abs(value)


def ceiling(value: Number) -> Number:
    """The smallest whole number that is not below `value`."""
    return Decimal(math.ceil(value))


def floor(value: Number) -> Number:
    """The largest whole number that is not above `value`."""
    return Decimal(math.floor(value))


def round_half_up(value: Number, places: int) -> Number:
    """`value` to `places` decimals (tens, if negative); a half goes away from zero: 2.5 is 3, -2.5 is -3."""
    scaled = _bounded(Fraction(value) * Fraction(10) ** places)
    whole = math.floor(abs(scaled) + Fraction(1, 2))
    return Decimal(whole if scaled >= 0 else -whole).scaleb(-places, _WIDE)


def settle(value: Number) -> Decimal:
    """The number as it leaves the expression: at most `DIGITS` digits, a half to even, no negative zero, no 3E+1.

    Raises TooLargeError where more than `DIGITS` digits stand before the decimal point.
    """
    if isinstance(value, Fraction):
        value = _RESULT.divide(Decimal(value.numerator), Decimal(value.denominator))
    if not value:
        return _ZERO
    result = _RESULT.plus(value)
    if result.adjusted() >= DIGITS:
        raise TooLargeError
    exponent = result.as_tuple().exponent
    return _RESULT.quantize(result, _ONE) if isinstance(exponent, int) and exponent > 0 else result


def _bounded(value: Fraction) -> Fraction:
    if value.numerator.bit_length() > _LARGEST_BITS or value.denominator.bit_length() > _LARGEST_BITS:
        raise TooLargeError
    return value
