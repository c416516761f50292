"""A condition over items that may also look at other lists: `hostname not in datto_edr.agents.hostname`.

It is the same language with one thing more: behind `in` may stand the name of a list. Rules and filters know no such
lists, so there `in` goes on to need values that are written out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from trueup.core.expression.checking import check_tree
from trueup.core.expression.expression import Row, row_builder
from trueup.core.expression.grammar import read_tree
from trueup.core.expression.scan import scan
from trueup.core.expression.sources import Lists
from trueup.core.expression.tree import Node, lists_in, names_in
from trueup.core.expression.values import Kind


@dataclass(frozen=True, slots=True)
class Condition:
    """A well-formed condition: the attributes and the lists that it names, each once and sorted."""

    text: str
    names: tuple[str, ...] = field(compare=False)
    lists: tuple[str, ...] = field(compare=False)
    tree: Node = field(compare=False, repr=False)

    def check(self, known: Mapping[str, Kind], lists: Collection[str]) -> None:
        """Check names, lists and kinds before anything is saved. Raises ExpressionError at the place of the fault."""
        check_tree(self.tree, self.text, known, Kind.TRUTH, lists)

    def over(self, attribute_names: Sequence[str], lists: Lists, today: date | None = None) -> Callable[[Row], bool]:
        """The condition as a function of a row, see `compile_predicate`; `lists` hold folded texts. Raises
        ExpressionError for a name or a list that is not there."""
        return row_builder(self.text, attribute_names, today, lists).truths.visit(self.tree)


def read_condition(text: str) -> Condition:
    """Read a condition; raises ExpressionError at the characters that are not of the language."""
    tree = read_tree(scan(text))
    names = tuple(sorted({name.name for name in names_in(tree)}))
    return Condition(text, names, tuple(sorted({name.name for name in lists_in(tree)})), tree)
