"""The tree of an expression: thirteen kinds of node, frozen, each knowing its place in the text.

Chains are flat (`a + b - c` is one `Sum` of three terms), so that depth counts nesting as a person sees it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from trueup.core.expression.pattern import Pattern
from trueup.core.expression.values import Scalar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Node(ABC):
    """A part of an expression: `length` characters from `position`, without the brackets around it."""

    position: int
    length: int

    @property
    def children(self) -> tuple[Node, ...]:
        """The parts of this part, in the order of the text except for a choice (its condition comes first)."""
        return ()

    @property
    @abstractmethod
    def label(self) -> str:
        """What this part is besides its children; equal labels and children make equal meanings."""

    @abstractmethod
    def accept(self, visitor: Visitor[T]) -> T:
        """Call the visitor's method for this kind of node."""


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, a text, True, False or None as written."""

    value: Scalar

    @property
    def label(self) -> str:
        """The kind and the exact value."""
        return f"{type(self.value).__name__}:{str(self.value)!a}"

    def accept(self, visitor: Visitor[T]) -> T:
        """See Node."""
        return visitor.literal(self)


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A billing type, a metric or an attribute, such as `datto_rmm.desktop`."""

    name: str

    @property
    def label(self) -> str:
        """The name."""
        return f"name:{self.name!a}"

    def accept(self, visitor: Visitor[T]) -> T:
        """See Node."""
        return visitor.name(self)


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """`-operand`."""

    operand: Node

    @property
    def children(self) -> tuple[Node, ...]:
        """The operand."""
        return (self.operand,)

    @property
    def label(self) -> str:
        """A constant word."""
        return "negate"

    def accept(self, visitor: Visitor[T]) -> T:
        """See Node."""
        return visitor.negate(self)


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """Operands joined by operators of one rank; `operators[0]` is the one between the first two."""

    operands: tuple[Node, ...]
    operators: tuple[str, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        """The operands."""
        return self.operands

    @property
    def label(self) -> str:
        """The kind of chain and its operators."""
        return f"{type(self).__name__.lower()}:{' '.join(self.operators)}"


@dataclass(frozen=True, slots=True)
class Sum(Chain):
    """`a + b - c`."""

    def accept(self, visitor: Visitor[T]) -> T:
        """See Node."""
        return visitor.sum(self)


@dataclass(frozen=True, slots=True)
class Product(Chain):
    """`a * b / c`."""

    def accept(self, visitor: Visitor[T]) -> T:
        """See Node."""
        return visitor.product(self)


@dataclass(frozen=True, slots=True)
class Compare(Chain):
    """`a < b <= c`: true where every neighbour pair is."""

    def accept(self, visitor: Visitor[T]) -> T:
        """See Node."""
        return visitor.compare(self)


@dataclass(frozen=True, slots=True)
class Logic(Chain):
    """`a and b and c`, or the same with `or`."""

    @property
    def word(self) -> str:
        """`and` or `or`."""
        return self.operators[0]

    def accept(self, visitor: Visitor[T]) -> T:
        """See Node."""
        return visitor.logic(self)


@dataclass(frozen=True, slots=True)
class Not(Node):
    """`not operand`."""

    operand: Node

    @property
    def children(self) -> tuple[Node, ...]:
        """The operand."""
        return (self.operand,)

    @property
    def label(self) -> str:
        """A constant word."""
        return "not"

    def accept(self, visitor: Visitor[T]) -> T:
        """See Node."""
        return visitor.not_(self)


@dataclass(frozen=True, slots=True)
class Membership(Node):
    """`operand in (options)` or `operand not in (options)`."""

    operand: Node
    options: tuple[Literal, ...]
    negated: bool

    @property
    def children(self) -> tuple[Node, ...]:
        """The operand, then the options."""
        return (self.operand, *self.options)

    @property
    def label(self) -> str:
        """`in` or `not in`."""
        return "not in" if self.negated else "in"

    def accept(self, visitor: Visitor[T]) -> T:
        """See Node."""
        return visitor.membership(self)


@dataclass(frozen=True, slots=True)
class Listed(Node):
    """`operand in name` or `operand not in name`, where the name stands for a list of values that is not written out,
    such as the values that an attribute has in another module."""

    operand: Node
    list: Name
    negated: bool

    @property
    def children(self) -> tuple[Node, ...]:
        """The operand; the list is no value by itself."""
        return (self.operand,)

    @property
    def label(self) -> str:
        """`in` or `not in` with the name of the list."""
        return f"{'not in' if self.negated else 'in'} {self.list.label}"

    def accept(self, visitor: Visitor[T]) -> T:
        """See Node."""
        return visitor.listed(self)


@dataclass(frozen=True, slots=True)
class IsNull(Node):
    """`operand is None` or `operand is not None`."""

    operand: Node
    negated: bool

    @property
    def children(self) -> tuple[Node, ...]:
        """The operand."""
        return (self.operand,)

    @property
    def label(self) -> str:
        """`is` or `is not`."""
        return "is not" if self.negated else "is"

    def accept(self, visitor: Visitor[T]) -> T:
        """See Node."""
        return visitor.is_null(self)


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """`then if condition else otherwise`."""

    condition: Node
    then: Node
    otherwise: Node

    @property
    def children(self) -> tuple[Node, ...]:
        """The condition, then both branches."""
        return (self.condition, self.then, self.otherwise)

    @property
    def label(self) -> str:
        """A constant word."""
        return "choice"

    def accept(self, visitor: Visitor[T]) -> T:
        """See Node."""
        return visitor.choice(self)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function with its arguments; `pattern` is the compiled second argument of `matches`."""

    function: str
    arguments: tuple[Node, ...]
    pattern: Pattern | None

    @property
    def children(self) -> tuple[Node, ...]:
        """The arguments."""
        return self.arguments

    @property
    def label(self) -> str:
        """The function."""
        return f"call:{self.function}"

    def accept(self, visitor: Visitor[T]) -> T:
        """See Node."""
        return visitor.call(self)


class Visitor(ABC, Generic[T]):
    """One reading of a tree: a method for each kind of node, `default` for those it says nothing about."""

    def visit(self, node: Node) -> T:
        """The answer for a node."""
        return node.accept(self)

    @abstractmethod
    def default(self, node: Node) -> T:
        """The answer for a kind of node without a method of its own."""

    def literal(self, node: Literal) -> T:
        """The answer for a literal."""
        return self.default(node)

    def name(self, node: Name) -> T:
        """The answer for a name."""
        return self.default(node)

    def negate(self, node: Negate) -> T:
        """The answer for a minus sign."""
        return self.default(node)

    def sum(self, node: Sum) -> T:
        """The answer for a sum."""
        return self.default(node)

    def product(self, node: Product) -> T:
        """The answer for a product or quotient."""
        return self.default(node)

    def compare(self, node: Compare) -> T:
        """The answer for a comparison."""
        return self.default(node)

    def logic(self, node: Logic) -> T:
        """The answer for `and` and `or`."""
        return self.default(node)

    def not_(self, node: Not) -> T:
        """The answer for `not`."""
        return self.default(node)

    def membership(self, node: Membership) -> T:
        """The answer for `in`."""
        return self.default(node)

    def listed(self, node: Listed) -> T:
        """The answer for `in` a list that has a name."""
        return self.default(node)

    def is_null(self, node: IsNull) -> T:
        """The answer for `is None`."""
        return self.default(node)

    def choice(self, node: Choice) -> T:
        """The answer for `if ... else`."""
        return self.default(node)

    def call(self, node: Call) -> T:
        """The answer for a function."""
        return self.default(node)


def canonical(node: Node) -> str:
    """The tree as text: equal for expressions that differ in blanks, brackets without effect and quotes only."""
    parts = " ".join([node.label, *map(canonical, node.children)])
    return f"({parts})"


def names_in(node: Node) -> Iterator[Name]:
    """Every use of a name below a node."""
    if isinstance(node, Name):
        yield node
    for child in node.children:
        yield from names_in(child)


def lists_in(node: Node) -> Iterator[Name]:
    """Every use of a list that has a name, below a node."""
    if isinstance(node, Listed):
        yield node.list
    for child in node.children:
        yield from lists_in(child)
