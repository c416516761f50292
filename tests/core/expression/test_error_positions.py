"""Each error marks exactly the characters that a person has to change."""

from __future__ import annotations

import pickle
from datetime import date
from decimal import Decimal

import pytest

from trueup.core.expression import TABLE, Code, ExpressionError, Kind, caret, parse

KNOWN = {
    "datto_rmm.desktop": Kind.NUMBER,
    "datto_rmm.laptop": Kind.NUMBER,
    "zero": Kind.NUMBER,
    "gone": Kind.NUMBER,
    "category": Kind.TEXT,
    "Hostname": Kind.TEXT,
    "suspended": Kind.TRUTH,
    "seen": Kind.DAY,
    "any": Kind.UNKNOWN,
}
VALUES = {
    "datto_rmm.desktop": Decimal(7),
    "datto_rmm.laptop": Decimal(2),
    "zero": Decimal(0),
    "gone": None,
    "category": "Desktop",
    "Hostname": "pc",
    "suspended": False,
    "seen": date(2026, 1, 1),
    "any": "text",
}

# The text, a marker below the faulty characters, the code, and the parameters.
READING = [
    ("", "^", "empty", {}),
    (" \t ", " ^", "empty", {}),
    ("1 + # 2", "    ^", "character", {"character": "#", "code_point": "U+0023"}),
    ("1 +\u200b2", "   ^", "character", {"character": "", "code_point": "U+200B"}),
    ("é + “x”", "    ^", "character", {"character": "“", "code_point": "U+201C"}),
    ("1 + 1e5", "    ^^^", "number", {"found": "1e5"}),
    ("1_000", "^^^^^", "number", {"found": "1_000"}),
    ("0x1F", "^^^^", "number", {"found": "0x1F"}),
    ("2j", "^^", "number", {"found": "2j"}),
    ("007", "^^^", "number", {"found": "007"}),
    ("1.2.3", "^^^^^", "number", {"found": "1.2.3"}),
    ("5 * " + "9" * 29, "    " + "^" * 29, "number_too_long", {"limit": "28"}),
    ('category == "Desk', "            ^^^^^", "text_not_closed", {"quote": '"'}),
    ("category in ('a' 'b')", "                 ^^^", "texts_adjacent", {}),
    ("'''a'''", "  ^^^", "texts_adjacent", {}),
    ('category = "x"', "         ^", "operator", {"found": "=", "suggestions": "=="}),
    ("a && b", "  ^^", "operator", {"found": "&&", "suggestions": "and"}),
    ("a ** 2", "  ^^", "operator", {"found": "**", "suggestions": ""}),
    ("a // 2", "  ^^", "operator", {"found": "//", "suggestions": "floor"}),
    ("a % 2", "  ^", "operator", {"found": "%", "suggestions": ""}),
    ("(a := 2)", "   ^^", "operator", {"found": ":=", "suggestions": "=="}),
    ("a . b", "  ^", "operator", {"found": ".", "suggestions": ""}),
    ("{1: 2}", "^", "operator", {"found": "{", "suggestions": ""}),
    ("lambda: 1", "^^^^^^", "construct", {"construct": "keyword"}),
    ("[x for x in y]", "   ^^^", "construct", {"construct": "keyword"}),
    ("1 + f'x'", "    ^", "construct", {"construct": "text_prefix"}),
    ("é + x[0]", "    ^^^^", "construct", {"construct": "subscript"}),
    ("max(1, 2)(3)", "^^^^^^^^^^^^", "construct", {"construct": "call"}),
    ("1 + +a", "    ^", "construct", {"construct": "unary_plus"}),
    ("a is 5", "     ^", "construct", {"construct": "identity"}),
    ("a < b in (1, 2)", "^^^^^^^^^^^^^^^", "construct", {"construct": "mixed_chain"}),
    ("1 + (2, 3)", "    ^^^^^^", "construct", {"construct": "list"}),
    ("((a + b)", "^", "bracket", {"found": "("}),
    ("(a + b]", "      ^", "bracket", {"found": "]"}),
    ("a + b)", "     ^", "bracket", {"found": ")"}),
    ("a b", "  ^", "syntax", {"found": "b"}),
    ("max(a b)", "      ^", "syntax", {"found": "b"}),
    ("a + * b", "    ^", "syntax", {"found": "*"}),
    ("a == == b", "     ^^", "syntax", {"found": "=="}),
    ("(a +)", "    ^", "syntax", {"found": ")"}),
    ("max(, a)", "    ^", "syntax", {"found": ","}),
    ("a not b", "  ^^^", "syntax", {"found": "not"}),
    ("a else b", "  ^^^^", "syntax", {"found": "else"}),
    ("max(a if b, 1)", "          ^", "syntax", {"found": ","}),
    ("1 + (a if b) + 2", "           ^", "syntax", {"found": ")"}),
    ("min(*a)", "    ^", "syntax", {"found": "*"}),
    ('"x"(1)', "   ^", "syntax", {"found": "("}),
    ("a == not b", "     ^^^", "syntax", {"found": "not"}),
    ("a + ", "   ^", "ends_early", {}),
    ("not", "   ^", "ends_early", {}),
    ("a if b", "      ^", "ends_early", {}),
    ("category == None", "            ^^^^", "compared_with_none", {}),
    ("category in ('a', None)", "                  ^^^^", "compared_with_none", {}),
    ('"a" in category', "       ^^^^^^^^", "list_needed", {}),
    ("category in ('a')", "             ^^^", "list_needed", {}),
    ("category in ()", "            ^^", "list_needed", {}),
    ("category in ('a', 1 + 1)", "                  ^^^^^", "list_value", {}),
    ("category in ('a', -'b')", "                  ^^^^", "list_value", {}),
    ("1 + celi(2.5)", "    ^^^^", "unknown_function", {"name": "celi", "suggestions": "ceil"}),
    ("1 + min(2)", "    ^^^^^^", "arguments", {"function": "min", "expected": "2+", "found": "1"}),
    ("round(1, 2, 3)", "^^^^^^^^^^^^^^", "arguments", {"function": "round", "expected": "1-2", "found": "3"}),
    ("abs()", "^^^^^", "arguments", {"function": "abs", "expected": "1", "found": "0"}),
    ("matches(a, b)", "           ^", "literal_needed", {"function": "matches"}),
    ("round(a, b)", "         ^", "literal_needed", {"function": "round"}),
    ("round(a, 0.5)", "         ^^^", "round_digits", {"lowest": "-9", "highest": "9"}),
    ("round(a, -10)", "         ^^^", "round_digits", {"lowest": "-9", "highest": "9"}),
    ("matches(é, 'é(a')", "             ^", "pattern", {"reason": "group_not_closed"}),
    ("matches(a, 'a)')", "             ^", "pattern", {"reason": "group_not_opened"}),
    ("matches(a, '[a')", "            ^", "pattern", {"reason": "class_not_closed"}),
    ("matches(a, '[]')", "            ^^", "pattern", {"reason": "class_empty"}),
    ("matches(a, '[z-a]')", "             ^^^", "pattern", {"reason": "range_reversed"}),
    ("matches(a, '*')", "            ^", "pattern", {"reason": "nothing_to_repeat"}),
    ("matches(a, '^*')", "             ^", "pattern", {"reason": "nothing_to_repeat"}),
    ("matches(a, 'a+?')", "              ^", "pattern", {"reason": "repeated_twice"}),
    ("matches(a, 'a{2,1}')", "             ^^^^^", "pattern", {"reason": "count_reversed"}),
    ("matches(a, 'a{x}')", "             ^", "pattern", {"reason": "count_malformed"}),
    ("matches(a, 'a{')", "             ^", "pattern", {"reason": "count_malformed"}),
    (r"matches(a, 'a\\')", r"             ^^", "pattern", {"reason": "ends_with_backslash"}),
    (r"matches(a, '\\d\b')", r"               ^^", "pattern_unsupported", {"found": r"\b"}),
    (r"matches(a, '(a)\\1')", r"               ^^^", "pattern_unsupported", {"found": r"\1"}),
    ("matches(a, 'x(?=a)')", "             ^^^", "pattern_unsupported", {"found": "(?="}),
    ("matches(a, '(a{200}){200}')", "            ^^^^^^^^^^^^^", "pattern_too_large", {"limit": "1000"}),
    ("matches(a, 'a{501}')", "             ^^^^^", "pattern_too_large", {"limit": "500"}),
]

CHECKING = [
    (
        "1 + datto_rmm.desktp",
        "    ^^^^^^^^^^^^^^^^",
        "unknown_name",
        "datto_rmm.desktp",
        "datto_rmm.desktop, datto_rmm.laptop",
    ),
    ("'é' == hostname", "       ^^^^^^^^", "unknown_name", "hostname", "Hostname"),
    ("desktop + 1", "^^^^^^^", "unknown_name", "desktop", "datto_rmm.desktop"),
    ("1 + category", "    ^^^^^^^^", "wrong_kind", "number", "text"),
    ("-suspended", " ^^^^^^^^^", "wrong_kind", "number", "truth"),
    ("1 + None", "    ^^^^", "wrong_kind", "number", "null"),
    ("max(1, seen)", "       ^^^^", "wrong_kind", "number", "day"),
    ("datto_rmm.desktop and suspended", "^" * 17, "wrong_kind", "truth", "number"),
    ("not category", "    ^^^^^^^^", "wrong_kind", "truth", "text"),
    ("1 if zero else 2", "     ^^^^", "wrong_kind", "truth", "number"),
    ("matches(zero, 'a')", "        ^^^^", "wrong_kind", "text", "number"),
    ("starts_with(category, 5)", "                      ^", "wrong_kind", "text", "number"),
    ("days_since(zero)", "           ^^^^", "wrong_kind", "day | text", "number"),
    ("suspended < suspended", "^^^^^^^^^", "wrong_kind", "number | text | day", "truth"),
    ("category == 5", "            ^", "kinds_differ", "text", "number"),
    ("category < zero", "           ^^^^", "kinds_differ", "text", "number"),
    ("1 < zero < category", "           ^^^^^^^^", "kinds_differ", "number", "text"),
    ("zero in (1, 'a')", "            ^^^", "kinds_differ", "number", "text"),
    ("1 if suspended else 'a'", "                    ^^^", "kinds_differ", "number", "text"),
]

EVALUATING = [
    ("1 + 7 / zero", "        ^^^^", "division_by_zero", {"divisor": "zero"}),
    ("7 /\n  (zero - 0)", "   ^^^^^^^^", "division_by_zero", {"divisor": "zero - 0"}),
    ("'é' == 'é' and 1 + gone > 2", "                   ^^^^", "null_in_calculation", {"operand": "gone"}),
    ("days_since(gone)", "           ^^^^", "null_in_calculation", {"operand": "gone"}),
    ("days_since(seen)", "^^^^^^^^^^^^^^^^", "no_reference_day", {}),
    ("1 + any", "    ^^^", "wrong_kind", {"expected": "number", "found": "text"}),
    ("1 if any else 2", "     ^^^", "wrong_kind", {"expected": "truth", "found": "text"}),
    ("any < 5", "      ^", "kinds_differ", {"left": "text", "right": "number"}),
    ("1 + missing", "    ^^^^^^^", "unknown_name", {"name": "missing", "suggestions": ""}),
    ("2 * " + "9" * 28, "^" * 32, "too_large", {"limit": "28"}),
]


def caught(work) -> ExpressionError:
    with pytest.raises(ExpressionError) as found:
        work()
    return found.value


def assert_marks(error: ExpressionError, marker: str) -> None:
    line_start = error.text.rfind("\n", 0, error.position) + 1
    assert " " * (error.position - line_start) + "^" * max(1, error.length) == marker.replace("\t", " ")


@pytest.mark.parametrize(("text", "marker", "code", "params"), READING)
def test_a_fault_in_writing_is_marked(text, marker, code, params):
    error = caught(lambda: parse(text))
    assert (error.code, dict(error.params)) == (f"expression.{code}", params)
    if code != "empty":
        assert_marks(error, marker)
    assert error.text == text
    assert str(error) == error.code


@pytest.mark.parametrize(("text", "marker", "code", "first", "second"), CHECKING)
def test_a_wrong_name_or_kind_is_marked(text, marker, code, first, second):
    error = caught(lambda: parse(text).check(KNOWN, None))
    assert error.code == f"expression.{code}"
    assert tuple(value for _, value in error.params) == (first, second)
    assert_marks(error, marker)


@pytest.mark.parametrize(("text", "marker", "code", "params"), EVALUATING)
def test_a_fault_in_the_values_is_marked(text, marker, code, params):
    error = caught(lambda: parse(text).evaluate(VALUES))
    assert (error.code, dict(error.params)) == (f"expression.{code}", params)
    assert_marks(error, marker)


def test_a_text_that_is_no_day_is_marked():
    for text in ("2026-1-1", "20260101", "2026-02-30", "yesterday", "2026-01-011"):
        error = caught(lambda text=text: parse(f"1 + days_since('{text}')").evaluate({}, date(2026, 1, 1)))
        assert (error.code, error.position, error.length) == ("expression.not_a_day", 15, len(text) + 2)


def test_an_infinite_number_is_marked():
    for value in (Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")):
        for text in ("zero + a", "zero < a", "a < 5", "a == a", "a in (1, 2)"):
            error = caught(lambda text=text, value=value: parse(text).evaluate({"a": value, "zero": Decimal(0)}))
            assert (error.code, text[error.position]) == ("expression.not_a_number", "a")


def test_limits_are_marked_where_they_are_crossed():
    long = caught(lambda: parse("1" + " " * 2000))
    assert (long.code, long.position, long.length) == ("expression.too_long", 2000, 1)
    deep = caught(lambda: parse("(" * 51 + "1" + ")" * 51))
    assert (deep.code, deep.position) == ("expression.too_deep", 50)
    prefixed = caught(lambda: parse("- " * 60 + "1"))
    assert (prefixed.code, prefixed.position) == ("expression.too_deep", 100)
    listed = caught(lambda: parse("a in (" + "1," * 501 + ")"))
    assert (listed.code, listed.position) == ("expression.list_too_long", 5)
    assert dict(listed.params) == {"limit": "500", "found": "501"}


def test_what_lies_within_the_limits_is_read():
    assert parse(" + ".join(["1"] * 500)).evaluate({}) == 500
    assert parse("(" * 49 + "1" + ")" * 49).evaluate({}) == 1
    assert parse("a in (" + "1," * 499 + "7)").evaluate({"a": Decimal(7)}) is True


def test_the_caret_stands_below_the_fault_on_its_own_line():
    error = caught(lambda: parse("1 +\n\t日本 + ²"))
    assert caret(error) == "\t日本 + ²\n\t       ^"
    assert caret(caught(lambda: parse("a +\n"))) == "a +\n   ^"
    assert caret(caught(lambda: parse("'\x1b[31m' b"))) == "'\ufffd[31m' b\n        ^"


def test_every_error_carries_the_parameters_of_the_table():
    assert set(TABLE) == set(Code)
    for text, _, code, params in READING + EVALUATING:
        assert TABLE[Code(f"expression.{code}")].params == tuple(params), text


def test_errors_and_expressions_travel_between_processes():
    error = pickle.loads(pickle.dumps(caught(lambda: parse("a b"))))
    assert (error.code, error.position, error.params) == ("expression.syntax", 2, (("found", "b"),))
    assert pickle.loads(pickle.dumps(parse("a + 1"))).evaluate({"a": Decimal(1)}) == 2
