"""The room of money over HTTP: unbilled usage muted and spoken of again, checks defined with their faults shown."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest
from tests.app.office import Office
from tests.app.test_billed_twice import doubled
from tests.app.test_checks import CHECK, DEVICES, WITHOUT_EDR, both
from tests.web.api.calling import calling
from tests.web.msp import PlayedMsp
from tests.web.office_window import Window, window_of

from trueup.app.items.twice import twice
from trueup.app.plans.planning import make_plan
from trueup.app.rulebook import rules
from trueup.app.rulebook.rules import RuleDraft
from trueup.app.unbilled import finding
from trueup.core.roles import Role

ROOM = "/t/default/money"


@pytest.fixture
def billed(office: Office) -> Iterator[Window]:
    """A rule counts servers; nobody is mapped, so that all of them are unbilled."""
    office.do(rules.set_rule, RuleDraft(service="304", quantity="datto_rmm.server"))
    with window_of(office) as found:
        yield found


def test_unbilled_usage_stands_with_its_amount_and_is_muted_with_a_reason(billed: Window) -> None:
    report = billed.office.do(finding.unbilled)
    first = report.rows[0]
    page = billed.get(ROOM).text
    assert f"{len(report.rows)} usages that nobody bills" in page
    assert first.found.key in page
    refused = billed.post(f"{ROOM}/mute", key=first.found.key, reason=" ", until="2026-07-31")
    assert refused.status_code == 422
    assert "Muting needs a reason" in refused.text
    assert 'value="2026-07-31"' in refused.text
    assert billed.post(f"{ROOM}/mute", key=first.found.key, reason="ours", until="soon").status_code == 422
    muted = billed.post(f"{ROOM}/mute", key=first.found.key, reason="our own devices", until="2026-07-31").text
    assert "Muted by" in muted
    assert "our own devices" in muted
    assert f"{len(report.rows) - 1} usage" in muted
    again = billed.post(f"{ROOM}/unmute", key=first.found.key).text
    assert "our own devices" not in again


def test_a_long_list_begins_with_the_largest_amounts_and_all_of_it_is_a_click_away(
    played_msp: PlayedMsp, tmp_path: Path
) -> None:
    with played_msp.site(tmp_path) as site, calling(site) as calls:
        keys = [one["key"] for one in calls.get("/unbilled")["rows"]]
        page = httpx2.get(f"{calls.url}{ROOM}", timeout=30).text
        whole = httpx2.get(f"{calls.url}{ROOM}?all=true", timeout=30).text
    assert len(keys) > 50
    assert [key for key in keys if f'value="{key}"' in page] == keys[:50]
    assert f"Show all {len(keys)}" in page
    assert all(f'value="{key}"' in whole for key in keys)
    assert "Show all" not in whole


def test_items_billed_twice_stand_on_overview_plan_and_page_and_are_muted(office: Office) -> None:
    _, keys, _ = doubled(office)
    office.do(make_plan)
    row = office.do(twice).rows[0]
    with window_of(office) as window:
        for page in ("/t/default/overview", "/t/default/plan", f"{ROOM}/twice"):
            shown = window.get(page).text
            assert re.search(rf"{len(keys)} items? (is|are) billed by more than one line", shown)
            assert f"{ROOM}/twice" in shown
        assert all(
            html.escape(name) in window.get(f"{ROOM}/twice").text
            for name in (*row.found.service_names, *row.found.line_ids[:3])
        )
        items = window.get(f"{ROOM}/twice/items?key={row.found.key}").text
        assert all(key in items for key in keys)
        line = re.search(r'href="(/t/default/plan/[^"]+/line/[^"]+)"', items)
        assert line
        assert window.get(line[1]).status_code == 200
        refused = window.post(f"{ROOM}/twice/mute", key=row.found.key, reason=" ", until="2026-07-31")
        assert (refused.status_code, "Muting needs a reason" in refused.text) == (422, True)
        muted = window.post(f"{ROOM}/twice/mute", key=row.found.key, reason="both are meant").text
        assert "No item is billed by more than one line" in muted
        assert "both are meant" in muted
        assert "billed by more than one line" not in window.get("/t/default/overview").text
        assert "both are meant" not in window.post(f"{ROOM}/twice/unmute", key=row.found.key).text


def test_a_line_billed_without_usage_says_what_it_bills_in_a_month(billed: Window) -> None:
    billed.office.do(make_plan)
    report = billed.office.do(finding.unbilled)
    priced = [one for one in report.idle if one.amount is not None]
    assert priced
    lines = {line.id: line for line in billed.office.ws.store.psa.lines()}
    contracts = {one.id: one for one in billed.office.ws.store.psa.contracts()}
    one = priced[0]
    line = lines[one.line_id]
    months = int(contracts[line.contract_id].period)
    assert one.amount == ((line.price or Decimal(0)) * one.units / months).quantize(Decimal("0.01"))
    assert "billed without usage" in billed.get(ROOM).text


def test_the_first_screen_leads_to_the_money(billed: Window) -> None:
    billed.office.do(make_plan)
    page = billed.get("/t/default/overview").text
    assert 'href="/t/default/money"' in page
    assert page.index("that nobody bills") < page.index("Recurring amount a month")


def test_a_viewer_sees_and_decides_nothing(office: Office) -> None:
    office.do(rules.set_rule, RuleDraft(service="304", quantity="datto_rmm.server"))
    with window_of(office, Role.VIEWER) as window:
        page = window.get(ROOM)
        assert page.status_code == 200
        assert "money/mute" not in page.text
        assert window.post(f"{ROOM}/mute", key="x", reason="y").status_code == 403
        assert window.get(f"{ROOM}/checks/define").status_code == 403


def test_a_check_is_tried_saved_counted_changed_and_removed(office: Office, tmp_path: Path) -> None:
    missing = both(office, tmp_path)
    with window_of(office) as window:
        assert "No check is saved yet" in window.get(f"{ROOM}/checks").text
        form = window.get(f"{ROOM}/checks/define").text
        assert f'<option value="{DEVICES}"' in form
        assert 'data-name="datto_edr.items.item_name"' in form
        typed = {"check": CHECK.key, "expression": WITHOUT_EDR, "items": DEVICES}
        tried = window.get(f"{ROOM}/checks/define", **typed, attempt="yes").text
        assert all(name in tried for name in missing)
        assert "1 customer not judged" in tried
        wrong = window.post(f"{ROOM}/checks/define", **{**typed, "expression": "hostname in datto_edr.item.item_name"})
        assert wrong.status_code == 422
        assert "<mark>datto_edr.item.item_name</mark>" in wrong.text
        assert "hostname in datto_edr.item.item_name</textarea>" in wrong.text
        assert office.ws.store.checks.list() == ()
        saved = window.post(f"{ROOM}/checks/define", **typed)
        assert all(name in saved.text for name in missing)
        assert "2 found" in window.post(f"{ROOM}/checks/run").text
        again = window.post(f"{ROOM}/checks/define", **{**typed, "expression": "hostname is None"})
        assert again.status_code == 422
        changed = window.post(f"{ROOM}/checks/define", **{**typed, "expression": "hostname is None"}, changes="yes")
        assert re.search(r"0 found on", changed.text)
        assert "No check is saved yet" in window.post(f"{ROOM}/checks/remove", check=CHECK.key).text


def test_checks_speak_to_programs_too(office: Office, tmp_path: Path) -> None:
    missing = both(office, tmp_path)
    with window_of(office) as window:
        body = {"expression": WITHOUT_EDR, "items": DEVICES}
        tried = window.http.post("/api/v1/checks/try", json=body).json()
        assert sorted(one["name"] for one in tried["found"]) == sorted(missing)
        assert [one["reason"]["code"] for one in tried["left_out"]] == ["cross_check.no_organization"]
        assert window.http.put(f"/api/v1/checks/{CHECK.key}", json=body).json()["items"] == DEVICES
        assert window.http.post("/api/v1/checks/run").json()[0]["count"]["found"] == 2
        assert window.http.get("/api/v1/checks").json()[0]["counts"][0]["judged"] == 1
        wrong = window.http.put("/api/v1/checks/other", json={"expression": "datto_rmm.laptop +"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "expression.ends_early")
        assert window.http.delete(f"/api/v1/checks/{CHECK.key}").status_code == 204
        assert window.http.get(f"/api/v1/checks/{CHECK.key}").status_code == 404


def test_a_price_and_an_invoice_are_brought_in_on_the_page_and_make_a_row(billed: Window) -> None:
    office, room = billed.office, f"{ROOM}/margins"
    assert "No margin is known" in billed.get(room).text
    price = {"metric": "datto_rmm.server", "price": "4,00", "currency": "eur", "first": "2026-01-01", "minimum": "500"}
    assert "at least 500" in billed.post(f"{room}/price", **price).text
    again = billed.post(f"{room}/price", **{**price, "price": "5", "minimum": ""})
    assert again.status_code == 409
    assert "holds already" in again.text
    assert 'name="price" inputmode="decimal" value="5"' in again.text
    profile = {"product": "Item", "quantity": "Qty", "amount": "Total", "currency": "EUR"}
    columns = {key: profile[key] for key in profile if "." not in key} | {"vendor": "kaseya", "names": "no equals sign"}
    refused = billed.post(f"{room}/vendor", **columns)
    assert (refused.status_code, "no equals sign</textarea>" in refused.text) == (422, True)
    listed = "\n".join(f"{key[5:]} = {profile[key]}" for key in profile if key.startswith("name."))
    assert "What the columns of kaseya mean" in billed.post(f"{room}/vendor", **columns | {"names": listed}).text
    assert billed.http.get("/api/v1/margins/vendors").json() == {"kaseya": profile}
    form = {"vendor": "kaseya", "month": "2026-06", "number": "K-1"}
    wrong = {"file": ("june.csv", b"Item,Qty,Total\ndatto_rmm.server,500,many\n")}
    refused = billed.http.post(f"{room}/invoice", data=form, files=wrong)
    assert refused.status_code == 422
    assert "june.csv, line 2" in refused.text
    right = {"file": ("june.csv", b"Item,Qty,Total\ndatto_rmm.server,500,2000.00\n")}
    page = billed.http.post(f"{room}/invoice", data=form, files=right).text
    assert "2,000.00" in page
    said = re.sub("[\u2066-\u2069]", "", page)
    assert "Server: the minimum of 500 applies" in said
    assert "datto_rmm.server: " not in said
    told = billed.http.get("/api/v1/margins", params={"month": "2026-06"}).json()
    (row,) = told["rows"]
    assert row["metrics"][0]["invoiced"] == "500"
    assert row["cost"] == [{"currency": "EUR", "amount": "2000.00"}]
    assert "margin.minimum_applies" in {one["reason"]["code"] for one in row["differences"]}
    (kept,) = office.ws.store.vendors.invoices()
    assert "0 invoices of vendors" in billed.post(f"{room}/invoice/remove", number=str(kept.id)).text


def test_reports_are_shown_and_handed_out_as_files(billed: Window) -> None:
    billed.office.do(make_plan)
    page = billed.get(f"{ROOM}/reports", report="recurring", by="customer").text
    assert "Recurring amounts" in page
    assert "June 2026" in page
    file = billed.get(f"{ROOM}/reports/file", report="units", form="csv")
    assert file.headers["content-type"].startswith("text/csv")
    assert file.text.lstrip("\N{BYTE ORDER MARK}").splitlines()[0] == "month,day,service,name,lines,units"
    book = billed.http.get("/api/v1/reports/recurring/xlsx", params={"by": "module"})
    assert book.content.startswith(b"PK")
    assert "trueup-recurring-by-module-" in book.headers["content-disposition"]
    told = billed.http.get("/api/v1/reports/changes").json()
    assert (told["report"], told["rows"]) == ("changes", [])
    for name in ("changes", "corrections"):
        assert billed.get(f"{ROOM}/reports", report=name).status_code == 200
    assert billed.get(f"{ROOM}/reports", report="secrets").status_code == 422
    assert billed.get(f"{ROOM}/reports", first="yesterday").status_code == 422
