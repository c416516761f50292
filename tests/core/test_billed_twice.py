"""An item is billed twice where two lines that share nothing count it; what tells that, and that it stays cheap."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from trueup.core.counting.billed_twice import Billers, Claim, ItemList, billed_twice, contested, key_of
from trueup.core.counting.item_filter import WHOLE, ItemFilter
from trueup.core.usage import Item

DAY = date(2026, 6, 14)
LIST = ItemList(("category", "site_room"), ("hostname",))


def item(key: str, category: str, room: str = "A", place: str = "garage") -> Item:
    return Item(key=key, organization=place, name=key.upper(), attributes=(category, room))


def claim(
    line: str, condition: str | None, *, bearer: str = "", chosen: ItemFilter = WHOLE, service: str = ""
) -> Claim:
    return Claim(line, service or f"service {line}", bearer or line, f"metric {condition}", condition, chosen)


def found(claims: Iterable[Claim], *items: Item) -> dict[str, Billers]:
    by_place = contested({"garage": list(claims)})
    return {one.key: billers for one, billers in billed_twice(by_place, items, LIST, DAY)}


def test_only_the_items_that_both_conditions_meet_are_billed_twice() -> None:
    server, laptop = item("s1", "Server"), item("l1", "Laptop")
    both = found([claim("1", 'category == "Server"'), claim("2", None)], server, laptop)
    assert set(both) == {"s1"}
    assert [line for line, _ in both["s1"].lines] == ["1", "2"]
    assert both["s1"].metrics == ("metric None", 'metric category == "Server"')
    assert found([claim("1", 'category == "Server"'), claim("2", 'category == "Laptop"')], server, laptop) == {}


def test_the_lines_of_one_allocation_group_are_one() -> None:
    lines = [claim("1", None, bearer="group 7"), claim("2", None, bearer="group 7")]
    assert found(lines, item("s1", "Server")) == {}
    assert set(found([*lines, claim("3", None)], item("s1", "Server"))) == {"s1"}


def test_two_customers_with_their_own_parts_of_a_site_do_not_bill_each_other_s_items() -> None:
    parts = [ItemFilter(('site_room == "A"',)), ItemFilter(('site_room == "B"',))]
    lines = [claim(str(place), None, chosen=part) for place, part in enumerate(parts)]
    assert found(lines, item("a", "Server", "A"), item("b", "Server", "B")) == {}
    overlapping = [*lines, claim("3", None, chosen=ItemFilter((), 'category == "Server"'))]
    assert set(found(overlapping, item("a", "Server", "A"), item("c", "Laptop", "A"))) == {"a"}


def test_an_item_that_a_condition_cannot_judge_is_not_said_to_be_billed() -> None:
    assert found([claim("1", "category > 3"), claim("2", None)], item("s1", "Server")) == {}
    assert found([claim("1", "no_such == 1"), claim("2", None)], item("s1", "Server")) == {}


def test_items_elsewhere_are_left_alone() -> None:
    assert found([claim("1", None), claim("2", None)], item("s1", "Server", place="bakery")) == {}


def test_the_key_tells_lists_and_services_apart() -> None:
    keys = {key_of("rmm", "devices", ("1",)), key_of("rmm", "devices", ("1", "2")), key_of("rmm", "seats", ("1", "2"))}
    assert len(keys) == 3


def test_a_customer_with_thousands_of_lines_over_thousands_of_items_is_one_question_an_item() -> None:
    lines = [claim(str(number), None, service="care") for number in range(5_000)]
    items = [item(f"i{number}", "Server") for number in range(5_000)]
    lists = {id(billers) for _, billers in billed_twice({"garage": lines}, items, LIST, DAY)}
    assert len(lists) == 1, "the lines of items that are billed alike are put together once"
