"""Random expressions, worked out by the language and by a second evaluator in fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.expression import reference as ref

from trueup.core.expression import ExpressionError, Kind, caret, compile_number, compile_predicate, parse
from trueup.core.expression.scan import MAX_LENGTH

KINDS = (
    dict.fromkeys(ref.NUMBERS, Kind.NUMBER) | dict.fromkeys(ref.TEXTS, Kind.TEXT) | dict.fromkeys(ref.FLAGS, Kind.TRUTH)
)
slow_generation = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None, max_examples=150
)


def outcome(work):
    try:
        return work()
    except ref.FaultError as fault:
        return fault.code
    except ExpressionError as error:
        return error.code


def assert_same_number(found, expected):
    """Equal, and where 28 digits cannot hold the exact value, off by no more than half a unit of the last digit."""
    if isinstance(expected, str) or isinstance(found, str):
        assert found == expected
    elif Fraction(found) != expected:
        assert len(found.as_tuple().digits) == 28
        assert abs(Fraction(found) - expected) * 2 <= Fraction(10) ** (found.adjusted() - 27)


@slow_generation
@given(ref.numbers, ref.all_values)
def test_a_random_quantity_has_the_value_that_fractions_give(part, values):
    if len(part.text) > MAX_LENGTH:
        return
    expression = parse(part.text)
    expression.check(KINDS, Kind.NUMBER)
    expected = outcome(lambda: ref.number(part, values))
    assert_same_number(outcome(lambda: compile_number(expression, ref.ALL_NAMES)(row(values))), expected)
    if expected != "expression.null_in_calculation":
        assert_same_number(outcome(lambda: expression.evaluate(values)), expected)


@slow_generation
@given(ref.truths, ref.all_values)
def test_a_random_filter_decides_as_the_reference_does(part, values):
    if len(part.text) > MAX_LENGTH:
        return
    expression = parse(part.text)
    expression.check(KINDS, Kind.TRUTH)
    expected = outcome(lambda: ref.truth(part, values))
    assert outcome(lambda: compile_predicate(expression, ref.ALL_NAMES)(row(values))) == expected
    assert (outcome(lambda: expression.evaluate(values)) or False) == expected


def row(values):
    return tuple(values[name] for name in ref.ALL_NAMES)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=40), st.integers(1, 12))
def test_equal_shares_of_a_whole_add_up_to_the_whole(counts, share):
    """Sums of fractions that do not end as decimals: 28 digits alone would give 5.000...001, rounded up to 6."""
    text = " + ".join(f"{count} / {share}" for count in counts)
    whole = sum(counts)
    result = parse(f"ceil({text})").evaluate({})
    assert result == Decimal(-(-whole // share))
    if whole % share == 0:
        assert parse(text).evaluate({}) == whole // share


def alphabet():
    pieces = ["a", "b.c", "1", "0.5", '"x"', "'", "(", ")", "[", "]", ",", "+", "-", "*", "/", "==", "<", "in", "not"]
    pieces += ["is", "None", "if", "else", "and", "or", "min(", "matches(", " ", "\n", "é", "\x00", "**", "=", ".", "²"]
    pieces += ["True", "lambda", "{", "'(a'", "days_since(", "\ud800", "round(", "\\", "😀"]
    return st.lists(st.sampled_from(pieces), max_size=30).map("".join)


@settings(max_examples=600, deadline=None)
@given(st.text(max_size=60) | alphabet())
def test_any_text_gives_a_value_or_an_expression_error_inside_the_text(text):
    error = None
    try:
        parse(text).evaluate({"a": Decimal(3), "b.c": "x"})
    except ExpressionError as raised:
        error = raised
    if error is not None:
        assert 0 <= error.position <= len(text)
        assert error.length >= 0
        assert error.text == text
        assert caret(error).count("\n") == 1


scalars = (
    st.none()
    | st.booleans()
    | st.text(max_size=5)
    | st.dates()
    | st.decimals()
    | st.integers()
    | st.floats()
    | st.datetimes()
    | st.lists(st.integers(), max_size=1)
)
shapes = st.sampled_from(
    [
        *["a", "-a", "a + b", "a / b", "a * b * a", "a < b", "a == b != a", "a < 3", 'a >= "x"', "a != 3"],
        *["a in (1, 'x', True)", "not a", "a and b", "a or b", "a if b else a", "min(a, b)", "round(a, 2)"],
        *[
            "round(a, -9)",
            "ceil(a / b)",
            "days_since(a)",
            "matches(a, 'x+$')",
            "starts_with(a, b)",
            "abs(a)",
            "a is None",
        ],
    ]
)


@settings(max_examples=600, deadline=None)
@given(shapes, scalars, scalars, st.none() | st.dates())
def test_no_value_of_any_type_raises_anything_but_an_expression_error(text, a, b, today):
    """Vendors send nulls, booleans for numbers, infinities and lists: nothing but the promised error may come out."""
    expression = parse(text)
    for work in (
        lambda: expression.evaluate({"a": a, "b": b}, today),
        lambda: compile_predicate(expression, ("a", "b"), today)((a, b)),
        lambda: compile_number(expression, ("a", "b"), today)((a, b)),
    ):
        found = outcome(work)
        assert not isinstance(found, float)
