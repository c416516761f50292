"""`trueup usage profile`: what the columns of a source's files mean."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import pairs_from
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()

_Json = Annotated[bool, typer.Option("--json", help="json")]


@app.callback(cls=SpokenGroup)
def profile() -> None:
    """Column profiles of sources."""


@app.command("set", cls=SpokenCommand)
def set_profile(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="usage.name")],
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="usage.kind")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="usage.set")] = None,
    as_json: _Json = False,
) -> int:
    """Save a profile."""
    pairs = pairs_from(settings or (), "--set")
    from trueup.app.usage import profiles
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.usage_files import profile_plain, write_profile
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        saved = waited(profiles.save_profile, ws, name, kind, pairs)
    if as_json:
        write_json(profile_plain(saved))
    else:
        write_profile(out(), saved, words())
    return 0


@app.command("list", cls=SpokenCommand)
def list_profiles(ctx: typer.Context, as_json: _Json = False) -> int:
    """Show every profile."""
    from trueup.app.usage import profiles
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.rendering.usage_files import profile_plain, write_profile
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        found = waited(profiles.list_profiles, ws)
    if as_json:
        write_json({"sources": [profile_plain(one) for one in found]})
        return 0
    for one in found:
        write_profile(out(), one, said)
    if not found:
        paragraph(out(), said.text("cli.usage.none"))
    return 0
