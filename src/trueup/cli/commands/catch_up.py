"""`trueup catch-up`: what closed days should have billed, shown and settled by a person."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()

_Json = Annotated[bool, typer.Option("--json", help="json")]


@app.callback(cls=SpokenGroup)
def catch_up() -> None:
    """What closed days should have billed."""


@app.command("list", cls=SpokenCommand)
def list_all(
    ctx: typer.Context,
    state: Annotated[str, typer.Option("--state", metavar="STATE", help="catch-up.state")] = "waiting",
    line: Annotated[str | None, typer.Option("--line", metavar="LINE", help="catch-up.line")] = None,
    as_json: _Json = False,
) -> int:
    """Exit code 3 where an entry waits for a person."""
    from trueup.app.late import entries as use
    from trueup.cli.console import out
    from trueup.cli.rendering.catch_up import entries_document, write_entries
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        found = waited(use.listing, ws, None if state == "all" else state, line)
        settings = ws.store.settings.get()
    if as_json:
        write_json(entries_document(found, said, settings.currency))
    else:
        write_entries(out(), found, said, settings, state)
    return 3 if any(entry.waits for entry in found) else 0


@app.command("settle", cls=SpokenCommand)
def settle(
    ctx: typer.Context,
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help="catch-up.entry")],
    as_: Annotated[str | None, typer.Option("--as", metavar="billed|waived", help="catch-up.as")] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="catch-up.reason")] = None,
    as_json: _Json = False,
) -> int:
    """Exit code 4 where the entry is closed already."""
    for value, option in ((as_, "--as"), (reason, "--reason")):
        if value is None:
            raise UsageFault("usage.missing_option", option=option)
    from trueup.app.late import entries as use
    from trueup.cli.console import out
    from trueup.cli.rendering.catch_up import entry_plain
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        done = waited(use.settle, ws, entry, as_ or "", reason or "")
        currency = ws.store.settings.get().currency
    if as_json:
        write_json(entry_plain(done, said, currency))
    else:
        paragraph(out(), said.text("cli.catch_up.done", entry=done.id, state=said.word("catch_up", done.state)))
    return 0
