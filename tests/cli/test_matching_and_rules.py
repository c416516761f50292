"""Customers, metrics and rules at the terminal: shapes for programs, words for people."""

from __future__ import annotations

from tests.cli.conftest import Cli, Office


def test_organizations_without_a_customer_are_listed_with_their_usage(ready: Cli) -> None:
    told = ready.ok("customers", "suggest", "--json").json()
    assert told["accepted"] is None
    assert told["organizations"]
    first = told["organizations"][0]
    assert set(first) >= {"connection", "key", "name", "day", "gone", "total", "usage", "suggestions"}
    assert isinstance(first["total"], str)
    shown = ready.ok("--lang", "fr", "customers", "suggest").out
    assert f"{len(told['organizations'])} organisations attendent un client" in shown


def test_mapping_and_ignoring_and_taking_back(ready: Cli) -> None:
    waiting = ready.ok("customers", "suggest", "--json").json()["organizations"]
    place = (waiting[0]["connection"], waiting[0]["key"])
    ready.ok("customers", "map", *place, "209")
    mapped = {
        one["key"]: one for one in ready.ok("customers", "list", "--state", "mapped", "--json").json()["organizations"]
    }
    assert mapped[place[1]]["customer"] == "209"
    assert mapped[place[1]]["decided_by"] == "anna"
    ready.ok("customers", "unmap", *place)
    ready.ok("customers", "ignore", *place, "--reason", "our own devices")
    ignored = ready.ok("customers", "list", "--state", "ignored", "--json").json()["organizations"]
    assert [(one["key"], one["reason"]) for one in ignored] == [(place[1], "our own devices")]
    assert "our own devices" in ready.ok("customers", "list").out


def test_a_customer_that_is_not_billed_cannot_be_mapped(ready: Cli) -> None:
    waiting = ready.ok("customers", "suggest", "--json").json()["organizations"]
    done = ready("customers", "map", waiting[0]["connection"], waiting[0]["key"], "211")
    assert done.code == 1
    assert "[customers.not_billable]" in done.err


def test_a_fault_in_an_expression_is_pointed_at(ready: Cli) -> None:
    done = ready("metrics", "test", "datto_rmm.desktop + datto_rmm.lapto")
    assert done.code == 2
    lines = done.err.splitlines()
    text = next(place for place, line in enumerate(lines) if "datto_rmm.desktop + datto_rmm.lapto" in line)
    assert lines[text + 1].index("^") == lines[text].index("datto_rmm.lapto")
    assert lines[text + 1].count("^") == len("datto_rmm.lapto")
    assert "datto_rmm.laptop" in done.err
    assert "[expression.unknown_name]" in done.err
    french = ready("--lang", "fr", "metrics", "test", "1 +")
    assert "il manque quelque chose à la fin" in french.err.lower()
    as_json = ready("metrics", "test", "1 +", "--json").error()
    assert as_json["code"] == "expression.ends_early"
    assert as_json["place"][0] == "1 +"


def test_an_expression_is_worked_out_by_customer_with_exact_numbers(ready: Cli) -> None:
    tried = ready.ok("metrics", "test", "datto_rmm.laptop / 3", "--json").json()
    assert tried["customers"]
    for value in tried["customers"]:
        assert isinstance(value["value"], str)
        assert value["coverage"] == "measured"


def test_a_metric_is_defined_once_and_changed_on_purpose(ready: Cli) -> None:
    condition = 'category in ("Desktop", "Laptop")'
    assert "metrics list" not in ready.ok("metrics", "define", "workstations", condition).err
    again = ready("metrics", "define", "workstations", condition)
    assert again.code == 2
    assert "--replace" in again.err
    ready.ok("metrics", "define", "workstations", 'category == "Laptop"', "--replace")
    own = {metric["key"]: metric for metric in ready.ok("metrics", "list", "--json").json()["metrics"]}
    assert own["workstations"]["version"] == 2
    assert own["workstations"]["over_items"] is True


def test_rules_read_as_sentences_in_both_languages(ready: Cli) -> None:
    english, french = ready.ok("rules", "list").out, ready.ok("--lang", "fr", "rules", "list").out
    assert "rises on the usage day" in " ".join(english.split())
    assert "baisse au jour de relevé" in " ".join(french.split())
    told = ready.ok("rules", "list", "--json").json()["rules"]
    server = next(rule for rule in told if rule["service_name"] == "Datto RMM - Server")
    assert (server["minimum"], server["level"], server["increase"], server["exclude"]) == (
        4,
        "service",
        "usage_day",
        False,
    )


def test_nonsense_in_a_rule_is_refused_with_all_of_its_faults(ready: Cli) -> None:
    wrong = (
        "rules",
        "set",
        "--service",
        "Managed Workstation",
        "--quantity",
        "datto_rmm.desktop",
        "--basis",
        "average",
    )
    done = ready(*wrong)
    assert done.code == 2
    assert "[policy.average_on_usage_day]" in done.err
    assert "[policy.average_needs_rounding]" in done.err
    assert all(
        rule["service_name"] != "Managed Workstation" for rule in ready.ok("rules", "list", "--json").json()["rules"]
    )
    error = ready(*wrong, "--json").error()
    assert [error["code"], error["more"][0]["code"]] == ["policy.average_on_usage_day", "policy.average_needs_rounding"]


def test_a_quantity_that_counts_twice_asks_first(ready: Cli) -> None:
    twice = (
        "rules",
        "set",
        "--service",
        "Managed Workstation",
        "--quantity",
        "datto_rmm.desktop_laptop + datto_rmm.laptop",
    )
    done = ready(*twice)
    assert done.code == 2
    assert "--counts-twice" in done.err
    assert ready.ok(*twice, "--counts-twice", "--json").json()["changed"] is True


def test_a_rule_that_is_so_already_changes_nothing_and_may_be_removed(ready: Cli) -> None:
    same = ("rules", "set", "--service", "Datto RMM - Server", "--quantity", "datto_rmm.server", "--json")
    saved = ready.ok(*same).json()
    assert (saved["changed"], saved["version"], saved["minimum"]) == (False, 1, 4)
    ready.ok("rules", "remove", saved["rule"])
    assert "[store.unknown_rule]" in ready("rules", "remove", saved["rule"]).err


def test_suggestions_say_what_is_missing_and_take_requests(ready: Cli) -> None:
    told = ready.ok("rules", "suggest", "--json").json()
    printer = next(one for one in told["suggestions"] if one["billing_type"] == "datto_rmm.printer")
    assert printer["service_missing"] is True
    assert printer["proposed_name"] == "Datto RMM - Printer"
    assert printer["missing_lines"][0].keys() >= {"customer", "customer_name", "quantity", "contracts"}
    codes = ready.ok("rules", "suggest", "--billing-codes", "--json").json()["billing_codes"]
    assert [code["billing_code"] for code in codes] == ["2001"]
    create = ("rules", "suggest", "--create-service", "Datto RMM - Printer", "--price", "2.50", "--billing-code")
    assert "[entries.unknown_billing_code]" in ready(*create, "2002").err
    ready.ok(*create, "2001")
    asked = ready.ok("rules", "suggest", "--json").json()["requests"]
    assert [(one["kind"], one["name"], one["price"]) for one in asked] == [
        ("create_service", "Datto RMM - Printer", "2.50")
    ]
    ready.ok("rules", "suggest", "--withdraw", asked[0]["request"])
    assert ready.ok("rules", "suggest", "--json").json()["requests"] == []


def test_usage_is_collected_again_with_its_shape(ready: Cli, office: Office) -> None:
    told = ready.ok("collect", "--json").json()["collections"]
    assert [(one["connection"], one["coverage"], one["failure"]) for one in told] == [("datto-rmm", "measured", None)]
    assert told[0]["items"] > 100
    past = ready("collect", "--day", "2020-01-01")
    assert past.code == 1
    assert "[collect.past_day]" in past.err


def test_a_rule_says_which_sites_and_items_it_counts(ready: Cli) -> None:
    place = ("rules", "set", "--service", "Managed Server", "--customer", "207")
    said = ready.ok(
        *place, "--organization", "datto-rmm:Leeds (Northwind)", "--items", 'starts_with(hostname, "A")'
    ).out
    assert 'only items where starts_with(hostname, "A")' in " ".join(said.split())
    rule = next(one for one in ready.ok("rules", "list", "--json").json()["rules"] if one["level"] == "customer"
                and one["target"] == "207")  # fmt: skip
    assert [text.partition(":")[0] for text in rule["scope_organizations"]] == ["datto-rmm"]
    assert rule["scope_items"] == 'starts_with(hostname, "A")'
    french = " ".join(ready.ok("--lang", "fr", "rules", "list").out.split())
    assert 'seulement les éléments où starts_with(hostname, "A")' in french
    ready.ok(*place, "--clear", "scope")
    both = ready(*place, "--with-sub-organizations", "--of-customer", "206")
    assert (both.code, "[usage.one_scope]" in both.err) == (2, True)


def test_a_fault_in_a_filter_is_pointed_at_and_an_unknown_site_is_refused(ready: Cli) -> None:
    place = ("rules", "set", "--service", "Managed Server")
    done = ready(*place, "--items", 'not suspended and catgory == "Server"')
    assert (done.code, "[expression.unknown_name]" in done.err) == (2, True)
    lines = done.err.splitlines()
    text = next(number for number, line in enumerate(lines) if "not suspended and catgory" in line)
    assert lines[text + 1].index("^") == lines[text].index("catgory")
    assert "[rules.unknown_organization]" in ready(*place, "--organization", "datto-rmm:nowhere").err


def test_a_site_is_shared_at_the_terminal_and_what_nobody_has_is_named(ready: Cli) -> None:
    found = ready.ok("customers", "list", "--json").json()["organizations"]
    site = next(one for one in found if one["name"] == "Garage du Lac")
    place = (site["connection"], site["key"])
    assert "[customers.not_shared]" in ready("customers", "map", *place, "206", "--items", "not suspended").err
    told = ready.ok("customers", "map", *place, "203", "--items", 'category == "Desktop"').out
    assert "3 items of Garage du Lac belong to none of its customers" in " ".join(told.split())
    ready.ok("customers", "map", *place, "206", "--items", 'category == "Laptop"')
    parts = {
        one["customer"]: one["item_filter"]
        for one in ready.ok("customers", "list", "--json").json()["organizations"]
        if one["key"] == site["key"]
    }
    assert parts == {"203": 'category == "Desktop"', "206": 'category == "Laptop"'}
    ready.ok("customers", "unmap", *place, "--customer", "206")
    assert "[customers.unknown_organization]" in ready("customers", "map", place[0], "nowhere", "203").err


def test_a_metric_says_what_is_the_same(ready: Cli) -> None:
    ready.ok("metrics", "define", "machines", "not suspended", "--same-by", "item_name")
    (metric,) = ready.ok("metrics", "list", "--json").json()["metrics"]
    assert metric["same_by"] == ["item_name"]
    assert "the same by item_name" in " ".join(ready.ok("metrics", "list").out.split())


def test_a_group_is_set_shown_changed_and_removed_in_both_languages(ready: Cli) -> None:
    counted = ("--quantity", "datto_rmm.desktop + datto_rmm.laptop")
    made = ready.ok("rules", "group", "set", "moreau", *counted, "--line", "5004:20", "--line", "5005", "--json").json()
    assert (made["group"], made["customer"], made["version"], made["changed"]) == ("moreau", "202", 1, True)
    assert [(one["line"], one["cap"]) for one in made["lines"]] == [("5004", 20), ("5005", None)]
    ready.ok("rules", "group", "line", "moreau", "5005", "--pack-size", "5")
    told = ready.ok("rules", "group", "list", "--json").json()["groups"]
    assert [one["pack_size"] for one in told[0]["lines"]] == [None, 5]
    english, french = ready.ok("rules", "group", "list").out, ready.ok("--lang", "fr", "rules", "group", "list").out
    assert "1. Managed Workstation, Infogérance Moreau (5004): up to 20" in english
    assert "2. Managed Workstation, Infogérance Moreau (5005)\N{NO-BREAK SPACE}: le reste" in french
    refused = ready("rules", "group", "set", "moreau", "--line", "5004", "--line", "5005")
    assert (refused.code, "[group.cap_missing]" in refused.err) == (2, True)
    assert ready("rules", "group", "set", "moreau", "--line", "5004:many", "--line", "5005").code == 2
    ready.ok("rules", "group", "remove", "moreau")
    assert ready.ok("rules", "group", "list", "--json").json() == {"groups": []}


def test_a_rule_that_copies_a_line_reads_as_such(ready: Cli) -> None:
    told = ready.ok("rules", "set", "--line", "5003", "--mirror", "5001", "--json").json()
    assert told["mirror"] == {"line": "5001", "service": "301"}
    assert told["sentence"].startswith("Units = those of line 5001")
    refused = ready("rules", "set", "--line", "5003", "--mirror", "5001", "--minimum", "3")
    assert (refused.code, "[rules.mirror_alone]" in refused.err) == (2, True)
    ready.ok("rules", "remove", told["rule"])
