"""What can be proved about an expression without working it out.

Both answers are careful: `False` and `None` mean "not proved", never "the opposite".
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum, auto

from trueup.core.expression.arithmetic import Number, TooLargeError, add, divide, multiply, negate, settle
from trueup.core.expression.expression import Expression
from trueup.core.expression.tree import (
    Call,
    Choice,
    Literal,
    Name,
    Negate,
    Node,
    Product,
    Sum,
    Visitor,
    names_in,
)

CONSTANT = ""
"""The key of the constant in the terms of a sum."""


def is_non_decreasing_in(expression: Expression, name: str) -> bool:
    """Whether the result can never fall when `name` rises and everything else stays.

    Proved for sums, min, max, ceil, floor, round, multiplication and division by constants, and choices whose
    condition does not depend on `name`. Multiplying two names is not proved: the other may be negative.
    """
    return _Directions(name).visit(expression.tree) in (_Direction.CONSTANT, _Direction.RISING)


def linear_terms(expression: Expression) -> Mapping[str, Decimal] | None:
    """The coefficients, if the expression is a sum of names with constant coefficients; else None.

    A constant stands under the key `""`, names whose coefficients cancel are left out, and a coefficient that does not
    end as a decimal (a third) is given to 28 digits.
    """
    try:
        terms = _Linear().visit(expression.tree)
        if terms is None:
            return None
        return {name: settle(factor) for name, factor in sorted(terms.items()) if factor}
    except TooLargeError:
        return None


class _Direction(Enum):
    CONSTANT = auto()
    RISING = auto()
    FALLING = auto()
    UNPROVED = auto()


def _turned(direction: _Direction) -> _Direction:
    return {_Direction.RISING: _Direction.FALLING, _Direction.FALLING: _Direction.RISING}.get(direction, direction)


def _together(directions: list[_Direction]) -> _Direction:
    """The direction of parts that all push the result their own way."""
    moving = {direction for direction in directions if direction is not _Direction.CONSTANT}
    if not moving:
        return _Direction.CONSTANT
    return moving.pop() if len(moving) == 1 else _Direction.UNPROVED


class _Directions(Visitor[_Direction]):
    """Which way each part moves when one name rises."""

    def __init__(self, moving: str) -> None:
        self.moving = moving

    def default(self, node: Node) -> _Direction:
        depends = any(name.name == self.moving for name in names_in(node))
        return _Direction.UNPROVED if depends else _Direction.CONSTANT

    def name(self, node: Name) -> _Direction:
        return _Direction.RISING if node.name == self.moving else _Direction.CONSTANT

    def negate(self, node: Negate) -> _Direction:
        return _turned(self.visit(node.operand))

    def sum(self, node: Sum) -> _Direction:
        signs = ("+", *node.operators)
        parts = [self.visit(operand) for operand in node.operands]
        return _together([p if sign == "+" else _turned(p) for sign, p in zip(signs, parts, strict=True)])

    def product(self, node: Product) -> _Direction:
        """One factor that moves, times numbers whose sign is known; a factor that is worked out may be negative."""
        direction = _Direction.CONSTANT
        falling = False
        known = True
        for sign, operand in zip(("*", *node.operators), node.operands, strict=True):
            factor = _constant(operand)
            if factor is not None:
                falling ^= factor < 0
                continue
            part = self.visit(operand)
            moves = part is not _Direction.CONSTANT
            known = known and moves and direction is _Direction.CONSTANT and sign == "*"
            direction = part if moves else direction
        if direction is _Direction.CONSTANT:
            return direction
        if not known:
            return _Direction.UNPROVED
        return _turned(direction) if falling else direction

    def choice(self, node: Choice) -> _Direction:
        if self.visit(node.condition) is not _Direction.CONSTANT:
            return _Direction.UNPROVED
        return _together([self.visit(node.then), self.visit(node.otherwise)])

    def call(self, node: Call) -> _Direction:
        if node.function in ("min", "max", "ceil", "floor", "round"):
            return _together([self.visit(argument) for argument in node.arguments])
        return self.default(node)


_Terms = dict[str, Number]


class _Linear(Visitor[_Terms | None]):
    """The coefficients of each part, or None."""

    def default(self, _node: Node) -> _Terms | None:
        return None

    def literal(self, node: Literal) -> _Terms | None:
        return {CONSTANT: node.value} if isinstance(node.value, Decimal) else None

    def name(self, node: Name) -> _Terms | None:
        return {node.name: Decimal(1)}

    def negate(self, node: Negate) -> _Terms | None:
        terms = self.visit(node.operand)
        return None if terms is None else {name: negate(factor) for name, factor in terms.items()}

    def sum(self, node: Sum) -> _Terms | None:
        total: _Terms = {}
        for sign, operand in zip(("+", *node.operators), node.operands, strict=True):
            terms = self.visit(operand)
            if terms is None:
                return None
            for name, factor in terms.items():
                signed = factor if sign == "+" else negate(factor)
                total[name] = add(total.get(name, Decimal(0)), signed)
        return total

    def product(self, node: Product) -> _Terms | None:
        so_far: _Terms = {CONSTANT: Decimal(1)}
        for sign, operand in zip(("*", *node.operators), node.operands, strict=True):
            terms = self.visit(operand)
            if terms is None:
                return None
            if set(so_far) == {CONSTANT} and sign == "*":
                so_far, terms = terms, so_far
            factor = terms.get(CONSTANT, Decimal(0))
            if set(terms) != {CONSTANT} or (sign == "/" and not factor):
                return None
            operate = multiply if sign == "*" else divide
            so_far = {name: operate(each, factor) for name, each in so_far.items()}
        return so_far


def _constant(node: Node) -> Number | None:
    """The value of a part without names, where it is one number."""
    try:
        terms = _Linear().visit(node)
    except TooLargeError:
        return None
    return terms[CONSTANT] if terms is not None and set(terms) == {CONSTANT} else None
