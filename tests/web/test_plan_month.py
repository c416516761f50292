"""Ready to post? The plan's page answers for the month that its address names."""

from __future__ import annotations

import re

import pytest
from tests.web.office_window import Window

from trueup.app.plans.planning import make_plan

ROOM = "/t/default/plan"


@pytest.fixture
def planned(window: Window) -> Window:
    window.office.do(make_plan)
    return window


def asked(window: Window, **given: str) -> tuple[str, list[str]]:
    """The day on which the answer's month begins, and the addresses of the months beside it."""
    page = window.get(ROOM, **given).text
    title = re.search(r"Ready to post (.+?) to ", page)
    beside = re.search(r'<span class="months">(.*?)</span>', page, re.DOTALL)
    assert title is not None
    assert beside is not None
    return title[1], re.findall(r"month=(\d{4}-\d\d)", beside[1])


def test_the_month_before_and_the_one_after_are_a_step_away(planned: Window) -> None:
    now, (before, after) = asked(planned)
    assert before < after
    assert asked(planned, month=before)[0] != now
    _, (_, again) = asked(planned, month=before)
    assert asked(planned, month=again)[0] == now


def test_a_month_stays_while_the_lines_are_filtered(planned: Window) -> None:
    before = asked(planned)[1][0]
    page = planned.get(ROOM, month=before, show="right").text
    assert f'name="month" value="{before}"' in page
    assert f"month={before}" in page


@pytest.mark.parametrize("month", ["2026-13", "0001-01", "9999-12", "June", "2026-06-01", "<b>"])
def test_what_is_no_month_asks_for_the_present_one(planned: Window, month: str) -> None:
    assert asked(planned, month=month) == asked(planned)
