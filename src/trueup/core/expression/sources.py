"""Where a built expression takes its names from, and how it says what went wrong while it was worked out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Generic, TypeVar

from trueup.core.expression.arithmetic import DIGITS, Number, usable
from trueup.core.expression.codes import Code
from trueup.core.expression.errors import ExpressionError, fault
from trueup.core.expression.tree import Name, Node
from trueup.core.expression.values import Kind, Value, kind_of

E = TypeVar("E")
"""What a run is given: a row of attributes, or a scope that looks names up."""


Lists = Mapping[str, frozenset[str]]
"""The texts, folded, of each list that has a name."""


@dataclass(frozen=True, slots=True)
class Sources(Generic[E]):
    """The text for error positions, how to read a name from what a run is given, how to find its reference day, and
    what the lists hold that are not written out."""

    text: str
    read_name: Callable[[Name], Callable[[E], Value]]
    today: Callable[[E], date | None]
    lists: Lists = field(default_factory=dict)

    def fault(self, code: Code, node: Node, *values: object) -> ExpressionError:
        """An error at a node."""
        return fault(code, self.text, node.position, node.length, *values)

    def source(self, node: Node) -> str:
        """The characters of a node."""
        return self.text[node.position : node.position + node.length]

    def too_large(self, node: Node) -> ExpressionError:
        """The error for a number that outgrew the limits."""
        return self.fault(Code.TOO_LARGE, node, DIGITS)

    def wrong_kind(self, node: Node, expected: Kind, value: object) -> ExpressionError:
        """The error for a value of another kind; the value itself is not part of it."""
        kind = kind_of(value)
        return self.fault(Code.WRONG_KIND, node, expected, kind.value if kind else "other")

    def number(self, node: Node, value: Value) -> Number:
        """A value as a number to calculate with; raises where it is none, or missing."""
        if isinstance(value, int) and not isinstance(value, bool):
            value = Decimal(value)
        if isinstance(value, Decimal):
            if not value.is_finite():
                raise self.fault(Code.NOT_A_NUMBER, node, self.source(node))
            if not usable(value):
                raise self.too_large(node)
            return value
        if isinstance(value, Fraction):
            return value
        if value is None:
            raise self.fault(Code.NULL_IN_CALCULATION, node, self.source(node))
        raise self.wrong_kind(node, Kind.NUMBER, value)
