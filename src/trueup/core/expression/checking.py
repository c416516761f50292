"""Checking an expression before it is saved: every name known, every part of the kind that its place needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from trueup.core.expression.codes import Code
from trueup.core.expression.errors import ExpressionError, fault, suggestions
from trueup.core.expression.functions import FUNCTIONS
from trueup.core.expression.tree import (
    Call,
    Choice,
    Compare,
    IsNull,
    Listed,
    Literal,
    Logic,
    Membership,
    Name,
    Negate,
    Node,
    Not,
    Product,
    Sum,
    Visitor,
    lists_in,
    names_in,
)
from trueup.core.expression.values import Kind, kind_of

_EQUALITY = frozenset(["==", "!="])


def check_tree(
    tree: Node, text: str, known: Mapping[str, Kind], expect: Kind | None, lists: Collection[str] = ()
) -> None:
    """Raise ExpressionError at the first unknown name or list, else at the first part of a wrong kind."""
    for name in sorted(names_in(tree), key=lambda each: each.position):
        if name.name not in known:
            raise fault(Code.UNKNOWN_NAME, text, name.position, name.length, name.name, suggestions(name.name, known))
    for name in sorted(lists_in(tree), key=lambda each: each.position):
        if name.name not in lists:
            raise fault(Code.UNKNOWN_LIST, text, name.position, name.length, name.name, suggestions(name.name, lists))
    checker = _Checker(text, known)
    if expect is None:
        checker.visit(tree)
    else:
        checker.require(tree, expect)


class _Checker(Visitor[Kind]):
    """Works out the kind of each part; a None as written is `unknown` until a place needs a value there."""

    def __init__(self, text: str, known: Mapping[str, Kind]) -> None:
        self.text = text
        self.known = known

    def require(self, node: Node, *expected: Kind) -> Kind:
        """The kind of a part, which must be one of `expected` as far as it is known."""
        found = self.visit(node)
        if isinstance(node, Literal) and node.value is None:
            raise self.wrong(node, expected, "null")
        if found is not Kind.UNKNOWN and Kind.UNKNOWN not in expected and found not in expected:
            raise self.wrong(node, expected, found.value)
        return found

    def wrong(self, node: Node, expected: tuple[Kind, ...], found: str) -> ExpressionError:
        return fault(Code.WRONG_KIND, self.text, node.position, node.length, " | ".join(expected), found)

    def same(self, left: Kind, right: Kind, place: Node) -> Kind:
        """The one kind of two parts that meet; `place` is marked where they differ."""
        if Kind.UNKNOWN in (left, right):
            return left if right is Kind.UNKNOWN else right
        if left is not right:
            raise fault(Code.KINDS_DIFFER, self.text, place.position, place.length, left.value, right.value)
        return left

    def default(self, node: Node) -> Kind:
        for child in node.children:
            self.require(child, Kind.NUMBER)
        return Kind.NUMBER

    def literal(self, node: Literal) -> Kind:
        return kind_of(node.value) or Kind.UNKNOWN

    def name(self, node: Name) -> Kind:
        return self.known[node.name]

    def negate(self, node: Negate) -> Kind:
        return self.default(node)

    def sum(self, node: Sum) -> Kind:
        return self.default(node)

    def product(self, node: Product) -> Kind:
        return self.default(node)

    def compare(self, node: Compare) -> Kind:
        left = self.visit(node.operands[0])
        for operator, operand, before in zip(node.operators, node.operands[1:], node.operands, strict=False):
            right = self.visit(operand)
            self.same(left, right, operand)
            if operator not in _EQUALITY:
                for kind, place in ((left, before), (right, operand)):
                    if kind is Kind.TRUTH:
                        raise self.wrong(place, (Kind.NUMBER, Kind.TEXT, Kind.DAY), kind.value)
            left = right
        return Kind.TRUTH

    def logic(self, node: Logic) -> Kind:
        for operand in node.operands:
            self.require(operand, Kind.TRUTH)
        return Kind.TRUTH

    def not_(self, node: Not) -> Kind:
        return self.require(node.operand, Kind.TRUTH) and Kind.TRUTH

    def membership(self, node: Membership) -> Kind:
        kind = self.visit(node.operand)
        for option in node.options:
            self.same(kind, self.visit(option), option)
        return Kind.TRUTH

    def listed(self, node: Listed) -> Kind:
        """Lists hold texts."""
        self.require(node.operand, Kind.TEXT)
        return Kind.TRUTH

    def is_null(self, node: IsNull) -> Kind:
        self.visit(node.operand)
        return Kind.TRUTH

    def choice(self, node: Choice) -> Kind:
        self.require(node.condition, Kind.TRUTH)
        return self.same(self.visit(node.then), self.visit(node.otherwise), node.otherwise)

    def call(self, node: Call) -> Kind:
        signature = FUNCTIONS[node.function]
        for argument in node.arguments:
            self.require(argument, *signature.takes)
        return signature.gives
