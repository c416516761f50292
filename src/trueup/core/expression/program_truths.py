"""Building the parts that are true or false: comparisons, lists, logic and the tests on text.

A missing value in a place of truth counts as false, so that `not suspended` holds for an item without that attribute,
as `not (x == "a")` does.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Generic

from trueup.core.expression.codes import Code
from trueup.core.expression.sources import E, Sources
from trueup.core.expression.tree import (
    Call,
    Choice,
    Compare,
    IsNull,
    Listed,
    Literal,
    Logic,
    Membership,
    Node,
    Not,
    Visitor,
)
from trueup.core.expression.values import Kind, Value, fold, fold_prefix, kind_of

TruthRun = Callable[[E], bool]
Test = Callable[[Value, Value], bool]

_OPERATIONS: dict[str, Callable[[Any, Any], bool]] = {  # as the standard library types them
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class TruthBuilder(Visitor[TruthRun[E]], Generic[E]):
    """Builds a part of which a truth is needed; `values` builds what stands inside."""

    def __init__(self, sources: Sources[E], values: Visitor[Callable[[E], Value]]) -> None:
        self.sources = sources
        self.values = values

    def default(self, node: Node) -> TruthRun[E]:
        """A part of unknown kind: its value is looked at each time."""
        run = self.values.visit(node)
        sources = self.sources

        def truth(given: E) -> bool:
            value = run(given)
            if value is True or value is False:
                return value
            if value is None:
                return False
            raise sources.wrong_kind(node, Kind.TRUTH, value)

        return truth

    def not_(self, node: Not) -> TruthRun[E]:
        """`not operand`."""
        operand = self.visit(node.operand)
        return lambda given: not operand(given)

    def logic(self, node: Logic) -> TruthRun[E]:
        """From left to right, only as far as needed."""
        runs = tuple(map(self.visit, node.operands))
        stop = node.word == "or"

        def both(given: E) -> bool:
            for run in runs:
                if run(given) is stop:
                    return stop
            return not stop

        return both

    def choice(self, node: Choice) -> TruthRun[E]:
        """Only the branch that is taken is worked out."""
        condition, then, otherwise = map(self.visit, node.children)
        return lambda given: then(given) if condition(given) else otherwise(given)

    def is_null(self, node: IsNull) -> TruthRun[E]:
        """`is None`."""
        run = self.values.visit(node.operand)
        if node.negated:
            return lambda given: run(given) is not None
        return lambda given: run(given) is None

    def membership(self, node: Membership) -> TruthRun[E]:
        """`in` a list; a missing value is neither in a list nor outside it."""
        run = self.values.visit(node.operand)
        hit, miss = not node.negated, node.negated
        texts = frozenset(fold(option.value) for option in node.options if isinstance(option.value, str))
        truths = frozenset(option.value for option in node.options if isinstance(option.value, bool))
        numbers = frozenset(option.value for option in node.options if isinstance(option.value, Decimal))
        sources = self.sources

        def member(given: E) -> bool:
            value = run(given)
            if isinstance(value, str):
                return hit if fold(value) in texts else miss
            if value is None:
                return False
            kind = kind_of(value)
            if kind is Kind.NUMBER:
                return hit if sources.number(node.operand, value) in numbers else miss
            if kind is None:
                raise sources.wrong_kind(node.operand, Kind.UNKNOWN, value)
            return hit if kind is Kind.TRUTH and value in truths else miss

        return member

    def listed(self, node: Listed) -> TruthRun[E]:
        """`in` a list that has a name; a missing value is neither in it nor outside it."""
        texts = self.sources.lists.get(node.list.name)
        if texts is None:
            raise self.sources.fault(Code.LIST_NEEDED, node.list)
        text = self.text(node.operand)
        hit, miss = not node.negated, node.negated

        def member(given: E) -> bool:
            value = text(given)
            if value is None:
                return False
            return hit if fold(value) in texts else miss

        return member

    def compare(self, node: Compare) -> TruthRun[E]:
        """Each operand is worked out once, from left to right, only as far as needed."""
        if len(node.operands) == 2:
            return self.pair(node)
        first, *others = map(self.values.visit, node.operands)
        steps = [(self.test(node, index), run) for index, run in enumerate(others)]

        def chain(given: E) -> bool:
            left = first(given)
            for test, run in steps:
                right = run(given)
                if not test(left, right):
                    return False
                left = right
            return True

        return chain

    def pair(self, node: Compare) -> TruthRun[E]:
        """One comparison; with a constant on its right the constant is prepared here, once."""
        left, right = map(self.values.visit, node.operands)
        test = self.test(node, 0)
        operate = _OPERATIONS[node.operators[0]]
        constant = node.operands[1].value if isinstance(node.operands[1], Literal) else None
        if isinstance(constant, str):
            folded = fold(constant)

            def against_text(given: E) -> bool:
                value = left(given)
                return operate(fold(value), folded) if isinstance(value, str) else test(value, constant)

            return against_text
        if isinstance(constant, Decimal):

            def against_number(given: E) -> bool:
                value = left(given)
                if isinstance(value, Decimal) and value.is_finite():
                    return operate(value, constant)
                return test(value, constant)

            return against_number
        return lambda given: test(left(given), right(given))

    def test(self, node: Compare, index: int) -> Test:
        """How operand `index` compares with the one behind it: see the rules in `values`."""
        sources = self.sources
        left_node, right_node = node.operands[index], node.operands[index + 1]
        sign = node.operators[index]
        operate = _OPERATIONS[sign]
        ordering = sign not in ("==", "!=")

        def test(left: Value, right: Value) -> bool:
            if left is None or right is None:
                return False
            kind, other = kind_of(left), kind_of(right)
            if kind is None or other is None:
                place, value = (left_node, left) if kind is None else (right_node, right)
                raise sources.wrong_kind(place, Kind.UNKNOWN, value)
            if kind is not other:
                if ordering:
                    raise sources.fault(Code.KINDS_DIFFER, right_node, kind.value, other.value)
                return sign == "!="
            if isinstance(left, str) and isinstance(right, str):
                return operate(fold(left), fold(right))
            if kind is Kind.NUMBER:
                return operate(sources.number(left_node, left), sources.number(right_node, right))
            if ordering and kind is Kind.TRUTH:
                raise sources.wrong_kind(left_node, Kind.NUMBER, left)
            return operate(left, right)

        return test

    def call(self, node: Call) -> TruthRun[E]:
        """The functions that test a text; a missing text passes no test."""
        text = self.text(node.arguments[0])
        if node.pattern is not None:
            found_in = node.pattern.found_in

            def matches(given: E) -> bool:
                value = text(given)
                return value is not None and found_in(fold(value))

            return matches
        if node.function != "starts_with":
            return self.default(node)
        prefix = self.text(node.arguments[1])

        def starts_with(given: E) -> bool:
            value, beginning = text(given), prefix(given)
            return value is not None and beginning is not None and fold(value).startswith(fold_prefix(beginning))

        return starts_with

    def text(self, node: Node) -> Callable[[E], str | None]:
        """A part of which a text is needed, or nothing."""
        run = self.values.visit(node)
        sources = self.sources

        def text(given: E) -> str | None:
            value = run(given)
            if value is None or isinstance(value, str):
                return value
            raise sources.wrong_kind(node, Kind.TEXT, value)

        return text
