"""`trueup network`: who may call from where."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import one_of
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()

_Json = Annotated[bool, typer.Option("--json", help="json")]
_Purpose = Annotated[str, typer.Argument(metavar="people|modules", help="network.purpose")]
_Network = Annotated[str, typer.Argument(metavar="NETWORK", help="network.network")]
_PURPOSES = ("people", "modules")


@app.callback(cls=SpokenGroup)
def network() -> None:
    """Network rules."""


@app.command("list", cls=SpokenCommand)
def list_networks(ctx: typer.Context, as_json: _Json = False) -> int:
    """Both lists."""
    from trueup.app.access import networks
    from trueup.cli.console import out
    from trueup.cli.rendering.networks import network_plain, write_networks
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        found = waited(networks.list_networks, ws)
    if as_json:
        write_json({"networks": [network_plain(one) for one in found]})
    else:
        write_networks(out(), found, words())
    return 0


@app.command("allow", cls=SpokenCommand)
def allow(
    ctx: typer.Context,
    purpose: _Purpose,
    wanted: _Network,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="network.note")] = "",
    as_json: _Json = False,
) -> int:
    """Whoever may use this command can undo it, so that nobody is locked out by it."""
    one_of(purpose, _PURPOSES, "PURPOSE")
    from trueup.app.access import networks
    from trueup.cli.console import out
    from trueup.cli.rendering.networks import network_plain
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace
    from trueup.core.access.networks import Purpose

    with workspace(ctx) as ws:
        done = waited(networks.allow_network, ws, Purpose(purpose), wanted, note)
    if as_json:
        write_json(network_plain(done))
    else:
        paragraph(out(), words().text("cli.network.allowed", network=str(done.network), purpose=purpose))
    return 0


@app.command("remove", cls=SpokenCommand)
def remove(ctx: typer.Context, purpose: _Purpose, wanted: _Network, as_json: _Json = False) -> int:
    """An empty list lets everybody call."""
    one_of(purpose, _PURPOSES, "PURPOSE")
    from trueup.app.access import networks
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace
    from trueup.core.access.networks import Purpose

    with workspace(ctx) as ws:
        waited(networks.remove_network, ws, Purpose(purpose), wanted)
    if as_json:
        write_json({"removed": wanted, "purpose": purpose})
    else:
        paragraph(out(), words().text("cli.network.removed", network=wanted, purpose=purpose))
    return 0
