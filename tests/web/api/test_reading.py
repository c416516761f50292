"""What pages show is there for programs too: the overview, readiness, previews, services, metrics, the search."""

from __future__ import annotations

from tests.web.api.calling import Calls
from tests.web.msp import PlayedMsp

from trueup.core.outcome import OutcomeStatus


def test_the_overview_and_readiness_agree_with_the_plan(api: Calls, msp: PlayedMsp) -> None:
    seen = api.get("/overview")
    assert seen["plan"]["plan"] == msp.plan.id
    assert seen["plan"]["checksum"] == msp.plan.checksum
    assert all(one["done"] for one in seen["steps"])
    assert {one["connection"] for one in seen["modules"]} >= {"datto-rmm"}
    counts = {"waits": 0, "changes": 0, "later": 0, "right": 0}
    for one in seen["parts"]:
        counts[one["part"]] += one["lines"]
    assert counts["changes"] == len(msp.lines(OutcomeStatus.CHANGE))
    assert sum(counts.values()) == len(msp.plan.outcomes)
    ready = api.get("/readiness")
    assert ready == seen["readiness"]
    assert ready["ready"] is False
    assert ready["undecided"] == counts["waits"] + counts["changes"]
    assert api.get("/readiness", params={"day": "2020-02-10"})["last"] == "2020-02-29"


def test_an_approval_is_previewed_with_the_checksum_that_it_needs(api: Calls, msp: PlayedMsp) -> None:
    changing = msp.lines(OutcomeStatus.CHANGE)
    whole = api.get("/plans/latest/approval-preview")
    assert (whole["checksum"], whole["lines"]) == (msp.plan.checksum, len(changing))
    some = api.get("/plans/latest/approval-preview", params={"line": changing[:1]})
    assert sum(one["lines"] for one in some["worth"]) == 1
    assert api.refused("GET", "/plans/none/approval-preview", 404) == "store.unknown_plan"


def test_services_metrics_and_what_feeds_what_can_be_read(api: Calls) -> None:
    services = api.get("/services")["items"]
    ruled = next(one for one in services if one["rule"] is not None)
    one = api.get(f"/services/{ruled['service']}")
    assert one["own"]["rule"] == ruled["rule"]
    assert one["lines"][0]["line"]
    assert api.refused("GET", "/services/none", 404)
    feeds = api.get("/feeds")["feeds"]
    feed = next(each for each in feeds if each["service"] == ruled["service"])
    metric = api.get(f"/metrics/{feed['metric']}")
    assert metric["label"] == feed["label"]
    assert metric["values"][0]["value"]
    assert metric["days"]
    assert api.refused("GET", "/metrics/none.such", 404) == "metrics.unknown_name"


def test_a_rule_is_tried_on_last_months_readings_and_not_saved(api: Calls) -> None:
    rule = api.get("/rules?limit=1")["items"][0]["rule"]
    tried = api.post("/rules/preview", {"service": rule["service"], "minimum": 5000})
    assert tried["rule"]["policy"]["minimum"] == 5000
    assert tried["before"]["version"] == rule["version"]
    assert {one["wanted"] for one in tried["lines"]} <= {5000, None}
    assert 5000 in {one["wanted"] for one in tried["lines"]}
    assert api.get(f"/rules/{rule['rule']}")["version"] == rule["version"]


def test_the_search_finds_customers_and_their_lines(api: Calls) -> None:
    customer = api.get("/customers")["items"][0]
    found = api.get("/search", params={"text": customer["name"]})
    assert customer["customer"] in {one["customer"] for one in found["customers"]}
    assert api.get("/search", params={"text": "x"})["customers"] == []


def test_two_people_do_not_lay_rails_groups_or_metrics_over_each_other(api: Calls) -> None:
    etag = {"If-Match": api.send("GET", "/rails", 200).headers["etag"]}
    saved = api.send("POST", "/rails", 200, json={"numbers": {"line_fall_share": "0.4"}}, headers=etag)
    assert saved.headers["etag"] != etag["If-Match"]
    late = {"json": {"numbers": {"line_fall_share": "0.9"}}, "headers": etag}
    assert api.refused("POST", "/rails", 412, **late) == "rails.changed_meanwhile"
    assert api.refused("POST", "/rails/clear", 412, json={}, headers=etag) == "rails.changed_meanwhile"
    own = {one["name"]: one["value"] for one in api.get("/rails")[0]["numbers"]}
    assert own["line_fall_share"] == "0.4"
    api.send("POST", "/rails/clear", 200, json={}, headers={"If-Match": saved.headers["etag"]})

    lines = a_customers_lines(api)
    group = {"lines": [{"line": lines[0], "cap": 5}, {"line": lines[1]}], "quantity": "datto_rmm.desktop"}
    made = api.send("PUT", "/groups/pool", 200, json=group, headers={"If-Match": '"0"'})
    assert api.send("GET", "/groups/pool", 200).headers["etag"] == made.headers["etag"] == '"1"'
    for method, path, body in (
        ("PUT", "/groups/pool", {**group, "minimum": 9}),
        ("PUT", f"/groups/pool/lines/{lines[0]}", {"minimum": 2}),
        ("DELETE", "/groups/pool", None),
    ):
        given = {"json": body} if body else {}
        assert api.refused(method, path, 412, headers={"If-Match": '"0"'}, **given) == "group.changed_meanwhile"
    api.send("DELETE", "/groups/pool", 204, headers={"If-Match": '"1"'})
    assert api.refused("GET", "/groups/pool", 404) == "group.unknown"

    metric = {"expression": "datto_rmm.desktop + datto_rmm.laptop"}
    api.send("PUT", "/metrics/pcs", 200, json=metric, headers={"If-Match": '"0"'})
    again = {"json": {**metric, "replace": True}, "headers": {"If-Match": '"0"'}}
    assert api.refused("PUT", "/metrics/pcs", 412, **again) == "metrics.changed_meanwhile"
    assert api.send("GET", "/metrics/pcs", 200).headers["etag"] == '"1"'


def a_customers_lines(api: Calls) -> list[str]:
    """Two lines of one customer that no rule of their own governs."""
    ruled = {one["rule"]["target"] for one in api.all_of("/rules", 100) if one["rule"]["level"] == "line"}
    found: dict[str, list[str]] = {}
    for one in api.all_of("/plans/latest/outcomes", 200):
        if one["line"] not in ruled and one["kind"] == "line":
            found.setdefault(one["customer"], []).append(one["line"])
    return next(lines for lines in found.values() if len(lines) > 1)
