"""What is wrong in a catalogue file is said with file, line and cure, before anything is called."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from trueup.modules.catalogue_files import (
    CatalogueError,
    known_modules,
    load_catalogue,
)
from trueup.modules.catalogue_reading import read_catalogue, schema_text

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "catalogue.schema.json"

GOOD = """\
module: acme
label: Acme
base_url: https://{region}.acme.example
settings:
  region: {label: Region, default: eu}
secret:
  token: {label: Token}
auth:
  kind: header
  headers: {Authorization: "Bearer {token}"}
streams:
  orgs:
    get: /orgs
    fields: {id: id, name: name}
  seats:
    get: /seats
    select: items
    fields: {id: id, org: orgId, kind: kind, active: {paths: [active], kind: flag}}
    item: {key: id, organization: org, attributes: [kind, active]}
organizations: {stream: orgs, key: id, name: name}
billing_types:
  seats: {label: Seats, where: active}
  users: {label: Users, where: kind == "user"}
  admins: {label: Admins, where: 'kind in ("admin", "owner")'}
"""


READ_BY_POST = {
    # the vendor's page that says that the call only reads: Bitdefender's public API guide, Duo's Accounts API page
    "gravityzone": {"/api/v1.0/jsonrpc/companies", "/api/v1.0/jsonrpc/licensing"},
    "duo_msp": {"/accounts/v1/account/list"},
}


def test_a_module_with_a_token_and_three_billing_types_takes_under_40_lines() -> None:
    assert len(GOOD.splitlines()) < 40
    assert read_catalogue(GOOD, "acme.yaml").module == "acme"


@pytest.mark.parametrize(
    ("before", "after", "line", "said"),
    [
        ("    select: items", "    selct: items", 17, "Did you mean 'select'?"),
        ("    get: /seats", "    get: /seats\n    paging: {knd: page}", 17, "Did you mean 'kind'?"),
        ("label: Acme\n", "", 1, "label: this key is missing"),
        ("  seats: {label: Seats, where: active}", "  seats: {where: active}", 22, "this key is missing"),
        ("stream: orgs, key", "stream: org, key", 20, "there is no stream 'org'"),
        ("key: id, name: name}\n", "key: id, name: title}\n", 20, "there is no field 'title'"),
        ("attributes: [kind, active]", "attributes: [knd, active]", 19, "there is no field 'knd'"),
        ('where: kind == "user"', 'where: kidn == "user"', 23, "expression.unknown_name"),
        ('where: kind == "user"', 'where: active == "user"', 23, "expression.kinds_differ"),
        ('where: kind == "user"', "where: kind ==", 23, "expression.ends_early"),
        ("where: active", "where: {setting: colour, when: {red: active}}", 22, "there is no setting 'colour'"),
        ('"Bearer {token}"', '"Bearer 0123456789abcdef"', 10, "a secret in clear text"),
        ('"Bearer {token}"', '"Bearer {tokn}"', 10, "a secret in clear text"),
        ("get: /seats", "get: /seats/{token}", 15, "A secret may stand only below `auth`"),
        ("get: /seats", "get: /seats/{colour}", 15, "cannot be filled here"),
        ("get: /seats", 'get: /seats\n    host: "{region}.acme"', 17, "host_within"),
        ("get: /seats", "get: /seats\n    switch: extras", 17, "there is no setting 'extras'"),
        ("get: /seats", "get: /seats\n    paging: {kind: cursor, parameter: after}", 17, "`path`, or `header`"),
        ("kind: kind, active", "kind: {paths: [a], units: {to: GB}}, active", 18, "exactly one of `path` and `given`"),
        ("kind: kind, active", "kind: {paths: [a], units: {given: t, to: tons}}, active", 18, "no size of storage"),
        ("Seats, where: active}", "Seats, where: active, needs: [licence]}", 22, "there is no attribute 'licence'"),
        ("stream: orgs, key", "stream: orgs, also: [seats], key", 20, "lists items"),
        ("stream: orgs, key", "stream: orgs, also: [sites], key", 20, "there is no stream 'sites'"),
        ("module: acme", "module: acme\nsource: file", 4, "unknown key"),
        ("get: /seats", "post_query: /seats\n    get: /seats", 15, "exactly one of"),
        ("https://{region}.acme", "https://{land}.acme", 3, "there is no setting 'land'"),
        ("  kind: header", "  kind: headr", 8, "headr"),
        ("get: /orgs", "get: 5", 13, "Put the value in quotes"),
        ("  orgs:\n", "  seats:\n    get: /x\n  orgs:\n", 17, "duplicate key"),
        ("module: acme", "module: [acme", 2, "YAML"),
        ("    select: items", "    select: items\n    exclude: {stream: seats, key: id}", 18, "lists items"),
        ("fields: {id: id, name: name}", "fields: {id: id, name: name}\n    key: uid", 15, "there is no field 'uid'"),
    ],
)
def test_a_fault_is_named_with_its_line_and_a_cure(before: str, after: str, line: int, said: str) -> None:
    assert before in GOOD
    with pytest.raises(CatalogueError) as raised:
        read_catalogue(GOOD.replace(before, after, 1), "acme.yaml")
    assert said in str(raised.value)
    assert line in [found for found, _, _ in raised.value.problems], str(raised.value)
    assert str(raised.value).startswith("acme.yaml:")


def test_every_fault_is_named_at_once() -> None:
    text = GOOD.replace("stream: orgs, key", "stream: org, key").replace('kind == "user"', 'kidn == "user"')
    with pytest.raises(CatalogueError) as raised:
        read_catalogue(text, "acme.yaml")
    assert len(raised.value.problems) == 2


def test_streams_that_need_each_other_are_refused() -> None:
    text = GOOD.replace(
        "    fields: {id: id, name: name}",
        "    fields: {id: id, name: name}\n    for_each: {stream: more, organization: id}\n"
        "  more:\n    get: /more\n    fields: {id: id}\n    for_each: {stream: orgs, organization: id}",
    )
    with pytest.raises(CatalogueError, match="needs itself"):
        read_catalogue(text, "acme.yaml")


def test_a_file_of_ones_own_is_loaded_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert load_catalogue(path) == load_catalogue(str(path)) == read_catalogue(GOOD, "x")


def test_a_module_that_is_not_there_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(CatalogueError, match="Did you mean 'datto_rmm'"):
        load_catalogue("dato-rmm")


def test_the_published_schema_is_the_one_that_is_checked() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("name", known_modules())
def test_each_shipped_file_loads_and_fits_the_published_schema(name: str) -> None:
    text = resources.files("trueup.modules").joinpath("catalogue", f"{name}.yaml").read_text(encoding="utf-8")
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(
        YAML(typ="safe", pure=True).load(text)
    )
    assert load_catalogue(name).module == name


@pytest.mark.parametrize("name", known_modules())
def test_a_shipped_file_reads_by_post_only_where_it_says_so(name: str) -> None:
    file = load_catalogue(name)
    posting = {stream.post_query for stream in file.streams.values() if stream.post_query}
    assert posting == READ_BY_POST.get(name, set())
