"""Every code that an `ExpressionError` may carry, its parameters, and what it means in one line.

The codes are stable: the message catalogue, saved error reports and the API rely on them. Parameters are text;
`suggestions` is a list joined with a comma and a blank, best first, or empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """What is wrong with an expression. The first group is found by `parse`, then by `check`, then by `evaluate`."""

    EMPTY = "expression.empty"
    TOO_LONG = "expression.too_long"
    TOO_DEEP = "expression.too_deep"
    CHARACTER = "expression.character"
    NUMBER = "expression.number"
    NUMBER_TOO_LONG = "expression.number_too_long"
    TEXT_NOT_CLOSED = "expression.text_not_closed"
    TEXTS_ADJACENT = "expression.texts_adjacent"
    OPERATOR = "expression.operator"
    CONSTRUCT = "expression.construct"
    BRACKET = "expression.bracket"
    SYNTAX = "expression.syntax"
    ENDS_EARLY = "expression.ends_early"
    COMPARED_WITH_NONE = "expression.compared_with_none"
    LIST_NEEDED = "expression.list_needed"
    LIST_VALUE = "expression.list_value"
    LIST_TOO_LONG = "expression.list_too_long"
    UNKNOWN_FUNCTION = "expression.unknown_function"
    ARGUMENTS = "expression.arguments"
    LITERAL_NEEDED = "expression.literal_needed"
    ROUND_DIGITS = "expression.round_digits"
    PATTERN = "expression.pattern"
    PATTERN_UNSUPPORTED = "expression.pattern_unsupported"
    PATTERN_TOO_LARGE = "expression.pattern_too_large"

    UNKNOWN_NAME = "expression.unknown_name"
    UNKNOWN_LIST = "expression.unknown_list"
    WRONG_KIND = "expression.wrong_kind"
    KINDS_DIFFER = "expression.kinds_differ"

    DIVISION_BY_ZERO = "expression.division_by_zero"
    NULL_IN_CALCULATION = "expression.null_in_calculation"
    NOT_A_NUMBER = "expression.not_a_number"
    NOT_A_DAY = "expression.not_a_day"
    NO_REFERENCE_DAY = "expression.no_reference_day"
    TOO_LARGE = "expression.too_large"


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One line of the table: the names of the parameters, in their order, and the meaning in plain English."""

    params: tuple[str, ...]
    meaning: str


TABLE: Mapping[Code, CodeEntry] = {
    Code.EMPTY: CodeEntry((), "There is nothing to work out."),
    Code.TOO_LONG: CodeEntry(("limit", "found"), "The text is longer than `limit` characters."),
    Code.TOO_DEEP: CodeEntry(("limit",), "Parts are nested more than `limit` levels deep."),
    Code.CHARACTER: CodeEntry(
        ("character", "code_point"), "This character has no meaning here; `character` is empty if unprintable."
    ),
    Code.NUMBER: CodeEntry(
        ("found",), "Not a plain decimal number: no exponent, underscore, leading zero, base or imaginary part."
    ),
    Code.NUMBER_TOO_LONG: CodeEntry(("limit",), "The number has more than `limit` digits."),
    Code.TEXT_NOT_CLOSED: CodeEntry(("quote",), "The text that begins here has no closing `quote` on its line."),
    Code.TEXTS_ADJACENT: CodeEntry((), "Two texts stand side by side; a comma is missing between them."),
    Code.OPERATOR: CodeEntry(
        ("found", "suggestions"), "This operator is not part of the language; `suggestions` says what is."
    ),
    Code.CONSTRUCT: CodeEntry(
        ("construct",), "Python knows this, the language does not; `construct` is a word of `Construct`."
    ),
    Code.BRACKET: CodeEntry(("found",), "This bracket has no partner."),
    Code.SYNTAX: CodeEntry(("found",), "`found` cannot stand here."),
    Code.ENDS_EARLY: CodeEntry((), "The expression stops where something must still follow."),
    Code.COMPARED_WITH_NONE: CodeEntry((), "Comparing with None is always false; write `is None` or `is not None`."),
    Code.LIST_NEEDED: CodeEntry(
        (), '`in` needs a list of values, as in `x in ("a", "b")`; use `matches` to look inside a text.'
    ),
    Code.LIST_VALUE: CodeEntry((), "A list holds numbers, texts, True and False as they are, not names or sums."),
    Code.LIST_TOO_LONG: CodeEntry(("limit", "found"), "The list has more than `limit` values."),
    Code.UNKNOWN_FUNCTION: CodeEntry(("name", "suggestions"), "There is no function of that name."),
    Code.ARGUMENTS: CodeEntry(
        ("function", "expected", "found"),
        "The function takes `expected` arguments (`1`, `1-2` or `2+`), not `found`.",
    ),
    Code.LITERAL_NEEDED: CodeEntry(
        ("function",), "This argument of the function must be written out: a text for `matches`, digits for `round`."
    ),
    Code.ROUND_DIGITS: CodeEntry(
        ("lowest", "highest"), "`round` takes a whole number of decimal places from `lowest` to `highest`."
    ),
    Code.PATTERN: CodeEntry(("reason",), "The pattern is not well formed; `reason` is a word of `PatternFault`."),
    Code.PATTERN_UNSUPPORTED: CodeEntry(("found",), "Patterns here do not know `found`."),
    Code.PATTERN_TOO_LARGE: CodeEntry(("limit",), "The pattern unfolds into more than `limit` steps."),
    Code.UNKNOWN_NAME: CodeEntry(("name", "suggestions"), "There is no billing type or attribute of that name."),
    Code.UNKNOWN_LIST: CodeEntry(("name", "suggestions"), "There is no list of values of that name."),
    Code.WRONG_KIND: CodeEntry(
        ("expected", "found"), "A value of kind `expected` is needed here and this is `found` (words of `Kind`)."
    ),
    Code.KINDS_DIFFER: CodeEntry(("left", "right"), "`left` and `right` kinds cannot be compared or chosen between."),
    Code.DIVISION_BY_ZERO: CodeEntry(("divisor",), "The divisor is zero; `divisor` is its source text."),
    Code.NULL_IN_CALCULATION: CodeEntry(("operand",), "There is no value to calculate with; `operand` is its source."),
    Code.NOT_A_NUMBER: CodeEntry(("operand",), "The value is infinite or not a number; `operand` is its source."),
    Code.NOT_A_DAY: CodeEntry(("operand",), "The text does not begin with a day written as YYYY-MM-DD."),
    Code.NO_REFERENCE_DAY: CodeEntry((), "`days_since` was asked where no reference day is known."),
    Code.TOO_LARGE: CodeEntry(("limit",), "The number has more than `limit` digits before its decimal point."),
}


class Construct(StrEnum):
    """What `expression.construct` names: a part of Python that the language leaves out."""

    KEYWORD = "keyword"
    TEXT_PREFIX = "text_prefix"
    SUBSCRIPT = "subscript"
    CALL = "call"
    UNARY_PLUS = "unary_plus"
    IDENTITY = "identity"
    MIXED_CHAIN = "mixed_chain"
    LIST = "list"
    OTHER = "other"


class PatternFault(StrEnum):
    """What `expression.pattern` names: why a pattern is not well formed."""

    NOTHING_TO_REPEAT = "nothing_to_repeat"
    REPEATED_TWICE = "repeated_twice"
    GROUP_NOT_CLOSED = "group_not_closed"
    GROUP_NOT_OPENED = "group_not_opened"
    CLASS_NOT_CLOSED = "class_not_closed"
    CLASS_EMPTY = "class_empty"
    RANGE_REVERSED = "range_reversed"
    COUNT_MALFORMED = "count_malformed"
    COUNT_REVERSED = "count_reversed"
    ENDS_WITH_BACKSLASH = "ends_with_backslash"
