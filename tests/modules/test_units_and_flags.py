"""Units of storage, flags that are missing, lists that hang on a setting, hosts that a parent names."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from tests.modules.vendor import ORG_STREAM, Vendor, collected_from, values

from trueup.core.usage import Collection

ORGS = [{"id": "a", "name": "Alpha"}, {"id": "b", "name": "Beta"}, {"id": "c", "name": "Gamma"}]
STORAGE = f"""
streams:
{ORG_STREAM}
  boxes:
    get: /boxes
    fields:
      id: id
      org: org
      used: {{paths: [used.size], units: {{path: used.units, to: GB, others: {{LTO: "400"}}}}}}
    item: {{key: id, organization: org, attributes: [used]}}
organizations: {{stream: orgs, key: id, name: name}}
billing_types: {{used: {{label: Used, measure: sum, field: used, unit: GB}}, boxes: {{label: Boxes}}}}
"""


def coverage(collection: Collection, metric: str) -> dict[str, str]:
    return {
        reading.organization: reading.coverage.value
        for reading in collection.readings
        if reading.metric == f"acme.{metric}"
    }


def boxes(*rows: tuple[str, object]) -> Vendor:
    listed = [{"id": n, "org": org, "used": used} for n, (org, used) in enumerate(rows)]
    return Vendor(lambda request: ORGS if request.url.path == "/orgs" else listed)


def test_gigabytes_and_terabytes_are_added_as_gigabytes() -> None:
    rows = [
        ("a", {"size": 512, "units": "GB"}),
        ("a", {"size": "1.5", "units": "TB"}),  # 1.5 * 1024 = 1536
        ("b", {"size": 536870912, "units": "bytes"}),  # half of 1024 * 1024 * 1024
        ("b", {"size": 2, "units": "LTO"}),  # two tapes of 400
        ("b", {"size": 0, "units": None}),  # nothing is nothing in every unit
    ]
    with boxes(*rows) as vendor:
        collection = collected_from(vendor, STORAGE)
    assert values(collection) == {
        "a": {"used": "2048.0", "boxes": "2"},
        "b": {"used": "800.5", "boxes": "3"},
        "c": {"used": "0", "boxes": "0"},
    }
    assert coverage(collection, "used") == {"a": "measured", "b": "measured", "c": "measured"}


def test_bytes_that_make_a_hundred_gigabytes_together_are_a_hundred() -> None:
    parts = [35791394133, 35791394133, 35791394134]  # thirds of 100 * 1024 * 1024 * 1024
    with boxes(*(("a", {"size": part, "units": "B"}) for part in parts)) as vendor:
        assert values(collected_from(vendor, STORAGE))["a"]["used"] == "100"


def test_a_unit_that_nobody_knows_is_never_added_and_holds_its_organization_only() -> None:
    with boxes(("a", {"size": 5, "units": "floppies"}), ("a", {"size": 7, "units": "GB"}), ("b", None)) as vendor:
        collection = collected_from(vendor, STORAGE)
    assert coverage(collection, "used") == {"a": "partial", "b": "partial", "c": "measured"}
    assert coverage(collection, "boxes") == {"a": "measured", "b": "measured", "c": "measured"}


LICENCES = f"""
streams:
{ORG_STREAM}
  agents:
    get: /agents
    fields: {{id: id, org: org, edr: {{paths: [edr], kind: flag}}, groups: {{paths: [groups], kind: size}}}}
    item: {{key: id, organization: org, attributes: [edr, groups]}}
organizations: {{stream: orgs, key: id, name: name}}
billing_types:
  edr: {{label: EDR, where: edr, needs: [edr]}}
  grouped: {{label: In a group, where: groups > 0, needs: [groups]}}
"""


def test_an_agent_that_does_not_say_whether_it_has_a_licence_is_no_agent_without() -> None:
    agents = [
        {"id": 1, "org": "a", "edr": "1", "groups": ["x"]},
        {"id": 2, "org": "a", "edr": False, "groups": []},
        {"id": 3, "org": "b", "groups": ["x", "y"]},
        {"id": 4, "org": "b", "edr": True, "groups": ["z"]},
    ]
    with Vendor(lambda request: ORGS if request.url.path == "/orgs" else agents) as vendor:
        collection = collected_from(vendor, LICENCES)
    assert coverage(collection, "edr") == {"a": "measured", "b": "partial", "c": "measured"}
    assert values(collection)["a"] == {"edr": "1", "grouped": "1"}
    assert values(collection)["b"]["grouped"] == "2"


SWITCHED = """
settings: {extras: {label: Extras, choices: ["on", "off"], default: "off"}}
streams:
  orgs: {get: /orgs, fields: {id: id, name: name}}
  seats: {get: /seats, fields: {id: id, org: org}, item: {key: id, organization: org}}
  extras: {switch: extras, get: /extras, fields: {id: id, org: org}, item: {key: id, organization: org}}
organizations: {stream: orgs, key: id, name: name}
billing_types: {seats: {label: Seats, stream: seats}, extras: {label: Extras, stream: extras, certainty: guessed}}
"""


def test_a_guessed_list_that_is_not_there_breaks_nothing_while_it_is_off() -> None:
    def script(request: Request) -> object:
        if request.url.path == "/extras":
            return Response("no such list", 404)
        return ORGS if request.url.path == "/orgs" else [{"id": 1, "org": "a"}]

    with Vendor(script) as vendor:
        off = collected_from(vendor, SWITCHED)
        assert vendor.asked("/extras") == []
        on = collected_from(vendor, SWITCHED, {"extras": "on"})
    assert values(off) == {"a": {"seats": "1"}, "b": {"seats": "0"}, "c": {"seats": "0"}}
    assert on.failure is not None
    assert on.failure.reason.code == "module.not_found"


FLATTENED = """
defaults: {paging: {kind: page, parameter: page, total_pages: pages}}
streams:
  orgs: {get: /clients, select: items, fields: {id: id, name: name}}
  agents:
    get: /clients
    select: items[].agents[]
    fields: {id: id, org: ^id}
    item: {key: id, organization: org}
organizations: {stream: orgs, key: id, name: name}
billing_types: {agents: {label: Agents}}
"""


def test_a_page_of_clients_without_agents_is_not_the_last_page() -> None:
    pages = [
        {"pages": 3, "items": [{"id": "a", "name": "Alpha", "agents": [{"id": 1}]}]},
        {"pages": 3, "items": [{"id": "b", "name": "Beta", "agents": []}]},
        {"pages": 3, "items": [{"id": "c", "name": "Gamma", "agents": [{"id": 2}, {"id": 3}]}]},
    ]
    with Vendor(lambda request: pages[int(request.query_params["page"]) - 1]) as vendor:
        collection = collected_from(vendor, FLATTENED)
    assert values(collection) == {"a": {"agents": "1"}, "b": {"agents": "0"}, "c": {"agents": "2"}}


def test_rows_to_skip_stand_inside_a_json_filter() -> None:
    def script(request: Request) -> object:
        if request.url.path == "/orgs":
            return ORGS
        skip = int(request.query_params["filter"].split('"skip":')[1].split(",")[0])
        return [{"id": n, "org": "a"} for n in range(skip, min(skip + 2, 5))]

    text = """
    streams:
      orgs: {get: /orgs, fields: {id: id, name: name}}
      seats:
        get: /seats
        paging: {kind: offset, parameter: filter, template: '{"limit":2,"skip":{value},"order":"id"}'}
        fields: {id: id, org: org}
        item: {key: id, organization: org}
    organizations: {stream: orgs, key: id, name: name}
    billing_types: {seats: {label: Seats}}
    """
    with Vendor(script) as vendor:
        collection = collected_from(vendor, text)
        asked = [query["filter"] for query in vendor.asked("/seats")]
    assert values(collection)["a"] == {"seats": "5"}
    assert asked == [f'{{"limit":2,"skip":{n},"order":"id"}}' for n in (0, 2, 4, 5)]
