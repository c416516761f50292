"""`trueup simulate`: rules tried on past months, beside what was billed."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trueup.cli.arguments import month_from
from trueup.cli.rule_options import takes_a_rule
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

if TYPE_CHECKING:
    from trueup.app.rulebook.rule_draft import RuleDraft

app = new_app()

_Json = Annotated[bool, typer.Option("--json", help="json")]
_Csv = Annotated[bool, typer.Option("--csv", help="simulate.csv")]
_Id = Annotated[str, typer.Argument(metavar="SIMULATION", help="simulate.simulation")]


@app.callback(cls=SpokenGroup)
def simulate() -> None:
    """Rules tried on past months."""


@app.command("rule", cls=SpokenCommand)
@takes_a_rule
def rule(
    ctx: typer.Context,
    draft: RuleDraft,
    first: Annotated[str | None, typer.Option("--from", metavar="MONTH", help="simulate.first")] = None,
    last: Annotated[str | None, typer.Option("--until", metavar="MONTH", help="simulate.last")] = None,
    as_csv: _Csv = False,
    as_json: _Json = False,
) -> int:
    """Try a rule; nothing is written in the PSA, and no rule is changed."""
    since, until = month_from(first, "--from"), month_from(last, "--until")
    from trueup.app.simulations.simulating import simulate as use
    from trueup.cli.rendering.simulation import show
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        made = waited(use, ws, [draft], since, until)
    return show(made, made.checksum, words(), as_csv=as_csv, as_json=as_json)


@app.command("list", cls=SpokenCommand)
def list_all(ctx: typer.Context, as_json: _Json = False) -> int:
    """The newest simulations."""
    from trueup.app.simulations.approving import simulations
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import Plain, write_json
    from trueup.cli.rendering.simulation import listed_plain, write_list
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        found = waited(simulations, ws)
    said = words()
    if as_json:
        told: list[Plain] = [listed_plain(one, said) for one in found]
        write_json({"simulations": told})
    else:
        write_list(out(), found, said)
    return 0


@app.command("show", cls=SpokenCommand)
def show_one(ctx: typer.Context, simulation: _Id, as_csv: _Csv = False, as_json: _Json = False) -> int:
    """One simulation as it was shown."""
    from trueup.app.simulations import approving
    from trueup.cli.rendering.simulation import show
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        stored = waited(approving.simulation, ws, simulation)
    return show(stored.simulation, stored.checksum, words(), as_csv=as_csv, as_json=as_json)


@app.command("approve", cls=SpokenCommand)
def approve(
    ctx: typer.Context,
    simulation: _Id,
    checksum: Annotated[str | None, typer.Option("--checksum", metavar="TEXT", help="simulate.checksum")] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="simulate.reason")] = "",
    as_json: _Json = False,
) -> int:
    """Put the rules of a simulation in force."""
    from trueup.app.simulations import approving
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import Plain, write_json
    from trueup.cli.rendering.rules import rule_plain
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace
    from trueup.messages.rule_sentence import sentence_of

    said = words()
    with workspace(ctx) as ws:
        shown = checksum or waited(approving.simulation, ws, simulation).checksum
        saved = waited(approving.approve_simulation, ws, simulation, shown, reason)
    if as_json:
        told: list[Plain] = [{**rule_plain(one.rule, said), "changed": one.changed} for one in saved]
        write_json({"simulation": simulation, "rules": told})
        return 0
    console = out()
    for one in saved:
        key = "cli.rule.saved" if one.changed else "cli.rule.unchanged"
        paragraph(console, said.text(key, rule=one.rule.id, version=one.rule.version))
        paragraph(console, sentence_of(one.rule, said))
    return 0
