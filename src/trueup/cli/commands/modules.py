"""`trueup modules`: how every module stands."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def modules(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Exit code 3 where a module failed, is blocked or is silent."""
    from trueup.app.schedule.states import ModuleStatus, module_states
    from trueup.cli.console import out
    from trueup.cli.rendering.modules import states_document, write_states
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        found = waited(module_states, ws)
        settings = ws.store.settings.get()
    if as_json:
        write_json(states_document(found, said))
    else:
        write_states(out(), found, said, settings)
    bad = {ModuleStatus.FAILED, ModuleStatus.BLOCKED, ModuleStatus.STALE}
    return 3 if any(one.state in bad for one in found) else 0
