"""Unit costs on the pages and in the API: a group of their own, told as information, written once approved."""

from __future__ import annotations

import time
from decimal import Decimal
from html import unescape

import httpx2
import pytest
from tests.app.office import Office
from tests.app.test_unit_costs import LINE, asked, by_hand, catalogue, price
from tests.web.office_window import Window, window_of

from trueup.app.margins import prices
from trueup.app.plans.planning import make_plan
from trueup.core.outcome import Plan
from trueup.core.roles import Role
from trueup.core.settings import UnitCosts

ROOM = "/t/default/plan"
API = "/api/v1"


def text(answer: httpx2.Response) -> str:
    assert answer.status_code == 200, answer.text[:500]
    return unescape(answer.text).replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def told(window: Window, path: str, **given: str) -> httpx2.Response:
    return window.http.get(f"{API}{path}", params=given)


def test_a_proposal_stands_in_the_catalogues_own_group_with_its_cure_and_cannot_be_chosen(own_office: Office) -> None:
    asked(own_office, choice=UnitCosts.PROPOSE)
    plan: Plan = own_office.do(make_plan)
    with window_of(own_office) as window:
        page = text(window.get(f"{ROOM}/{plan.id}", show="waits"))
        assert "Catalogue of the PSA" in page
        assert "a proposal: Trueup is not allowed to write unit costs" in page
        assert "30.00 EUR" in page
        assert "4.00 EUR" in page
        assert f'value="{LINE}"' not in page
        panel = text(window.get(f"{ROOM}/{plan.id}/line/{LINE}"))
        assert "allow it under Settings, Unit costs" in panel
        assert "changes no bill" in panel
        assert "the margin that the PSA reckons moves by" in panel
        assert "Fix the units" not in panel


def test_the_same_in_french(own_office: Office) -> None:
    asked(own_office, choice=UnitCosts.PROPOSE)
    plan: Plan = own_office.do(make_plan)
    with window_of(own_office) as window:
        window.http.headers["accept-language"] = "fr"
        page = text(window.get(f"{ROOM}/{plan.id}", show="waits"))
        assert "Catalogue du PSA" in page
        assert "une proposition : Trueup n'a pas le droit d'écrire des coûts unitaires" in page
        assert "30,00 EUR" in page
        panel = text(window.get(f"{ROOM}/{plan.id}/line/{LINE}"))
        assert "permettez-le dans Paramètres, Coûts unitaires" in panel


def test_allowed_in_the_settings_approved_on_the_page_written_proved_and_taken_back(own_office: Office) -> None:
    asked(own_office, choice=None)
    with window_of(own_office) as window:
        form = text(window.get("/t/default/settings/choices"))
        assert '<option value="propose" selected>proposed in plans</option>' in form
        window.post("/t/default/settings/choices", name="tests", time_zone="Europe/Paris", currency="EUR",
                    language="en", mode="manual", drift="wait", unit_costs="write")  # fmt: skip
        assert own_office.ws.store.settings.get().unit_costs is UnitCosts.WRITE
        plan: Plan = own_office.do(make_plan)
        page = text(window.get(f"{ROOM}/{plan.id}", show="changes"))
        assert f'value="{LINE}"' in page
        preview = text(window.get(f"{ROOM}/{plan.id}/approve", line=LINE))
        assert "30.00 EUR" in preview
        assert "4.00 EUR" in preview
        done = window.post(f"{ROOM}/{plan.id}/approve", checksum=plan.checksum, line=LINE, then="write")
        run = str(done.url).partition("?")[0].rpartition("/")[2]
        ended(window, run)
        shown = text(window.get(f"{ROOM}/run/{run}"))
        assert "30.00 EUR to 4.00 EUR" in shown
        proof = text(window.post(f"{ROOM}/run/{run}/verify"))
        assert "as planned" in proof
        assert "4.00 EUR" in proof
        assert catalogue(own_office) == 4
        story = text(window.get("/t/default/activity", q=LINE))
        assert "unit cost of Managed Server: 4.00 EUR instead of 30.00 EUR, written" in story
        undo = text(window.post(f"{ROOM}/run/{run}/undo", reason="too soon"))
        assert "unit cost 30.00 EUR again instead of 4.00 EUR" in undo
        by_hand(own_office, Decimal("5.5"))
        late = text(window.post(f"{ROOM}/run/{run}/verify"))
        assert "not as planned" in late


def ended(window: Window, run: str) -> None:
    until = time.monotonic() + 30
    while told(window, f"/runs/{run}").json()["status"] == "running":
        assert time.monotonic() < until
        time.sleep(0.05)


def test_the_api_tells_the_entry_its_run_and_what_has_no_cost(own_office: Office) -> None:
    asked(own_office)
    plan: Plan = own_office.do(make_plan)
    with window_of(own_office) as window:
        (one,) = told(window, f"/plans/{plan.id}/outcomes", line=LINE).json()["items"]
        assert (one["kind"], one["status"], one["before"], one["after"]) == ("unit_cost", "change", None, None)
        cost = one["unit_cost"]
        assert (Decimal(cost["before"]), Decimal(cost["after"]), cost["currency"]) == (30, 4, "EUR")
        assert Decimal(cost["margin_per_month"]) == 26 * cost["units"]
        assert one["amount_per_month"] is None
        explained = told(window, f"/lines/{LINE}/explanation").json()
        assert explained["unit_cost"] == cost
        preview = told(window, f"/plans/{plan.id}/approval-preview", line=LINE).json()
        assert preview["lines"] == 1
        body = {"checksum": plan.checksum, "lines": [LINE]}
        assert window.http.post(f"{API}/plans/{plan.id}/approvals", json=body).status_code == 201
        begun = window.http.post(f"{API}/plans/{plan.id}/apply")
        run = begun.json()["run"]
        ended(window, run)
        (line,) = told(window, f"/runs/{run}/lines").json()["items"]
        assert Decimal(line["unit_cost"]["after"]) == 4
        proof = window.http.post(f"{API}/runs/{run}/verify").json()
        assert [(Decimal(entry["found_cost"]), entry["right"]) for entry in proof["entries"]] == [(4, True)]
        own_office.do(make_plan)
        assert told(window, "/margins/unit-costs").json() == []
        assert told(window, "/margins/unit-costs/undecided").json() == []
        own_office.do(prices.remove_price, own_office.ws.store.vendors.prices()[0].id)
        own_office.do(prices.save_prices, [price("4.00", "USD")])
        (without,) = told(window, "/margins/unit-costs/undecided").json()
        assert without["reason"]["code"] == "unit_cost.other_currency"


def test_the_choice_is_settings_like_any_other(own_office: Office) -> None:
    with window_of(own_office) as window:
        assert told(window, "/settings").json()["unit_costs"] == "propose"
        changed = window.http.patch(f"{API}/settings", json={"unit_costs": "off"})
        assert changed.json()["unit_costs"] == "off"
        assert window.http.patch(f"{API}/settings", json={"unit_costs": "sometimes"}).status_code == 422


@pytest.mark.parametrize("role", [Role.VIEWER, Role.BILLING])
def test_who_may_not_approve_is_offered_no_choice(own_office: Office, role: Role) -> None:
    asked(own_office)
    plan: Plan = own_office.do(make_plan)
    with window_of(own_office, role) as window:
        page = text(window.get(f"{ROOM}/{plan.id}", show="changes"))
        assert "Catalogue of the PSA" in page
        assert f'value="{LINE}"' not in page
