"""`trueup sim`: a simulator as a process of its own."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault, one_of, whole_from
from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def sim(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="sim.kind")],
    port: Annotated[str, typer.Option("--port", metavar="N", help="sim.port")] = "0",
    scenario: Annotated[str | None, typer.Option("--scenario", metavar="FILE", help="sim.scenario")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """With --json the first line is the address and the credentials as an object."""
    number = whole_from(port, "--port") or 0
    from trueup_simulators import launch

    one_of(launch.known_kind(kind), tuple(launch.KINDS), "KIND")
    if not 0 <= number <= 65535:
        raise UsageFault("usage.not_a_whole_number", option="--port", value=port)
    try:
        running = launch.start(kind, port=number, scenario_path=scenario)
    except launch.LaunchError as error:
        raise UsageFault("usage.simulator", detail=str(error)) from None
    return launch.serve(kind, running, as_json=as_json)
