"""Addresses that lead into the operator's network are not called, however they are written and whatever names say."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator

import httpx2
import pytest
from starlette.responses import Response
from tests.app.office import NIGHT, Office, run
from tests.modules.vendor import Vendor

from trueup.app.connections.reach import reach_of
from trueup.app.connections.setup import NotConnectedError
from trueup.app.notices.telling import send_test
from trueup.core.settings import TenantSettings
from trueup.store.database import Database
from trueup.store.receivers import Receiver
from trueup.trust import VARIABLE, NotReachedError, Reach, client_within, may_lead_to

INSIDE = ("127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd00::1", "::ffff:10.0.0.1")
NOWHERE = (
    "169.254.169.254",
    "fe80::1",
    "fe80::1%eth0",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "ff02::1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
)


@pytest.mark.parametrize("address", INSIDE)
def test_own_networks_are_reached_only_where_that_is_allowed(address: str) -> None:
    assert (may_lead_to(address, Reach.PUBLIC), may_lead_to(address, Reach.PRIVATE)) == (False, True)


@pytest.mark.parametrize("address", NOWHERE)
def test_metadata_groups_and_addresses_of_nobody_are_never_reached(address: str) -> None:
    assert not may_lead_to(address, Reach.PUBLIC)
    assert not may_lead_to(address, Reach.PRIVATE)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"])
def test_the_internet_is_reached(address: str) -> None:
    assert may_lead_to(address, Reach.PUBLIC)


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor(lambda _: Response(status_code=204)) as found:
        yield found


def port_of(vendor: Vendor) -> int:
    port = httpx2.URL(vendor.url).port
    assert port is not None
    return port


async def called(url: str, reach: Reach) -> int:
    async with client_within(reach, timeout=2) as client:
        return (await client.get(url)).status_code


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]", "localhost"]
)
def test_no_spelling_of_this_machine_is_called(host: str, vendor: Vendor) -> None:
    with pytest.raises((NotReachedError, httpx2.InvalidURL, httpx2.ConnectError)):
        asyncio.run(called(f"http://{host}:{port_of(vendor)}/", Reach.PUBLIC))
    assert vendor.log == []


def test_the_same_call_is_answered_where_it_is_allowed(vendor: Vendor) -> None:
    assert asyncio.run(called(vendor.url, Reach.PRIVATE)) == 204


Rows = list[tuple[object, ...]]


def test_a_name_that_says_something_else_a_moment_later_leads_nowhere(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = ["192.0.2.1", "8.8.8.8", "127.0.0.1"]
    asked: list[str] = []

    def resolver(host: str, port: int, *_: object, **__: object) -> Rows:
        asked.append(answers[min(len(asked), 2)])
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (asked[-1], port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    with pytest.raises(NotReachedError):
        asyncio.run(called(f"http://rebinding.example:{port_of(vendor)}/", Reach.PUBLIC))
    monkeypatch.undo()
    assert asked == ["192.0.2.1"]
    assert vendor.log == []


def test_one_address_inside_among_several_is_enough_to_refuse(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolver(host: str, port: int, *_: object, **__: object) -> Rows:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in ("8.8.8.8", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    with pytest.raises(NotReachedError):
        asyncio.run(called(f"http://several.example:{port_of(vendor)}/", Reach.PUBLIC))
    monkeypatch.undo()
    assert vendor.log == []


def test_a_redirect_into_the_network_is_not_followed() -> None:
    with Vendor(lambda _: Response(status_code=302, headers={"Location": "http://169.254.169.254/"})) as vendor:
        assert asyncio.run(called(vendor.url, Reach.PRIVATE)) == 302


def test_a_module_and_a_psa_inside_are_refused_when_they_are_connected(
    offices: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    office = offices()
    monkeypatch.setenv(VARIABLE, "public")
    for connect, of in ((office.connect_rmm, "module"), (office.connect_psa, "autotask")):
        with pytest.raises(NotConnectedError) as refused:
            connect()
        assert f"{of}.address_refused" in {one.reason.code for one in refused.value.findings}


def test_a_module_whose_address_was_allowed_before_is_refused_when_it_is_collected(
    own: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trueup.app.usage.collecting import collect

    monkeypatch.setenv(VARIABLE, "public")
    (found,) = run(collect(own.ws))
    assert found.failure is not None
    assert found.failure.reason.code == "module.address_refused"


def test_who_shares_an_installation_reaches_the_internet_only(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    assert reach_of(office.ws.store) is Reach.PRIVATE
    with Database.open(office.where, office.key) as database:
        database.people.settings.put("operators", '["p1"]', None, "tests", now=NIGHT)
        assert reach_of(office.ws.store) is Reach.PUBLIC
        database.people.settings.put("operators", "[]", None, "tests", now=NIGHT)
        assert reach_of(office.ws.store) is Reach.PRIVATE
        database.create_tenant("other", TenantSettings(), now=NIGHT)
    assert reach_of(office.ws.store) is Reach.PUBLIC
    monkeypatch.setenv(VARIABLE, "private")
    assert reach_of(office.ws.store) is Reach.PRIVATE
    monkeypatch.setenv(VARIABLE, "privat")
    assert reach_of(office.ws.store) is Reach.PUBLIC


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # a tool of Apprise's
@pytest.mark.parametrize("kind", ["webhook", "email", "chat", "chat by mail", "chat to several"])
def test_a_receiver_inside_is_told_nothing(
    kind: str, office: Office, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "public")
    port = port_of(vendor)
    mail = {"to": "a@b.example", "from": "c@d.example", "host": "localhost", "port": str(port), "tls": "none"}
    settings, secret = {
        "webhook": ({"url": vendor.url}, {"secret": "s"}),
        "email": (mail, {}),
        "chat": ({}, {"address": f"json://127.0.0.1:{port}/"}),
        "chat by mail": ({}, {"address": f"mailto://127.0.0.1:{port}?from=a@b.example&to=c@d.example&mode=insecure"}),
        "chat to several": ({}, {"address": f"json://127.0.0.1:{port}/, json://localhost:{port}/"}),
    }[kind]
    receivers = office.ws.store.receivers
    receiver = Receiver(0, "inside", kind.split(maxsplit=1)[0], settings, "en")  # type: ignore[arg-type]
    number = receivers.add(receiver, secret, "tests", now=NIGHT)
    why = run(send_test(office.ws, getattr(number, "id", number)))
    assert why is not None
    assert why.code == "notify.address_refused", why
    assert vendor.log == []
