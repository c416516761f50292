"""Each feature of the API once, with what may go wrong."""

from __future__ import annotations

from tests.web.api.calling import Calls
from tests.web.msp import PlayedMsp


def a_rule(api: Calls) -> dict[str, object]:
    return api.get("/rules?limit=1")["items"][0]["rule"]


def test_two_people_cannot_lay_one_rule_over_another(api: Calls) -> None:
    rule = a_rule(api)
    read = api.send("GET", f"/rules/{rule['rule']}", 200)
    change = {"service": rule["service"], "minimum": 4}
    etag = {"If-Match": read.headers["etag"]}
    saved = api.send("POST", "/rules", 200, json=change, headers=etag)
    assert saved.json()["rule"]["policy"]["minimum"] == 4
    assert saved.headers["etag"] != read.headers["etag"]
    assert api.refused("POST", "/rules", 412, json={**change, "minimum": 5}, headers=etag) == "rules.changed_meanwhile"
    assert api.refused("DELETE", f"/rules/{rule['rule']}", 412, headers=etag) == "rules.changed_meanwhile"
    assert api.get(f"/rules/{rule['rule']}")["policy"]["minimum"] == 4
    assert [one["rule"]["version"] for one in api.get(f"/rules/{rule['rule']}/history")] == [1, 2]


def test_an_etag_that_is_none_is_refused(api: Calls) -> None:
    for wrong in ('W/"1"', "1", '""', '"a", "b"', '"abc"'):
        answer = api.refused("POST", "/rules", 422, json={"service": "x", "minimum": 1}, headers={"If-Match": wrong})
        assert answer == "web.if_match"


def test_a_wrong_expression_says_where(api: Calls) -> None:
    body = {"service": a_rule(api)["service"], "quantity": "datto_rmm.desktop + datto_rmm.lapdog"}
    told = api.send("POST", "/rules", 422, json=body).json()
    assert told["code"] == "expression.unknown_name"
    assert (told["errors"][0]["position"], told["errors"][0]["length"]) == (20, 16)
    assert api.refused("POST", "/metrics/try", 422, json={"expression": "1 +"}) == "expression.ends_early"


def test_a_decision_on_an_organization_is_made_once_and_taken_back(api: Calls) -> None:
    free = api.get("/organizations?state=unmapped")["items"][0]
    customer = api.get("/customers")["items"][0]["customer"]
    place = {"connection": free["connection"], "organization": free["key"]}
    detail = api.send("GET", f"/connections/{free['connection']}/organizations/{free['key']}", 200)
    etag = {"If-Match": detail.headers["etag"]}
    api.post("/mappings", {**place, "customer": customer}, headers=etag)
    again = api.refused("POST", "/mappings", 412, json={**place, "customer": customer}, headers=etag)
    assert again == "customers.changed_meanwhile"
    api.send("POST", "/mappings/undo", 204, json=place)
    assert api.get("/organizations?state=unmapped")["items"][0]["key"] == free["key"]


def test_settings_change_for_whom_saw_them_last(api: Calls) -> None:
    etag = api.send("GET", "/settings", 200).headers["etag"]
    changed = api.send("PATCH", "/settings", 200, json={"wait_days": 5}, headers={"If-Match": etag})
    assert changed.json()["wait_days"] == 5
    refused = api.refused("PATCH", "/settings", 412, json={"wait_days": 6}, headers={"If-Match": etag})
    assert refused == "setup.changed_meanwhile"
    assert api.refused("PATCH", "/settings", 422, json={"currency": "XYZZY"}) == "setup.unknown_currency"


def test_a_usage_file_is_looked_at_and_then_delivered(api: Calls) -> None:
    api.put("/usage-files/seats", {"settings": {"organization": "Customer", "count.seats": "Seats"}})
    file = {"file": ("../seats.csv", b"Customer,Seats\nMorel,3\n")}
    seen = api.send("POST", "/usage-files/seats/import", 200, files=file, data={"preview": "true"}).json()
    assert (seen["state"], seen["file"], seen["counts"][0]["value"]) == ("preview", "seats.csv", "3")
    done = api.send("POST", "/usage-files/seats/import", 200, files=file).json()
    assert done["state"] == "recorded"
    assert {one["connection"]: one["kind"] for one in api.get("/connections")}["seats"] == "seats"


def test_an_account_that_cannot_be_reached_is_not_stored_and_the_findings_say_why(api: Calls) -> None:
    body = {
        "role": "module",
        "kind": "datto_rmm",
        "connection": "second",
        "settings": {"base_url": "http://127.0.0.1:9"},
        "secret": {"api_key": "k", "api_secret": "s"},
    }
    told = api.send("POST", "/connections", 422, json=body).json()
    assert told["code"] == "setup.not_connected"
    assert any(one["state"] == "failed" for one in told["findings"])
    assert "second" not in {one["connection"] for one in api.get("/connections")}


def test_no_answer_shows_a_secret(api: Calls, msp: PlayedMsp) -> None:
    secrets = msp.demonstration.workspace.store.connections.secret("datto-rmm").values()
    shown = "".join(api.send("GET", path, 200).text for path in ("/connections", "/kinds", "/settings"))
    assert not [secret for secret in secrets if secret in shown]


def test_every_kind_that_can_be_connected_says_what_it_asks_for(api: Calls) -> None:
    kinds = {one["kind"]: one for one in api.get("/kinds")}
    asked = {one["name"]: one for one in kinds["datto_rmm"]["asked"]}
    assert asked["platform"]["required"]
    assert asked["platform"]["choices"]
    assert asked["api_secret"]["secret"]
    assert kinds["autotask"]["role"] == "psa"


def test_what_stands_beside_plans_can_be_read(api: Calls) -> None:
    assert api.get("/check")["failed"] is False
    assert [one["edits"][0]["agreed"] for one in api.get("/drift")["lines"]]
    assert api.get("/unbilled")["totals"][0]["currency"] == "EUR"
    for path in ("/groups", "/entries", "/contested", "/usage-files", "/rules/suggestions", "/entries/billing-codes"):
        assert isinstance(api.get(path), list)
    assert api.get("/comparison")["wait_days"] == api.get("/settings")["wait_days"]
    assert api.get("/catch-up?state=all")["items"] == []
    assert api.refused("GET", "/catch-up?state=lost", 422) == "catch_up.unknown_state"


def test_an_edited_line_is_decided_by_a_person(api: Calls) -> None:
    line = api.get("/drift")["lines"][0]["line"]
    assert api.post(f"/drift/{line}/decision", {"policy": "keep", "reason": "agreed by phone"})["policy"] == "keep"


def test_rails_are_set_and_cleared(api: Calls) -> None:
    saved = api.post("/rails", {"numbers": {"line_fall_share": "0.4"}})
    assert saved["changed"] is True
    assert api.refused("POST", "/rails", 422, json={"numbers": {"no_such": "1"}}) == "rails.part"
    cleared = api.post("/rails/clear", {"names": ["line_fall_share"]})
    assert {one["name"]: one["value"] for one in cleared["rails"]["numbers"]}["line_fall_share"] == "0.5"


def test_unbilled_usage_is_muted_with_a_reason_and_comes_back(api: Calls) -> None:
    row = api.get("/unbilled")["rows"][0]
    api.post("/unbilled/mute", {"key": row["key"], "reason": "billed apart"})
    muted = {one["key"]: one["muted"] for one in api.get("/unbilled")["muted"]}
    assert muted == {row["key"]: {"reason": "billed apart", "by": "Ada", "until": None}}
    api.send("POST", "/unbilled/unmute", 204, json={"key": row["key"]})
    assert row["key"] in {one["key"] for one in api.get("/unbilled")["rows"]}


def test_a_line_is_asked_for_and_withdrawn(api: Calls) -> None:
    body = {"name": "Backup seats", "price": "4.50", "billing_code": "2001"}
    asked = api.post("/entries/services", body, 201)
    assert asked["entry"] in {one["entry"] for one in api.get("/entries")}
    api.send("DELETE", f"/entries/{asked['entry']}", 204)
    assert api.get("/entries") == []
