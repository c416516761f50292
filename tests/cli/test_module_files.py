"""Writing a catalogue file of one's own and trying it, as a person types it."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from datetime import UTC, date, datetime

from starlette.requests import Request
from starlette.responses import Response
from tests.cli.conftest import Cli
from tests.modules.account import KEY, SECRET, Account
from tests.modules.vendor import Vendor

from trueup.core.usage import Coverage
from trueup.modules.catalogue_files import load_catalogue
from trueup.modules.rest_module import RestModule
from trueup_simulators import modules as simulators


def test_a_new_file_is_complete_and_under_40_lines(cli: Cli) -> None:
    cli.ok("module", "new", "acme-backup")
    text = (cli.folder / "acme_backup.yaml").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 40
    done = cli.ok("module", "test", "acme_backup.yaml", "--json")
    told = json.loads(done.out)
    assert (told["module"], told["failed"]) == ("acme_backup", False)
    assert "check.catalogue_read.no_credentials" in [finding["code"] for finding in told["findings"]]


CUSTOMERS = [{"id": "a", "name": "Alpha"}, {"id": "b", "name": "Beta"}, {"id": "c", "name": "Gamma"}]
DEVICES = [
    {"id": number, "hostname": f"H{number}", "customer": {"id": "a" if number < 4 else "b"}, "type": kind}
    for number, kind in enumerate(("server", "desktop", "laptop", "desktop", "phone"), 1)
]


def acme(request: Request) -> object:
    """A vendor that wants a token, and gives two rows a page."""
    if request.headers.get("authorization") != "Bearer the token":
        return Response(status_code=401)
    rows = {"/v1/customers": CUSTOMERS, "/v1/devices": DEVICES}[request.url.path]
    page = int(request.query_params["page"])
    return {"data": rows[2 * page - 2 : 2 * page], "meta": {"pages": (len(rows) + 1) // 2}}


def test_a_new_module_with_token_pages_and_three_billing_types_is_read_by_under_40_lines_and_no_code(cli: Cli) -> None:
    cli.ok("module", "new", "acme")
    path = cli.folder / "acme.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("(!) as the vendor writes it", "Acme").replace("api.example.com", "acme.example")
    path.write_text(text, encoding="utf-8")
    assert len(text.splitlines()) < 40
    with Vendor(acme) as vendor:
        address = f"base_url={vendor.url}"
        secrets = json.dumps({"token": "the token"})
        told = cli.ok(
            "module", "test", "acme.yaml", "--json", "--secrets-stdin", "--set", address, stdin=secrets
        ).json()
        assert {method for method, *_ in vendor.log} == {"GET"}
        read = RestModule(load_catalogue(path), "acme", {"base_url": vendor.url}, {"token": "the token"})
        collection = asyncio.run(read.collect(date(2026, 6, 14), datetime(2026, 6, 15, tzinfo=UTC)))
    codes = [finding["code"] for finding in told["findings"]]
    assert {"check.catalogue_read.ok", "check.catalogue_twice.ok", "check.catalogue_zeros.ok"} <= set(codes)
    counted: dict[str, list[int]] = {}
    for one in sorted(collection.readings, key=lambda one: one.metric):  # devices, servers, workstations
        assert one.coverage is Coverage.MEASURED
        counted.setdefault(one.organization, []).append(int(one.value))
    assert counted == {"a": [3, 1, 2], "b": [2, 0, 1], "c": [0, 0, 0]}
    with Vendor(acme) as vendor:
        wrong = cli(
            "module", "test", "acme.yaml", "--secrets-stdin", "--set", f"base_url={vendor.url}", stdin='{"token": "x"}'
        )
    assert wrong.code == 1
    assert "Credentials of the module" in wrong.out


def test_the_comments_are_in_the_chosen_language(cli: Cli) -> None:
    cli.ok("--lang", "fr", "module", "new", "acme", "--out", "essai.yaml")
    assert "Complétez les lignes" in (cli.folder / "essai.yaml").read_text(encoding="utf-8")
    assert "relevés" in cli.ok("--lang", "fr", "module", "test", "bullphish_id").out


def test_a_file_that_is_there_is_not_overwritten(cli: Cli) -> None:
    cli.ok("module", "new", "acme")
    (cli.folder / "acme.yaml").write_text("mine", encoding="utf-8")
    done = cli("module", "new", "acme")
    assert (done.code, (cli.folder / "acme.yaml").read_text(encoding="utf-8")) == (2, "mine")
    assert "[usage.file_exists]" in done.err
    assert cli("module", "new", "9 lives").code == 2


def test_a_secret_in_clear_text_is_refused_with_its_line_before_any_call(cli: Cli) -> None:
    cli.ok("module", "new", "acme")
    path = cli.folder / "acme.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("Bearer {token}", "Bearer abc123"), encoding="utf-8")
    done = cli("module", "test", "acme.yaml")
    line = next(n for n, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if "abc123" in text)
    assert done.code == 1
    assert f"acme.yaml:{line}: auth.headers: a secret in clear text" in done.err
    assert "abc123" not in done.err + done.out


def test_the_real_account_is_read_twice_where_its_secrets_are_given(cli: Cli) -> None:
    with Account([{"name": "A", "counts": {"desktop": 3}}, {"name": "B", "counts": {}}]) as account:
        done = cli(
            "module", "test", "datto_rmm", "--json", "--secrets-stdin", "--set", f"base_url={account.sim.url}",
            stdin=json.dumps({"api_key": KEY, "api_secret": SECRET}),
        )  # fmt: skip
        calls = account.calls()
    told = json.loads(done.out)
    codes = [finding["code"] for finding in told["findings"]]
    assert done.code == 0, done.out
    assert {"check.catalogue_read.ok", "check.catalogue_twice.ok", "check.catalogue_zeros.ok"} <= set(codes)
    assert {call["method"] for call in calls if "oauth/token" not in str(call["path"])} == {"GET"}


def test_modules_of_every_sort_are_connected_and_collected(cli: Cli) -> None:
    cli.ok("init")
    with ExitStack() as stack:
        for kind in ("sophos_partner", "duo_msp", "huntress"):  # a login on another host, signed calls, a key
            account = stack.enter_context(simulators.start(kind, scenario={"organizations": 3, "size": 4}))
            secrets = json.dumps({name: str(value) for name, value in account.credentials.items()})
            address = f"base_url={account.url}"
            done = cli.ok("connect", "module", kind, "--set", address, "--secrets-stdin", stdin=secrets)
            assert "is connected" in done.out
            (told,) = [one for one in cli.ok("collect", "--json").json()["collections"] if one["kind"] == kind]
            assert (told["coverage"], told["organizations"]) == ("measured", 3)


def test_a_module_without_an_api_is_connected_without_secrets_and_never_asked(cli: Cli) -> None:
    cli.ok("init")
    cli.ok("connect", "module", "bullphish-id")
    told = cli.ok("collect", "--json").json()
    assert told["collections"] == []
    listed = cli.ok("metrics", "list", "--json").out
    assert "bullphish_id.phishing_module" in listed


def test_a_retired_module_is_not_offered(cli: Cli) -> None:
    cli.ok("init")
    done = cli("connect", "module", "passley")
    assert "network_detective_pro" in done.err
    assert "passly" not in done.err
