"""The room of services over HTTP: a rule is read, tried, saved and refused as a form."""

from __future__ import annotations

import html
import re

import pytest
from tests.app.office import Office
from tests.web.office_window import Window, window_of

from trueup.app.mapping import customers
from trueup.app.rulebook import rules
from trueup.app.rulebook.rules import RuleDraft
from trueup.core.roles import Role
from trueup.core.rule import PRESETS, RuleLevel, Timing

ROOM = "/t/default/services"
DRAFT = RuleDraft(service="302", quantity="datto_rmm.server", preset="month-end")


def fields(page: str) -> dict[str, str]:
    """What the form on the page would send if nothing were typed."""
    form = page.partition('id="rule-form"')[2].partition("</form>")[0]
    found = {
        name: html.unescape(value)
        for name, value in re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', form)
    }
    for name in re.findall(r'<input type="checkbox"[^>]* name="([^"]+)"', form):
        found.pop(name, None)
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', options)
        found[name] = chosen[0] if chosen else re.findall(r'<option value="([^"]*)"', options)[0]
    for name, text in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = html.unescape(text)
    return found


def rule(window: Window, rule_id: str = "service-302") -> rules.Rule:
    return window.office.ws.store.rules.get(rule_id)


def test_saving_the_form_as_it_stands_changes_nothing(window: Window) -> None:
    window.office.do(rules.set_rule, DRAFT)
    before = rule(window)
    form = fields(window.get(f"{ROOM}/rule", service="302").text)
    assert form["increase"] == "next_period"
    saved = window.post(f"{ROOM}/rule", **form)
    assert "It was so already" in saved.text
    assert rule(window) == before, "the preset still waits for a choice on contracts that are not monthly"
    assert rule(window).timing == PRESETS["month-end"]


def test_a_rule_is_changed_in_what_was_typed_and_an_emptied_field_gives_its_part_back(window: Window) -> None:
    window.office.do(rules.set_rule, RuleDraft(service="302", quantity="datto_rmm.server", minimum=3))
    form = fields(window.get(f"{ROOM}/rule", service="302").text)
    window.post(f"{ROOM}/rule", **{**form, "minimum": "", "maximum": "40", "decrease": "next_period"})
    policy, timing = rule(window).policy, rule(window).timing
    assert (policy.minimum, policy.maximum, timing.decrease) == (None, 40, Timing.NEXT_PERIOD)


def test_a_first_rule_is_set_and_the_service_reads_as_a_sentence(window: Window) -> None:
    form = fields(window.get(f"{ROOM}/rule", service="302").text)
    assert form["version"] == "0"
    answer = window.post(f"{ROOM}/rule", **{**form, "quantity": "datto_rmm.server", "minimum": "2"})
    assert "Units = datto_rmm.server" in answer.text
    assert "at least 2" in answer.text


def test_what_a_rule_counts_is_told_by_name_in_the_order_of_the_rule(window: Window) -> None:
    quantity = "datto_rmm.server + datto_rmm.desktop"
    window.office.do(rules.set_rule, RuleDraft(service="302", quantity=quantity))
    told = re.search(r"It counts: (.*?)</p>", window.get(f"{ROOM}/one", id="302").text)
    assert told is not None
    assert told[1] == "Server, Desktop"


def test_of_two_people_at_one_rule_the_second_sees_both_versions_and_keeps_what_was_typed(window: Window) -> None:
    window.office.do(rules.set_rule, DRAFT)
    form = fields(window.get(f"{ROOM}/rule", service="302").text)
    window.office.do(rules.set_rule, RuleDraft(service="302", minimum=5))
    late = window.post(f"{ROOM}/rule", **{**form, "minimum": "9"})
    assert late.status_code == 412
    assert "anna changed this rule while you wrote" in late.text
    assert "at least 5" in late.text
    assert fields(late.text)["minimum"] == "9"
    assert rule(window).policy.minimum == 5
    assert window.post(f"{ROOM}/rule", **fields(late.text)).status_code == 200
    assert rule(window).policy.minimum == 9, "laid over theirs knowingly"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ({"quantity": "datto_rmm.serve + 1"}, "At character 1:"),
        ({"quantity": "datto_rmm.server", "minimum": "many"}, "many is not a whole number"),
        (
            {"quantity": "datto_rmm.server", "minimum": "9", "maximum": "2"},
            "minimum of 9 is above the maximum of 2",
        ),
        ({"quantity": "7"}, "7 counts nothing"),
        ({"quantity": "datto_rmm.server", "basis": "average"}, "no rounding was chosen"),
        ({"quantity": "datto_rmm.desktop + datto_rmm.desktop_laptop"}, "count the same"),
        ({"quantity": "datto_rmm.server", "override_units": "4"}, "fixing the units needs a reason"),
    ],
)
def test_what_makes_no_sense_is_told_next_to_its_field_and_saves_nothing(
    window: Window, typed: dict[str, str], shown: str
) -> None:
    form = fields(window.get(f"{ROOM}/rule", service="302").text)
    answer = window.post(f"{ROOM}/rule", **{**form, **typed})
    assert answer.status_code == 422
    assert shown in html.unescape(answer.text)
    assert 'aria-invalid="true"' in answer.text
    assert {**fields(answer.text), **typed} == fields(answer.text), "what was typed is kept"
    assert window.office.ws.store.rules.list() == ()


def test_a_rule_is_tried_on_real_readings_before_it_is_saved(window: Window) -> None:
    window.office.do(customers.accept_above, 92)
    form = fields(window.get(f"{ROOM}/rule", service="302").text)
    tried = window.get(f"{ROOM}/rule", **{**form, "quantity": "datto_rmm.server", "minimum": "50", "preview": "yes"})
    assert tried.status_code == 200
    assert "with this rule" in tried.text
    assert ">50</td>" in tried.text
    assert window.office.ws.store.rules.list() == ()


def test_a_line_is_left_alone_with_a_reason_and_taken_back(window: Window) -> None:
    window.office.do(rules.set_rule, DRAFT)
    place = {"level": "line", "target": "5002", "service": "302"}
    assert window.post(f"{ROOM}/exclude", **place).status_code == 422
    assert window.post(f"{ROOM}/exclude", **place, reason="flat rate").status_code == 200
    assert rule(window, "line-5002").exclude
    removed = window.post(f"{ROOM}/remove", rule="line-5002", service="302", version="1")
    assert "The rule is removed" in removed.text


def test_thresholds_of_a_service_are_set_and_inherited_again(window: Window) -> None:
    window.get(ROOM)
    saved = window.post(f"{ROOM}/rails", service="302", line_fall_share="90")
    assert [one.choice.parts for one in window.office.ws.store.rails.listing()] == [(("line_fall_share", "0.9"),)]
    assert re.search(r'name="line_fall_share" value="90" placeholder="90"', saved.text)
    assert re.search(r'name="line_move_share" value="" placeholder="30"', saved.text), (
        "what is inherited, in per cent too"
    )
    wrong = window.post(f"{ROOM}/rails", service="302", line_fall_share="much")
    assert (wrong.status_code, 'value="much"' in wrong.text) == (422, True)
    assert window.post(f"{ROOM}/rails", service="302").status_code == 200
    assert not any(one.choice.parts for one in window.office.ws.store.rails.listing())


def test_suggested_rules_are_set_together(window: Window) -> None:
    window.office.do(customers.accept_above, 92)
    page = window.get(f"{ROOM}/suggestions").text
    ticked = re.findall(r'name="metric" value="([^"]+)"', page)
    assert ticked
    window.post(f"{ROOM}/suggestions", metric=ticked)
    quantities = {one.quantity for one in window.office.ws.store.rules.list()}
    assert quantities == set(ticked)


def test_the_picture_and_its_table_show_the_same_feeds(window: Window) -> None:
    window.office.do(rules.set_rule, RuleDraft(service="301", quantity="datto_rmm.desktop + datto_rmm.laptop"))
    page = window.get(f"{ROOM}/feeding").text
    assert page.count('class="edge') == 2
    assert page.count("services/one?id=301") == 2


def test_somebody_who_only_looks_reads_the_rules_and_cannot_open_the_editor(office: Office) -> None:
    office.do(rules.set_rule, DRAFT)
    with window_of(office, Role.VIEWER) as window:
        page = window.get(f"{ROOM}/one", id="302")
        assert "Units = datto_rmm.server" in page.text
        assert f"{ROOM}/rule" not in page.text
        assert window.get(f"{ROOM}/rule", service="302").status_code == 403


def test_an_override_begins_with_what_it_inherits(window: Window) -> None:
    window.office.do(rules.set_rule, DRAFT)
    page = window.get(f"{ROOM}/rule", level="line", target="5002", service="302").text
    assert "It inherits from the service" in page
    form = fields(page)
    window.post(f"{ROOM}/rule", **{**form, "minimum": "4"})
    saved = rule(window, "line-5002")
    assert (saved.level, saved.quantity, saved.policy.minimum) == (RuleLevel.LINE, "datto_rmm.server", 4)
    assert saved.timing.monthly_only
