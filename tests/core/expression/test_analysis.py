"""What can be proved about an expression, and that a proof is never wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.expression import reference as ref

from trueup.core.expression import ExpressionError, is_non_decreasing_in, linear_terms, parse
from trueup.core.expression.scan import MAX_LENGTH


@pytest.mark.parametrize(
    "text",
    [
        *["a", "a + b", "a - b", "2 * a", "a * 2 / 3", "-(-a)", "-2 * (b - a)", "b - -a", "a / 4 - b * c", "0 * a"],
        *["min(a, b, 5)", "max(a - 3, 0)", "ceil(a / 10) * 10", "floor(a)", "round(a, 2)", "a + 1 if b > 2 else a"],
        *["b * c", "abs(b) + a", "5", "max(a, 0) * (3 - 1)", "a if f else 0"],
    ],
)
def test_rising_is_proved(text):
    assert is_non_decreasing_in(parse(text), "a") is True


@pytest.mark.parametrize(
    "text",
    [
        *["-a", "b - a", "-2 * a", "a * b", "a * a", "2 / a", "a - 2 * a", "abs(a)", "a if a > 5 else 0", "b / a"],
        *["a * min(-1, 2)", "a / b", "days_since(a)", "max(a, b - a)", "a * (2 - 3)", "5 if a < 3 else 1"],
    ],
)
def test_what_may_fall_or_is_not_known_is_not_proved(text):
    assert is_non_decreasing_in(parse(text), "a") is False


@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=150)
@given(ref.numbers, ref.all_values, st.decimals(0, 50, places=2), st.sampled_from(ref.NUMBERS))
def test_what_is_proved_to_rise_never_falls(part, values, more, name):
    if len(part.text) > MAX_LENGTH or values[name] is None or not is_non_decreasing_in(parse(part.text), name):
        return
    expression = parse(part.text)
    try:
        before = expression.evaluate(values)
        after = expression.evaluate(values | {name: values[name] + more})
    except ExpressionError:
        return
    if before is not None and after is not None:
        assert after >= before


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("a.x + a.y", {"a.x": "1", "a.y": "1"}),
        ("a + b - a + a", {"a": "1", "b": "1"}),
        ("2 * (a - b / 4) + 3", {"a": "2", "b": "-0.5", "": "3"}),
        ("-(a + 1)", {"a": "-1", "": "-1"}),
        ("a * 3 * 2 / 4", {"a": "1.5"}),
        ("a / 3 * 3", {"a": "1"}),
        ("a / 3", {"a": "0.3333333333333333333333333333"}),
        ("a - a", {}),
        ("7", {"": "7"}),
        ("(1 + 1) * a", {"a": "2"}),
    ],
)
def test_a_sum_shows_its_terms(text, terms):
    found = linear_terms(parse(text))
    assert found is not None
    assert found == {name: Decimal(factor) for name, factor in terms.items()}
    assert all(isinstance(factor, Decimal) for factor in found.values())


@pytest.mark.parametrize(
    "text",
    ["a * b", "a / b", "2 / a", "a / 0", "max(a, b)", "a if f else b", "a > 1", "'a'", "True", "a * 'x'", "None"],
)
def test_what_is_no_sum_shows_none(text):
    assert linear_terms(parse(text)) is None
