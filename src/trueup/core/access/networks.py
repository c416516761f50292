"""Networks that may call, IPv4 and IPv6. An IPv4 address that comes as IPv6 (`::ffff:192.0.2.7`) is the IPv4 one."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_MAPPED = 96
"""Bits of an IPv6 network that stand before a mapped IPv4 address."""


class Purpose(StrEnum):
    """Whom a list of networks is for: people with a browser, or modules with a key."""

    PEOPLE = "people"
    MODULES = "modules"


@lru_cache(maxsize=512)  # one person makes many calls
def address_of(text: str) -> Address | None:
    """An address from its text, a zone (`%eth0`) left out; None where it is none."""
    try:
        found = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def network_of(text: str) -> Network | None:
    """A network from its text; a single address is the network of itself, and bits behind the mask are no fault. None
    where it is none."""
    try:
        found = ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    mapped = found.network_address.ipv4_mapped if isinstance(found, IPv6Network) else None
    if mapped is not None and found.prefixlen >= _MAPPED:
        return IPv4Network((mapped, found.prefixlen - _MAPPED))
    return found


def allows(networks: Iterable[Network], address: Address | None) -> bool:
    """Whether one of the networks holds the address. No network at all allows everybody; an address that nobody knows
    is allowed by nothing else."""
    found = tuple(networks)
    if not found:
        return True
    return address is not None and any(address.version == one.version and address in one for one in found)


def source_address(peer: str, forwarded: Iterable[str], proxies: Iterable[Network]) -> Address | None:
    """Who really calls. `peer` is the other end of the connection; `forwarded` are the addresses that the call's
    headers name, the nearest last (`X-Forwarded-For`, `Forwarded`).

    A header is believed only where the connection comes from a trusted proxy, and only up to the first address, seen
    from the right, that is none: whatever stands before it was written by the caller. None where that place holds no
    address.
    """
    trusted = tuple(proxies)
    found = address_of(peer)
    for text in reversed(tuple(forwarded)):
        if found is None or not trusted or not allows(trusted, found):
            return found
        found = address_of(text)
    return found
