"""Turning a tree into nested functions once, so that each item costs only what its parts cost.

Three builders share the work: values of any kind here, numbers in `program_numbers`, truths in `program_truths`.
Knowing what a place needs lets each leave out the checks that the tree already answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

from trueup.core.expression.functions import FUNCTIONS
from trueup.core.expression.program_numbers import NumberBuilder
from trueup.core.expression.program_truths import TruthBuilder
from trueup.core.expression.sources import E, Sources
from trueup.core.expression.tree import Call, Choice, Literal, Name, Negate, Node, Product, Sum, Visitor
from trueup.core.expression.values import Kind, Value

Run = Callable[[E], Value]
"""A built part: from what a run is given to its value; raises ExpressionError."""


class ProgramBuilder(Visitor[Run[E]], Generic[E]):
    """Builds a part whose value may be of any kind."""

    def __init__(self, sources: Sources[E]) -> None:
        self.sources = sources
        self.truths: TruthBuilder[E] = TruthBuilder(sources, self)
        self.numbers: NumberBuilder[E] = NumberBuilder(sources, self, self.truths)

    def default(self, node: Node) -> Run[E]:
        """Comparisons, logic and the like."""
        return self.truths.visit(node)

    def literal(self, node: Literal) -> Run[E]:
        """The constant."""
        value = node.value
        return lambda _: value

    def name(self, node: Name) -> Run[E]:
        """As the source of names gives it."""
        return self.sources.read_name(node)

    def negate(self, node: Negate) -> Run[E]:
        """A number."""
        return self.numbers.visit(node)

    def sum(self, node: Sum) -> Run[E]:
        """A number."""
        return self.numbers.visit(node)

    def product(self, node: Product) -> Run[E]:
        """A number."""
        return self.numbers.visit(node)

    def choice(self, node: Choice) -> Run[E]:
        """Only the branch that is taken is worked out."""
        condition = self.truths.visit(node.condition)
        then, otherwise = self.visit(node.then), self.visit(node.otherwise)
        return lambda given: then(given) if condition(given) else otherwise(given)

    def call(self, node: Call) -> Run[E]:
        """By what the function gives."""
        if FUNCTIONS[node.function].gives is Kind.NUMBER:
            return self.numbers.visit(node)
        return self.truths.visit(node)
