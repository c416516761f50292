"""Simulations and statements over HTTP: the pages with their forms, and the API behind them."""

from __future__ import annotations

import re

from tests.web.office_window import Window, window_of
from tests.web.test_services_room import DRAFT, fields

from trueup.app.mapping import customers
from trueup.app.rulebook import rules
from trueup.app.rulebook.rules import RuleDraft
from trueup.app.statements.sealing import check, fingerprint, public_key_from
from trueup.core.roles import Role

API = "/api/v1"
JUNE = {"first": "2026-06", "last": "2026-06"}
ASKED = {"rules": [{"service": "302", "quantity": "datto_rmm.server", "minimum": 3}], **JUNE}
LEFEVRE = "201"


def simulated(window: Window) -> dict[str, object]:
    window.office.do(customers.accept_above, 92)
    answer = window.http.post(f"{API}/simulations", json=ASKED)
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


def test_a_simulation_is_shown_and_put_in_force_by_one_approval(window: Window) -> None:
    made = simulated(window)
    assert window.http.get(f"{API}/simulations").json()[0]["simulation"] == made["simulation"]
    line = next(one for one in made["lines"] if one["line"] == "5002")  # type: ignore[attr-defined]
    (month,) = line["months"]
    assert (month["billed_units"], month["simulated_units"], month["unknown_days"]) == (2, 3, 13)
    shown = window.get("/t/default/services/simulation", id=str(made["simulation"]))
    assert "Units with the rule" in shown.text
    csv = window.get("/t/default/services/simulation/export", id=str(made["simulation"]))
    assert csv.headers["content-type"].startswith("text/csv")
    assert "5002" in csv.text
    form = dict(re.findall(r'<input type="hidden" name="(id|checksum)" value="([^"]+)"', shown.text))
    other = window.post("/t/default/services/simulation/approve", **{**form, "checksum": "0" * 64})
    assert other.status_code == 409, other.text
    assert "is not what was shown" in other.text
    done = window.post("/t/default/services/simulation/approve", **form, reason="agreed")
    assert done.url.path == "/t/default/services/one"
    assert window.office.ws.store.rules.get("service-302").policy.minimum == 3
    again = window.http.post(f"{API}/simulations/{form['id']}/approve", json={"checksum": form["checksum"]})
    assert (again.status_code, again.json()["code"]) == (409, "simulate.approved_before")


def test_rules_that_were_changed_meanwhile_are_not_laid_over(window: Window) -> None:
    made = simulated(window)
    window.office.do(rules.set_rule, RuleDraft(service="302", quantity="datto_rmm.server", maximum=9))
    told = {"checksum": made["checksum"]}
    refused = window.http.post(f"{API}/simulations/{made['simulation']}/approve", json=told)
    assert (refused.status_code, refused.json()["code"]) == (409, "simulate.rules_changed")


def test_the_rule_form_keeps_what_was_typed_where_nothing_can_be_simulated(window: Window) -> None:
    window.office.do(rules.set_rule, DRAFT)
    form = fields(window.get("/t/default/services/rule", service="302").text)
    refused = window.post("/t/default/services/simulate", **{**form, "minimum": "7"})
    assert refused.status_code == 422
    assert "Nothing was collected up to" in refused.text
    assert fields(refused.text)["minimum"] == "7"


def test_a_billing_clerk_simulates_and_does_not_approve(window: Window) -> None:
    made = simulated(window)
    with window_of(window.office, Role.BILLING) as clerk:
        shown = clerk.get("/t/default/services/simulation", id=str(made["simulation"]))
        assert "simulation/approve" not in shown.text
        told = {"checksum": made["checksum"]}
        refused = clerk.http.post(f"{API}/simulations/{made['simulation']}/approve", json=told)
        assert (refused.status_code, refused.json()["code"]) == (403, "access.role")


def test_a_customers_page_hands_out_its_sealed_statement(window: Window) -> None:
    window.office.do(customers.accept_above, 92)
    page = window.get("/t/default/customers/customer", id=LEFEVRE).text
    assert 'action="/t/default/customers/statement"' in page
    asked = {"id": LEFEVRE, "month": "2026-05", "format": "pdf", "language": "fr"}
    answer = window.get("/t/default/customers/statement", **asked)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"] == "attachment; filename=2026-05-201-fr.pdf"
    published = window.http.get(f"{API}/statements/public-key").json()
    public = public_key_from(published["public_key"])
    assert check(answer.content, {fingerprint(public): public}).unaltered


def test_a_month_that_makes_no_sense_is_refused_beside_its_field(window: Window) -> None:
    for month in ("2026-07", "soon", ""):
        refused = window.get("/t/default/customers/statement", id=LEFEVRE, month=month, format="pdf")
        assert refused.status_code == 422
        assert 'id="month-wrong"' in refused.text


def test_the_api_says_which_row_of_a_statement_was_altered(window: Window) -> None:
    asked = {"month": "2026-05", "format": "csv"}
    data = window.http.get(f"{API}/customers/{LEFEVRE}/statement", params=asked).content
    good = window.http.post(f"{API}/statements/verify", files={"file": ("s.csv", data)}).json()
    assert (good["unaltered"], good["altered"]) == (True, [])
    forged = data.replace(b",17,", b",16,", 1)
    assert forged != data
    bad = window.http.post(f"{API}/statements/verify", files={"file": ("s.csv", forged)}).json()
    assert (bad["unaltered"], len(bad["altered"])) == (False, 1)
    none = window.http.post(f"{API}/statements/verify", files={"file": ("s.csv", b"a,b\r\n")})
    assert none.json()["code"] == "statement.no_seal"


def test_a_logo_has_to_be_a_picture(window: Window) -> None:
    wrong = window.http.put(f"{API}/statements/logo", files={"file": ("logo.png", b"<svg/>")})
    assert wrong.json()["code"] == "statement.bad_logo"
    assert window.http.delete(f"{API}/statements/logo").status_code == 204
