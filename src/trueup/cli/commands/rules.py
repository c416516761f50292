"""`trueup rules`: how contract lines follow usage."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trueup.cli.arguments import UsageFault, decimal_from, whole_from
from trueup.cli.commands import rule_groups
from trueup.cli.rule_options import takes_a_rule
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

if TYPE_CHECKING:
    from trueup.app.rulebook.rule_draft import RuleDraft

app = new_app()
app.add_typer(rule_groups.app, name="group")

_Json = Annotated[bool, typer.Option("--json", help="json")]
_Text = str | None


@app.callback(cls=SpokenGroup)
def rules() -> None:
    """How contract lines follow usage."""


@app.command("list", cls=SpokenCommand)
def list_all(ctx: typer.Context, as_json: _Json = False) -> int:
    """Show all rules."""
    from trueup.app.rulebook import rules as use
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import Plain, write_json
    from trueup.cli.rendering.rules import listed_plain, write_rules
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        listed = waited(use.listing, ws)
    if as_json:
        told: list[Plain] = [listed_plain(one, said) for one in listed]
        write_json({"rules": told})
    else:
        write_rules(out(), listed, said)
    return 0


@app.command("set", cls=SpokenCommand)
@takes_a_rule
def set_rule(ctx: typer.Context, draft: RuleDraft, as_json: _Json = False) -> int:
    """Save a rule; what is not given stays as it is or is inherited."""
    from trueup.app.rulebook import rules as use
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import reasons_plain, write_json
    from trueup.cli.rendering.rules import rule_plain
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace
    from trueup.messages.rule_sentence import sentence_of

    said = words()
    with workspace(ctx) as ws:
        saved = waited(use.set_rule, ws, draft)
    if as_json:
        told = {**rule_plain(saved.rule, said), "changed": saved.changed}
        write_json({**told, "warnings": reasons_plain(saved.warnings, said)})
        return 0
    console = out()
    key = "cli.rule.saved" if saved.changed else "cli.rule.unchanged"
    paragraph(console, said.text(key, rule=saved.rule.id, version=saved.rule.version))
    paragraph(console, sentence_of(saved.rule, said))
    for warning in saved.warnings:
        paragraph(console, said.say(warning), style="yellow")
    return 0


@app.command("suggest", cls=SpokenCommand)
def suggest(
    ctx: typer.Context,
    create: Annotated[_Text, typer.Option("--create-service", metavar="NAME", help="rules.create_service")] = None,
    add_line: Annotated[_Text, typer.Option("--add-line", metavar="CONTRACT", help="rules.add_line")] = None,
    service: Annotated[_Text, typer.Option("--service", metavar="ID", help="rules.line_service")] = None,
    price: Annotated[_Text, typer.Option("--price", metavar="AMOUNT", help="rules.price")] = None,
    code: Annotated[_Text, typer.Option("--billing-code", metavar="ID", help="rules.billing_code")] = None,
    months: Annotated[str, typer.Option("--period", metavar="MONTHS", help="rules.period")] = "1",
    units: Annotated[_Text, typer.Option("--units", metavar="N", help="rules.units")] = None,
    withdraw: Annotated[_Text, typer.Option("--withdraw", metavar="REQUEST", help="rules.withdraw")] = None,
    codes: Annotated[bool, typer.Option("--billing-codes", help="rules.billing_codes")] = False,
    as_json: _Json = False,
) -> int:
    """Show what is missing; the options ask for services and lines, which the next plan shows as entries."""
    number, length = whole_from(units, "--units"), whole_from(months, "--period") or 1
    amount = decimal_from(price, "--price")
    if create is not None and amount is None:
        raise UsageFault("usage.missing_option", option="--price")
    if create is not None and code is None:
        raise UsageFault("usage.missing_option", option="--billing-code")
    if add_line is not None and service is None:
        raise UsageFault("usage.missing_option", option="--service")
    from trueup.app.rulebook import rules as use
    from trueup.app.writes import entries
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import Plain, write_json
    from trueup.cli.rendering.rules import request_plain, suggestion_plain, write_requests, write_suggestions
    from trueup.cli.rendering.tables import paragraph, write_table
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        if codes:
            found = waited(entries.billing_codes, ws)
            listed: list[Plain] = [{"billing_code": one.id, "name": one.name} for one in found]
            if as_json:
                write_json({"billing_codes": listed})
            else:
                titles = (said.text("cli.request.billing_code"), said.text("cli.metrics.label"))
                write_table(out(), titles, [(one.id, one.name) for one in found])
            return 0
        if create is not None and amount is not None and code is not None:
            waited(entries.request_service, ws, create, amount, code, length)
        if add_line is not None and service is not None:
            waited(entries.request_line, ws, add_line, service, amount if create is None else None, number)
        if withdraw is not None:
            waited(entries.withdraw, ws, withdraw)
        asked = waited(entries.listing, ws)
        suggestions = () if create or add_line or withdraw else waited(use.suggest, ws)
    if as_json:
        told: list[Plain] = [suggestion_plain(one, said) for one in suggestions]
        requests: list[Plain] = [request_plain(one) for one in asked]
        write_json({"suggestions": told, "requests": requests})
        return 0
    console = out()
    if not (create or add_line or withdraw):
        write_suggestions(console, suggestions, said)
    write_requests(console, asked, said)
    if asked:
        paragraph(console, said.text("cli.request.next"))
    return 0


@app.command("remove", cls=SpokenCommand)
def remove(ctx: typer.Context, rule: Annotated[str, typer.Argument(metavar="RULE", help="rules.rule")]) -> int:
    """Remove a rule."""
    from trueup.app.rulebook import rules as use
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        waited(use.remove, ws, rule)
    paragraph(out(), words().text("cli.rule.removed", rule=rule))
    return 0
