"""The room of metrics and the search over HTTP."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from tests.app.office import Office
from tests.web.office_window import Window, window_of

from trueup.app.counting import metrics
from trueup.app.counting.history import MetricDay, metric
from trueup.app.mapping import customers
from trueup.app.rulebook.rules import RuleDraft, set_rule
from trueup.app.rulebook.services_view import services
from trueup.app.search import search
from trueup.core.roles import Role
from trueup.core.usage import Coverage
from trueup.web.pages.metrics.chart import chart_of

ROOM = "/t/default/metrics"
STATIONS = {"key": "stations", "expression": "datto_rmm.desktop + datto_rmm.laptop", "kind": "level", "version": "0"}


def days(*values: int | None) -> tuple[MetricDay, ...]:
    first = date(2026, 6, 1)
    known = [None if one is None else Decimal(one) for one in values]
    return tuple(
        MetricDay(first + timedelta(days=at), one, Coverage.UNKNOWN if one is None else Coverage.MEASURED)
        for at, one in enumerate(known)
    )


def test_a_day_without_a_value_is_a_gap_that_no_line_crosses() -> None:
    chart = chart_of(days(3, 4, None, 5, None, 6, 6))
    assert chart is not None
    assert [len(line.split()) for line in chart.lines] == [2, 2]
    assert (len(chart.dots), len(chart.gaps)) == (1, 2)
    assert (chart.lowest, chart.highest) == (3, 6)
    assert chart_of(days(None, None)) is None


def test_a_chart_goes_from_edge_to_edge_and_its_gaps_stay_inside() -> None:
    chart = chart_of(days(None, 4, 4, None))
    assert chart is not None
    assert [point.partition(",")[0] for point in chart.lines[0].split()] == ["213.3", "426.7"]
    assert [(gap.x, gap.width) for gap in chart.gaps] == [(0.0, 106.7), (533.3, 106.7)]
    whole = chart_of(days(1, 2))
    assert whole is not None
    assert [point.partition(",")[0] for point in whole.lines[0].split()] == ["0.0", "640.0"]
    one = chart_of(days(5))
    assert one is not None
    assert [dot.x for dot in one.dots] == [320.0]


def test_a_silent_night_is_a_gap_in_a_metrics_history_and_never_a_zero(own_office: Office) -> None:
    start = own_office.clock.now()
    for night in (2, 3):
        own_office.clock.put(start + timedelta(days=night))
        own_office.collect()
    found = own_office.do(metric, "datto_rmm.desktop")
    assert [day.value is None for day in found.days] == [False, True, False, False]
    assert {day.value for day in found.days} - {None} == {found.days[0].value}


def test_the_total_of_a_day_is_the_sum_of_its_organizations(office: Office) -> None:
    found = office.do(metric, "datto_rmm.server")
    assert found.newest is not None
    assert found.newest.value == sum(one.value for one in found.values.rows)
    assert found.type is not None


def test_every_billing_type_is_listed_and_can_be_opened(window: Window) -> None:
    page = window.get(ROOM).text
    keys = [html.unescape(one) for one in re.findall(r'metrics/one\?key=([^"]+)"', page)]
    assert "datto_rmm.desktop" in keys
    answer = window.get(f"{ROOM}/one", key="datto_rmm.desktop")
    assert answer.status_code == 200
    assert "<table" in answer.text
    assert window.get(f"{ROOM}/one", key="no.such").status_code == 404


def test_a_metric_is_tried_defined_changed_and_removed(window: Window) -> None:
    window.office.do(customers.accept_above, 92)
    tried = window.get(f"{ROOM}/try", expression=STATIONS["expression"])
    assert "by customer" in tried.text
    assert window.office.ws.store.metrics.list() == ()
    assert window.post(f"{ROOM}/define", **STATIONS).status_code == 200
    form = window.get(f"{ROOM}/define", key="stations").text
    assert 'name="version" value="1"' in form
    changed = {**STATIONS, "expression": "datto_rmm.desktop", "version": "1"}
    assert window.post(f"{ROOM}/define", **changed).status_code == 200
    late = window.post(f"{ROOM}/define", **{**STATIONS, "version": "1"})
    assert late.status_code == 412
    assert "was changed meanwhile by Ada" in late.text
    assert STATIONS["expression"] in html.unescape(late.text), "what was typed is kept"
    assert window.post(f"{ROOM}/remove", key="stations").status_code == 200
    assert window.office.ws.store.metrics.list() == ()


def test_a_metric_in_use_is_not_removed(window: Window) -> None:
    window.post(f"{ROOM}/define", **STATIONS)
    window.office.do(set_rule, RuleDraft(service="301", quantity="stations"))
    answer = window.post(f"{ROOM}/remove", key="stations")
    assert (answer.status_code, "still used" in answer.text) == (422, True)
    assert "Used by" in window.get(f"{ROOM}/one", key="stations").text


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ({"expression": "datto_rmm.deskto"}, "At character 1:"),
        ({"key": "two words"}, "cannot be the name of a metric"),
        ({"expression": ""}, "At character 1:"),
    ],
)
def test_a_fault_in_a_definition_keeps_what_was_typed(window: Window, typed: dict[str, str], shown: str) -> None:
    answer = window.post(f"{ROOM}/define", **{**STATIONS, **typed})
    assert answer.status_code == 422
    assert shown in html.unescape(answer.text)
    assert window.office.ws.store.metrics.list() == ()


def test_the_search_finds_each_kind_by_a_part_of_its_name(office: Office) -> None:
    office.do(customers.accept_above, 92)
    office.do(set_rule, RuleDraft(service="302", quantity="datto_rmm.server"))
    office.do(services)  # reads the lines
    assert "Northwind Traders Ltd" in {one.name for one in office.do(search, "NORTHWIND").customers}
    assert "302" in {one.id for one, _ in office.do(search, "rmm server").services}
    assert [one.line.id for one in office.do(search, "5002").lines] == ["5002"]
    both = office.do(search, "lefevre server").lines
    assert {one.customer_name for one in both} == {"Boulangerie Lefèvre SARL"}
    item = office.ws.store.usage.items(date(2026, 6, 14), "rmm", "devices")[0]
    found = office.do(search, item.name.lower()).items
    assert item.name in {one.name for one in found}
    assert office.do(search, "x").count == 0
    assert office.do(search, "100%_!").count == 0


def test_the_search_page_answers_anything_that_is_typed(window: Window) -> None:
    for text in ("", "a", "north", "'; drop table", "%", "é" * 200):
        assert window.get("/t/default/search", q=text).status_code == 200


def test_somebody_who_only_looks_defines_nothing(office: Office) -> None:
    with window_of(office, Role.VIEWER) as window:
        assert f"{ROOM}/define" not in window.get(ROOM).text
        assert window.post(f"{ROOM}/define", **STATIONS).status_code == 403
    assert office.do(metrics.listing).metrics == ()
