"""From the structure that Python's parser sees to the tree of the language: a list of what is allowed.

Only the kinds of `ast` nodes named here exist; everything else is refused where it stands. Nothing is ever compiled
to code or run by Python.
"""

from __future__ import annotations

import ast
from decimal import Decimal
from functools import singledispatchmethod

from trueup.core.expression.codes import Code, Construct
from trueup.core.expression.errors import ExpressionError, fault, suggestions
from trueup.core.expression.functions import FUNCTIONS, HIGHEST_PLACES, LOWEST_PLACES
from trueup.core.expression.pattern import Pattern, compile_pattern
from trueup.core.expression.pattern_syntax import PatternError
from trueup.core.expression.scan import Scan, Token, TokenKind, text_offset, text_value
from trueup.core.expression.sequence import check_sequence
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
)

MAX_DEPTH = 50
"""Levels of nesting; a chain such as `a + b + c` is one level."""

MAX_OPTIONS = 500
"""Values of a list behind `in`."""

_REFUSED: dict[type[ast.expr], Construct] = {
    ast.Subscript: Construct.SUBSCRIPT,
    ast.Tuple: Construct.LIST,
    ast.List: Construct.LIST,
}
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def read_tree(scan: Scan) -> Node:
    """The tree of a scanned text; raises ExpressionError at the first part that is not of the language."""
    check_sequence(scan, MAX_DEPTH)
    body = scan.skeleton.lstrip()
    shift = len(scan.skeleton) - len(body)
    try:
        parsed = ast.parse(body, mode="eval").body
    except SyntaxError as error:
        raise _syntax(scan, shift + (error.offset or 1) - 1) from None
    except (RecursionError, MemoryError):
        raise fault(Code.TOO_DEEP, scan.text, 0, len(scan.text), MAX_DEPTH) from None
    return _Grammar(scan, shift).read(parsed, 1)


def _syntax(scan: Scan, position: int) -> ExpressionError:
    for token in scan.tokens:
        if token.end > position:
            return fault(Code.SYNTAX, scan.text, token.position, token.length, token.source)
    return fault(Code.ENDS_EARLY, scan.text, scan.tokens[-1].end, 1)


class _Grammar:
    """Reads `ast` nodes one kind at a time; `depth` is the level that a node stands on."""

    def __init__(self, scan: Scan, shift: int) -> None:
        self.scan = scan
        self.shift = shift
        self.tokens: dict[int, Token] = {token.position: token for token in scan.tokens}

    def read(self, node: ast.expr, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.wrong(node, Code.TOO_DEEP, MAX_DEPTH)
        return self.allowed(node, depth)

    @singledispatchmethod
    def allowed(self, node: ast.expr, _depth: int) -> Node:
        """What is registered below is allowed; any other kind of node ends here."""
        raise self.wrong(node, Code.CONSTRUCT, _REFUSED.get(type(node), Construct.OTHER))

    def span(self, node: ast.expr) -> tuple[int, int]:
        start, end = node.col_offset, node.end_col_offset
        return self.shift + start, (start + 1 if end is None else end) - start

    def token(self, node: ast.expr) -> Token:
        return self.tokens[self.shift + node.col_offset]

    def wrong(self, node: ast.expr, code: Code, *values: object) -> ExpressionError:
        return fault(code, self.scan.text, *self.span(node), *values)

    @allowed.register
    def constant(self, node: ast.Constant, _depth: int) -> Node:
        return self.literal(node)

    def literal(self, node: ast.Constant) -> Literal:
        token = self.token(node)
        position, length = self.span(node)
        if token.kind is TokenKind.NUMBER:
            return Literal(position, length, Decimal(token.source))
        if token.kind is TokenKind.TEXT:
            return Literal(position, length, text_value(token))
        return Literal(position, length, {"True": True, "False": False}.get(token.source))

    @allowed.register
    def name(self, node: ast.Name, _depth: int) -> Name:
        return Name(*self.span(node), self.token(node).source)

    @allowed.register
    def unary(self, node: ast.UnaryOp, depth: int) -> Node:
        if isinstance(node.op, ast.UAdd):
            raise fault(Code.CONSTRUCT, self.scan.text, self.span(node)[0], 1, Construct.UNARY_PLUS)
        operand = self.read(node.operand, depth + 1)
        return (Not if isinstance(node.op, ast.Not) else Negate)(*self.span(node), operand)

    @allowed.register
    def chain(self, node: ast.BinOp, depth: int) -> Node:
        """Flatten `((a + b) - c)`: walks down the left side as long as the rank stays the same."""
        kind = self.rank(node)
        operands: list[ast.expr] = []
        operators: list[str] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp) and self.rank(left) is kind:
            operands.append(left.right)
            operators.append(_ARITHMETIC[type(left.op)])
            left = left.left
        operands.append(left)
        read = tuple(self.read(operand, depth + 1) for operand in reversed(operands))
        return kind(*self.span(node), read, tuple(reversed(operators)))

    def rank(self, node: ast.BinOp) -> type[Sum] | type[Product]:
        if type(node.op) not in _ARITHMETIC:
            raise self.wrong(node, Code.CONSTRUCT, Construct.OTHER)
        return Sum if isinstance(node.op, (ast.Add, ast.Sub)) else Product

    @allowed.register
    def logic(self, node: ast.BoolOp, depth: int) -> Node:
        operands = tuple(self.read(value, depth + 1) for value in node.values)
        word = "and" if isinstance(node.op, ast.And) else "or"
        return Logic(*self.span(node), operands, (word,) * (len(operands) - 1))

    @allowed.register
    def comparison(self, node: ast.Compare, depth: int) -> Node:
        first = node.ops[0]
        others = [op for op in node.ops if type(op) not in _COMPARISONS]
        if others and len(node.ops) > 1:
            raise self.wrong(node, Code.CONSTRUCT, Construct.MIXED_CHAIN)
        operand = self.read(node.left, depth + 1)
        if isinstance(first, (ast.In, ast.NotIn)):
            among, negated = node.comparators[0], isinstance(first, ast.NotIn)
            if isinstance(among, ast.Name):
                return Listed(
                    *self.span(node), self.some(operand), Name(*self.span(among), self.token(among).source), negated
                )
            return Membership(*self.span(node), self.some(operand), self.options(among), negated)
        read = [operand, *(self.read(each, depth + 1) for each in node.comparators)]
        if isinstance(first, (ast.Is, ast.IsNot)):
            if not _is_none(read[1]):
                raise self.wrong(node.comparators[0], Code.CONSTRUCT, Construct.IDENTITY)
            return IsNull(*self.span(node), operand, isinstance(first, ast.IsNot))
        operators = tuple(_COMPARISONS[type(op)] for op in node.ops)
        return Compare(*self.span(node), tuple(self.some(each) for each in read), operators)

    def some(self, node: Node) -> Node:
        """A part that is compared: never None as written, which would always be false."""
        if _is_none(node):
            raise fault(Code.COMPARED_WITH_NONE, self.scan.text, node.position, node.length)
        return node

    def options(self, node: ast.expr) -> tuple[Literal, ...]:
        if not isinstance(node, (ast.Tuple, ast.List)) or not node.elts:
            raise self.wrong(node, Code.LIST_NEEDED)
        if len(node.elts) > MAX_OPTIONS:
            raise self.wrong(node, Code.LIST_TOO_LONG, MAX_OPTIONS, len(node.elts))
        return tuple(map(self.option, node.elts))

    def option(self, node: ast.expr) -> Literal:
        negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        constant = node.operand if isinstance(node, ast.UnaryOp) and negative else node
        if not isinstance(constant, ast.Constant):
            raise self.wrong(node, Code.LIST_VALUE)
        literal = self.literal(constant)
        self.some(literal)
        if not negative:
            return literal
        if not isinstance(literal.value, Decimal):
            raise self.wrong(node, Code.LIST_VALUE)
        return Literal(*self.span(node), literal.value.copy_negate())

    @allowed.register
    def choice(self, node: ast.IfExp, depth: int) -> Node:
        condition, then, otherwise = (self.read(part, depth + 1) for part in (node.test, node.body, node.orelse))
        return Choice(*self.span(node), condition, then, otherwise)

    @allowed.register
    def call(self, node: ast.Call, depth: int) -> Node:
        if not isinstance(node.func, ast.Name):
            raise self.wrong(node, Code.CONSTRUCT, Construct.CALL)
        function = self.token(node.func).source
        signature = FUNCTIONS.get(function)
        if signature is None:
            raise self.wrong(node.func, Code.UNKNOWN_FUNCTION, function, suggestions(function, FUNCTIONS))
        given = len(node.args)
        if given < signature.least or (signature.most is not None and given > signature.most):
            raise self.wrong(node, Code.ARGUMENTS, function, signature.count, given)
        arguments = tuple(self.read(argument, depth + 1) for argument in node.args)
        if function == "round" and given > 1:
            self.check_places(node.args[1], arguments[1])
        pattern = self.pattern(node.args[1], arguments[1]) if function == "matches" else None
        return Call(*self.span(node), function, arguments, pattern)

    def check_places(self, node: ast.expr, argument: Node) -> None:
        places = places_of(argument)
        if places is None:
            raise self.wrong(node, Code.LITERAL_NEEDED, "round")
        if places != places.to_integral_value() or not LOWEST_PLACES <= places <= HIGHEST_PLACES:
            raise self.wrong(node, Code.ROUND_DIGITS, LOWEST_PLACES, HIGHEST_PLACES)

    def pattern(self, node: ast.expr, argument: Node) -> Pattern:
        if not isinstance(argument, Literal) or not isinstance(argument.value, str):
            raise self.wrong(node, Code.LITERAL_NEEDED, "matches")
        try:
            return compile_pattern(argument.value)
        except PatternError as error:
            token = self.token(node)
            start = text_offset(token, error.position)
            end = text_offset(token, error.position + error.length)
            raise fault(error.code, self.scan.text, start, end - start, error.detail) from None


def places_of(node: Node) -> Decimal | None:
    """The number written as the second argument of `round`, with its sign."""
    negative = isinstance(node, Negate)
    literal = node.operand if isinstance(node, Negate) else node
    if not isinstance(literal, Literal) or not isinstance(literal.value, Decimal):
        return None
    return literal.value.copy_negate() if negative else literal.value


def _is_none(node: Node) -> bool:
    return isinstance(node, Literal) and node.value is None
