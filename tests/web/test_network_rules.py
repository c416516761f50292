"""Who may push from where: real source addresses, proxies, other hosts; nothing is refused in silence."""

from __future__ import annotations

import asyncio
import ctypes
import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web.hub import Hub, complete, opened, usage

from trueup.app.access import blocking, networks
from trueup.core.access.networks import Purpose
from trueup.core.usage import Coverage
from trueup.web.serving import listening


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    yield from opened(tmp_path)


def blocked(hub: Hub) -> list[tuple[bool, str | None, int]]:
    found = asyncio.run(blocking.blocked_sources(hub.ws))
    return [(one.ours, one.address, one.times) for one in found]


def allow(hub: Hub, network: str, purpose: Purpose = Purpose.MODULES) -> None:
    asyncio.run(networks.allow_network(hub.ws, purpose, network))


def test_a_call_from_elsewhere_is_refused_recorded_and_over_once_the_module_comes_through(hub: Hub) -> None:
    hub.push(usage("acme", 5), complete("acme"))
    allow(hub, "127.0.0.2")
    refused = hub.push(usage("acme", 6), local="127.0.0.3")
    assert (refused.status_code, refused.json()["code"]) == (403, "push.address_refused")
    assert "127.0.0.3" in refused.json()["detail"]
    assert "allows 127.0.0.3 for modules under Settings, Network rules" in refused.json()["cure"]
    hub.push(usage("acme", 6), local="127.0.0.3")
    assert blocked(hub) == [(True, "127.0.0.3", 2)]
    assert hub.readings()["acme"] == (5, Coverage.MEASURED), "what was delivered stays"
    assert hub.push(usage("acme", 6), local="127.0.0.2").status_code == 200
    assert blocked(hub) == []


def test_a_call_from_elsewhere_without_a_valid_key_changes_no_status(hub: Hub) -> None:
    allow(hub, "127.0.0.2")
    assert hub.push(usage("acme", 6), local="127.0.0.3", key="tup_other").status_code == 401
    assert blocked(hub) == []


def test_the_lists_for_people_and_for_modules_are_apart(hub: Hub) -> None:
    allow(hub, "127.0.0.9", Purpose.PEOPLE)
    assert hub.push(usage("acme", 6), local="127.0.0.3").status_code == 200


def test_a_header_is_believed_from_a_trusted_proxy_only(tmp_path: Path) -> None:
    for hub in opened(tmp_path, proxies=("127.0.0.4",)):
        allow(hub, "203.0.113.0/24")
        told = {"X_Forwarded_For": "203.0.113.7"}
        assert hub.push(usage("a", 1), local="127.0.0.5", **told).status_code == 403
        assert hub.push(usage("a", 1), local="127.0.0.4", **told).status_code == 200
        forged = {"X_Forwarded_For": "203.0.113.7, 198.51.100.9"}
        assert "198.51.100.9" in hub.push(usage("a", 1), local="127.0.0.4", **forged).json()["detail"]
        both = {"X_Forwarded_For": "203.0.113.7, 198.51.100.9", "Forwarded": "for=203.0.113.7"}
        assert hub.push(usage("a", 1), local="127.0.0.4", **both).status_code == 403


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ('for=192.0.2.1;proto=https, for="203.0.113.7:4711"', 200),
        ('for="[2001:db8::7]:4711"', 200),
        ('For="[2001:db8::7]";host="a, for=198.51.100.9"', 200),
        ('for=198.51.100.9;host="x;for=203.0.113.7"', 403),
        ("for=203.0.113.7, by=10.0.0.1", 403),
        ("for=203.0.113.7, (what is this", 403),
        ("for=_hidden", 403),
    ],
)
def test_the_standard_header_is_read_as_its_standard_says(tmp_path: Path, header: str, status: int) -> None:
    for hub in opened(tmp_path, proxies=("127.0.0.4",), header="forwarded"):
        allow(hub, "203.0.113.0/24")
        allow(hub, "2001:db8::/32")
        told = {"Forwarded": header, "X_Forwarded_For": "203.0.113.7"}
        assert hub.push(usage("a", 1), local="127.0.0.4", **told).status_code == status


def test_over_ipv6_the_ipv6_address_counts(tmp_path: Path) -> None:
    try:
        with socket.socket(socket.AF_INET6) as tried:
            tried.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    for hub in opened(tmp_path, bound=listening("::1", 0)):
        allow(hub, "2001:db8::/32")
        assert "::1" in hub.push(usage("a", 1), local="::1").json()["detail"]
        allow(hub, "::1")
        assert hub.push(usage("a", 1), local="::1").status_code == 200


_SENDER = """
import json, sys, urllib.error, urllib.request
url, key, body = sys.argv[1:]
headers = {"Authorization": "Bearer " + key, "Content-Type": "application/cloudevents-batch+json"}
try:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    print(opener.open(urllib.request.Request(url, body.encode(), headers), timeout=10).status)
except urllib.error.HTTPError as error:
    print(error.code, json.loads(error.read())["detail"])
"""


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=10)


HERE, THERE = "trueup-here", "trueup-there"


@pytest.fixture
def two_hosts() -> Iterator[tuple[str, str]]:
    """Two hosts of their own, each a network namespace with one address."""
    if shutil.which("ip") is None:
        pytest.skip("no `ip` command: network namespaces cannot be made here")
    try:
        _ip("netns", "add", HERE)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"network namespaces are not allowed here: {error.stderr.decode().strip()}")
    try:
        _ip("netns", "add", THERE)
        _ip("-n", HERE, "link", "add", "here0", "type", "veth", "peer", "name", "there0", "netns", THERE)
        for host, link, address in ((HERE, "here0", "192.0.2.1"), (THERE, "there0", "192.0.2.2")):
            _ip("-n", host, "addr", "add", f"{address}/30", "dev", link)
            _ip("-n", host, "link", "set", link, "up")
        yield "192.0.2.1", "192.0.2.2"
    finally:
        _ip("netns", "del", HERE)
        subprocess.run(["ip", "netns", "del", THERE], check=False, capture_output=True, timeout=10)


def listening_on(namespace: str, address: str) -> socket.socket:
    """A socket of another host: the thread that opens it moves there, and the socket stays."""
    opened_there: list[socket.socket] = []

    def inside() -> None:
        with Path(f"/var/run/netns/{namespace}").open() as place:
            assert ctypes.CDLL(None, use_errno=True).setns(place.fileno(), 0x40000000) == 0  # CLONE_NEWNET
        opened_there.append(listening(address, 0))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    return opened_there[0]


def send_from(namespace: str, hub: Hub) -> str:
    """What a sender on another host is answered."""
    inside = ["ip", "netns", "exec", namespace, sys.executable, "-c", _SENDER]
    call = [f"{hub.url}/api/v1/usage", hub.key, json.dumps([usage("acme", 1)])]
    return subprocess.run([*inside, *call], capture_output=True, text=True, timeout=20, check=True).stdout.strip()


def test_a_module_on_another_host_is_refused_by_its_own_address_and_let_in_once_that_is_allowed(
    tmp_path: Path, two_hosts: tuple[str, str]
) -> None:
    here, there = two_hosts
    for hub in opened(tmp_path, bound=listening_on(HERE, here)):
        allow(hub, here)
        assert send_from(THERE, hub).startswith("403 ")
        assert blocked(hub) == [(True, there, 1)]
        allow(hub, there)
        assert send_from(THERE, hub) == "200"
