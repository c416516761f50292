"""Whom to trust on the network, and where a call may lead that a tenant chose the address of.

One TLS context serves the whole process, because building one is slow (40 ms). An address is looked at when a call
connects, after its name was resolved, and it is that very address that is called: a name that says something else a
moment later leads nowhere (docs/decisions/0203-where-connections-may-lead.md).
"""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final

import anyio
import httpcore2
import httpx2

VARIABLE: Final = "TRUEUP_REACH"
"""Environment variable: where connections and receivers may lead, whatever the installation is."""


class Reach(StrEnum):
    """`public`: to the internet only. `private`: to this machine and the operator's own networks too. Neither leads to
    link-local addresses (the metadata of clouds), to groups, or to addresses that nobody has."""

    PUBLIC = "public"
    PRIVATE = "private"


class NotReachedError(Exception):
    """The call was not sent: its address is none that may be called. `host` is what the address was given as."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.host = host


@cache
def trusted() -> ssl.SSLContext:
    """The certificates that the HTTP library trusts by default, those that the environment names included."""
    return httpx2.create_ssl_context()


def reach_said(environ: Mapping[str, str] = os.environ) -> Reach | None:
    """What whoever runs the installation said; None for nothing, and `public` for a word that is none of ours."""
    said = environ.get(VARIABLE, "").strip().lower()
    if not said:
        return None
    return Reach.PRIVATE if said == Reach.PRIVATE else Reach.PUBLIC


def may_lead_to(address: str, reach: Reach) -> bool:
    """Whether an IP address may be called; one that carries an IPv4 address inside is judged by that."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        teredo = found.teredo[1] if found.teredo is not None else None
        nat64 = ipaddress.IPv4Address(found.packed[12:]) if found in _NAT64 else None
        inner = found.ipv4_mapped or found.sixtofour or teredo or nat64
        if inner is not None:
            return may_lead_to(str(inner), reach)
    if found.is_global and not found.is_multicast:
        return True
    own = found.is_loopback or any(found in network for network in _OWN if network.version == found.version)
    return own and reach is Reach.PRIVATE


_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_OWN: Final = tuple(
    ipaddress.ip_network(one)
    for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)  # fmt: skip


class _CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """Resolves a name, refuses where it leads, and connects to what was looked at."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as the library has it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """One connection. Raises NotReachedError, httpcore2.ConnectError, httpcore2.ConnectTimeout."""
        try:
            with anyio.fail_after(timeout):
                rows = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(str(error)) from error
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(str(error)) from error
        addresses = list(dict.fromkeys(str(row[4][0]) for row in rows))
        if not addresses or not all(may_lead_to(address, self._reach) for address in addresses):
            raise NotReachedError(host)
        for address in addresses[:-1]:
            try:
                return await self._network.connect_tcp(
                    address, port, None if timeout is None else timeout / 4, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._network.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - as the library has it
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """No address that a tenant chooses is one."""
        del timeout, socket_options
        raise NotReachedError(path)

    async def sleep(self, seconds: float) -> None:
        """As the library waits."""
        await self._network.sleep(seconds)


class _CheckedTransport(httpx2.AsyncHTTPTransport):
    """The library's own way, over a checked network."""

    def __init__(self, reach: Reach, limits: httpx2.Limits) -> None:
        super().__init__(verify=trusted(), limits=limits)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=trusted(),
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_CheckedNetwork(reach),
        )


def client_within(
    reach: Reach | None,
    limits: httpx2.Limits | None = None,
    **options: Any,  # noqa: ANN401 - what the client takes
) -> httpx2.AsyncClient:
    """A client whose calls lead where they may; without a word what the environment says, else to the internet only.
    It follows no redirect. A proxy that the environment names is called as it is: where it leads is its own matter."""
    chosen = limits or httpx2.Limits(max_connections=100, max_keepalive_connections=20)
    client = httpx2.AsyncClient(limits=chosen, follow_redirects=False, verify=trusted(), **options)
    checked = _CheckedTransport(reach or reach_said() or Reach.PUBLIC, chosen)
    client._transport = checked  # noqa: SLF001 - given as `transport`, it would switch off the environment's proxies
    return client


@dataclass(slots=True)
class _Within:
    """How far this thread's sockets may lead, and the host that was refused last."""

    reach: Reach
    refused: str | None = None


_ONLY: ContextVar[_Within | None] = ContextVar("only", default=None)
_resolved = socket.getaddrinfo


def _checked_addresses(host: Any, *given: Any, **more: Any) -> Any:  # noqa: ANN401 - as the system's own
    rows, within = _resolved(host, *given, **more), _ONLY.get()
    if within is not None and not all(may_lead_to(str(row[4][0]), within.reach) for row in rows):
        within.refused = host.decode() if isinstance(host, bytes) else str(host)
        raise NotReachedError(within.refused)
    return rows


@contextmanager
def only_within(reach: Reach) -> Iterator[None]:
    """Inside, this thread's libraries that open sockets of their own (mail, chat tools) reach what they may: they ask
    the system for a name's addresses and connect to one of those. A proxy that the environment names counts as well.
    Raises NotReachedError where that kept them from it, whatever they say themselves."""
    socket.getaddrinfo = _checked_addresses
    within = _Within(reach)
    token = _ONLY.set(within)
    try:
        yield
    except Exception:
        if within.refused is not None:
            raise NotReachedError(within.refused) from None
        raise
    finally:
        _ONLY.reset(token)
