"""Rows as their profile reads them: duplicates, blanks, days, currencies, items and names of billing types."""

from __future__ import annotations

from datetime import date

import pytest

from trueup.core.usage import MetricKind
from trueup.modules.files.profile import ProfileError, profile_from
from trueup.modules.files.reading import FileReading, read_file
from trueup.modules.files.refusing import FileRefusedError

LONG = {"source": "file", "organization": "Customer", "type": "Product", "quantity": "Qty"}
HEAD = "Customer;Product;Qty;Currency;Day\n"
ITEMS = {"source": "file", "organization": "Customer", "counts": "device", "item": "Serial", "attribute.model": "Model"}


def read(text: str, settings: dict[str, str], of: date | None = None, **more: str) -> FileReading:
    return read_file(text.encode(), profile_from("cloud", {**settings, **more}), of)


def counts(reading: FileReading) -> dict[tuple[str, str], int]:
    return {place: int(value) for place, value in reading.counts.items()}


def why(reading: FileReading) -> list[tuple[int, str]]:
    return [(row.line, row.reason.code) for row in reading.rejected]


TWICE = HEAD + "A;Seats;3;;\nB;Seats;1;;\nA;seats ;4;;\n"


def test_a_key_twice_is_refused_and_its_count_is_unknown_while_the_others_count() -> None:
    reading = read(TWICE, LONG)
    assert why(reading) == [(4, "file.row_duplicate")]
    assert reading.rejected[0].reason.get("first") == 2
    assert counts(reading) == {("B", "seats"): 1}
    assert reading.unknown == {("A", "seats")}


def test_a_key_twice_is_summed_where_the_profile_says_so() -> None:
    assert counts(read(TWICE, LONG, duplicates="sum")) == {("A", "seats"): 7, ("B", "seats"): 1}


def test_keys_that_differ_in_case_are_two_customers() -> None:
    reading = read(HEAD + "0015x;Seats;3;;\n0015X;Seats;4;;\n", LONG)
    assert counts(reading) == {("0015x", "seats"): 3, ("0015X", "seats"): 4}


def test_another_currency_is_never_counted() -> None:
    reading = read(HEAD + "A;Seats;3;EUR;\nB;Seats;4;USD;\n", LONG, **{"only.Currency": "eur"})
    assert counts(reading) == {("A", "seats"): 3}
    assert why(reading) == [(3, "file.row_not_expected")]
    assert reading.doubtful == {"B"}


def test_totals_and_credits_are_left_out_by_name() -> None:
    text = HEAD + "A;Seats;3;EUR;\nA;Credit;-4;EUR;\nTotal;;3;;\n"
    reading = read(text, LONG, **{"skip.Product": "credit", "skip.Customer": "Total|Sum"})
    assert (counts(reading), reading.left_out, why(reading)) == ({("A", "seats"): 3}, 2, [])


def test_a_row_without_a_customer_could_be_anybodys() -> None:
    reading = read(HEAD + "A;Seats;3;;\n;Seats;4;;\n", LONG)
    assert why(reading) == [(3, "file.row_no_organization")]
    assert reading.whose_is_lost


def test_a_blank_cell_is_unknown_unless_the_profile_says_zero() -> None:
    wide = {"source": "file", "organization": "Customer", "count.seats": "Qty"}
    text = HEAD + "A;;3;;\nB;;;x;\n"
    reading = read(text, wide)
    assert (counts(reading), reading.unknown, why(reading)) == ({("A", "seats"): 3}, {("B", "seats")}, [])
    assert counts(read(text, wide, blank="zero")) == {("A", "seats"): 3, ("B", "seats"): 0}


def test_more_than_one_row_in_ten_that_cannot_be_used_refuses_the_file() -> None:
    good = "".join(f"c{number};Seats;1;;\n" for number in range(18))
    assert len(why(read(HEAD + good + "A;Seats;x;;\nB;Seats;y;;\n", LONG))) == 2
    with pytest.raises(FileRefusedError) as refused:
        read(HEAD + good + "A;Seats;x;;\nB;Seats;y;;\nC;Seats;z;;\n", LONG)
    assert refused.value.failure.reason.code == "file.too_many_rejected"
    assert (refused.value.failure.reason.get("line"), refused.value.failure.reason.get("rows")) == (20, 21)


def test_one_day_of_several_is_taken_only_when_it_is_named() -> None:
    text = HEAD + "A;Seats;3;;2026-11-11\nA;Seats;4;;2026-11-12\n"
    with pytest.raises(FileRefusedError) as refused:
        read(text, LONG, day="Day")
    assert refused.value.failure.reason.code == "file.several_days"
    assert counts(read(text, LONG, date(2026, 11, 12), day="Day")) == {("A", "seats"): 4}
    with pytest.raises(FileRefusedError) as refused:
        read(text, LONG, date(2026, 11, 13), day="Day")
    assert refused.value.failure.reason.code == "file.other_day"


@pytest.mark.parametrize(("how", "found"), [("dmy", date(2026, 11, 12)), ("mdy", date(2026, 12, 11))])
def test_days_are_read_as_the_profile_writes_them(how: str, found: date) -> None:
    assert read(HEAD + "A;Seats;3;;12/11/2026\n", LONG, day="Day", day_format=how).days == {found: 1}
    assert why(read(HEAD + "A;Seats;3;;12/11/2026\n", LONG, day="Day")) == [(2, "file.row_day")]


def test_billing_types_are_known_by_the_profiles_text_or_named_after_the_files() -> None:
    text = HEAD + "A;Microsoft 365 Business (Premium);3;;\nA;BK-01;4;;\nA;365 Basic;1;;\n"
    reading = read(text, LONG, **{"name.backup": "bk-01", "unit.backup": "gigabyte", "kind.backup": "period_total"})
    assert counts(reading) == {
        ("A", "microsoft_365_business_premium"): 3,
        ("A", "backup"): 4,
        ("A", "n365_basic"): 1,
    }
    backup = reading.types["backup"]
    assert (backup.key, backup.unit, backup.kind) == ("cloud.backup", "gigabyte", MetricKind.PERIOD_TOTAL)
    assert reading.types["n365_basic"].label == "365 Basic"


def test_two_products_that_would_get_one_name_are_not_added_up() -> None:
    reading = read(HEAD + "A;Plan+;3;;\nA;Plan-;4;;\n", LONG)
    assert why(reading) == [(3, "file.row_type_collides")]


def test_the_billing_types_of_a_catalogue_file_are_used_by_name() -> None:
    text = "Customer;Product;Qty\nA;Desktop;3\nA;laptop;4\n"
    reading = read_file(text.encode(), profile_from("datto_rmm", LONG))
    assert counts(reading) == {("A", "desktop"): 3, ("A", "laptop"): 4}
    assert reading.types["desktop"].key == "datto_rmm.desktop"


def test_items_are_counted_one_by_one_and_kept() -> None:
    text = "Customer;Serial;Model\nA;s1;X\nA;s2;\nB;s1;X\n"
    reading = read(text, ITEMS)
    assert counts(reading) == {("A", "device"): 2, ("B", "device"): 1}
    first = reading.items["A/device/s1"]
    assert (first.organization, first.name, first.attributes) == ("A", "s1", ("device", "X"))
    assert reading.types["device"].condition == 'billing_type == "device"'


def test_an_item_twice_counts_once_or_is_refused() -> None:
    text = "Customer;Serial;Model\nA;s1;X\nA;s1;X\nB;s1;X\n"
    assert why(read(text, ITEMS)) == [(3, "file.row_duplicate")]
    assert counts(read(text, ITEMS, duplicates="once")) == {("A", "device"): 1, ("B", "device"): 1}


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"quantity": "Q", "counts": "x"}, "file.profile_needs"),
        ({"organization": "C"}, "file.profile_ways"),
        ({"organization": "C", "quantity": "Q", "item": "I", "counts": "x"}, "file.profile_ways"),
        ({"organization": "C", "quantity": "Q"}, "file.profile_which_type"),
        ({"organization": "C", "quantity": "Q", "counts": "x", "type": "T"}, "file.profile_which_type"),
        ({"organization": "C", "quantity": "Q", "counts": "Two Words"}, "file.profile_type"),
        ({"organization": "C", "quantity": "Q", "counts": "x", "duplicates": "once"}, "file.profile_value"),
        ({"organization": "C", "item": "Q", "counts": "x", "duplicates": "sum"}, "file.profile_value"),
        ({"organization": "C", "item": "Q", "counts": "x", "complete": "maybe"}, "file.profile_value"),
        ({"organization": "C", "item": "Q", "counts": "x", "kind.x": "sometimes"}, "file.profile_value"),
        ({"organization": "C", "item": "Q", "counts": "x", "colour": "red"}, "file.profile_key"),
        ({"organization": "C", "quantity": "Q", "counts": "x", "attribute.model": "M"}, "file.profile_needs"),
        ({"organization": "C", "item": "Q", "counts": "x", "attribute.billing_type": "M"}, "file.profile_type"),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(settings: dict[str, str], code: str) -> None:
    with pytest.raises(ProfileError) as wrong:
        profile_from("cloud", settings)
    assert wrong.value.code == code
