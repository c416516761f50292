"""Items that more than one line bills, as a program reads and mutes them."""

from __future__ import annotations

from tests.app.office import Office
from tests.app.test_billed_twice import doubled
from tests.web.api.calling import calling

from trueup.app.plans.planning import make_plan
from trueup.store.database import Database
from trueup.web.site import Site


def test_items_billed_twice_are_listed_by_name_and_muted_with_a_reason(office: Office) -> None:
    _, keys, services = doubled(office)
    office.do(make_plan)
    with (
        Database.open(office.where, office.key) as database,
        calling(Site.of(database, office.clock, office.ws.accounts)) as api,
    ):
        found = api.get("/billed-twice")
        (row,) = found["rows"]
        assert row["services"] == list(services)
        assert (found["items"], row["items"], found["as_of"]) == (len(keys), len(keys), "2026-06-14")
        assert api.get("/overview")["billed_twice"] == len(keys)
        items = api.all_of("/billed-twice/items", 1, key=row["key"])
        assert {one["key"] for one in items} == keys
        assert all(len({line["line"] for line in one["lines"]}) > 1 for one in items)
        assert api.refused("GET", "/billed-twice/items?key=twice.none", 404) == "unbilled.unknown_twice"
        api.post("/billed-twice/mute", {"key": row["key"], "reason": "two services on one device"})
        muted = {one["key"]: one["muted"] for one in api.get("/billed-twice")["muted"]}
        assert muted == {row["key"]: {"reason": "two services on one device", "by": "Ada", "until": None}}
        assert api.get("/overview")["billed_twice"] == 0
        api.send("POST", "/billed-twice/unmute", 204, json={"key": row["key"]})
        assert api.get("/billed-twice")["items"] == len(keys)
