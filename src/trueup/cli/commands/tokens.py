"""`trueup tokens`: API tokens of a tenant."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import one_of, whole_from
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()

SCOPES = ("read", "write", "approve", "admin")
_Json = Annotated[bool, typer.Option("--json", help="json")]


@app.callback(cls=SpokenGroup)
def tokens() -> None:
    """API tokens of a tenant."""


@app.command("list", cls=SpokenCommand)
def list_all(ctx: typer.Context, as_json: _Json = False) -> int:
    """Show the tokens."""
    from trueup.app.people import tokens as use
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import Plain, write_json
    from trueup.cli.rendering.tokens import token_plain, write_tokens
    from trueup.cli.session import installation, options_of, waited, words, zone_of

    with installation(ctx) as house:
        tenant = options_of(ctx).tenant
        found, zone, now = waited(use.tokens_of, house, tenant), zone_of(house, tenant), house.now()
    if as_json:
        told: list[Plain] = [token_plain(one, now) for one in found]
        write_json({"tokens": told})
    else:
        write_tokens(out(), found, now, zone, words())
    return 0


@app.command("create", cls=SpokenCommand)
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="tokens.name")],
    scope: Annotated[str, typer.Option("--scope", metavar="SCOPE", help="tokens.scope")],
    days: Annotated[str, typer.Option("--days", metavar="N", help="tokens.days")],
    as_json: _Json = False,
) -> int:
    """Make a token."""
    one_of(scope, SCOPES, "--scope")
    number = whole_from(days, "--days") or 0
    from trueup.app.people import tokens as use
    from trueup.cli.console import out, write_line
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.rendering.tokens import token_plain
    from trueup.cli.session import installation, operator, options_of, waited, words

    with installation(ctx) as house:
        actor, tenant = operator().name, options_of(ctx).tenant
        made = waited(use.make_token, house, tenant, name, use.Scope(scope), number, actor, None)
        now = house.now()
    if as_json:
        write_json({**token_plain(made.token, now), "secret": made.text})
    else:
        text = words().text("cli.tokens.made", number=made.token.id, ends=made.token.ends_at.date())
        paragraph(out(), text)
        write_line(made.text)
    return 0


@app.command("revoke", cls=SpokenCommand)
def revoke(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="tokens.number")],
) -> int:
    """Let a token work no more."""
    chosen = whole_from(number, "NUMBER") or 0
    from trueup.app.people import tokens as use
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import installation, operator, options_of, waited, words

    with installation(ctx) as house:
        gone = waited(use.revoke_token, house, options_of(ctx).tenant, chosen, operator().name)
    paragraph(out(), words().text("cli.tokens.revoked", number=gone.id, name=gone.name))
    return 0
