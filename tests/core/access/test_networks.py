"""Which address a call comes from, and whether a list of networks lets it through."""

from __future__ import annotations

import pytest

from trueup.core.access.networks import address_of, allows, network_of, source_address


def nets(*texts: str) -> tuple:
    return tuple(network_of(text) for text in texts)


@pytest.mark.parametrize(
    ("networks", "address", "allowed"),
    [
        ((), "203.0.113.7", True),
        (("203.0.113.7",), "203.0.113.7", True),
        (("203.0.113.7",), "203.0.113.8", False),
        (("203.0.113.0/24",), "::ffff:203.0.113.9", True),
        (("::ffff:203.0.113.0/120",), "203.0.113.9", True),
        (("2001:db8::/32",), "2001:db8:1::1", True),
        (("2001:db8::/32",), "203.0.113.9", False),
        (("0.0.0.0/0",), "2001:db8::1", False),
        (("203.0.113.7/24",), "203.0.113.200", True),
        (("fe80::/10",), "fe80::1%eth0", True),
    ],
)
def test_a_list_lets_through_what_lies_in_one_of_its_networks(networks: tuple, address: str, allowed: bool) -> None:
    assert allows(nets(*networks), address_of(address)) is allowed


def test_an_address_that_nobody_knows_passes_only_where_there_is_no_list() -> None:
    assert allows((), None)
    assert not allows(nets("0.0.0.0/0"), None)


@pytest.mark.parametrize("text", ["", "everybody", "203.0.113.0/33", "203.0.113", "1.2.3.4/24/8"])
def test_what_is_no_network_is_none(text: str) -> None:
    assert network_of(text) is None


def source(peer: str, *forwarded: str, proxies: tuple[str, ...] = ()) -> str:
    return str(source_address(peer, forwarded, nets(*proxies)))


def test_a_header_of_somebody_who_is_no_proxy_is_not_believed() -> None:
    assert source("198.51.100.1", "203.0.113.7") == "198.51.100.1"
    assert source("198.51.100.1", "203.0.113.7", proxies=("10.0.0.0/8",)) == "198.51.100.1"


def test_behind_proxies_the_first_address_from_the_right_that_is_none_of_them_counts() -> None:
    assert source("10.0.0.1", "203.0.113.7", proxies=("10.0.0.0/8",)) == "203.0.113.7"
    assert source("10.0.0.1", "203.0.113.7", "10.0.0.9", proxies=("10.0.0.0/8",)) == "203.0.113.7"


def test_what_a_caller_wrote_into_the_header_himself_stays_behind_his_own_address() -> None:
    assert source("10.0.0.1", "192.0.2.1", "203.0.113.7", proxies=("10.0.0.0/8",)) == "203.0.113.7"


def test_a_proxy_that_names_nothing_usable_leaves_the_address_unknown() -> None:
    assert source("10.0.0.1", "203.0.113.7", "unknown", proxies=("10.0.0.0/8",)) == "None"
    assert source("10.0.0.1", proxies=("10.0.0.0/8",)) == "10.0.0.1"
