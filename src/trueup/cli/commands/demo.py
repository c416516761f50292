"""`trueup demo`: the whole job on an invented MSP."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.cli.arguments import day_from
from trueup.cli.spoken import SpokenCommand, new_app

if TYPE_CHECKING:
    from trueup.app.demonstration.playing import Demonstration

app = new_app()


@app.command(cls=SpokenCommand)
def demo(
    once: Annotated[bool, typer.Option("--once", help="demo.once")] = False,
    day: Annotated[str | None, typer.Option("--day", metavar="DAY", help="demo.day")] = None,
) -> int:
    """Exit code 1 where the PSA simulator does not hold what was planned."""
    today = day_from(day, "--day")
    from trueup.app.demonstration.standing import demonstration
    from trueup.cli.console import out
    from trueup.cli.rendering.demo import Show
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words

    said, console = words(), out()
    paragraph(console, said.text("cli.demo.starting"))
    with demonstration(today) as (running, psa_secret, module_secret):
        with _hub(running) as hub:
            proved = waited(Show(console, said, running, hub).run, psa_secret, module_secret)
        if not once:
            console.print()
            _open_pages(running)
    return 0 if proved else 1


@contextmanager
def _hub(running: Demonstration) -> Iterator[str]:
    """The application on the demonstration's store while the job goes on, for the product that pushes its usage."""
    from trueup.store.database import Database
    from trueup.web.application import create_app
    from trueup.web.serving import listening, serving_beside
    from trueup.web.site import Site

    ready = running.ready
    with Database.open(ready.store, ready.key) as database:
        site = Site.of(database, running.clock, running.workspace.accounts)
        with serving_beside(create_app(site), listening("127.0.0.1", 0)) as address:
            yield address


def _open_pages(running: Demonstration) -> None:
    """Serve the application on the demonstration's store, until Ctrl-C."""
    from trueup.app.clock import RunningClock
    from trueup.app.connections.connecting import Accounts
    from trueup.app.demonstration.opening import way_in
    from trueup.app.jobs.embedded import jobs_beside
    from trueup.cli.console import out, write_line
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words
    from trueup.modules.limits import Pace
    from trueup.store.database import Database
    from trueup.web.application import create_app
    from trueup.web.serving import address_of, listening, serve
    from trueup.web.site import Site

    ready, said = running.ready, words()
    waited(running.something_new)
    with Database.open(ready.store, ready.key) as database:
        clock, accounts = RunningClock(running.clock.now()), Accounts(Pace(scale=0.0))
        site = Site.of(database, clock, accounts)
        bound = listening("127.0.0.1", 0)
        secret = waited(way_in, site.installation)
        paragraph(out(), said.text("cli.demo.opens"))
        write_line(f"{address_of(bound)}welcome/{secret}")
        paragraph(out(), said.text("cli.demo.stays", psa=ready.autotask_url, store=ready.store))
        serve(create_app(site, alongside=(jobs_beside(database, clock, accounts),)), bound)
