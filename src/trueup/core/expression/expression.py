"""An expression: read once, checked against the names that exist, then worked out as often as needed.

docs/decisions/0010-expression-language.md says why the language is as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from operator import itemgetter
from typing import NamedTuple

from trueup.core.expression.arithmetic import DIGITS, TooLargeError, settle
from trueup.core.expression.checking import check_tree
from trueup.core.expression.codes import Code
from trueup.core.expression.errors import fault, suggestions
from trueup.core.expression.grammar import read_tree
from trueup.core.expression.program import ProgramBuilder
from trueup.core.expression.scan import scan
from trueup.core.expression.sources import Lists, Sources
from trueup.core.expression.tree import Name, Node, canonical, names_in
from trueup.core.expression.values import Kind, Scalar, Value, kind_of

_DIGEST_VERSION = "trueup-expression-1"

Row = tuple[Scalar, ...]
"""The attributes of one item, in the order that was agreed when the expression was compiled."""


class _Scope(NamedTuple):
    """What `evaluate` works on: where names are looked up, the names there are to suggest, and the reference day."""

    look_up: Callable[[str], Scalar]
    known: Iterable[str]
    today: date | None


@dataclass(frozen=True, slots=True)
class Expression:
    """A well-formed expression. Two expressions are equal when their texts are; `digest` ignores blanks and brackets
    that change nothing, and is what a rule's version is made of."""

    text: str
    names: tuple[str, ...] = field(compare=False)
    digest: str = field(compare=False)
    tree: Node = field(compare=False, repr=False)
    _program: Callable[[_Scope], Value] = field(compare=False, repr=False)

    def __reduce__(self) -> tuple[Callable[[str], Expression], tuple[str]]:
        return parse, (self.text,)

    def check(self, known: Mapping[str, Kind], expect: Kind | None) -> None:
        """Check names and kinds before anything is saved.

        `known` gives the kind of every name that may be used, `expect` the kind that the whole must have: `truth`
        for a filter, `number` for a quantity, None for any. Raises ExpressionError (`unknown_name` with names that look
        alike, `wrong_kind`, `kinds_differ`) at the place of the fault.
        """
        check_tree(self.tree, self.text, known, expect)

    def evaluate(self, values: Callable[[str], Scalar] | Mapping[str, Scalar], today: date | None = None) -> Scalar:
        """Work the expression out exactly; a number is rounded once, to 28 digits, when it leaves.

        `values` gives the value of a name, or raises KeyError for one that it does not know; it is asked only for names
        that the result depends on. `today` is the day that `days_since` counts to. Raises ExpressionError.
        """
        if isinstance(values, Mapping):
            result = self._program(_Scope(values.__getitem__, values, today))
        else:
            result = self._program(_Scope(values, (), today))
        if result is None or isinstance(result, (str, bool)):
            return result
        if isinstance(result, (Decimal, Fraction, int)):
            return _settled(self, result)
        if kind_of(result) is Kind.DAY:
            return result
        raise fault(Code.WRONG_KIND, self.text, self.tree.position, self.tree.length, Kind.UNKNOWN, "other")


def parse(text: str) -> Expression:
    """Read an expression; raises ExpressionError at the characters that are not of the language."""
    tree = read_tree(scan(text))
    names = tuple(sorted({name.name for name in names_in(tree)}))
    digest = hashlib.sha256(f"{_DIGEST_VERSION} {canonical(tree)}".encode()).hexdigest()
    sources = Sources(text, _from_scope(text), lambda scope: scope.today)
    return Expression(text, names, digest, tree, ProgramBuilder(sources).visit(tree))


def compile_predicate(
    expression: Expression, attribute_names: Sequence[str], today: date | None = None
) -> Callable[[Row], bool]:
    """A fast item filter: a function from a row, whose attributes stand in the order of `attribute_names`, to a truth.

    A result of None is false. Raises ExpressionError at once for a name that is not an attribute; the function raises
    ExpressionError where the row cannot be judged.
    """
    return row_builder(expression.text, attribute_names, today).truths.visit(expression.tree)


def compile_number(
    expression: Expression, attribute_names: Sequence[str], today: date | None = None
) -> Callable[[Row], Decimal]:
    """The same for a number; a result of None is the error `null_in_calculation`."""
    run = row_builder(expression.text, attribute_names, today).numbers.visit(expression.tree)
    return lambda row: _settled(expression, run(row))


def row_builder(
    text: str, attribute_names: Sequence[str], today: date | None, lists: Lists | None = None
) -> ProgramBuilder[Row]:
    """Builds what is worked out of a row; `lists` are those with a name that the text may use behind `in`."""
    places = {name: index for index, name in enumerate(attribute_names)}

    def read_name(node: Name) -> Callable[[Row], Value]:
        index = places.get(node.name)
        if index is None:
            found = suggestions(node.name, places)
            raise fault(Code.UNKNOWN_NAME, text, node.position, node.length, node.name, found)
        return itemgetter(index)

    return ProgramBuilder(Sources(text, read_name, lambda _: today, lists or {}))


def _from_scope(text: str) -> Callable[[Name], Callable[[_Scope], Value]]:
    def read_name(node: Name) -> Callable[[_Scope], Value]:
        def read(scope: _Scope) -> Value:
            try:
                return scope.look_up(node.name)
            except KeyError:
                found = suggestions(node.name, scope.known)
                raise fault(Code.UNKNOWN_NAME, text, node.position, node.length, node.name, found) from None

        return read

    return read_name


def _settled(expression: Expression, value: Decimal | Fraction | int) -> Decimal:
    tree = expression.tree
    if isinstance(value, Decimal) and not value.is_finite():
        raise fault(Code.NOT_A_NUMBER, expression.text, tree.position, tree.length, expression.text.strip())
    try:
        return settle(Decimal(value) if isinstance(value, int) else value)
    except TooLargeError:
        raise fault(Code.TOO_LARGE, expression.text, tree.position, tree.length, DIGITS) from None
