"""What the sentences look like: numbers, money and days by language, and never a crash."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from trueup.core.reason import Reason
from trueup.messages.catalogue import read_messages
from trueup.messages.language import language_from, language_of
from trueup.messages.sentences import Sentences

EN, FR = Sentences.for_language("en"), Sentences.for_language("fr")
NARROW, NBSP, MINUS = "\u202f", "\u00a0", "\u2212"


def made(text: str) -> Sentences:
    return Sentences("en", read_messages(text))


def test_a_rail_says_its_numbers_in_both_languages() -> None:
    reason = Reason.of("held.fall_more_than_half", before=1200, after=1, share=Decimal("0.5"))
    assert EN.say(reason) == "would fall from 1,200 to 1 unit, more than 50% of them"
    assert FR.say(reason) == f"passerait de 1{NARROW}200 à 1 unité, soit une baisse de plus de 50{NBSP}%"


def test_money_carries_its_sign_and_its_currency() -> None:
    assert EN.signed_money(Decimal("1240.5"), "EUR") == f"+1,240.50{NBSP}EUR"
    assert FR.signed_money(Decimal("-13.5"), "EUR") == f"{MINUS}13,50{NBSP}EUR"
    assert EN.money(Decimal(0), "EUR") == f"0.00{NBSP}EUR"
    assert EN.money(Decimal("3.5"), None) == "3.50"


def test_a_currency_without_cents_has_none() -> None:
    assert EN.money(Decimal(1200), "JPY") == f"1,200{NBSP}JPY"


def test_money_far_beyond_a_float_keeps_its_cents() -> None:
    assert EN.money(Decimal("90071992547409931.07"), "EUR") == f"90,071,992,547,409,931.07{NBSP}EUR"


def test_numbers_keep_all_their_digits_and_no_more() -> None:
    assert EN.number(Decimal("1234.50")) == "1,234.5"
    assert EN.number(Decimal("0.3333333333333333333333333333")) == "0.3333333333333333333333333333"
    assert EN.number(Decimal("1E+3")) == "1,000"
    assert FR.number(Decimal("1234.5")) == f"1{NARROW}234,5"
    assert EN.price(Decimal("4.125"), "EUR") == f"4.125{NBSP}EUR"
    assert EN.price(Decimal("4.5"), "EUR") == f"4.50{NBSP}EUR"


def test_days_are_written_by_language() -> None:
    assert EN.day(date(2026, 11, 12)) == "12 Nov 2026"
    assert FR.day(date(2026, 11, 12)) == "12 nov. 2026"
    assert FR.moment(datetime(2026, 11, 12, 2, 14, tzinfo=UTC)) == "12 nov. 2026 02:14"


@pytest.mark.parametrize(
    ("count", "english", "french"),
    [
        (0, "0 lines of plan P are approved.", "0 ligne du plan P est approuvée."),
        (1, "1 line of plan P is approved.", "1 ligne du plan P est approuvée."),
        (2, "2 lines of plan P are approved.", "2 lignes du plan P sont approuvées."),
    ],
)
def test_french_counts_zero_as_one_and_english_does_not(count: int, english: str, french: str) -> None:
    assert EN.text("cli.approve.done", lines=count, plan="P") == english
    assert FR.text("cli.approve.done", lines=count, plan="P") == french


def test_a_change_is_counted_with_its_sign_and_its_noun() -> None:
    assert EN.say(Reason.of("change.decrease", change=-1)) == "1 unit fewer"
    assert FR.say(Reason.of("change.decrease", change=-3)) == "3 unités de moins"
    moved = Reason.of(
        "note.date_moved", day=date(2026, 11, 12), moved_to=date(2026, 11, 13), change=-1, difference=None
    )
    assert f"{MINUS}1 unit move" in EN.say(moved)


def test_what_is_missing_is_left_out_with_its_brackets() -> None:
    known = Reason.of("module.network_rule", address="203.0.113.9", stream="devices", path="/x", page=1, status=403)
    assert EN.say(known) == "a network rule of the module refuses this address (203.0.113.9), at devices"
    assert EN.say(Reason.of("module.network_rule", status=403)) == "a network rule of the module refuses this address"


def test_amounts_without_a_currency_of_their_own_take_the_one_of_their_line() -> None:
    reason = Reason.of("held.customer_amount", now=Decimal(312), move=Decimal("-211.67"), currency=None)
    assert f"{MINUS}211.67{NBSP}EUR" in EN.say(reason, "EUR")
    own = Reason.of("held.customer_amount", now=Decimal(312), move=Decimal("-211.67"), currency="CHF")
    assert f"{MINUS}211.67{NBSP}CHF" in EN.say(own, "EUR")


def test_a_failure_inside_a_note_is_told_in_words() -> None:
    note = Reason.of("note.source_failed", category="network_rule", failure="module.network_rule")
    assert "blocked by a network rule" in EN.say(note)
    assert "bloqué par une règle réseau" in FR.say(note)
    assert "module.network_rule" not in EN.say(note)


def test_a_cure_may_be_shared_and_takes_the_parameters() -> None:
    reason = Reason.of("module.network_rule", address="203.0.113.9")
    cure = EN.cure(reason)
    assert cure is not None
    assert "203.0.113.9" in cure
    assert EN.cure(Reason.of("none.right", units=3)) is None


def test_an_unknown_code_is_shown_with_its_parameters() -> None:
    assert EN.say(Reason.of("future.code", units=3, day=date(2026, 1, 2))) == "future.code (day=2026-01-02, units=3)"
    assert FR.say(Reason.of("future.code")) == "future.code"
    assert EN.cure(Reason.of("future.code")) is None
    assert EN.text("no.such.key", place="x") == "no.such.key (place=x)"


def test_a_parameter_of_another_kind_or_none_at_all_is_no_crash() -> None:
    said = made('a = "{n:money} {n:noun.unit} {n:percent} {n:word.x} {gone}"')
    assert said.say(Reason.of("a", n="text")) == "text text text text {gone}"
    assert said.say(Reason.of("a", n=None)).startswith("word.nothing")


def test_a_name_from_outside_cannot_steer_the_terminal() -> None:
    hostile = Reason.of("suggest.invoice_name", service="A\x1b[31m\u202eB", invoice="C\nD")
    said = EN.say(hostile)
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "C D" in said


def test_a_name_with_braces_or_brackets_stays_as_it_is() -> None:
    said = EN.say(Reason.of("suggest.invoice_name", service="{day} [x]", invoice="{units:money}"))
    assert said == "on invoices the service {day} [x] is shown as {units:money}"


@pytest.mark.parametrize(
    ("tag", "language"),
    [("fr", "fr"), ("fr_CA.UTF-8", "fr"), ("FR-fr", "fr"), ("en_GB", "en"), ("de_DE", None), ("C", None), ("", None)],
)
def test_a_tag_is_understood_or_not(tag: str, language: str | None) -> None:
    assert language_of(tag) == language


def test_the_first_variable_that_is_set_decides_the_language() -> None:
    assert language_from({"LANG": "fr_FR.UTF-8"}) == "fr"
    assert language_from({"LC_ALL": "C.UTF-8", "LANG": "fr_FR.UTF-8"}) == "en"
    assert language_from({"LC_ALL": "", "LC_MESSAGES": "fr_BE", "LANG": "en_US"}) == "fr"
    assert language_from({"LANG": "fr_FR"}, "en") == "en"
    assert language_from({}) == "en"
    assert language_from({"LANG": "de_DE"}) == "en"
