"""`trueup check`: the prerequisites, live."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault
from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def check(
    ctx: typer.Context,
    facts: Annotated[bool, typer.Option("--facts", help="check.facts")] = False,
    report: Annotated[str | None, typer.Option("--report", metavar="FILE", help="check.report")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Exit code 1 where an answer is a failure; questions to a person and warnings do not fail."""
    from pathlib import Path

    from trueup.app.connections import checking
    from trueup.cli.console import out
    from trueup.cli.rendering.findings import write_findings
    from trueup.cli.rendering.plain import Plain, finding_plain, write_json
    from trueup.cli.session import waited, words, workspace
    from trueup.core.finding import FindingState

    said = words()
    with workspace(ctx) as ws:
        findings = waited(checking.check, ws, facts)
    if report is not None:
        import json

        text = json.dumps(checking.facts_report(findings), ensure_ascii=False, indent=2)
        try:
            Path(report).write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageFault("usage.file_unwritable", path=report, detail=error.strerror or "") from None
    failed = any(finding.state is FindingState.FAILED for finding in findings)
    if as_json:
        told: list[Plain] = [finding_plain(finding, said) for finding in findings]
        write_json({"failed": failed, "findings": told})
    else:
        write_findings(out(), findings, said)
    return 1 if failed else 0
