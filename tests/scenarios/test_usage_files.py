"""Usage that arrives as files, from the file to the PSA: what it drives, and what it must never lower."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.ledger.stage import DAY
from tests.scenarios.msp import FIRST, GROWN, GROWTH, SMALL, Msp, codes_of, of_line, open_msp
from tests.scenarios.usage_files import BAKERY, GARAGE, SOURCE, Distributor, text_of

from trueup.app.connections.checking import check
from trueup.app.counting.vocabulary import vocabulary
from trueup.app.errors import UseCaseError
from trueup.app.late import entries
from trueup.app.plans.explaining import explain
from trueup.app.usage.importing import Asked, FileCount, ImportState, import_file
from trueup.app.usage.profiles import save_profile
from trueup.core.outcome import OutcomeStatus
from trueup.core.rule import Rule, RuleLevel
from trueup.core.usage import Coverage

EVERYBODY = {GARAGE: 13, BAKERY: 6}
"""What the files say of the 12th; the RMM says 12 of the garage."""


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Distributor]:
    """After the first night; the garage's line follows the distributor's files."""
    with open_msp(tmp_path) as msp:
        distributor = Distributor(msp, tmp_path)
        distributor.drive_the_garage(FIRST)
        msp.set_up()
        yield distributor


def grow(files: Distributor) -> Msp:
    files.msp.night(GROWN)
    files.msp.collect(GROWTH)
    return files.msp


def refusal(files: Distributor, text: str, asked: Asked | None = None) -> str:
    with pytest.raises(UseCaseError) as refused:
        files.take(text, asked)
    return refused.value.reason.code


def readings(msp: Msp, day: date) -> dict[str, tuple[int, str]]:
    with msp.stage.open() as ws:
        spans = ws.store.usage.readings(day, day, connections=(SOURCE,))
    return {one.organization: (int(one.value), one.coverage.value) for one in spans}


def test_a_files_count_drives_a_line_to_the_psa(files: Distributor) -> None:
    msp = grow(files)
    result = files.deliver(GROWN, EVERYBODY)
    assert (result.state, result.day, result.coverage) == (ImportState.RECORDED, GROWN, Coverage.MEASURED)
    plan = msp.plan()
    assert of_line(plan, SMALL).after == 13
    msp.approve(plan, {SMALL})
    msp.apply(plan)
    assert msp.psa.accepted() == [(SMALL, GROWN, 2)]


def test_a_night_collects_the_modules_and_leaves_the_files_alone(files: Distributor) -> None:
    files.msp.night(GROWN)
    assert files.msp.collect(GROWTH).connection == "rmm"
    with files.msp.stage.open() as ws:
        assert ws.store.usage.delivered_days(SOURCE) == (FIRST,)


def test_a_file_that_lacks_a_customer_does_not_lower_its_line(files: Distributor) -> None:
    files.set(complete="no")
    msp = grow(files)
    result = files.deliver(GROWN, {BAKERY: 6})
    assert result.coverage is Coverage.PARTIAL
    assert readings(msp, GROWN) == {GARAGE: (0, "partial"), BAKERY: (6, "measured")}
    for day in (GROWN, GROWN + DAY, GROWN + 2 * DAY):
        msp.night(day)
        msp.collect(GROWTH)
        files.deliver(day, {BAKERY: 6})
        assert of_line(msp.plan(), SMALL).adjustments == ()


def test_a_complete_file_without_a_customer_twice_waits_for_a_person(files: Distributor) -> None:
    msp = files.msp
    for day in (GROWN, GROWN + DAY):
        msp.night(day)
        msp.collect(GROWTH)
        files.deliver(day, {BAKERY: 6})
    outcome = of_line(msp.plan(), SMALL)
    assert outcome.status is OutcomeStatus.HELD
    assert "held.customer_left" in codes_of(outcome)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Customer;Product;Qty;Day\n", "file.empty"),
        ("Customer;Product;Quantity;Day\nA;Seats;1;2026-11-12\n", "file.column_missing"),
        (text_of(GROWN, {"Somebody else": 1}), "file.too_short"),
        ("", "file.empty"),
    ],
)
def test_a_file_of_which_nothing_may_be_concluded_is_on_record_and_lowers_nothing(
    text: str, code: str, files: Distributor
) -> None:
    msp = grow(files)
    result = files.take(text, Asked(day=GROWN))
    assert result.state is ImportState.REFUSED
    assert result.failure is not None
    assert result.failure.reason.code == code
    with msp.stage.open() as ws:
        state = ws.store.connections.state(SOURCE)
    assert state.delivered_day == FIRST
    assert state.failure == result.failure
    plan = msp.plan()
    assert of_line(plan, SMALL).adjustments == ()
    said = [(note.get("connection"), note.get("failure")) for note in plan.notes if note.code == "plan.source_failed"]
    assert said == [(SOURCE, code)]


def test_a_short_file_counts_when_a_person_says_why(files: Distributor) -> None:
    files.deliver(FIRST, {GARAGE: 11, **{f"c{n}": 1 for n in range(9)}})
    grow(files)
    assert files.deliver(GROWN, EVERYBODY).state is ImportState.REFUSED
    result = files.deliver(GROWN, EVERYBODY, Asked(short_because="nine left on the 11th, ticket 12"))
    assert result.state is ImportState.RECORDED
    assert "file.short_accepted" in [note.code for note in result.notes]
    with files.msp.stage.open() as ws:
        assert "file.short_accepted" in [entry.action for entry in ws.store.audit.list()]


def test_a_preview_shows_both_counts_and_changes_nothing(files: Distributor) -> None:
    msp = grow(files)
    with msp.stage.open() as ws:
        before = (ws.store.usage.deliveries(SOURCE, FIRST, GROWN, all_attempts=True), len(ws.store.runs.list()))
    result = files.deliver(GROWN, EVERYBODY, Asked(preview=True))
    assert result.state is ImportState.PREVIEW
    (garage,) = [one for one in result.counts if one.organization == GARAGE]
    one = FileCount(GARAGE, GARAGE, "distributor.seats", "Seats", Decimal(13), Coverage.MEASURED, Decimal(11))
    assert garage == one
    assert files.take("nothing", Asked(preview=True)).state is ImportState.REFUSED
    with msp.stage.open() as ws:
        after = (ws.store.usage.deliveries(SOURCE, FIRST, GROWN, all_attempts=True), len(ws.store.runs.list()))
        assert ws.store.connections.state(SOURCE).failure is None
    assert after == before


def test_the_same_file_twice_changes_nothing(files: Distributor) -> None:
    msp = grow(files)
    files.deliver(GROWN, EVERYBODY)
    msp.later(DAY / 8)
    assert files.deliver(GROWN, EVERYBODY).state is ImportState.ALREADY
    with msp.stage.open() as ws:
        assert len(ws.store.usage.deliveries(SOURCE, GROWN, GROWN, all_attempts=True)) == 1


def test_a_corrected_file_of_the_day_replaces_the_first_and_the_first_does_not_come_back_by_mistake(
    files: Distributor,
) -> None:
    msp = grow(files)
    files.deliver(GROWN, {GARAGE: 120, BAKERY: 6})
    msp.later(DAY / 8)
    assert files.deliver(GROWN, EVERYBODY).state is ImportState.RECORDED
    assert readings(msp, GROWN)[GARAGE] == (13, "measured")
    msp.later(DAY / 8)
    assert refusal(files, text_of(GROWN, {GARAGE: 120, BAKERY: 6})) == "file.replaced_since"
    again = files.deliver(GROWN, {GARAGE: 120, BAKERY: 6}, Asked(again=True))
    assert again.state is ImportState.RECORDED
    assert readings(msp, GROWN)[GARAGE] == (120, "measured")


def test_an_old_file_without_a_day_is_no_news_of_another_day(files: Distributor) -> None:
    text = "Customer;Product;Qty\nGarage du Lac;Seats;13\nBoulangerie Petit;Seats;6\n"
    files.set(day="")
    msp = grow(files)
    assert files.take(text).day == GROWN
    msp.night(GROWN + DAY)
    assert refusal(files, text) == "file.seen_for_another_day"
    assert files.take(text, Asked(day=GROWN + DAY)).state is ImportState.RECORDED


def test_days_to_come_and_days_long_gone_are_refused(files: Distributor) -> None:
    assert refusal(files, text_of(date(2026, 11, 20), EVERYBODY)) == "file.day_to_come"
    assert refusal(files, text_of(date(2025, 1, 1), EVERYBODY)) == "file.day_too_old"


def test_the_profile_may_say_that_a_file_describes_the_month_that_ended(files: Distributor) -> None:
    files.set(day="", day_rule="month_end")
    result = files.take("Customer;Product;Qty\nGarage du Lac;Seats;13\nBoulangerie Petit;Seats;6\n")
    assert result.day == date(2026, 10, 31)


def test_a_key_twice_leaves_that_customers_line_and_moves_the_others(files: Distributor) -> None:
    msp = grow(files)
    text = text_of(GROWN, EVERYBODY) + f"{GARAGE};Seats;1;{GROWN}\n"
    result = files.take(text)
    assert [(row.line, row.reason.code) for row in result.rejected] == [(4, "file.row_duplicate")]
    assert readings(msp, GROWN) == {BAKERY: (6, "measured")}
    assert of_line(msp.plan(), SMALL).adjustments == ()
    files.set(duplicates="sum")
    msp.later(DAY / 8)
    assert files.take(text).state is ImportState.RECORDED
    assert readings(msp, GROWN)[GARAGE] == (14, "measured")


def test_a_past_day_that_a_file_corrects_makes_a_catch_up_entry(tmp_path: Path) -> None:
    """The garage pays 12.00 a month; one unit for one day of November is 0.40."""
    with open_msp(tmp_path) as msp:
        files = Distributor(msp, tmp_path)
        files.drive_the_garage(FIRST)
        msp.set_up()
        grow(files)
        files.deliver(GROWN, EVERYBODY)
        plan = msp.plan()
        msp.approve(plan)
        msp.apply(plan)
        msp.psa.switch(posted_period="refuse")
        msp.choose(posted_period="refuse", currency="EUR")
        for day in (*(date(2026, 11, number) for number in (19, 20, 21, 22, 30)), date(2026, 12, 1)):
            msp.night(day)
            msp.collect(GROWTH)
            files.deliver(day, EVERYBODY)
        msp.plan()
        msp.psa.post_through(date(2026, 11, 30))
        sends = msp.psa.sends()
        corrected = date(2026, 11, 20)
        assert files.deliver(corrected, {GARAGE: 15, BAKERY: 6}).state is ImportState.RECORDED
        msp.plan()
        (entry,) = msp.work(lambda ws: entries.listing(ws, "waiting"))
        spans = [(span.first, span.last, span.billed, span.called_for) for span in entry.owed.spans]
        assert spans == [(corrected, corrected, 13, 15)]
        assert entry.owed.amount == Decimal("0.80")
        assert msp.psa.sends() == sends


def test_check_names_the_source_and_asks_it_nothing(files: Distributor) -> None:
    found = files.msp.work(check)
    assert [finding.reason.get("connection") for finding in found if finding.code == "check.file_source"] == [SOURCE]


@pytest.mark.parametrize(
    ("cadence", "days", "status"),
    [
        ("daily", 3, OutcomeStatus.NONE),
        ("daily", 4, OutcomeStatus.HELD),
        ("monthly", 35, OutcomeStatus.NONE),
        ("monthly", 36, OutcomeStatus.HELD),
    ],
)
def test_a_source_that_speaks_once_a_month_is_not_silent_in_between(
    cadence: str, days: int, status: OutcomeStatus, files: Distributor
) -> None:
    files.set(cadence=cadence)
    msp = files.msp
    msp.night(FIRST + days * DAY)
    msp.collect(GROWTH)
    outcome = of_line(msp.plan(), SMALL)
    assert (outcome.status, "held.stale" in codes_of(outcome)) == (status, status is OutcomeStatus.HELD)
    found = [finding.reason for finding in msp.work(check) if finding.reason.get("connection") == SOURCE]
    assert ("check.delivered.stale" in [reason.code for reason in found]) is (status is OutcomeStatus.HELD)


def test_a_file_of_last_month_moves_its_line_from_the_day_that_it_speaks_of(files: Distributor) -> None:
    files.set(cadence="monthly")
    msp = files.msp
    for day in (date(2026, 11, 30), date(2026, 12, 8)):
        msp.night(day)
        msp.collect(GROWTH)
    files.deliver(date(2026, 11, 30), EVERYBODY)
    plan = msp.plan()
    # 2 more at 12.00 for the one day of November: 2 x 12.00 / 30 = 0.80
    made = [(one.day, one.change, one.amount) for one in of_line(plan, SMALL).adjustments]
    assert made == [(date(2026, 11, 30), 2, Decimal("0.80"))]


def test_items_of_a_file_are_the_evidence_behind_a_count(tmp_path: Path) -> None:
    """A source that was connected as a module without an API gets its profile afterwards."""
    with open_msp(tmp_path) as msp:
        with msp.stage.open() as ws:
            ws.store.connections.add("mail", "module", "graphus", {}, {}, "tests", now=ws.now())
        profile = {"organization": "Customer", "item": "Mailbox", "counts": "protected_users", "attribute.plan": "Plan"}
        msp.work(lambda ws: save_profile(ws, "mail", None, {**profile, "complete": "yes"}))
        files = Distributor(msp, tmp_path)

        def deliver(*mailboxes: str) -> None:
            rows = "".join(f"{GARAGE};{name}@lac.example;Full\n" for name in mailboxes)
            path = files.file(f"Customer;Mailbox;Plan\n{rows}", "mailboxes.csv")
            msp.work(lambda ws: import_file(ws, "mail", path, Asked()))

        names = [f"m{number}" for number in range(11)]
        deliver(*names)
        rule = Rule(f"line-{SMALL}", RuleLevel.LINE, "10", str(SMALL), "graphus.protected_users", cutover=FIRST)
        with msp.stage.open() as ws:
            ws.store.rules.save(rule, "tests", now=ws.now())
            ws.store.customers.map("mail", GARAGE, "3", "tests", now=ws.now())
        msp.set_up()
        msp.night(GROWN)
        msp.collect(GROWTH)
        deliver(*names, "anna")
        assert of_line(msp.plan(), SMALL).after == 12
        explained = msp.work(lambda ws: explain(ws, str(SMALL)))
        (metric,) = explained.metrics
        (count,) = metric.counts
        assert count.items is not None
        assert {item.name for item in count.items} == {f"{name}@lac.example" for name in (*names, "anna")}
        assert dict(count.items[0].attributes)["plan"] == "Full"


@pytest.mark.parametrize("kind", ["one_time", "period_total"])
def test_what_is_no_level_is_known_by_its_kind_before_the_first_file(kind: str, files: Distributor) -> None:
    files.set(**{"name.setup": "Setup", "kind.setup": kind})
    with files.msp.stage.open() as ws:
        assert vocabulary(ws).kind_of("distributor.setup").value == kind
    files.take(f"Customer;Product;Qty;Day\n{GARAGE};Setup;4;{FIRST}\n{BAKERY};Seats;5;{FIRST}\n")
    with files.msp.stage.open() as ws:
        kinds = {one.key: one.kind.value for one in ws.store.usage.billing_types(SOURCE)}
    assert kinds == {"distributor.seats": "level", "distributor.setup": kind}
