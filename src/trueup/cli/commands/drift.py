"""`trueup drift`: what somebody edited in the PSA since a line was agreed with, and what to do about it."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import DRIFT_POLICIES, UsageFault, one_of
from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def drift(
    ctx: typer.Context,
    line: Annotated[str | None, typer.Option("--line", metavar="LINE", help="drift.line")] = None,
    decision: Annotated[str | None, typer.Option("--decide", metavar="POLICY", help="drift.decide")] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="drift.reason")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Exit code 3 where an edit waits for a person, else 0."""
    one_of(decision, DRIFT_POLICIES[1:], "--decide")
    if decision is not None and line is None:
        raise UsageFault("usage.missing_option", option="--line")
    from trueup.app.drift import deciding, looking
    from trueup.cli.console import out
    from trueup.cli.rendering.drift import decided_document, report_document, waits, write_decided, write_report
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace
    from trueup.core.rule import DriftPolicy

    said = words()
    if decision is not None and line is not None:
        with workspace(ctx) as ws:
            done = waited(deciding.decide, ws, line, DriftPolicy(decision.replace("-", "_")), reason)
        if as_json:
            write_json(decided_document(done, said))
        else:
            write_decided(out(), done, said)
        return 0
    with workspace(ctx) as ws:
        report = waited(looking.look, ws, frozenset({line}) if line else None)
    if as_json:
        write_json(report_document(report, said))
    else:
        write_report(out(), report, said)
    return 3 if waits(report) else 0
