"""What is typed wrongly is answered with what was wrong and what to do, in both languages, with exit code 2."""

from __future__ import annotations

import pytest
from tests.cli.conftest import Cli

from trueup.cli.arguments import UsageFault, decimal_from, global_first


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("pla",), "usage.unknown_command", "plan"),
        ((), "usage.missing_command", "missing"),
        (("customers", "mpa"), "usage.unknown_command", "map"),
        (("plan", "--as-off", "2026-01-01"), "usage.unknown_option", "--as-of"),
        (("plan", "--out"), "usage.value_missing", "--out"),
        (("plan", "--json=yes"), "usage.takes_no_value", "--json"),
        (("approve",), "usage.missing_argument", "PLAN"),
        (("approve", "P1", "P2"), "usage.extra_arguments", "P2"),
        (("plan", "--as-of", "12.11.2026"), "usage.not_a_day", "12.11.2026"),
        (("collect", "--day", "tomorrow"), "usage.not_a_day", "tomorrow"),
        (("history", "--limit", "many"), "usage.not_a_whole_number", "many"),
        (("history", "--limit", "0"), "usage.not_a_whole_number", "0"),
        (("rules", "set", "--included", "1,5,0"), "usage.not_a_number", "1,5,0"),
        (("rules", "set", "--basis", "middle"), "usage.not_one_of", "peak"),
        (("rules", "set", "--customer", "1", "--line", "2"), "usage.one_place", "--line"),
        (("rules", "suggest", "--create-service", "X"), "usage.missing_option", "--price"),
        (("customers", "ignore", "rmm", "k"), "usage.missing_option", "--reason"),
        (("customers", "list", "--state", "gone"), "usage.not_one_of", "ignored"),
        (("connect", "psa", "autotask", "--set", "nonsense"), "usage.not_a_pair", "nonsense"),
        (("connect", "psa", "autotask", "--set", "secret=x"), "usage.secret_in_settings", "TRUEUP_AUTOTASK_SECRET"),
        (("init", "--mode", "fast"), "usage.not_one_of", "automatic"),
        (("--lang", "de", "plan"), "usage.not_one_of", "fr"),
        (("sim", "connectwise"), "usage.not_one_of", "autotask"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_mistake_is_named_with_its_cure_and_code(cli: Cli, arguments: tuple[str, ...], code: str, word: str) -> None:
    done = cli(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert word in done.err
    assert f"[{code}]" in done.err
    assert "Traceback" not in done.err


def test_a_mistake_is_answered_in_french(cli: Cli) -> None:
    done = cli("--lang", "fr", "plan", "--as-of", "demain")
    assert done.code == 2
    assert "demain n'est pas un jour" in done.err
    assert "AAAA-MM-JJ" in done.err
    assert "Error" not in done.err


def test_with_json_a_mistake_is_an_object_on_standard_error(cli: Cli) -> None:
    done = cli("plan", "--json", "--as-of", "x")
    assert done.code == 2
    assert done.out == ""
    assert done.error()["code"] == "usage.not_a_day"
    assert done.error()["params"] == {"option": "--as-of", "value": "x"}


def test_a_secret_among_the_settings_is_refused_without_repeating_it(cli: Cli) -> None:
    done = cli("connect", "psa", "autotask", "--set", "secret=hunter2hunter2")
    assert done.code == 2
    assert "hunter2" not in done.err + done.out


def test_global_options_may_stand_behind_the_command() -> None:
    typed = ["plan", "--json", "--store", "a.sqlite", "--lang=fr", "--", "--tenant", "x"]
    assert global_first(typed) == ["--store", "a.sqlite", "--lang=fr", "plan", "--json", "--", "--tenant", "x"]


def test_a_number_that_is_none_is_refused_and_a_comma_is_understood() -> None:
    assert str(decimal_from("2,5", "--multiplier")) == "2.5"
    with pytest.raises(UsageFault):
        decimal_from("NaN", "--multiplier")
