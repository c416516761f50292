"""Building the parts that give numbers: sums, products, rounding and days."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Generic

from trueup.core.expression.arithmetic import (
    Number,
    TooLargeError,
    absolute,
    add,
    ceiling,
    divide,
    floor,
    multiply,
    negate,
    round_half_up,
    subtract,
)
from trueup.core.expression.codes import Code
from trueup.core.expression.functions import FUNCTIONS
from trueup.core.expression.sources import E, Sources
from trueup.core.expression.tree import Call, Choice, Literal, Negate, Node, Product, Sum, Visitor
from trueup.core.expression.values import Kind, Value

NumberRun = Callable[[E], Number]

_ONE_ARGUMENT: dict[str, Callable[[Number], Number]] = {"ceil": ceiling, "floor": floor, "abs": absolute}
_ISO_DAY = re.compile(r"\s*([0-9]{4}-[0-9]{2}-[0-9]{2})(?![0-9])")


class NumberBuilder(Visitor[NumberRun[E]], Generic[E]):
    """Builds a part of which a number is needed; `values` and `truths` build what stands inside."""

    def __init__(
        self,
        sources: Sources[E],
        values: Visitor[Callable[[E], Value]],
        truths: Visitor[Callable[[E], bool]],
    ) -> None:
        self.sources = sources
        self.values = values
        self.truths = truths

    def default(self, node: Node) -> NumberRun[E]:
        """A part of unknown kind: its value is looked at each time."""
        run = self.values.visit(node)
        convert = self.sources.number
        return lambda given: convert(node, run(given))

    def literal(self, node: Literal) -> NumberRun[E]:
        """A constant, if it is a number."""
        value = node.value
        if isinstance(value, Decimal):
            return lambda _: value
        return self.default(node)

    def negate(self, node: Negate) -> NumberRun[E]:
        """`-operand`."""
        operand = self.visit(node.operand)
        return lambda given: negate(operand(given))

    def choice(self, node: Choice) -> NumberRun[E]:
        """Only the branch that is taken is worked out."""
        condition = self.truths.visit(node.condition)
        then, otherwise = self.visit(node.then), self.visit(node.otherwise)
        return lambda given: then(given) if condition(given) else otherwise(given)

    def sum(self, node: Sum) -> NumberRun[E]:
        """From left to right."""
        first, *others = map(self.visit, node.operands)
        steps = [(add if sign == "+" else subtract, run) for sign, run in zip(node.operators, others, strict=True)]
        sources = self.sources

        def total(given: E) -> Number:
            result = first(given)
            try:
                for operate, operand in steps:
                    result = operate(result, operand(given))
            except TooLargeError:
                raise sources.too_large(node) from None
            return result

        return total

    def product(self, node: Product) -> NumberRun[E]:
        """From left to right; a divisor of zero is an error at the divisor."""
        first, *others = map(self.visit, node.operands)
        steps = list(zip(node.operators, others, node.operands[1:], strict=True))
        sources = self.sources

        def result(given: E) -> Number:
            so_far = first(given)
            try:
                for operator, run, operand in steps:
                    value = run(given)
                    if operator == "*":
                        so_far = multiply(so_far, value)
                    elif value:
                        so_far = divide(so_far, value)
                    else:
                        raise sources.fault(Code.DIVISION_BY_ZERO, operand, sources.source(operand))
            except TooLargeError:
                raise sources.too_large(node) from None
            return so_far

        return result

    def call(self, node: Call) -> NumberRun[E]:
        """The functions that give numbers."""
        if FUNCTIONS[node.function].gives is not Kind.NUMBER:
            return self.default(node)
        if node.function == "days_since":
            return self.days_since(node)
        arguments = [self.visit(argument) for argument in node.arguments]
        if node.function in ("min", "max"):
            choose = min if node.function == "min" else max
            return lambda given: choose([argument(given) for argument in arguments])
        if node.function == "round":
            return self.guarded(node, arguments[0], places(node))
        simple, argument = _ONE_ARGUMENT[node.function], arguments[0]
        return lambda given: simple(argument(given))

    def guarded(self, node: Node, argument: NumberRun[E], digits: int) -> NumberRun[E]:
        """`round`, which may shift a number beyond the limits."""
        sources = self.sources

        def rounded(given: E) -> Number:
            value = argument(given)
            try:
                return round_half_up(value, digits)
            except TooLargeError:
                raise sources.too_large(node) from None

        return rounded

    def days_since(self, node: Call) -> NumberRun[E]:
        """Whole days from a day to the reference day; negative for a day to come."""
        argument = node.arguments[0]
        run = self.values.visit(argument)
        sources = self.sources

        def days(given: E) -> Number:
            day = as_day(sources, argument, run(given))
            today = sources.today(given)
            if today is None:
                raise sources.fault(Code.NO_REFERENCE_DAY, node)
            return Decimal((today - day).days)

        return days


def places(node: Call) -> int:
    """The decimal places that a call of `round` asks for; the grammar has seen that they are written out."""
    if len(node.arguments) == 1:
        return 0
    argument = node.arguments[1]
    literal = argument.operand if isinstance(argument, Negate) else argument
    digits = int(literal.value) if isinstance(literal, Literal) and isinstance(literal.value, Decimal) else 0
    return -digits if isinstance(argument, Negate) else digits


def as_day(sources: Sources[E], node: Node, value: Value) -> date:
    """A value as a day: a day, or a text that begins with one as YYYY-MM-DD (the day as written, whatever its zone)."""
    if isinstance(value, str):
        found = _ISO_DAY.match(value)
        try:
            return date.fromisoformat(found[1] if found else "")
        except ValueError:
            raise sources.fault(Code.NOT_A_DAY, node, sources.source(node)) from None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if value is None:
        raise sources.fault(Code.NULL_IN_CALCULATION, node, sources.source(node))
    raise sources.wrong_kind(node, Kind.DAY, value)
