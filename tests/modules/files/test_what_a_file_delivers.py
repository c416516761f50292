"""What a collection says of those whom a file names, and of those whom it does not: silence is never zero."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from trueup.core.usage import BillingType, Certainty, Collection, Coverage, MetricKind
from trueup.modules.files.delivering import Arrival, Known, collection_of
from trueup.modules.files.profile import profile_from
from trueup.modules.files.reading import read_file
from trueup.modules.files.refusing import FileRefusedError

LONG = {"source": "file", "organization": "Customer", "type": "Product", "quantity": "Qty"}
WHOLE = {**LONG, "complete": "yes"}
ARRIVED = Arrival("cloud", date(2026, 11, 12), datetime(2026, 11, 13, 1, tzinfo=UTC), "usage.csv")


def level(name: str) -> BillingType:
    return BillingType(f"cloud.{name}", name, MetricKind.LEVEL, "unit", Certainty.DOCUMENTED)


KNOWN = Known({key: key for key in "abc"}, {"seats": level("seats"), "backup": level("backup")}, 4)


def delivered(rows: str, settings: dict[str, str], known: Known = KNOWN, because: str | None = None) -> Collection:
    profile = profile_from("cloud", settings)
    arrival = Arrival(ARRIVED.connection, ARRIVED.day, ARRIVED.observed_at, ARRIVED.name, because)
    return collection_of(read_file(f"Customer;Product;Qty\n{rows}".encode(), profile), profile, arrival, known)


def said(collection: Collection) -> dict[str, str]:
    return {
        f"{one.organization} {one.metric.removeprefix('cloud.')}": f"{one.value} {one.coverage.value}"
        for one in collection.readings
    }


ALL = "a;seats;3\nb;seats;2\nb;backup;1\nc;seats;4\n"


def test_a_complete_file_says_zero_of_a_type_that_a_named_customer_lacks() -> None:
    found = delivered(ALL, WHOLE)
    assert found.coverage is Coverage.MEASURED
    assert said(found) == {
        "a backup": "0 measured",
        "a seats": "3 measured",
        "b backup": "1 measured",
        "b seats": "2 measured",
        "c backup": "0 measured",
        "c seats": "4 measured",
    }


def test_any_other_file_says_only_what_it_says() -> None:
    found = delivered("a;seats;3\nb;seats;2\nb;backup;1\n", LONG)
    assert found.coverage is Coverage.PARTIAL
    assert [one.key for one in found.organizations] == ["a", "b"]
    assert said(found) == {
        "a backup": "0 partial",
        "a seats": "3 measured",
        "b backup": "1 measured",
        "b seats": "2 measured",
        "c backup": "0 partial",
        "c seats": "0 partial",
    }


def test_a_type_that_nobody_has_any_more_is_unknown_and_said() -> None:
    found = delivered("a;seats;3\nb;seats;2\nc;seats;4\n", WHOLE)
    assert said(found) == {"a seats": "3 measured", "b seats": "2 measured", "c seats": "4 measured"}
    assert [note.get("metric") for note in found.notes if note.code == "file.type_missing"] == ["cloud.backup"]


def test_a_customer_with_a_rejected_row_may_not_fall_and_the_listing_is_not_whole() -> None:
    found = delivered(ALL + "a;backup;many\n", WHOLE)
    assert found.coverage is Coverage.PARTIAL
    assert {said(found)["a seats"], said(found)["a backup"]} == {"3 partial", "0 partial"}
    assert said(found)["b seats"] == "2 measured"


def test_a_row_of_nobody_leaves_everybody_in_doubt() -> None:
    found = delivered(ALL + ";seats;1\n", WHOLE)
    assert found.coverage is Coverage.PARTIAL
    assert all(one.coverage is Coverage.PARTIAL for one in found.readings)


@pytest.mark.parametrize(
    ("rows", "known", "code"),
    [
        ("a;seats;3\na;backup;1\n", KNOWN, "file.too_short"),
        (ALL, Known(KNOWN.organizations, KNOWN.types, 9), "file.fewer_rows"),
    ],
)
def test_a_complete_file_that_looks_cut_is_refused_unless_a_person_says_why(rows: str, known: Known, code: str) -> None:
    with pytest.raises(FileRefusedError) as refused:
        delivered(rows, WHOLE, known)
    assert refused.value.failure.reason.code == code
    assert refused.value.failure.category.value == "implausible"
    assert delivered(rows, WHOLE, known, "they left").coverage is Coverage.MEASURED


def test_half_of_what_is_known_is_not_too_short() -> None:
    two = Known({"a": "a", "b": "b"}, KNOWN.types, 8)
    assert delivered("a;seats;3\nc;seats;1\nd;seats;1\ne;seats;1\n", WHOLE, two).coverage is Coverage.MEASURED


def test_any_other_file_that_looks_cut_lowers_nobody() -> None:
    found = delivered("a;seats;3\n", LONG)
    assert said(found)["a seats"] == "3 partial"
    assert "file.looks_cut" in [note.code for note in found.notes]
