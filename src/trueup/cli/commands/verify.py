"""`trueup verify`: read back what a run changed."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def verify(
    ctx: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="verify.run")],
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Exit code 1 where the PSA shows something else than was planned."""
    from trueup.app.writes import verifying
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.runs import verify_document, write_proof
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        result = waited(verifying.verify, ws, run)
    if as_json:
        write_json(verify_document(result))
    else:
        write_proof(out(), result, words())
    return 0 if result.right else 1
