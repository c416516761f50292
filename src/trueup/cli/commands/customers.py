"""`trueup customers`: which organization of a module is which customer."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault, day_from, one_of, whole_from
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()

_Connection = Annotated[str, typer.Argument(metavar="CONNECTION", help="customers.connection")]
_Key = Annotated[str, typer.Argument(metavar="KEY", help="customers.key")]
_Json = Annotated[bool, typer.Option("--json", help="json")]
_STATES = ("mapped", "unmapped", "ignored")


@app.callback(cls=SpokenGroup)
def customers() -> None:
    """Which organization of a module is which customer."""


@app.command("suggest", cls=SpokenCommand)
def suggest(
    ctx: typer.Context,
    accept: Annotated[str | None, typer.Option("--accept-above", metavar="SCORE", help="customers.accept")] = None,
    as_json: _Json = False,
) -> int:
    """Show who waits; with --accept-above decide in bulk first."""
    score = whole_from(accept, "--accept-above")
    from trueup.app.mapping import customers as use
    from trueup.cli.console import out
    from trueup.cli.rendering.customers import match_plain, write_matches
    from trueup.cli.rendering.plain import Plain, write_json
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        accepted = waited(use.accept_above, ws, score) if score is not None else None
        matches = waited(use.suggest, ws)
    if as_json:
        told: list[Plain] = [match_plain(match, said) for match in matches]
        write_json({"accepted": accepted, "organizations": told})
        return 0
    console = out()
    if accepted is not None:
        paragraph(console, said.text("cli.customers.accepted", count=accepted))
    write_matches(console, matches, said)
    return 0


@app.command("map", cls=SpokenCommand)
def map_one(
    ctx: typer.Context,
    connection: _Connection,
    key: _Key,
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="customers.customer")],
    items: Annotated[str | None, typer.Option("--items", metavar="EXPRESSION", help="customers.items")] = None,
) -> int:
    """Map an organization."""
    from trueup.app.mapping import customers as use
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        warnings = waited(use.map_organization, ws, connection, key, customer, items)
    key_of_text = "cli.customers.mapped" if items is None else "cli.customers.shared"
    paragraph(out(), said.text(key_of_text, organization=key, customer_id=customer, filter=items))
    for warning in warnings:
        paragraph(out(), said.say(warning), style="yellow")
    return 0


@app.command("unmap", cls=SpokenCommand)
def unmap(
    ctx: typer.Context,
    connection: _Connection,
    key: _Key,
    customer: Annotated[str | None, typer.Option("--customer", metavar="CUSTOMER", help="customers.part")] = None,
) -> int:
    """Take a decision back."""
    from trueup.app.mapping import customers as use
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        waited(use.unmap, ws, connection, key, customer)
    paragraph(out(), words().text("cli.customers.unmapped", organization=key))
    return 0


@app.command("ignore", cls=SpokenCommand)
def ignore(
    ctx: typer.Context,
    connection: _Connection,
    key: _Key,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="customers.reason")] = None,
) -> int:
    """Leave an organization out."""
    if reason is None:
        raise UsageFault("usage.missing_option", option="--reason")
    from trueup.app.mapping import customers as use
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        waited(use.ignore, ws, connection, key, reason)
    paragraph(out(), words().text("cli.customers.ignored", organization=key))
    return 0


@app.command("onboarding", cls=SpokenCommand)
def onboarding(
    ctx: typer.Context,
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="customers.onboarded")],
    until: Annotated[str | None, typer.Option("--until", metavar="DAY", help="customers.until")] = None,
    end: Annotated[bool, typer.Option("--end", help="customers.end")] = False,
) -> int:
    """Take a customer on."""
    day = day_from(until, "--until")
    if day is None and not end:
        raise UsageFault("usage.missing_option", option="--until")
    from trueup.app.mapping import onboarding as use
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        found = waited(use.set_onboarding, ws, customer, None if end else day)
    said = words()
    if found is None:
        paragraph(out(), said.text("cli.customers.onboarding_ended", customer=customer))
    else:
        paragraph(out(), said.text("cli.customers.onboarding", customer=found.name, until=found.until))
    return 0


@app.command("list", cls=SpokenCommand)
def list_all(
    ctx: typer.Context,
    state: Annotated[str | None, typer.Option("--state", metavar="STATE", help="customers.state")] = None,
    as_json: _Json = False,
) -> int:
    """Show every organization."""
    one_of(state, _STATES, "--state")
    from trueup.app.mapping import customers as use
    from trueup.cli.console import out
    from trueup.cli.rendering.customers import state_plain, write_states
    from trueup.cli.rendering.plain import Plain, write_json
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        found = [one for one in waited(use.listing, ws) if state in (None, one.state)]
    if as_json:
        told: list[Plain] = [state_plain(one, said) for one in found]
        write_json({"organizations": told})
    else:
        write_states(out(), found, said)
    return 0
