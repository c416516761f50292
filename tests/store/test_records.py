"""Settings, matching, the PSA's memory, metrics, rules, runs and the audit trail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from tests.store.histories import collection, day_of

from trueup.core.by_hand.drift import KnownUnits
from trueup.core.contract import Contract, Customer, Line, PeriodType, PsaSnapshot, Service, UnitRow, UnitStep
from trueup.core.reason import Reason
from trueup.core.rule import Mode, QuantityPolicy, Rule, RuleLevel
from trueup.core.settings import TenantSettings
from trueup.core.usage import MetricKind
from trueup.store.database import Database
from trueup.store.errors import StoreError
from trueup.store.tenant_store import TenantStore

LATER = timedelta(days=10)


def test_settings_stay_after_closing(store: TenantStore, database: Database, where: str, now: datetime):
    wanted = TenantSettings(
        name="MSP", time_zone="Europe/Paris", mode=Mode.MANUAL, onboarding=(("7", date(2026, 5, 1)),)
    )
    store.settings.save(wanted, "tests", now=now)
    database.close()
    with Database.open(where) as again:
        assert again.tenant().settings.get() == wanted


def test_connections_are_unique_while_in_use(store: TenantStore, now: datetime):
    store.connections.add("psa", "psa", "autotask", {"zone": "1"}, {}, "tests", now=now)
    store.connections.add("rmm", "module", "datto_rmm", {}, {"secret": "x"}, "tests", now=now)
    with pytest.raises(StoreError) as caught:
        store.connections.add("rmm", "module", "datto_rmm", {}, {}, "tests", now=now)
    assert caught.value.reason == Reason.of("store.connection_exists", connection="rmm")
    assert [one.name for one in store.connections.list("module")] == ["rmm"]
    assert [one.name for one in store.connections.list()] == ["psa", "rmm"]
    changed = store.connections.update("rmm", {"url": "u"}, {"key": "y"}, now=now)
    assert (changed.settings, changed.secret_fields) == ({"url": "u"}, ("key",))
    assert store.connections.secret("rmm") == {"key": "y"}


def _mapped(store: TenantStore, on: date | None = None) -> set[tuple[str, str | None, str | None]]:
    return {(one.organization_key, one.customer_id, one.item_filter) for one in store.customers.mappings(on)}


def test_the_first_decision_holds_from_the_beginning_and_a_later_one_from_its_day(
    with_module: TenantStore, now: datetime
):
    store = with_module
    store.usage.record(collection(day_of(0)))
    store.customers.map("rmm", "a", "100", "ann", now=now)
    store.customers.map("rmm", "a", "100", "bob", now=now + LATER)
    assert len(store.customers.history("rmm", "a")) == 1, "the same decision again is no decision"
    store.customers.map("rmm", "a", "200", "bob", now=now + LATER)
    moved = (now + LATER).date()
    assert _mapped(store, day_of(0)) == {("a", "100", None)}
    assert _mapped(store, moved - timedelta(days=1)) == {("a", "100", None)}
    assert _mapped(store, moved) == _mapped(store) == {("a", "200", None)}
    first, second = store.customers.history("rmm", "a")
    assert (first.valid_from, first.valid_to, first.decided_by) == (None, moved - timedelta(days=1), "ann")
    assert (second.valid_from, second.valid_to, second.decided_at) == (moved, None, now + LATER)


def test_a_decision_taken_back_the_same_day_never_held(with_module: TenantStore, now: datetime):
    store = with_module
    store.usage.record(collection(day_of(0)))
    store.customers.map("rmm", "a", "100", "ann", now=now)
    store.customers.map("rmm", "a", "200", "ann", now=now + LATER)
    store.customers.map("rmm", "a", "300", "ann", now=now + LATER)
    assert _mapped(store, (now + LATER).date()) == {("a", "300", None)}
    assert _mapped(store, (now + LATER).date() - timedelta(days=1)) == {("a", "100", None)}
    assert [one.customer_id for one in store.customers.history("rmm", "a")] == ["100", "200", "300"]


def test_a_shared_site_is_split_by_filters(with_module: TenantStore, now: datetime):
    store = with_module
    store.usage.record(collection(day_of(0)))
    store.customers.map("rmm", "a", "100", "ann", now=now)
    store.customers.map("rmm", "a", "200", "ann", now=now + LATER, item_filter="starts_with(name, 'B')")
    store.customers.map("rmm", "a", "100", "ann", now=now + LATER, item_filter="starts_with(name, 'A')")
    assert _mapped(store) == {("a", "100", "starts_with(name, 'A')"), ("a", "200", "starts_with(name, 'B')")}
    store.customers.map("rmm", "a", "300", "ann", now=now + 2 * LATER)
    assert _mapped(store) == {("a", "300", None)}


def test_several_organizations_are_one_customer_and_the_rest_stays_visible(with_module: TenantStore, now: datetime):
    store = with_module
    store.usage.record(collection(day_of(0)))
    store.customers.map("rmm", "a", "100", "ann", now=now)
    store.customers.ignore("rmm", "b", "our own office", "ann", now=now)
    assert [one.organization.key for one in store.customers.unmapped()] == ["c"]
    store.customers.map("rmm", "c", "100", "ann", now=now)
    (ignored,) = [one for one in store.customers.mappings() if one.ignored]
    assert (ignored.organization_key, ignored.reason) == ("b", "our own office")
    assert store.customers.unmapped() == ()
    assert store.customers.unmap("rmm", "c", "ann", now=now + LATER) == 1
    assert [one.organization.key for one in store.customers.unmapped()] == ["c"]
    assert _mapped(store, day_of(0)) == {("a", "100", None), ("b", None, None), ("c", "100", None)}


def test_an_organization_that_was_never_delivered_cannot_be_mapped(with_module: TenantStore, now: datetime):
    with pytest.raises(StoreError) as caught:
        with_module.customers.map("rmm", "typo", "100", "ann", now=now)
    assert caught.value.reason == Reason.of("store.unknown_organization", connection="rmm", organization="typo")


def _snapshot(now: datetime, **parts: tuple[object, ...]) -> PsaSnapshot:
    whole = PsaSnapshot(
        now,
        date(2026, 1, 1),
        date(2026, 3, 1),
        customers=(Customer("1", "Ångström & Fils"), Customer("2", "Beta", active=False, parent_id="1")),
        contracts=(Contract("10", "1", "Managed", date(2026, 1, 1), None, PeriodType.MONTHLY, currency="EUR"),),
        services=(Service("20", "Datto RMM - Desktop", price=Decimal("4.50")),),
        lines=(Line("30", "10", "20", price=Decimal("4.25")),),
        rows=(("30", (UnitRow(date(2026, 1, 1), date(2026, 1, 31), 5),)),),
    )
    return replace(whole, **parts)


def test_the_psa_is_remembered_as_last_read(store: TenantStore, now: datetime):
    first = _snapshot(now)
    assert store.psa.save_snapshot(first) == 5
    assert store.psa.save_snapshot(replace(first, read_at=now + LATER)) == 0
    assert store.psa.read_at() == now + LATER
    assert store.psa.customers() == first.customers
    assert store.psa.contracts() == first.contracts
    assert store.psa.services() == first.services
    assert store.psa.lines() == first.lines


def test_what_left_the_psa_is_gone_but_can_still_be_named(store: TenantStore, now: datetime):
    store.psa.save_snapshot(_snapshot(now))
    assert store.psa.save_snapshot(_snapshot(now + LATER, lines=())) == 1
    assert store.psa.lines() == ()
    assert [line.id for line in store.psa.lines(with_gone=True)] == ["30"]
    store.psa.save_snapshot(_snapshot(now + 2 * LATER))
    assert [line.id for line in store.psa.lines()] == ["30"]


def test_reading_the_catalogue_alone_does_not_lose_contracts(store: TenantStore, now: datetime):
    store.psa.save_snapshot(_snapshot(now))
    store.psa.save_snapshot(_snapshot(now + LATER, contracts=(), lines=(), customers=()), catalogue_only=True)
    assert (len(store.psa.customers()), len(store.psa.contracts()), len(store.psa.lines())) == (0, 1, 1)
    assert store.psa.read_at() == now


def test_known_units_are_kept_line_by_line(store: TenantStore, now: datetime):
    one = KnownUnits((UnitStep(date(2026, 1, 1), 5), UnitStep(date(2026, 2, 1), 7)), date(2026, 1, 1))
    two = KnownUnits((), date(2026, 3, 1), (UnitStep(date(2026, 3, 1), 1),), date(2026, 3, 2))
    store.psa.set_known("30", one, now=now)
    store.psa.set_known_many({f"L{number}": two for number in range(1200)}, now=now)
    store.psa.set_known("31", one, now=now)
    store.psa.set_known("31", two, now=now + LATER)
    assert store.psa.known(["30", "31", "none"]) == {"30": one, "31": two}
    assert len(store.psa.known([f"L{number}" for number in range(1200)])) == 1200
    store.psa.forget_known(["30"])
    assert "30" not in store.psa.known()


def test_a_metric_keeps_every_definition(store: TenantStore, now: datetime):
    sum_of = "datto_rmm.desktop + datto_rmm.laptop"
    first = store.metrics.save("my.pcs", sum_of, MetricKind.LEVEL, "ann", now=now)
    assert store.metrics.save("my.pcs", sum_of, MetricKind.LEVEL, "bob", now=now + LATER) == first
    second = store.metrics.save(
        "my.pcs", "not suspended", MetricKind.LEVEL, "bob", now=now + LATER, module="datto_rmm", stream="devices"
    )
    assert (first.version, second.version, first.over_items, second.over_items) == (1, 2, False, True)
    assert store.metrics.list() == (second,)
    assert store.metrics.history("my.pcs") == (first, second)
    store.metrics.remove("my.pcs", "ann", now=now + LATER)
    assert store.metrics.list() == ()
    with pytest.raises(StoreError):
        store.metrics.remove("my.pcs", "ann", now=now)
    assert store.metrics.save("my.pcs", sum_of, MetricKind.LEVEL, "ann", now=now).version == 3


RULE = Rule("r1", RuleLevel.SERVICE, "20", "20", "datto_rmm.desktop", QuantityPolicy(minimum=5))


def test_a_changed_rule_is_a_new_version_and_the_old_one_stays(store: TenantStore, now: datetime):
    first = store.rules.save(RULE, "ann", now=now)
    assert store.rules.save(RULE, "ann", now=now) == first == RULE
    second = store.rules.save(replace(RULE, quantity="datto_rmm.server"), "bob", now=now + LATER)
    assert second.version == 2
    assert store.rules.list() == (second,)
    assert store.rules.get("r1") == second
    assert store.rules.get("r1", 1) == first
    assert [(one.rule.version, one.saved_by, one.ended_by) for one in store.rules.history("r1")] == [
        (1, "ann", "bob"),
        (2, "bob", None),
    ]
    store.rules.remove("r1", "ann", now=now + LATER)
    assert store.rules.list() == ()
    with pytest.raises(StoreError) as caught:
        store.rules.get("r1")
    assert caught.value.reason == Reason.of("store.unknown_rule", rule="r1")
    assert store.rules.save(RULE, "ann", now=now + LATER).version == 3


def test_two_rules_at_one_place_are_refused(store: TenantStore, now: datetime):
    store.rules.save(RULE, "ann", now=now)
    with pytest.raises(StoreError) as caught:
        store.rules.save(replace(RULE, id="r2"), "ann", now=now)
    assert caught.value.reason == Reason.of("store.rule_exists", rule="r2", other="r1")
    store.rules.save(replace(RULE, id="r2", level=RuleLevel.CUSTOMER, target="1"), "ann", now=now)


def test_a_person_who_saw_an_older_version_does_not_overwrite_a_newer(store: TenantStore, now: datetime):
    store.rules.save(RULE, "ann", now=now, expected_version=0)
    store.rules.save(replace(RULE, quantity="1"), "ann", now=now, expected_version=1)
    with pytest.raises(StoreError) as caught:
        store.rules.save(replace(RULE, quantity="2"), "bob", now=now, expected_version=1)
    assert caught.value.reason == Reason.of("store.rule_changed", rule="r1", expected=1, found=2)


def test_a_run_has_its_steps_and_its_end(store: TenantStore, now: datetime):
    run = store.runs.start("collect", "night", now=now)
    store.runs.step(run, "collect", "done", {"items": 6000, "calls": 31}, now=now)
    store.runs.step(run, "plan", "failed", {}, now=now + LATER)
    assert store.runs.get(run).status == "running"
    why = (Reason.of("module.unreachable", host="x"),)
    store.runs.finish(run, "failed", why, now=now + LATER)
    found = store.runs.get(run)
    assert (found.status, found.reasons, found.started_at, found.finished_at) == ("failed", why, now, now + LATER)
    assert [(step.name, dict(step.numbers)) for step in found.steps] == [
        ("collect", {"items": 6000, "calls": 31}),
        ("plan", {}),
    ]
    second = store.runs.start("plan", "ann", now=now)
    assert [one.id for one in store.runs.list()] == [second, run] == ["run-2", "run-1"]
    assert [one.id for one in store.runs.list(kind="plan")] == [second]
    for call in (
        lambda: store.runs.get("run-9"),
        lambda: store.runs.step("run-9", "x", "done", {}, now=now),
        lambda: store.runs.finish("run-9", "done", now=now),
    ):
        with pytest.raises(StoreError) as caught:
            call()
        assert caught.value.reason == Reason.of("store.unknown_run", run="run-9")


def test_the_audit_trail_is_read_in_pages(store: TenantStore):
    moments = [datetime(2026, 3, 29, hour, 30, tzinfo=UTC) for hour in range(5)]
    for number, moment in enumerate(moments):
        detail = Reason.of("audit.rule", units=number, price=Decimal("1.10"), day=date(2026, 1, 1))
        store.audit.add("ann", "rule.saved" if number % 2 else "plan.approved", detail, now=moment)
    first = store.audit.list(limit=2)
    rest = store.audit.list(after=first[-1].id)
    assert [entry.at for entry in (*first, *rest)] == moments
    assert rest[0].detail.get("price") == Decimal("1.10")
    assert [entry.detail.get("units") for entry in store.audit.list(action="rule.saved")] == [1, 3]
