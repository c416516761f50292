"""What is counted: sums, distinct values, flags, and billing types that a module names itself."""

from __future__ import annotations

from tests.modules.vendor import ORG_STREAM, ORGS, Vendor, collected_from, values

from trueup.core.usage import Coverage

USAGE = [
    {"org": "a", "sku": "SPE_E3", "owner": "x", "used": "7", "on": 1},
    {"org": "a", "sku": "SPE_E3", "owner": "x", "used": 2.5, "on": 0},
    {"org": "a", "sku": "Exchange Plan 1", "owner": "y", "used": 4, "on": 0},
    {"org": "b", "sku": "SPE_E3", "owner": "z", "used": 0.1, "on": 0},
    {"org": "b", "sku": "SPE_E3", "owner": "z", "used": 0.2, "on": 0},
]
MEASURES = f"""
streams:
{ORG_STREAM}
  usage:
    get: /usage
    fields:
      row: {{paths: [id, row]}}
      org: org
      sku: sku
      owner: owner
      used: {{paths: [used], kind: number}}
      active: {{paths: ["on"], kind: flag}}
    item: {{key: row, organization: org, attributes: [sku, owner, used, active]}}
organizations: {{stream: orgs, key: id, name: name}}
billing_types:
  used: {{label: Used, measure: sum, field: used, unit: GB}}
  owners: {{label: Owners, measure: count_distinct, field: owner}}
  module_on: {{label: Is on, measure: flag, where: active, kind: flag}}
dynamic:
  - {{name_from: sku, measure: sum, field: used}}
"""


def usage_answers(rows: list[dict[str, object]]) -> Vendor:
    numbered = [{**row, "row": f"r{number}"} for number, row in enumerate(rows)]
    return Vendor(lambda request: ORGS if request.url.path == "/orgs" else numbered)


def test_sums_are_exact_distinct_values_count_once_and_flags_are_one_or_zero() -> None:
    with usage_answers(USAGE) as vendor:
        collection = collected_from(vendor, MEASURES)
    found = values(collection)
    assert {key: found["a"][key] for key in ("used", "owners", "module_on", "spe_e3")} == {
        "used": "13.5", "owners": "2", "module_on": "1", "spe_e3": "9.5",
    }  # fmt: skip
    assert {key: found["b"][key] for key in ("used", "owners", "module_on", "spe_e3")} == {
        "used": "0.3", "owners": "1", "module_on": "0", "spe_e3": "0.3",
    }  # fmt: skip
    assert set(found["c"].values()) == {"0"}


def test_a_product_that_the_module_names_itself_becomes_a_billing_type() -> None:
    with usage_answers(USAGE) as vendor:
        collection = collected_from(vendor, MEASURES)
    named = {t.label: t for t in collection.billing_types}
    assert named["SPE_E3"].key == "acme.spe_e3"
    assert named["Exchange Plan 1"].key.startswith("acme.n_exchange_plan_1_")
    assert named["SPE_E3"].condition == 'sku == "SPE_E3"'


def test_a_number_that_is_none_makes_its_organization_partial_not_smaller() -> None:
    with usage_answers([*USAGE, {"org": "b", "sku": "SPE_E3", "owner": "z", "used": "lots", "on": 0}]) as vendor:
        collection = collected_from(vendor, MEASURES)
    assert collection.coverage is Coverage.PARTIAL
    covered = {(r.organization, r.metric): r.coverage for r in collection.readings}
    assert covered["b", "acme.used"] is Coverage.PARTIAL
    assert covered["b", "acme.owners"] is Coverage.MEASURED
    assert covered["a", "acme.used"] is Coverage.MEASURED


def test_an_organization_is_known_by_the_first_key_that_is_there() -> None:
    rows = [{"id": 1, "org": None, "client": "Small"}, {"id": 2, "org": 77, "client": "Big"}, {"id": 3}]
    text = """
streams:
  devices:
    get: /devices
    fields:
      id: id
      name: client
      org: {paths: [org, client], prefixes: ["org:", "name:"]}
    item: {key: id, organization: org}
  orgs:
    get: /devices
    fields: {key: {paths: [org, client], prefixes: ["org:", "name:"]}, name: client}
organizations: {stream: orgs, key: key, name: name}
billing_types: {devices: {label: Devices}}
"""
    with Vendor(lambda _request: rows) as vendor:
        collection = collected_from(vendor, text)
    assert values(collection) == {
        "org:77": {"devices": "1"},
        "name:Small": {"devices": "1"},
        "~unassigned": {"devices": "1"},
    }
