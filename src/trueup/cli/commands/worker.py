"""`trueup worker`: do what is due, without the web application."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def worker(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="worker.once")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """With --once: exit code 1 where a step failed."""
    from contextlib import suppress

    from trueup.app.jobs.embedded import jobs_on
    from trueup.cli.console import err, out
    from trueup.cli.rendering.modules import rounds_document, write_rounds
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import key_of, options_of, waited, words
    from trueup.store.database import Database

    options, said = options_of(ctx), words()
    with Database.open(options.store, key_of(options)) as database:
        if not once:
            paragraph(err(), said.text("cli.worker.runs"))
            with suppress(KeyboardInterrupt):
                waited(lambda: jobs_on(database).run())
            return 0
        rounds = waited(lambda: jobs_on(database).once())
    if as_json:
        write_json(rounds_document(rounds, said))
    else:
        write_rounds(out(), rounds, said)
    return 1 if any(one.failed for one in rounds.values()) else 0
