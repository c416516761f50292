from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.psa.autotask.conftest import FAST, Desk

from trueup.core.contract import PeriodType
from trueup.core.finding import Finding, FindingState
from trueup.psa.autotask import AutotaskPsa
from trueup.psa.autotask.picklists import Meanings

Opener = Callable[..., Desk]


def check(desk: Desk, **options: object) -> dict[str, Finding]:
    found = desk.use(lambda psa: psa.check(), **options)
    assert len({finding.code for finding in found}) == len(found)
    return {finding.code: finding for finding in found}


def test_every_prerequisite_of_a_sound_connection_is_fulfilled(desk: Desk) -> None:
    found = check(desk)
    assert {finding.state for finding in found.values()} == {FindingState.OK}
    assert list(found)[:6] == [
        "autotask.zone",
        "autotask.credentials",
        "autotask.threshold",
        "autotask.clock",
        "autotask.version",
        "autotask.rights.Companies",
    ]
    assert found["autotask.visibility"].reason.get("contracts") == 11
    assert all(finding.cure is None for finding in found.values())


@pytest.mark.parametrize(
    ("changes", "failed", "code", "cure"),
    [
        ({"user_name": "x@y.z"}, "zone", "autotask.user_unknown", "autotask.cure.user_unknown"),
        ({"secret": "x"}, "credentials", "autotask.credentials_refused", "autotask.cure.credentials"),
        (
            {"integration_code": "x"},
            "credentials",
            "autotask.integration_code_invalid",
            "autotask.cure.integration_code",
        ),
    ],
)
def test_a_wrong_credential_fails_one_question_and_skips_the_rest(
    desk: Desk, changes: dict[str, str], failed: str, code: str, cure: str
) -> None:
    found = check(desk, credentials=desk.credentials(**changes))
    finding = found.pop(f"autotask.{failed}")
    assert (finding.state, finding.reason.code) == (FindingState.FAILED, code)
    assert finding.cure is not None
    assert finding.cure.code == cure
    found.pop("autotask.zone", None)
    assert {finding.state for finding in found.values()} == {FindingState.SKIPPED}


def test_a_locked_user_is_told_to_be_unlocked(desk: Desk) -> None:
    desk.switch(locked_status="500")
    desk.fault("locked-user")
    finding = check(desk)["autotask.credentials"]
    assert finding.cure is not None
    assert (finding.reason.code, finding.cure.code) == ("autotask.user_locked", "autotask.cure.unlock")


def test_a_service_that_cannot_be_reached_is_said_first(desk: Desk) -> None:
    desk.sim.stop()
    found = check(desk, settings=replace(FAST, connect_seconds=1.0))
    assert found["autotask.zone"].state is FindingState.FAILED
    assert found["autotask.zone"].cure is not None
    assert found["autotask.zone"].cure.code == "autotask.cure.reach"


def test_a_user_who_may_not_edit_contracts_lacks_the_right_to_adjust(desk: Desk) -> None:
    credentials = desk.credentials(user_name="readonly@msp.example", secret="simulated-secret-2")
    found = check(desk, credentials=credentials)
    finding = found["autotask.rights.ContractServiceAdjustments"]
    assert finding.cure is not None
    assert (finding.state, finding.cure.code) == (FindingState.FAILED, "autotask.cure.edit_contracts")
    assert found["autotask.rights.ContractServiceUnits"].state is FindingState.OK


def test_a_user_with_a_limited_view_is_warned_about(desk: Desk) -> None:
    credentials = desk.credentials(user_name="restricted@msp.example", secret="simulated-secret-3")
    found = check(desk, credentials=credentials)
    assert found["autotask.rights.Contracts"].state is FindingState.WARNING
    assert found["autotask.rights.Contracts"].reason.code == "autotask.right_limited"
    assert found["autotask.visibility"].reason.get("contracts") == 2


@pytest.mark.parametrize("entity", ["ContractServiceUnits", "ContractServices", "Services"])
def test_an_entity_of_which_nothing_is_shown_is_implausible(open_desk: Opener, entity: str) -> None:
    users = [{"user_name": "half-blind@msp.example", "secret": "s", "hidden_entities": [entity]}]
    finding = check(open_desk({"users": users}))["autotask.visibility"]
    assert (finding.state, finding.reason.code) == (FindingState.FAILED, "autotask.totals_implausible")
    assert finding.reason.get("empty") == {
        "ContractServiceUnits": "rows",
        "ContractServices": "lines",
        "Services": "services",
    }.get(entity)


def test_contracts_whose_holders_are_not_shown_point_to_a_limited_view(desk: Desk) -> None:
    desk.fault("empty-list", entity="Companies", action="count", skip=1)
    finding = check(desk)["autotask.visibility"]
    assert (finding.state, finding.reason.code) == (FindingState.WARNING, "autotask.holders_hidden")


def test_a_tenant_without_recurring_contracts_is_told(open_desk: Opener) -> None:
    found = check(open_desk({"contracts": [], "lines": [], "bundle_lines": []}))
    assert found["autotask.contracts"].state is FindingState.FAILED
    assert found["autotask.contracts"].reason.code == "autotask.contracts_none"


@pytest.mark.parametrize(("used", "state"), [(100, "ok"), (6_000, "warning"), (9_600, "failed")])
def test_what_other_integrations_used_of_the_hour_is_shown(desk: Desk, used: int, state: str) -> None:
    desk.order("use-calls", count=used)
    finding = check(desk)["autotask.threshold"]
    assert finding.state == state
    assert int(str(finding.reason.get("used"))) >= used


@pytest.mark.parametrize(
    ("hours", "state"), [(0, FindingState.OK), (1, FindingState.FAILED), (-1, FindingState.FAILED)]
)
def test_a_wrong_clock_is_noticed_by_the_vendor_s_answers(desk: Desk, hours: int, state: FindingState) -> None:
    async def with_clock() -> tuple[Finding, ...]:
        settings = replace(FAST, zone_lookup_url=desk.url)
        psa = AutotaskPsa(desk.credentials(), settings, clock=lambda: datetime.now(UTC) + timedelta(hours=hours))
        try:
            return await psa.check()
        finally:
            await psa.close()

    finding = next(one for one in asyncio.run(with_clock()) if one.code == "autotask.clock")
    assert finding.state == state


def test_one_question_that_fails_does_not_hide_the_others(desk: Desk) -> None:
    desk.fault("html-500", entity="Contracts", action="count", times=None)
    found = check(desk)
    assert found["autotask.contracts"].state is FindingState.FAILED
    assert found["autotask.visibility"].state is FindingState.FAILED
    assert found["autotask.picklists"].state is FindingState.OK


EXPECTED = {
    "contractType": {1: "time & materials", 7: "recurring service"},
    "contractPeriodType": {2: "monthly", 3: "quarterly", 4: "semi-annual", 5: "yearly"},
    "status": {0: "inactive", 1: "in effect"},
}
TYPES = {"companyType": {1: "customer", 4: "dead", 6: "cancelation"}}


def test_labels_as_expected_surprise_nobody() -> None:
    meanings = Meanings.of(EXPECTED, TYPES)
    assert meanings.surprises == ()
    assert meanings.gone == {4, 6}


def test_another_number_for_recurring_contracts_is_followed_and_reported() -> None:
    meanings = Meanings.of({**EXPECTED, "contractType": {7: "retainer", 12: "recurring service"}}, TYPES)
    assert (meanings.recurring, meanings.surprises) == (12, ("contractType",))


def test_swapped_period_types_follow_their_labels() -> None:
    swapped = {2: "yearly", 5: "monthly", 3: "quarterly", 4: "semi-annual"}
    meanings = Meanings.of({**EXPECTED, "contractPeriodType": swapped}, TYPES)
    assert meanings.periods == {
        2: PeriodType.YEARLY,
        5: PeriodType.MONTHLY,
        3: PeriodType.QUARTERLY,
        4: PeriodType.SEMI_ANNUAL,
    }
    assert meanings.surprises == ("contractPeriodType",)


def test_labels_in_another_language_fall_back_to_the_expected_numbers_and_are_reported() -> None:
    french = {
        "contractType": {7: "service récurrent"},
        "contractPeriodType": {2: "mensuel", 3: "trimestriel", 4: "semestriel", 5: "annuel"},
        "status": {0: "inactif", 1: "en vigueur"},
    }
    meanings = Meanings.of(french, {"companyType": {4: "mort"}})
    assert meanings.recurring == 7
    assert meanings.periods[2] is PeriodType.MONTHLY
    assert meanings.in_effect == {1}
    assert meanings.gone == frozenset()
    assert set(meanings.surprises) == {"contractType", "contractPeriodType.labels", "status", "companyType"}


def test_a_user_who_may_not_read_the_labels_still_reads_the_contracts(desk: Desk) -> None:
    text = "The logged in Resource does not have the adequate permissions"
    desk.fault("errors", action="fields", times=None, texts=[text])
    found = check(desk)
    assert found["autotask.picklists"].state is FindingState.WARNING
    assert found["autotask.contracts"].state is FindingState.OK
