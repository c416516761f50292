"""`trueup demo`: the whole job on an invented MSP."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import day_from
from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def demo(
    once: Annotated[bool, typer.Option("--once", help="demo.once")] = False,
    day: Annotated[str | None, typer.Option("--day", metavar="DAY", help="demo.day")] = None,
) -> int:
    """Exit code 1 where the PSA simulator does not hold what was planned."""
    today = day_from(day, "--day")
    import threading

    from trueup.app.demonstration.standing import demonstration
    from trueup.cli.console import out
    from trueup.cli.rendering.demo import Show
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words

    said, console = words(), out()
    paragraph(console, said.text("cli.demo.starting"))
    with demonstration(today) as (running, psa_secret, module_secret):
        proved = waited(Show(console, said, running).run, psa_secret, module_secret)
        if not once:
            console.print()
            paragraph(
                console, said.text("cli.demo.stays", psa=running.ready.autotask_url, store=str(running.ready.store))
            )
            forever = threading.Event()
            try:
                while not forever.wait(1.0):  # waking up lets Ctrl-C through on Windows
                    pass
            except KeyboardInterrupt:
                console.print()
    return 0 if proved else 1
