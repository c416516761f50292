"""`trueup restore`: a store out of an archive, in a file or in a PostgreSQL database."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def restore(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="restore.file")],
) -> int:
    """Into the place that --store names, where no store may be yet."""
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import options_of, shown_store, words
    from trueup.store.restoring import restore as restored

    options = options_of(ctx)
    found = restored(options.store, Path(file))
    store, tenants = shown_store(options.store), len(found.tenants)
    paragraph(
        out(), words().text("cli.restore.done", store=store, rows=found.rows, tenants=tenants, made_at=found.made_at)
    )
    return 0
