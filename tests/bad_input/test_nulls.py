"""A null in any field: it is harmless, or it is named; it never ends in a crash and never lowers a count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import pytest
from tests.bad_input.between import Between, Document, rows_of
from tests.bad_input.desk import DAY_BEFORE, GROWN_CHANGES, USAGE_DAY, Desk
from tests.scenarios.msp import GROWTH, USAGE

from trueup.core.usage import Coverage
from trueup.messages.sentences import Sentences
from trueup.psa.port import PsaReadError

DEVICE = """id uid siteId siteName deviceType.type hostname intIpAddress operatingSystem lastLoggedInUser domain
cagVersion displayVersion extIpAddress description a64Bit rebootRequired online suspended deleted lastSeen lastReboot
lastAuditDate creationDate snmpEnabled deviceClass portalUrl warrantyDate antivirus antivirus.antivirusProduct
antivirus.antivirusStatus patchManagement patchManagement.patchStatus patchManagement.patchesApprovedPending
patchManagement.patchesNotApproved patchManagement.patchesInstalled softwareStatus webRemoteUrl networkProbe
onboardedViaNetworkMonitor""".split()
ELSEWHERE = {"deviceType": "unknown", "deviceType.category": "unknown", "siteUid": "unassigned"}
"""Fields whose null moves a device: to the billing type Unknown, or to the organization of what has no site."""
SITE = """id uid accountUid name description notes onDemand splashtopAutoInstall proxySettings devicesStatus
devicesStatus.numberOfDevices devicesStatus.numberOfOnlineDevices devicesStatus.numberOfOfflineDevices
autotaskCompanyName autotaskCompanyId portalUrl""".split()
ACCOUNT = "id uid name currency descriptor devicesStatus devicesStatus.numberOfDevices".split()
PAGE = {"count": False, "totalCount": False, "prevPageUrl": False, "nextPageUrl": True}
"""Fields of a page, and whether their null would end a list early."""

NEEDED = {
    "Companies": "id",
    "Contracts": "id companyID contractPeriodType startDate endDate",
    "ContractServices": "id contractID serviceID",
    "ContractServiceUnits": "id contractServiceID startDate endDate units",
    "Services": "id",
}
"""Fields without which a row says nothing: their null refuses the whole read."""
HARMLESS = {
    "Companies": "companyName companyNumber companyType isActive parentCompanyID userDefinedFields",
    "Contracts": "billToCompanyID contractName contractNumber contractType renewedContractID status userDefinedFields",
    "ContractServices": "internalCurrencyAdjustedPrice internalCurrencyUnitPrice invoiceDescription unitPrice",
    "ContractServiceUnits": "approveAndPostDate price",
    "Services": "billingCodeID invoiceDescription isActive name periodType sku unitPrice userDefinedFields",
}


class Nulling:
    """Sets one field of one row to null; `struck` counts the rows that had it."""

    def __init__(self, name: str, field: str, place: int = 0) -> None:
        self.name, self.field, self.place, self.struck = name, field, place, 0

    def __call__(self, path: str, document: Document) -> None:
        if self.name == "account":
            rows = [document] if path.endswith("/v2/account") else []
        elif self.name == "pageDetails":
            details = document.get("pageDetails")
            rows = [details] if isinstance(details, dict) and "devices" in document else []
        elif self.name in ("devices", "sites"):
            rows = rows_of(document, self.name)
        else:
            rows = rows_of(document, "items") if f"/{self.name}/query" in path else []
        if not rows or (self.struck and self.name == "devices"):
            return
        row: object = rows[self.place]
        *outer, last = self.field.split(".")
        for part in outer:
            row = row.get(part) if isinstance(row, dict) else None
        if isinstance(row, dict) and last in row:
            row[last] = None
            self.struck += 1


@pytest.fixture(scope="module")
def module_side(prepared: Desk) -> Iterator[Between]:
    with Between(prepared.rmm.sim.url) as between:
        yield between


@pytest.fixture(scope="module")
def psa_side(prepared: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Between]]:
    """The night after the growth, collected; plans are made of it, nothing is applied."""
    with prepared.copy(tmp_path_factory.mktemp("psa")) as desk, Between(prepared.psa.sim.url) as between:
        desk.rmm.show(GROWTH)
        assert desk.collect().failure is None
        desk.rmm.show(USAGE)
        desk.use_psa_at(between.url)
        yield desk, between


def readings(desk: Desk, metric: str | None = None) -> tuple[Mapping[tuple[str, str], Decimal], ...]:
    """Readings of the day before and of the day that was just collected."""
    with desk.open() as ws:
        return tuple(
            {
                (found.metric, found.organization): found.value or Decimal(0)
                for found in ws.store.usage.readings(day, day)
                if metric in (None, found.metric) and found.coverage is Coverage.MEASURED
            }
            for day in (DAY_BEFORE, USAGE_DAY)
        )


def collected_with(desk: Desk, between: Between, nulling: Nulling) -> tuple[list[str], str | None]:
    """Collect with the null in place: the codes of the notes, and of the failure."""
    desk.use_module_at(between.url)
    between.change = nulling
    try:
        result = desk.collect()
    finally:
        between.change = None
    assert nulling.struck, f"no {nulling.name} has {nulling.field}"
    for language in ("en", "fr"):
        said = Sentences.for_language(language)
        assert all(said.knows(note.code) for note in result.notes)
        assert result.failure is None or said.cure(result.failure.reason)
    return [note.code for note in result.notes], result.failure.reason.code if result.failure else None


ROWS = (
    [("devices", name) for name in DEVICE]
    + [("sites", name) for name in SITE]
    + [("account", name) for name in ACCOUNT]
)


@pytest.mark.parametrize(("name", "field"), ROWS, ids=[f"{name}-{field}" for name, field in ROWS])
def test_a_null_in_the_module_never_lowers_a_count(desk: Desk, module_side: Between, name: str, field: str) -> None:
    _, failure = collected_with(desk, module_side, Nulling(name, field))
    if failure is not None:
        assert failure.startswith("module.")
        return
    before, after = readings(desk)
    assert {key: value for key, value in before.items() if after.get(key, Decimal(-1)) < value} == {}
    with desk.open() as ws:
        assert len(ws.store.usage.items(USAGE_DAY, "rmm", "devices")) == len(
            ws.store.usage.items(DAY_BEFORE, "rmm", "devices")
        )


@pytest.mark.parametrize(("field", "ends_early"), PAGE.items(), ids=PAGE.keys())
def test_a_null_in_a_page_s_details_never_ends_a_list_early(
    desk: Desk, module_side: Between, field: str, ends_early: bool
) -> None:
    before = desk.kept()
    desk.rmm.control.post("switches", {"page_max": 20})
    _, failure = collected_with(desk, module_side, Nulling("pageDetails", field))
    assert failure == ("module.list_short" if ends_early else None)
    was, now = readings(desk)
    assert now in ({}, was)
    assert desk.kept() == before


@pytest.mark.parametrize(("field", "place"), ELSEWHERE.items(), ids=ELSEWHERE.keys())
def test_a_device_that_a_null_moves_elsewhere_stays_counted_and_lowers_no_line_that_night(
    desk: Desk, module_side: Between, field: str, place: str
) -> None:
    notes, failure = collected_with(desk, module_side, Nulling("devices", field))
    assert failure is None
    was, now = readings(desk, "datto_rmm.total_device_count")
    if place == "unknown":
        assert sum(now.values()) == sum(was.values())
        was, now = readings(desk, "datto_rmm.unknown")
        assert sum(now.values()) == sum(was.values()) + 1
    else:
        assert sorted(notes) == ["collect.owner_lost", "module.organization_missing"]
        assert now[("datto_rmm.total_device_count", "~unassigned")] == 1
        assert len(set(was) - set(now)) == 1, "the customer that the device was counted for is known in part only"
    plan = desk.plan()
    assert desk.changes(plan) == {}


@pytest.mark.xfail(strict=True, reason="a null category counts as Unknown without a word (decision 0033)")
def test_a_device_without_a_category_is_named(desk: Desk, module_side: Between) -> None:
    notes, _ = collected_with(desk, module_side, Nulling("devices", "deviceType"))
    assert notes


REFUSED_ROWS = [(entity, field) for entity, fields in NEEDED.items() for field in fields.split()]
HARMLESS_ROWS = [(entity, field) for entity, fields in HARMLESS.items() for field in fields.split()]


@pytest.mark.parametrize(("entity", "field"), REFUSED_ROWS, ids=[f"{a}-{b}" for a, b in REFUSED_ROWS])
def test_a_null_that_hides_what_a_row_says_refuses_the_plan_by_name(
    psa_side: tuple[Desk, Between], entity: str, field: str
) -> None:
    desk, between = psa_side
    with desk.open() as ws:
        plans = len(ws.store.plans.list())
    between.change = nulling = Nulling(entity, field, -1)
    try:
        with pytest.raises(PsaReadError) as refused:
            desk.plan()
    finally:
        between.change = None
    reason = refused.value.failure.reason
    assert nulling.struck
    assert reason.code in ("autotask.field_missing", "autotask.shape_changed")
    assert entity in str(reason.params)
    assert field in str(reason.params)
    for language in ("en", "fr"):
        said = Sentences.for_language(language)
        assert entity in said.say(reason)
        assert field in said.say(reason)
        assert said.cure(reason)
    with desk.open() as ws:
        assert len(ws.store.plans.list()) == plans


@pytest.mark.parametrize(("entity", "field"), HARMLESS_ROWS, ids=[f"{a}-{b}" for a, b in HARMLESS_ROWS])
def test_any_other_null_of_the_psa_changes_nothing_of_the_plan(
    psa_side: tuple[Desk, Between], entity: str, field: str
) -> None:
    desk, between = psa_side
    between.change = nulling = Nulling(entity, field, -1)
    try:
        plan = desk.plan()
    finally:
        between.change = None
    assert nulling.struck
    assert desk.changes(plan) == GROWN_CHANGES
