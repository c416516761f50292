"""Dates and cut-offs of a rule at the terminal, which goes by the real calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.cli.conftest import Cli

SERVERS = ("rules", "set", "--service", "Managed Server", "--quantity", "datto_rmm.server")


def on(days: int) -> str:
    """A day so many days from now."""
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def test_what_a_rule_may_say_about_days(ready: Cli) -> None:
    bounds = ("--minimum", "2", "--minimum-from", on(-30), "--minimum-until", on(5))
    more = ("--maximum", "9", "--maximum-from", on(-29), "--maximum-until", on(100))
    when = ("--preset", "month-end", "--cutoff-days", "5", "--future", "keep")
    fixed = ("--override", "3", "--override-since", on(-10), "--override-until", on(9))
    saved = ready.ok(*SERVERS, *bounds, *more, *when, *fixed, "--reason", "agreed", "--json").json()
    assert (saved["cutoff_days"], saved["future_steps"]) == (5, "keep")
    assert (saved["minimum_from"], saved["minimum_until"]) == (on(-30), on(5))
    assert (saved["maximum_from"], saved["maximum_until"]) == (on(-29), on(100))
    assert saved["override"] == {"units": 3, "reason": "agreed", "since": on(-10), "until": on(9)}
    listed = {one["rule"]: one for one in ready.ok("rules", "list", "--json").json()["rules"]}["service-304"]
    assert [one["code"] for one in listed["warnings"]] == ["rules.override_ends", "rules.minimum_ends"]
    shown = " ".join(ready.ok("--lang", "fr", "rules", "list").out.split())
    assert "les unités prévues pour plus tard sont décalées avec" in shown
    assert "fixées par la règle service-304 valent jusqu'au" in shown
    assert "rules.override_ends" in {note["code"] for note in ready("plan", "--json").json()["notes"]}


def test_a_last_day_without_fixed_units_is_refused(ready: Cli) -> None:
    done = ready(*SERVERS, "--override-until", on(9))
    assert done.code == 2
    assert "--override" in done.err


def test_another_word_for_planned_units_is_refused(ready: Cli) -> None:
    assert ready(*SERVERS, "--future", "forget").code == 2
