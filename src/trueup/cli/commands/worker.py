"""`trueup worker`: do what is due, without the web application."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

import os
from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault, whole_from
from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()

MOST_AT_ONCE = 32
"""Rounds at a time in one process: each takes up to four threads and connections."""


@app.command(cls=SpokenCommand)
def worker(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="worker.once")] = False,
    at_once: Annotated[str | None, typer.Option("--at-once", metavar="N", help="worker.at_once")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """With --once: exit code 1 where a step failed."""
    places = whole_from(at_once, "--at-once")
    if places is not None and not 1 <= places <= MOST_AT_ONCE:
        raise UsageFault("usage.not_a_whole_number", option="--at-once", value=at_once or "")
    from trueup.app.jobs.choosing import jobs_for
    from trueup.app.jobs.stopping import until_told
    from trueup.cli import logs
    from trueup.cli.console import err, out
    from trueup.cli.rendering.modules import rounds_document, write_rounds
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import key_of, options_of, waited, words
    from trueup.store.database import Database

    options, said = options_of(ctx), words()
    with Database.open(options.store, key_of(options)) as database:
        if not once:
            logs.begin(os.environ)
            paragraph(err(), said.text("cli.worker.runs"))
            waited(lambda: until_told(jobs_for(database, at_once=places)))
            return 0
        rounds = waited(lambda: jobs_for(database, at_once=places).once())
    if as_json:
        write_json(rounds_document(rounds, said))
    else:
        write_rounds(out(), rounds, said)
    return 1 if any(one.failed for one in rounds.values()) else 0
