"""The lists of networks, for people and for modules, and the guard against locking oneself out."""

from __future__ import annotations

from trueup.app.errors import Exit, UseCaseError, failed
from trueup.app.workspace import Workspace
from trueup.core.access.networks import Address, Network, Purpose, allows, network_of
from trueup.core.reason import Reason
from trueup.store.networks import AllowedNetwork


def _network(text: str) -> Network:
    found = network_of(text)
    if found is None:
        raise UseCaseError(Reason.of("access.not_a_network", text=text[:60]), Exit.USAGE)
    return found


def _refuse_locking_out(ws: Workspace, purpose: Purpose, after: list[Network], own: Address | None) -> None:
    if purpose is Purpose.PEOPLE and own is not None and not allows(after, own):
        raise failed("access.locks_out", address=str(own), networks=", ".join(map(str, after)))
    del ws


def _allow(ws: Workspace, purpose: Purpose, text: str, note: str, own: Address | None) -> AllowedNetwork:
    network = _network(text)
    with ws.store.writing():
        after = [one.network for one in ws.store.networks.list(purpose)]
        _refuse_locking_out(ws, purpose, [*after, network], own)
        if ws.store.networks.allow(purpose, network, note, ws.actor, now=ws.now()):
            detail = Reason.of("audit.network_allowed", purpose=purpose.value, network=str(network), note=note or None)
            ws.store.audit.add(ws.actor, "network.allowed", detail, now=ws.now())
    return AllowedNetwork(purpose, network, note, ws.actor, ws.now())


async def allow_network(
    ws: Workspace, purpose: Purpose, text: str, note: str = "", *, own: Address | None = None
) -> AllowedNetwork:
    """Add a network to a list. The first one of a list closes it for everybody else; `own` is the address of the person
    who asks, where there is one. Raises UseCaseError `access.not_a_network` (exit 2), `access.locks_out`."""
    return await ws.step(_allow, ws, purpose, text, note.strip(), own)


def _remove(ws: Workspace, purpose: Purpose, text: str, own: Address | None) -> None:
    network = _network(text)
    with ws.store.writing():
        after = [one.network for one in ws.store.networks.list(purpose) if one.network != network]
        _refuse_locking_out(ws, purpose, after, own)
        if not ws.store.networks.remove(purpose, network, ws.actor, now=ws.now()):
            raise failed("access.unknown_network", network=str(network), purpose=purpose.value)
        detail = Reason.of("audit.network_removed", purpose=purpose.value, network=str(network))
        ws.store.audit.add(ws.actor, "network.removed", detail, now=ws.now())


async def remove_network(ws: Workspace, purpose: Purpose, text: str, *, own: Address | None = None) -> None:
    """Take a network off a list; an empty list lets everybody. Raises UseCaseError `access.not_a_network` (exit 2),
    `access.unknown_network`, `access.locks_out`."""
    await ws.step(_remove, ws, purpose, text, own)


async def list_networks(ws: Workspace) -> tuple[AllowedNetwork, ...]:
    """Both lists."""
    return await ws.step(ws.store.networks.list)


def lets_in(ws: Workspace, purpose: Purpose, address: Address | None) -> bool:
    """Whether a call from an address is let through; a part of a step."""
    return allows([one.network for one in ws.store.networks.list(purpose)], address)


async def may_call(ws: Workspace, purpose: Purpose, address: Address | None) -> bool:
    """Whether a call from an address is let through."""
    return await ws.step(lets_in, ws, purpose, address)
