"""`check` looks whether periods are posted before their units are decided, and proposes a cut-off."""

from __future__ import annotations

from pathlib import Path

from tests.app.office import Office

from trueup.app.connections.posting import posting_findings
from trueup.app.rulebook import rules
from trueup.app.rulebook.rules import RuleDraft
from trueup.core.finding import FindingState
from trueup.core.rule import RuleLevel

CONTRACT = {
    "id": 1001,
    "companyID": 201,
    "contractName": "Managed Services",
    "startDate": "2026-06-01",
    "endDate": "2030-12-31",
    "contractPeriodType": 2,
}
LINES = [{"id": 5001, "contractID": 1001, "serviceID": 301, "units": {"2026-06-01": 14}}]


def _office(folder: Path, **contract: str) -> Office:
    return Office(folder, psa={"contracts": [CONTRACT | contract], "lines": LINES, "bundle_lines": []})


def _rule(office: Office, **parts: object) -> None:
    draft = RuleDraft(level=RuleLevel.LINE, target="5001", quantity="datto_rmm.desktop", **parts)  # type: ignore[arg-type]
    office.do(rules.set_rule, draft)


def test_july_posted_on_15_june_wants_sixteen_days_of_cut_off(tmp_path: Path) -> None:
    with _office(tmp_path, posted_through="2026-07-31") as office:
        office.open()
        _rule(office, preset="month-end")
        (found,) = office.do(posting_findings)
        assert (found.code, found.state) == ("check.posting", FindingState.WARNING)
        assert (found.reason.get("early"), found.reason.get("posted"), found.reason.get("days")) == (1, 1, 16)
        assert found.cure is not None
        assert found.cure.get("days") == 16
        _rule(office, cutoff_days=16)
        (found,) = office.do(posting_findings)
        assert (found.state, found.reason.code) == (FindingState.OK, "check.posting.ok")


def test_nothing_is_asked_where_no_rule_decides_for_the_next_period(tmp_path: Path) -> None:
    with _office(tmp_path, posted_through="2026-07-31") as office:
        office.open()
        _rule(office)
        assert office.do(posting_findings) == ()


def test_periods_that_are_not_posted_yet_say_nothing(tmp_path: Path) -> None:
    with _office(tmp_path) as office:
        office.open()
        _rule(office, preset="month-end")
        (found,) = office.do(posting_findings)
        assert (found.state, found.reason.code) == (FindingState.OK, "check.posting.none")
