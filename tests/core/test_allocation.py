"""A group's quantity poured into its lines: nothing is lost, no cap is passed, a fall drains the last line first."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from tests.core.situations import PROFILE, day

from trueup.core.contract import Contract, Line, PeriodType
from trueup.core.dates.succession import Succession, links_of
from trueup.core.quantities.allocation import AllocationGroup, GroupLine, fill, rules_of, share_of
from trueup.core.quantities.quantity import Quantity
from trueup.core.reason import Reason
from trueup.core.rule import QuantityPolicy, Share

CAPS = st.lists(st.integers(0, 60), min_size=1, max_size=5)
OPEN = CAPS.map(lambda caps: (*caps, None))
ANY = CAPS.flatmap(lambda caps: st.sampled_from([tuple(caps), (*caps, None)]))
TOTALS = st.integers(0, 400)
NOV_12 = day("11-12")


def test_twenty_five_are_in_the_flat_contract_and_the_rest_by_the_device() -> None:
    assert fill(41, (25, None)) == ((25, 16), 0)
    assert fill(25, (25, None)) == ((25, 0), 0)
    assert fill(19, (25, None)) == ((19, 0), 0)
    assert fill(0, (25, None)) == ((0, 0), 0)


def test_a_fall_drains_the_last_line_first() -> None:
    caps = (100, 20, None)
    assert [fill(total, caps)[0] for total in (130, 121, 120, 110, 100, 90)] == [
        (100, 20, 10),
        (100, 20, 1),
        (100, 20, 0),
        (100, 10, 0),
        (100, 0, 0),
        (90, 0, 0),
    ]


@PROFILE
@given(TOTALS, OPEN)
def test_where_the_last_line_takes_the_rest_the_shares_are_the_total(total: int, caps: tuple[int | None, ...]) -> None:
    shares, excess = fill(total, caps)
    assert (sum(shares), excess) == (total, 0)


@PROFILE
@given(TOTALS, ANY)
def test_shares_and_excess_are_the_total_and_no_share_passes_its_cap(total: int, caps: tuple[int | None, ...]) -> None:
    shares, excess = fill(total, caps)
    assert sum(shares) + excess == total
    assert excess >= 0
    assert all(share >= 0 and (cap is None or share <= cap) for share, cap in zip(shares, caps, strict=True))
    assert excess == 0 or shares == caps


@PROFILE
@given(TOTALS, TOTALS, ANY)
def test_more_in_total_is_never_less_for_any_line(one: int, other: int, caps: tuple[int | None, ...]) -> None:
    low, high = sorted((one, other))
    assert all(a <= b for a, b in zip(fill(low, caps)[0], fill(high, caps)[0], strict=True))


@PROFILE
@given(TOTALS, ANY)
def test_a_line_gets_something_only_once_the_lines_before_it_are_full(total: int, caps: tuple[int | None, ...]) -> None:
    shares, _ = fill(total, caps)
    for place, share in enumerate(shares):
        if share:
            assert shares[:place] == caps[:place]


SHARE = Share("morel", "1", 1, ("1000", "1001"), (25, None))


def test_a_lines_own_packs_come_after_its_share() -> None:
    packs = replace(SHARE, policy=QuantityPolicy(pack_size=5, minimum=2))
    assert share_of(packs, Quantity(41), NOV_12).units == 4  # 16 in fives, rounded up
    assert share_of(packs, Quantity(20), NOV_12).units == 2  # nothing left for it, and its own minimum


def test_explaining_names_every_share_in_order() -> None:
    steps = share_of(SHARE, Quantity(41, Decimal(41), NOV_12), NOV_12).steps
    assert steps == (
        Reason.of("step.group_total", group="morel", total=41),
        Reason.of("step.share", place=1, line="1000", cap=25, share=25),
        Reason.of("step.share", place=2, line="1001", cap=None, share=16),
        Reason.of("step.share_taken", line="1001", share=16),
    )


def test_more_than_all_caps_is_said_and_not_cut_off() -> None:
    found = share_of(replace(SHARE, place=0, caps=(25, 10)), Quantity(41), NOV_12)
    assert found.units is None
    assert found.problem == Reason.of("held.group_excess", group="morel", total=41, room=35, excess=6)


def test_a_quantity_that_is_not_known_stays_so() -> None:
    unknown = Quantity(None, problem=Reason.of("held.stale"))
    assert share_of(SHARE, unknown, NOV_12) is unknown


def test_a_lower_bound_of_the_total_is_one_of_each_share() -> None:
    assert share_of(SHARE, Quantity(30, only_raise=True), NOV_12).only_raise


OLD = Contract("100", "1", "2026", day("01-01"), day("11-30"), PeriodType.MONTHLY, successor_id="200")
NEW = Contract("200", "1", "2027", day("12-01"), None, PeriodType.MONTHLY)
GROUP = AllocationGroup(
    "morel", "1", "datto_rmm.desktop", (GroupLine("1000", "100", "10", 25), GroupLine("1001", "100", "11"))
)
OLD_LINES = (Line("1000", "100", "10"), Line("1001", "100", "11"))
LINES = (*OLD_LINES, Line("2000", "200", "10"), Line("2001", "200", "11"))
CONTRACTS = {"100": OLD, "200": NEW}


def standing(on: str, lines: tuple[Line, ...] = LINES, groups: tuple[AllocationGroup, ...] = (GROUP,)) -> dict:
    """The places of each line in its group, and the lines that stand there on that day."""
    links, unclear = links_of(CONTRACTS.values(), lines)
    found = rules_of(groups, lines, CONTRACTS, day(on), Succession.of(links, unclear))
    return {line_id: (rule.share.place, rule.share.lines) for line_id, rule in found.items() if rule.share}


def test_the_lines_of_a_renewal_stand_at_the_places_of_the_ones_that_they_go_on_for() -> None:
    old, new = ("1000", "1001"), ("2000", "2001")
    assert standing("11-30") == {"1000": (0, old), "2000": (0, old), "1001": (1, old), "2001": (1, old)}
    assert standing("12-01") == {"1000": (0, new), "2000": (0, new), "1001": (1, new), "2001": (1, new)}


def test_without_a_renewal_the_line_of_the_ended_contract_keeps_its_place() -> None:
    assert standing("12-05", OLD_LINES) == {"1000": (0, ("1000", "1001")), "1001": (1, ("1000", "1001"))}


def test_a_renewal_with_the_service_twice_names_no_line_for_it() -> None:
    assert set(standing("12-01", (*LINES, Line("2002", "200", "10")))) == {"1000", "1001", "2001"}


def test_a_line_that_two_groups_claim_is_governed_by_none() -> None:
    places = (GroupLine("1001", "100", "11", 5), GroupLine("1002", "100", "12"))
    both = (GROUP, replace(GROUP, name="other", lines=places))
    assert set(standing("11-12", (*OLD_LINES, Line("1002", "100", "12")), both)) == {"1000", "1002"}
