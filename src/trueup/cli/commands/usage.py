"""`trueup usage`: usage that arrives as files."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault, day_from
from trueup.cli.commands import push_keys, usage_profiles
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()
app.add_typer(usage_profiles.app, name="profile")
app.add_typer(push_keys.app, name="key")

_CODES = {"preview": 0, "recorded": 0, "already": 0, "outranked": 3, "refused": 1}


@app.callback(cls=SpokenGroup)
def usage() -> None:
    """Usage that arrives as files."""


@app.command("import", cls=SpokenCommand)
def import_file(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="usage.file")],
    source: Annotated[str | None, typer.Option("--source", metavar="NAME", help="usage.source")] = None,
    day: Annotated[str | None, typer.Option("--day", metavar="DAY", help="usage.day")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="usage.preview")] = False,
    again: Annotated[bool, typer.Option("--again", help="usage.again")] = False,
    accept_short: Annotated[str | None, typer.Option("--accept-short", metavar="TEXT", help="usage.short")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Exit code 3 where rows were rejected or the day keeps an earlier file, 1 where the file was refused."""
    wanted = day_from(day, "--day")
    if source is None:
        raise UsageFault("usage.missing_option", option="--source")
    from trueup.app.usage import importing
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.usage_files import import_document, write_import
    from trueup.cli.session import waited, words, workspace

    said = words()
    asked = importing.Asked(wanted, preview=preview, again=again, short_because=accept_short)
    with workspace(ctx) as ws:
        result = waited(importing.import_file, ws, source, Path(file), asked)
    if as_json:
        write_json(import_document(result, said))
    else:
        write_import(out(), result, said)
    code = _CODES[result.state.value]
    return 3 if code == 0 and result.rejected_rows else code
