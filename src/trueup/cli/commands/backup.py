"""`trueup backup`: the whole store as an archive, while others work on it."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def backup(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="tenants.file")],
) -> int:
    """Exit code 1 where the file is there already: nothing is written over."""
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.rendering.tenants import write_archived
    from trueup.cli.session import whole_installation, words

    path = Path(file)
    with whole_installation(ctx) as house:
        found = house.database.back_up(path, now=house.now())
    said = words()
    write_archived(out(), found, path, said)
    paragraph(out(), said.text("cli.backup.key"))
    return 0
