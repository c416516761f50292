"""What expressions mean: missing values, text, numbers, kinds, days; each line of the guide as a case."""

from __future__ import annotations

import decimal
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from trueup.core import expression as package
from trueup.core.expression import ExpressionError, Kind, compile_number, compile_predicate, parse

ROW = {
    "null": None,
    "empty": "",
    "category": " Desktop ",
    "cores": Decimal(8),
    "whole": 8,
    "text8": "8",
    "on": True,
    "off": False,
    "seen": date(2026, 2, 20),
}
TODAY = date(2026, 3, 1)


def result(text, **values):
    return parse(text).evaluate(ROW | values, TODAY)


def code(text, **values):
    with pytest.raises(ExpressionError) as error:
        result(text, **values)
    return error.value.code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('null == "a"', False),
        ('null != "a"', False),
        ("null == null", False),
        ("null != null", False),
        ("null < 5", False),
        ("null >= 5", False),
        ("1 < null < 5", False),
        ('not (null == "a")', True),
        ('not (null != "a")', True),
        ('null in ("a", "b")', False),
        ('null not in ("a", "b")', False),
        ("null is None", True),
        ("null is not None", False),
        ("empty is None", False),
        ('empty == ""', True),
        ('empty == "  "', True),
        ("null", None),
        ("not null", True),
        ("null and on", False),
        ("null or on", True),
        ("1 if null else 2", Decimal(2)),
        ('matches(null, ".*")', False),
        ('starts_with(null, "")', False),
        ('starts_with(category, "") and not starts_with(category, null)', True),
        ("null is not None and null > 5", False),
        ("0 if null is None else null + 1", Decimal(0)),
        ("None if on else 5", None),
        ("5 != (0 if off else null)", False),
    ],
)
def test_a_missing_value(text, expected):
    assert result(text) == expected


@pytest.mark.parametrize("text", ["null + 1", "1 * null", "-null", "max(1, null)", "ceil(null)", "days_since(null)"])
def test_calculating_with_a_missing_value_is_an_error(text):
    assert code(text) == "expression.null_in_calculation"


def test_a_quantity_that_comes_out_missing_is_an_error():
    with pytest.raises(ExpressionError) as error:
        compile_number(parse("cores if cores > 9 else None"), ["cores"])((Decimal(8),))
    assert error.value.code == "expression.null_in_calculation"


def test_a_filter_that_comes_out_missing_does_not_hold():
    assert compile_predicate(parse("suspended"), ["suspended"])((None,)) is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('category == "desktop"', True),
        ('category in ("LAPTOP", "DESKTOP")', True),
        ('category in ["LAPTOP"]', False),
        ('category not in ("LAPTOP",)', True),
        ('"a" < "B" < "c"', True),
        (r'"C:\new" == "c:\\NEW"', True),
        (r'"say \"x\"" == \'say "x"\''.replace("\\'", "'"), True),
        ('"STRASSE" == "straße"', True),
        ('"e\u0301cran" == "ÉCRAN"', True),
        ('starts_with("Server 1", "server ")', True),
        ('starts_with("Server1", "server ")', False),
        ('starts_with("  Server1", " SERVER")', True),
        ("text8 == 8", False),
        ("text8 != 8", True),
        ("text8 in (8, 9)", False),
        ("text8 not in (8, 9)", True),
        ("on in (1, True)", True),
        ("on in (1, 2)", False),
        ("on == 1", False),
        ("on == True", True),
        ("whole == cores == 8.0", True),
        ("whole in (8,)", True),
        ("cores in (-8, 8.00)", True),
        ("seen == seen", True),
        ("seen > seen", False),
    ],
)
def test_comparing(text, expected):
    assert result(text) is expected


def test_ordering_two_kinds_and_truth_of_a_number_are_errors():
    assert code("text8 < 9") == "expression.kinds_differ"
    assert code("on < off") == "expression.wrong_kind"
    assert code("1 if cores else 2") == "expression.wrong_kind"
    assert code("cores and on") == "expression.wrong_kind"
    assert code("on + 1") == "expression.wrong_kind"
    assert code("text8 + 1") == "expression.wrong_kind"


def test_a_moment_is_not_a_day():
    assert code("days_since(x)", x=datetime(2026, 2, 20, 23, 30)) == "expression.wrong_kind"  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1 + 0.2", "0.3"),
        ("0.1 * 3", "0.3"),
        ("1 / 8", "0.125"),
        ("10 / 3 * 3", "10"),
        ("2 / 3", "0.6666666666666666666666666667"),
        ("floor(10 / 3 * 3)", "10"),
        ("ceil(5 / 3 + 5 / 3 + 5 / 3)", "5"),
        ("1 - 2 - 3", "-4"),
        ("8 / 4 / 2", "1"),
        ("8 / (4 / 2)", "4"),
        ("2 + 3 * 4 - 1", "13"),
        ("-2 * -3", "6"),
        ("- - 2", "2"),
        ("-0", "0"),
        ("0 * -1", "0"),
        (".5 + 1.", "1.5"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("round(2.4999999999999999999)", "2"),
        ("round(1.005, 2)", "1.01"),
        ("round(1 / 3, 2)", "0.33"),
        ("round(1250, -2)", "1300"),
        ("ceil(-1.5)", "-1"),
        ("floor(-1.5)", "-2"),
        ("abs(-1.5)", "1.5"),
        ("max(1, 1 / 3, 2)", "2"),
        ("min(1 / 3, 0.3333)", "0.3333"),
        ("days_since(seen)", "9"),
        ('days_since("2026-03-02T23:59:00Z")', "-1"),
        ("5 if cores > 5 else 0", "5"),
        ("1 if off else 2 if off else 3", "3"),
        ("9999999999999999999999999999 * 10 / 10", "9999999999999999999999999999"),
        ("12345678901234567890.12 * 98765432109876543210.98 / 98765432109876543210.98", "12345678901234567890.12"),
    ],
)
def test_numbers_are_exact(text, expected):
    found = result(text)
    assert str(found) == expected


def test_a_small_part_beside_a_huge_one_is_not_lost():
    huge = "9999999999999999999999999999 * 9999999999999999999999999999"
    assert result(f"{huge} + 0.000000000000000000000000001 - {huge}") == Decimal("1E-27")


def test_the_thread_s_own_decimal_context_plays_no_part():
    expressions = ["1 / 3", "cores / 7 - -1.23456789", "round(1.005, 2)", "-1.23456789", "abs(-1.23456789)"]
    expected = [str(result(text)) for text in expressions]
    with decimal.localcontext() as context:
        context.prec = 2
        context.rounding = decimal.ROUND_UP
        context.traps[decimal.Inexact] = True
        assert [str(result(text)) for text in expressions] == expected
        assert result("cores < 8.123456789 and 1 / 3 < 0.34") is True


def test_numbers_beyond_all_counting_are_refused_quickly():
    assert code("a * a", a=Decimal(10) ** 20) == "expression.too_large"
    assert code("a + 1", a=Decimal("1E+999999")) == "expression.too_large"
    assert code("a", a=Decimal("1E+28")) == "expression.too_large"
    assert code("*".join("a" * 900), a=Decimal(10) ** 27 / 3) == "expression.too_large"


def test_only_what_the_result_depends_on_is_looked_up():
    asked = []

    def look_up(name):
        asked.append(name)
        return {"a": Decimal(1)}[name]

    assert parse("a if a == 1 or b > 1 else c").evaluate(look_up) == 1
    assert set(asked) == {"a"}


def test_the_design_s_examples():
    assert result(
        "datto_rmm.desktop + datto_rmm.laptop + datto_rmm.server",
        **{"datto_rmm.desktop": Decimal(12), "datto_rmm.laptop": Decimal(7), "datto_rmm.server": 3},
    ) == Decimal(22)
    kept = compile_predicate(parse('category in ("Desktop", "Laptop") and not suspended'), ["suspended", "category"])
    assert kept((False, "laptop")) is True
    assert kept((None, "Desktop ")) is True
    assert kept((True, "Desktop")) is False
    assert kept((False, None)) is False


def test_a_compiled_expression_refuses_an_unknown_attribute_before_any_item():
    for compile_ in (compile_predicate, compile_number):
        with pytest.raises(ExpressionError) as error:
            compile_(parse("categry == 1"), ["category"])
        assert dict(error.value.params) == {"name": "categry", "suggestions": "category"}


def test_a_compiled_expression_counts_days_to_the_day_it_was_given():
    fresh = parse("days_since(seen) <= 30")
    assert compile_predicate(fresh, ["seen"], date(2026, 1, 31))((date(2026, 1, 1),)) is True
    assert compile_predicate(fresh, ["seen"], date(2026, 2, 1))((date(2026, 1, 1),)) is False


def test_names_are_listed_once_and_sorted():
    assert parse("b + a.c * b + max(a.b, 1)").names == ("a.b", "a.c", "b")
    assert parse("type.class + é").names == ("type.class", "é")


def test_the_digest_sees_meaning_and_not_layout():
    same = ["a + b*2 in (1, 2)", "a+b * 2 in [1,2]", "(a + (b*2)) in\n(1,\n2,)"]
    assert len({parse(text).digest for text in same}) == 1
    texts = [
        "a + b",
        "b + a",
        "a - b",
        "a + c",
        "a + 'b'",
        "a + 1",
        "a + 1.0",
        "a * b",
        "(a) if b else c",
        "a - (b - c)",
    ]
    texts += ["a - b - c", "a < b", "a <= b", "a < b < c", "(a < b) == c", "a and b", "a or b", "not a", "a in (1,)"]
    texts += [
        "a not in (1,)",
        "a is None",
        "a is not None",
        "min(a, b)",
        "max(a, b)",
        "a",
        "-a",
        "True",
        "'True'",
        "None",
    ]
    texts += ["c if b else a", "a and b and c", "a and (b and c)", "'a b'", "'ab'", "a in (1, 2)", "a in ('1, 2',)"]
    assert len({parse(text).digest for text in texts}) == len(texts)
    assert parse("'a'").digest == parse('"a"').digest


KNOWN = {"n": Kind.NUMBER, "t": Kind.TEXT, "f": Kind.TRUTH, "d": Kind.DAY, "u": Kind.UNKNOWN}


@pytest.mark.parametrize(
    ("text", "expect"),
    [
        ("n + u", Kind.NUMBER),
        ("u", Kind.NUMBER),
        ("u", Kind.TRUTH),
        ("n if f else None", Kind.NUMBER),
        ("n if u else u", Kind.NUMBER),
        ("t == u and d == d and u in (1, 't')", Kind.TRUTH),
        ("f == True", Kind.TRUTH),
        ("days_since(d) + days_since(t) + days_since(u)", Kind.NUMBER),
        ("t if f else 'x'", Kind.TEXT),
        ("d", Kind.DAY),
        ("n + 1", None),
        ("t", None),
    ],
)
def test_what_the_check_accepts(text, expect):
    parse(text).check(KNOWN, expect)


@pytest.mark.parametrize(
    ("text", "expect", "found"),
    [("n", "truth", "number"), ("n > 1", "number", "truth"), ("t", "number", "text"), ("None", "number", "null")],
)
def test_a_filter_must_be_a_truth_and_a_quantity_a_number(text, expect, found):
    with pytest.raises(ExpressionError) as error:
        parse(text).check(KNOWN, Kind(expect))
    assert (error.value.code, error.value.params) == (
        "expression.wrong_kind",
        (("expected", expect), ("found", found)),
    )
    assert (error.value.position, error.value.length) == (0, len(text))


def test_no_python_is_ever_run():
    for text in (
        *["__import__('os')", "().__class__", "open('x')", "eval('1')", "a.__class__.__mro__[1]", "'%s' % 1"],
        *["yield 1", "await x", "print(1)", "b'x'", "1 if (x := 2) else 3", "f'{1}'", "...", "a @ b", "~1", "1 << 2"],
    ):
        with pytest.raises(ExpressionError):
            parse(text)
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(package.__file__).parent.glob("*.py"))
    for banned in ("eval(", "exec(", " compile(", "literal_eval", "float("):
        assert banned not in sources


def test_every_example_of_the_guide_is_an_expression():
    guide = (Path(__file__).parents[3] / "docs" / "guides" / "expressions.md").read_text(encoding="utf-8")
    table = guide.partition("## What there is")[0]
    examples = re.findall(r"^\| [^|`]+ \| `(.+)` \|$", table, re.MULTILINE)
    assert len(examples) == 6
    for example in examples:
        parse(example)


def test_the_guide_s_patterns_and_packs_mean_what_it_says():
    assert [result("ceil(max(seats - 10, 0) / 5)", seats=seats) for seats in (0, 10, 11, 15, 16)] == [0, 0, 1, 1, 2]
    assert result(r'matches(hostname, "^srv-\d+$")', hostname="SRV-007") is True
