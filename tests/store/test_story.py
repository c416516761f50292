"""What was done is found by the names of whom and what it is about, however old the plan, also where the PSA has let go
of them; on each kind of database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from trueup.core.contract import Contract, Customer, Line, PeriodType, PsaSnapshot, Service
from trueup.core.outcome import Plan
from trueup.core.reason import Reason
from trueup.store.journal import NewIntent
from trueup.store.story import StoryPlace, StoryQuestion
from trueup.store.story_names import MANY_ENTRIES
from trueup.store.tenant_store import TenantStore

DAY = date(2026, 3, 1)


def snapshot(now: datetime) -> PsaSnapshot:
    return PsaSnapshot(
        read_at=now,
        first_day=DAY,
        last_day=DAY,
        customers=(Customer("29", "Boulangerie Lefèvre"), Customer("30", "Garage Martin")),
        contracts=tuple(
            Contract(f"c{one}", one, f"Infogérance {one}", DAY, None, PeriodType.MONTHLY) for one in ("29", "30")
        ),
        services=(Service("304", "Server care"), Service("305", "Backup")),
        lines=(Line("L1", "c29", "304"), Line("L2", "c29", "305"), Line("L3", "c30", "304"), Line("L4", "c30", "305")),
    )


def written(store: TenantStore, now: datetime) -> None:
    """A change of each line, by a plan that has no rows."""
    store.psa.save_snapshot(snapshot(now))
    store.runs.start("apply", "Zoé", now=now)
    store.plans.save(Plan("p1", DAY, now, (), "sum"), "run-1", now=now)
    lease = store.leases.acquire("psa", "one", 600, now)
    assert lease is not None
    store.journal.intend([NewIntent("run-1", "p1", f"L{one}", DAY, 1, (), (), "d") for one in "1234"], lease, now=now)


def lines(store: TenantStore, text: str) -> set[str]:
    found = store.story.before(StoryPlace(), 100, StoryQuestion(text, kinds=("line",)))
    return {str(one.detail.get("line")) for one in found}


def test_lines_are_found_by_customer_service_contract_and_person_whatever_the_plan(store: TenantStore, now: datetime):
    written(store, now)
    assert lines(store, "lefevre") == {"L1", "L2"}
    assert lines(store, "SERVER CARE") == {"L1", "L3"}
    assert lines(store, "infogerance 30") == {"L3", "L4"}
    assert lines(store, "Zoé") == {"L1", "L2", "L3", "L4"}
    assert lines(store, "nobody") == set()


def test_they_are_found_after_the_psa_has_let_go_of_them(store: TenantStore, now: datetime):
    written(store, now)
    later = now + timedelta(days=1)
    left = snapshot(later)
    store.psa.save_snapshot(
        replace(left, customers=left.customers[1:], contracts=left.contracts[1:], lines=left.lines[2:])
    )
    assert lines(store, "Lefèvre") == {"L1", "L2"}


def test_a_deed_about_a_customer_or_a_service_is_found_by_its_name(store: TenantStore, now: datetime):
    written(store, now)
    for action, detail in (
        ("mapped", Reason.of("audit.onboarding", customer="29", name="x")),
        ("rule", Reason.of("audit.rule_saved", level="customer", target="30", service="305")),
        ("other", Reason.of("audit.rule_saved", level="service", target="304")),
    ):
        store.audit.add("anna", action, detail, now=now)

    def deeds(text: str) -> set[str]:
        found = store.story.before(StoryPlace(), 100, StoryQuestion(text, kinds=("deed",)))
        return {one.action for one in found if one.actor == "anna"}

    assert deeds("lefèvre") == {"mapped"}
    assert deeds("garage") == {"rule"}
    assert deeds("server care") == {"other"}
    assert deeds("backup") == {"rule"}


def test_a_text_that_fits_many_names_still_finds_their_lines(store: TenantStore, now: datetime):
    written(store, now)
    more = snapshot(now)
    many = tuple(Customer(str(number), f"Garage {number}") for number in range(100, 100 + MANY_ENTRIES))
    store.psa.save_snapshot(replace(more, customers=(*more.customers, *many)))
    assert lines(store, "garage") == {"L3", "L4"}


def test_the_place_behind_some_entries_goes_on_where_they_ended(store: TenantStore, now: datetime):
    written(store, now)
    question = StoryQuestion("lefevre", kinds=("line",))
    first = store.story.before(StoryPlace(), 1, question)
    second = store.story.before(StoryPlace().behind(first), 5, question)
    assert [one.detail.get("line") for one in (*first, *second)] == ["L2", "L1"]
