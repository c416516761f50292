"""`trueup tenant`: the MSPs of this installation; for its operator."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trueup.cli.arguments import one_of
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()

_Json = Annotated[bool, typer.Option("--json", help="json")]
_Tenant = Annotated[str, typer.Argument(metavar="TENANT", help="tenants.tenant")]


@app.callback(cls=SpokenGroup)
def tenant() -> None:
    """The MSPs of this installation."""


@app.command("list", cls=SpokenCommand)
def list_all(ctx: typer.Context, as_json: _Json = False) -> int:
    """How each stands."""
    from trueup.app.platform.standing import standings
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.tenants import standings_document, write_standings
    from trueup.cli.session import waited, whole_installation, words

    said = words()
    with whole_installation(ctx) as house:
        found = waited(standings, house)
    if as_json:
        write_json(standings_document(found, said))
    else:
        write_standings(out(), found, said)
    return 0


@app.command("create", cls=SpokenCommand)
def create(
    ctx: typer.Context,
    tenant: _Tenant,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="init.name")] = None,
    time_zone: Annotated[str | None, typer.Option("--time-zone", metavar="ZONE", help="init.time_zone")] = None,
    currency: Annotated[str | None, typer.Option("--currency", metavar="CODE", help="init.currency")] = None,
    language: Annotated[str | None, typer.Option("--language", metavar="en|fr", help="init.language")] = None,
    mode: Annotated[str | None, typer.Option("--mode", metavar="MODE", help="init.mode")] = None,
) -> int:
    """Make one more in a store that is there."""
    one_of(mode, ("read-only", "manual", "automatic"), "--mode")
    from trueup.app.connections.setup import TenantChoices
    from trueup.app.platform import tenants
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import operator, waited, whole_installation, words
    from trueup.cli.speaking import language as spoken
    from trueup.core.rule import Mode

    choices = TenantChoices(name, time_zone, currency, language or spoken(), Mode(mode) if mode else None)
    with whole_installation(ctx) as house:
        waited(tenants.create_tenant, house, tenant, choices, operator().name)
    paragraph(out(), words().text("cli.tenant.created", tenant=tenant))
    return 0


@app.command("suspend", cls=SpokenCommand)
def suspend(
    ctx: typer.Context,
    tenant: _Tenant,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="tenants.reason")] = None,
) -> int:
    """Let one rest."""
    from trueup.app.platform import tenants
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import operator, waited, whole_installation, words

    with whole_installation(ctx) as house:
        waited(tenants.suspend, house, tenant, operator().name, reason)
    paragraph(out(), words().text("cli.tenant.suspended", tenant=tenant))
    return 0


@app.command("resume", cls=SpokenCommand)
def resume(ctx: typer.Context, tenant: _Tenant) -> int:
    """Take one up again."""
    from trueup.app.platform import tenants
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import operator, waited, whole_installation, words

    with whole_installation(ctx) as house:
        waited(tenants.resume, house, tenant, operator().name)
    paragraph(out(), words().text("cli.tenant.resumed", tenant=tenant))
    return 0


@app.command("export", cls=SpokenCommand)
def export(
    ctx: typer.Context,
    tenant: _Tenant,
    file: Annotated[str, typer.Argument(metavar="FILE", help="tenants.file")],
) -> int:
    """All that belongs to one, as an archive."""
    from trueup.app.platform import tenants
    from trueup.cli.console import out
    from trueup.cli.rendering.tenants import write_archived
    from trueup.cli.session import operator, waited, whole_installation, words

    with whole_installation(ctx) as house:
        found = waited(tenants.export_tenant, house, tenant, Path(file), operator().name)
    write_archived(out(), found, Path(file), words())
    return 0


@app.command("delete", cls=SpokenCommand)
def delete(
    ctx: typer.Context,
    tenant: _Tenant,
    confirm: Annotated[str | None, typer.Option("--confirm", metavar="TENANT", help="tenants.confirm")] = None,
    force: Annotated[bool, typer.Option("--force", help="tenants.force")] = False,
) -> int:
    """Exit code 4 while something runs in it or a write has no known end."""
    from trueup.app.platform import tenants
    from trueup.cli.console import asked, out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import operator, waited, whole_installation, words

    said = words()
    with whole_installation(ctx) as house:
        typed = asked(said.text("cli.tenant.type_it", tenant=tenant)) if confirm is None else confirm
        gone = waited(tenants.delete_tenant, house, tenant, typed, operator().name, force=force)
    paragraph(out(), said.text("cli.tenant.deleted", tenant=tenant, rows=gone.rows))
    return 0


@app.command("operators", cls=SpokenCommand)
def operators(
    ctx: typer.Context,
    add: Annotated[list[str] | None, typer.Option("--add", metavar="NAME", help="tenants.add")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", metavar="NAME", help="tenants.remove")] = None,
    as_json: _Json = False,
) -> int:
    """Who may do this over the web application and the API too."""
    from trueup.app.platform import operators as use
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import Plain, write_json
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import operator, waited, whole_installation, words

    with whole_installation(ctx) as house:
        for names, on in ((add or (), True), (remove or (), False)):
            for name in names:
                waited(use.set_operator, house, name, operator().name, on=on)
        found = [person.name for person in waited(use.operators_of, house)]
    if as_json:
        names_plain: list[Plain] = [*found]
        write_json({"operators": names_plain})
        return 0
    said = words()
    told = said.text("cli.tenant.operators", names=", ".join(found)) if found else said.text("cli.tenant.no_operator")
    paragraph(out(), told)
    return 0
