"""`matches`: the pattern subset against Python's own engine, and its cost counted in visited states."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trueup.core.expression import parse
from trueup.core.expression.pattern import Effort, compile_pattern

atoms = st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]", "[a-b]", r"\d", r"\w", r"\S", "1", r"\.", "()"])
repeats = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "{0}"])


def combined(inner):
    group = inner.map(lambda pattern: f"({pattern})")
    piece = st.tuples(atoms | group, repeats).map("".join)
    sequence = st.lists(piece | st.sampled_from(["^", "$"]), max_size=4).map("".join)
    return st.lists(sequence, min_size=1, max_size=3).map("|".join)


patterns = st.recursive(atoms, combined, max_leaves=8)


@settings(deadline=None, max_examples=500)
@given(patterns, st.lists(st.text(alphabet="abc1. ", max_size=8), min_size=1, max_size=4))
def test_a_random_pattern_finds_what_pythons_engine_finds(pattern, texts):
    """`\\Z` stands for our `$`: Python's own also accepts a place before a last newline, which has no part here."""
    automaton = compile_pattern(pattern)
    for text in texts:
        assert automaton.found_in(text) == (re.search(pattern.replace("$", r"\Z"), text) is not None), text


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("SRV-PAR-01", "^srv-(par|lon)-[0-9]+$", True),
        ("srv-nyc-01", "^SRV-(PAR|LON)-[0-9]+$", False),
        ("my-lab-pc", "lab", True),
        ("  lab ", "^lab$", True),
        ("Straße", "^STRASSE$", True),
        ("STRASSE", "^straße$", True),
        ("écran", "^É", True),
        ("x", "[A-Z]", True),
        ("x", "[^A-Z]", False),
        ("a-b", "^[a-]{2}b$", True),
        ("a-b", "^[a-c]{2}", False),
        ("a-b", r"^[\w-]+$", True),
        ("a]b", r"a[\]]b", True),
        ("a\nb", "^a.b$", True),
        ("", "^$", True),
        ("", "", True),
        ("", "a", False),
        ("a{b", r"a\{b", True),
        ("abab", "^(?:ab){2}$", True),
        ("ababab", "^(ab){1,2}$", False),
        ("٣", r"\d", False),
    ],
)
def test_what_a_pattern_finds(text, pattern, expected):
    assert parse(f"matches(name, '{pattern}')").evaluate({"name": text}) is expected


def test_backslashes_may_be_written_once_or_twice():
    for pattern in (r"^\d+\.\w$", r"^\\d+\\.\\w$"):
        assert parse(f'matches(name, "{pattern}")').evaluate({"name": "42.x"}) is True


def visits(pattern, text):
    effort = Effort()
    compile_pattern(pattern).found_in(text, effort)
    return effort.visits


def mixed(length):
    chooser = random.Random(7)
    return "".join(chooser.choice("ab") for _ in range(length))


@pytest.mark.parametrize(
    "pattern",
    ["(a*)*b$", "(a*)*c", "(a+)+c", "(a|a)*c", "(a|aa)+c", "(a*)*(a*)*c", "(.*)(.*)(.*)c", "(a|b)*a(a|b){12}c"],
)
def test_a_pattern_that_makes_others_explode_costs_a_bounded_number_of_steps_a_character(pattern):
    size = compile_pattern(pattern).size
    for text in ("a" * 5000, mixed(5000)):
        assert visits(pattern, text) <= 2 * size * (len(text) + 2)


def test_twice_the_text_costs_at_most_twice_the_steps_where_nothing_can_be_remembered():
    """Each window of 13 letters is a state of its own: far more than are remembered, so steps are really taken."""
    pattern = "(a|b)*a(a|b){12}c"
    short, long = visits(pattern, mixed(6000)), visits(pattern, mixed(12000))
    assert short > 6000
    assert long <= 2.2 * short


def test_forgetting_remembered_steps_changes_no_answer():
    automaton = compile_pattern("(a|b)*a(a|b){12}c")
    text = mixed(9000)
    assert automaton.found_in(text) is False
    assert 0 < len(automaton._steps) <= 2000
    assert automaton.found_in(text + "a" + "b" * 12 + "c") is True
    assert automaton.found_in(text) is False


def test_a_large_text_against_an_exploding_pattern_is_judged_by_the_language():
    assert parse('matches(name, "(a*)*b")').evaluate({"name": "a" * 5000}) is False
