"""`trueup usage key`: keys with which modules push."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault, whole_from
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()

_Json = Annotated[bool, typer.Option("--json", help="json")]


@app.callback(cls=SpokenGroup)
def key() -> None:
    """Keys of modules that push."""


@app.command("create", cls=SpokenCommand)
def create(
    ctx: typer.Context,
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="push_key.connection")],
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="push_key.note")] = "",
    as_json: _Json = False,
) -> int:
    """The secret goes to standard output, once."""
    from trueup.app.usage import push_keys
    from trueup.cli.console import out, write_line
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.push_keys import key_plain
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        made = waited(push_keys.create_key, ws, connection, note)
    if as_json:
        write_json({**key_plain(made.key), "secret": made.secret})
        return 0
    said = words()
    paragraph(out(), said.text("cli.push.key", connection=connection))
    write_line(made.secret)
    paragraph(out(), said.text("cli.push.kept", number=made.key.id))
    return 0


@app.command("list", cls=SpokenCommand)
def list_keys(ctx: typer.Context, as_json: _Json = False) -> int:
    """Valid keys."""
    from trueup.app.usage import push_keys
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.push_keys import key_plain, write_keys
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        found = waited(push_keys.list_keys, ws)
    if as_json:
        write_json({"keys": [key_plain(one) for one in found]})
    else:
        write_keys(out(), found, words())
    return 0


@app.command("revoke", cls=SpokenCommand)
def revoke(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="push_key.number")],
    as_json: _Json = False,
) -> int:
    """At once."""
    wanted = whole_from(number, "NUMBER")
    if wanted is None:
        raise UsageFault("usage.not_a_whole_number", option="NUMBER", value=number)
    from trueup.app.usage import push_keys
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        waited(push_keys.revoke_key, ws, wanted)
    if as_json:
        write_json({"revoked": wanted})
    else:
        paragraph(out(), words().text("cli.push.revoked", number=wanted))
    return 0
