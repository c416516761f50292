"""Allocation groups and mirrors are checked when they are saved: order, caps, claims; and explained line by line."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.app.office import DAY, Office

from trueup.app.errors import UseCaseError
from trueup.app.mapping import customers
from trueup.app.plans import explaining, planning
from trueup.app.rulebook import groups, rules
from trueup.app.rulebook.rules import RuleDraft, RuleRefusedError
from trueup.core.rule import Mirror, RuleLevel, Timing, Window
from trueup.store.errors import StoreError

WORKSTATIONS = "datto_rmm.desktop + datto_rmm.laptop"
FIRST, REST = "5004", "5005"
"""The same service twice on one contract of Moreau."""

ORDER = ((FIRST, 20), (REST, None))


def saved(office: Office, lines: tuple = ORDER, name: str = "moreau", **parts: object) -> groups.GroupSaved:
    draft = RuleDraft(**{"quantity": WORKSTATIONS, **parts})  # type: ignore[arg-type]
    return office.do(groups.set_group, name, lines, draft)


def refused(office: Office, *given: object, **parts: object) -> str:
    with pytest.raises(UseCaseError) as error:
        saved(office, *given, **parts)  # type: ignore[arg-type]
    return error.value.reason.code


def test_a_group_counts_the_usage_of_its_lines_customer_from_today_on(office: Office) -> None:
    group = saved(office, minimum=10).group
    assert (group.customer_id, group.quantity, group.policy.minimum, group.cutover) == ("202", WORKSTATIONS, 10, DAY)
    assert [(one.line_id, one.contract_id, one.service_id, one.cap) for one in group.lines] == [
        (FIRST, "1002", "303", 20),
        (REST, "1002", "303", None),
    ]
    assert "group.saved" in office.actions()


def test_what_is_not_said_again_stays_and_each_change_is_a_version(office: Office) -> None:
    saved(office, minimum=10)
    second = office.do(groups.set_group, "moreau", (), RuleDraft(maximum=60))
    assert (second.group.version, second.group.policy.minimum, second.group.policy.maximum) == (2, 10, 60)
    assert [one.cap for one in second.group.lines] == [20, None]
    assert not office.do(groups.set_group, "moreau", (), RuleDraft(maximum=60)).changed
    assert [one.group.version for one in office.ws.store.groups.history("moreau")] == [1, 2]


def test_a_line_may_have_steps_and_dates_of_its_own_and_keeps_them(office: Office) -> None:
    saved(office)
    draft = RuleDraft(pack_size=5, decrease=Timing.NEXT_PERIOD)
    office.do(groups.set_line, "moreau", REST, draft)
    first, rest = saved(office, ((FIRST, 25), (REST, None))).group.lines
    assert (first.cap, first.timing, first.policy.pack_size) == (25, None, None)
    assert rest.timing is not None
    assert (rest.policy.pack_size, rest.timing.decrease, rest.timing.increase) == (
        5,
        Timing.NEXT_PERIOD,
        Timing.USAGE_DAY,
    )
    back = office.do(groups.set_line, "moreau", REST, RuleDraft(clear=frozenset({"timing", "pack_size"})))
    assert (back.group.lines[1].timing, back.group.lines[1].policy.pack_size) == (None, None)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (((FIRST, 20),), "group.too_few_lines"),
        (((FIRST, 20), (FIRST, None)), "group.line_twice"),
        (((FIRST, -1), (REST, None)), "group.cap_negative"),
        (((FIRST, None), (REST, 5)), "group.cap_missing"),
        (((FIRST, 20), ("9999", None)), "group.unknown_line"),
        (((FIRST, 20), ("5013", None)), "group.other_customer"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(office: Office, lines: tuple, code: str) -> None:
    assert refused(office, lines) == code
    assert office.ws.store.groups.list() == ()


def test_a_name_with_blanks_and_a_window_of_one_contract_are_refused(office: Office) -> None:
    assert refused(office, ORDER, "moreau & sons") == "group.name_form"
    with pytest.raises(RuleRefusedError) as error:
        saved(office, window=Window.BILLING_PERIOD_CURRENT)
    assert [fault.code for fault in error.value.faults] == ["group.window"]


def test_a_line_is_in_one_group_only_and_a_group_that_is_removed_frees_it(office: Office) -> None:
    saved(office)
    assert refused(office, ((FIRST, 1), ("5006", None)), "other") == "group.line_elsewhere"
    office.do(groups.remove, "moreau")
    assert saved(office, ((FIRST, 1), ("5006", None)), "other").group.version == 1
    with pytest.raises(StoreError) as error:
        office.do(groups.remove, "moreau")
    assert error.value.reason.code == "store.unknown_group"


def test_a_line_has_either_a_rule_of_its_own_or_a_group(office: Office) -> None:
    rule = RuleDraft(level=RuleLevel.LINE, target=REST, quantity="datto_rmm.server")
    made = office.do(rules.set_rule, rule).rule
    assert refused(office) == "group.line_has_rule"
    office.do(rules.remove, made.id)
    saved(office)
    with pytest.raises(UseCaseError) as error:
        office.do(rules.set_rule, rule)
    assert error.value.reason.code == "rules.line_in_group"


def test_the_group_wins_over_the_rule_of_the_service(office: Office) -> None:
    office.do(rules.set_rule, RuleDraft(service="303", quantity="datto_rmm.server"))
    saved(office)
    office.do(customers.accept_above, 92)
    plan = office.do(planning.make_plan)
    by_line = {one.line_id: one for one in plan.outcomes}
    assert {by_line[line].rule_id for line in (FIRST, REST)} == {"group-moreau"}
    assert by_line["5007"].rule_id == "service-303"
    listed = office.do(rules.listing)
    assert [one.lines for one in listed] == [2], "5007 and 5013"


def test_explaining_a_line_shows_the_total_and_every_share_in_order(office: Office) -> None:
    saved(office, included=Decimal(1))
    office.do(customers.accept_above, 92)
    office.do(planning.make_plan)
    found = office.do(explaining.explain, REST)
    assert found.rule is not None
    assert (found.rule.rule.id, found.rule.saved_by, found.rule.latest_version) == ("group-moreau", "anna", 1)
    total = int(found.value or 0) - 1
    chain = [(step.code, step.as_dict()) for step in found.steps if step.code.startswith(("step.group", "step.share"))]
    assert chain == [
        ("step.group_total", {"group": "moreau", "total": total}),
        ("step.share", {"place": 1, "line": FIRST, "cap": 20, "share": 20}),
        ("step.share", {"place": 2, "line": REST, "cap": None, "share": total - 20}),
        ("step.share_taken", {"line": REST, "share": total - 20}),
    ]
    assert found.after == total - 20 > 0
    assert found.organizations, "whose usage it is"


# --- mirrors ------------------------------------------------------------------------------------------------------


def mirror(office: Office, other: str, line: str = "5003", **parts: object) -> rules.RuleSaved:
    return office.do(rules.set_rule, RuleDraft(level=RuleLevel.LINE, target=line, mirror=other, **parts))  # type: ignore[arg-type]


def mirror_refused(office: Office, *given: str, **parts: object) -> str:
    with pytest.raises(UseCaseError) as error:
        mirror(office, *given, **parts)
    return error.value.reason.code


def test_a_discount_copies_a_line_or_a_service(office: Office) -> None:
    assert mirror(office, "5001").rule.mirror == Mirror("301", "5001", "1001")
    whole = office.do(rules.set_rule, RuleDraft(service="Loyalty Discount", mirror="Datto RMM - Desktop & Laptop"))
    assert (whole.rule.mirror, whole.rule.quantity) == (Mirror("301"), "")


def test_a_copy_has_nothing_to_count_and_copies_no_copy(office: Office) -> None:
    assert mirror_refused(office, "5003") == "rules.mirror_itself"
    assert mirror_refused(office, "9999") == "rules.mirror_unknown"
    assert mirror_refused(office, "5001", quantity=WORKSTATIONS) == "rules.mirror_alone"
    assert mirror_refused(office, "5001", minimum=3) == "rules.mirror_alone"
    mirror(office, "5001")
    assert mirror_refused(office, "5003", "5002") == "rules.mirror_of_mirror"
    assert mirror_refused(office, "5002", "5001") == "rules.mirror_of_mirror"
    with pytest.raises(UseCaseError) as error:
        office.do(rules.set_rule, RuleDraft(level=RuleLevel.LINE, target="5003", minimum=3))
    assert error.value.reason.code == "rules.mirror_alone"


def test_a_quantity_of_its_own_ends_the_copy(office: Office) -> None:
    mirror(office, "5001")
    rule = office.do(rules.set_rule, RuleDraft(level=RuleLevel.LINE, target="5003", quantity=WORKSTATIONS)).rule
    assert (rule.mirror, rule.quantity, rule.version) == (None, WORKSTATIONS, 2)


def test_a_discount_that_is_explained_names_the_line_that_it_copies(office: Office) -> None:
    office.do(rules.set_rule, RuleDraft(service="301", quantity=WORKSTATIONS))
    mirror(office, "5001")
    office.do(customers.accept_above, 92)
    office.do(planning.make_plan)
    charge, copy = office.do(explaining.explain, "5001"), office.do(explaining.explain, "5003")
    assert copy.steps[0].code == "step.mirror"
    assert copy.steps[0].get("line") == "5001"
    assert copy.after == charge.after


def test_services_of_which_a_customer_has_one_are_named_and_unnamed(office: Office) -> None:
    draft = RuleDraft(service="303", quantity=WORKSTATIONS, exclusive="workplace")
    assert office.do(rules.set_rule, draft).rule.exclusive == "workplace"
    kept = office.do(rules.set_rule, RuleDraft(service="303", minimum=1)).rule
    assert kept.exclusive == "workplace"
    assert office.do(rules.set_rule, RuleDraft(service="303", clear=frozenset({"exclusive"}))).rule.exclusive == ""
