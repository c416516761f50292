"""The one expression language of Trueup: item filters, the catalogue and quantities (docs/guides/expressions.md).

A whitelisted subset of Python's expression syntax, worked out exactly and without running any Python. The codes of
`ExpressionError`, with their parameters and meanings, stand in `codes.py`.
"""

from __future__ import annotations

from trueup.core.expression.across import Condition, read_condition
from trueup.core.expression.analysis import is_non_decreasing_in, linear_terms
from trueup.core.expression.codes import TABLE, Code, CodeEntry, Construct, PatternFault
from trueup.core.expression.errors import ExpressionError, caret
from trueup.core.expression.expression import Expression, Row, compile_number, compile_predicate, parse
from trueup.core.expression.values import Kind, Scalar, fold

__all__ = [
    "TABLE",
    "Code",
    "CodeEntry",
    "Condition",
    "Construct",
    "Expression",
    "ExpressionError",
    "Kind",
    "PatternFault",
    "Row",
    "Scalar",
    "caret",
    "compile_number",
    "compile_predicate",
    "fold",
    "is_non_decreasing_in",
    "linear_terms",
    "parse",
    "read_condition",
]
