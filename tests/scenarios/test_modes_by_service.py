"""One service is switched over while the tenant stays read-only: only its lines are written (design section 7)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.scenarios.msp import GROWN, MIXED, SMALL, UNITS, WORKSTATIONS, Msp, of_line, open_msp

from trueup.app.errors import Exit, UseCaseError
from trueup.core.rule import Mode, Rule, RuleLevel
from trueup.core.settings import TenantSettings

READ_ONLY = TenantSettings(mode=Mode.READ_ONLY)


def switch(msp: Msp, service: int, mode: Mode | None) -> None:
    with msp.stage.open() as ws:
        for rule in ws.store.rules.list():
            if rule.level is RuleLevel.SERVICE and rule.service_id == str(service):
                ws.store.rules.save(replace(rule, mode=mode), "tests", now=ws.now())


def test_only_the_service_that_was_switched_over_is_written(tmp_path: Path) -> None:
    with open_msp(tmp_path, READ_ONLY) as msp:
        msp.set_up()
        switch(msp, 10, Mode.MANUAL)
        msp.grow()
        plan = msp.plan()
        approved = msp.approve(plan)
        assert {int(outcome.line_id) for outcome in approved.outcomes} == {WORKSTATIONS, SMALL}
        msp.apply(plan)
        assert set(msp.psa.accepted()) == {(WORKSTATIONS, GROWN, 1), (SMALL, GROWN, 1)}
        assert msp.units_now()[MIXED] == UNITS[MIXED]


def test_a_line_of_a_service_that_stays_read_only_cannot_be_approved(tmp_path: Path) -> None:
    with open_msp(tmp_path, READ_ONLY) as msp:
        msp.set_up()
        switch(msp, 10, Mode.MANUAL)
        msp.grow()
        with pytest.raises(UseCaseError) as refused:
            msp.approve(msp.plan(), {MIXED})
        assert refused.value.reason.code == "apply.read_only"
        assert refused.value.exit_code is Exit.REFUSED


def test_a_service_taken_back_to_read_only_after_the_approval_is_not_written(tmp_path: Path) -> None:
    with open_msp(tmp_path, READ_ONLY) as msp:
        msp.set_up()
        switch(msp, 10, Mode.MANUAL)
        plan = msp.approved_plan()
        switch(msp, 10, None)
        with pytest.raises(UseCaseError) as refused:
            msp.apply(plan)
        assert refused.value.reason.code == "apply.read_only"
        assert msp.psa.sends() == 0


def test_a_customers_own_rule_follows_the_mode_of_its_service(tmp_path: Path) -> None:
    with open_msp(tmp_path, READ_ONLY) as msp:
        with msp.stage.open() as ws:
            own = Rule("own", RuleLevel.CUSTOMER, "10", "3", "datto_rmm.desktop + datto_rmm.laptop")
            ws.store.rules.save(own, "tests", now=ws.now())
        msp.set_up()
        switch(msp, 10, Mode.MANUAL)
        msp.grow()
        plan = msp.plan()
        assert (of_line(plan, SMALL).rule_id, of_line(plan, SMALL).mode) == ("own", "manual")


def test_automatic_mode_of_a_service_ends_when_it_is_taken_back_after_the_plan(tmp_path: Path) -> None:
    with open_msp(tmp_path, READ_ONLY) as msp:
        msp.set_up()
        switch(msp, 10, Mode.AUTOMATIC)
        msp.grow()
        plan = msp.plan()
        switch(msp, 10, Mode.MANUAL)
        with pytest.raises(UseCaseError) as refused:
            msp.apply(plan)
        assert refused.value.reason.code == "apply.not_approved"
        assert msp.psa.sends() == 0
