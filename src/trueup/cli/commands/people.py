"""`trueup people`: who may use the web application, and what they may do."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trueup.cli.arguments import UsageFault, one_of, whole_from
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

if TYPE_CHECKING:
    from trueup.core.roles import Role

app = new_app()

ROLES = ("viewer", "billing", "approver", "administrator")
_Json = Annotated[bool, typer.Option("--json", help="json")]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="people.name")]
_Url = Annotated[str, typer.Option("--url", metavar="URL", help="people.url")]
_PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="people.password_stdin")]
HERE = "http://localhost:8321"


@app.callback(cls=SpokenGroup)
def people() -> None:
    """Who may use the web application."""


def _role(text: str, option: str) -> Role:
    one_of(text, ROLES, option)
    from trueup.core.roles import Role

    return Role(text)


@app.command("list", cls=SpokenCommand)
def list_all(ctx: typer.Context, as_json: _Json = False) -> int:
    """Show the people of this tenant."""
    from trueup.app.people import membership
    from trueup.cli.console import out
    from trueup.cli.rendering.people import person_plain, write_people
    from trueup.cli.rendering.plain import Plain, write_json
    from trueup.cli.session import installation, options_of, waited, words, zone_of

    with installation(ctx) as house:
        tenant = options_of(ctx).tenant
        found, zone = waited(membership.people_of, house, tenant), zone_of(house, tenant)
    if as_json:
        told: list[Plain] = [person_plain(one) for one in found]
        write_json({"people": told})
    else:
        write_people(out(), found, zone, words())
    return 0


@app.command("add", cls=SpokenCommand)
def add(
    ctx: typer.Context,
    name: _Name,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="people.role")],
    email: Annotated[str | None, typer.Option("--email", metavar="ADDRESS", help="people.email")] = None,
    language: Annotated[str | None, typer.Option("--language", metavar="en|fr", help="people.language")] = None,
    from_stdin: _PasswordStdin = False,
    link: Annotated[bool, typer.Option("--link", help="people.link")] = False,
    url: _Url = HERE,
) -> int:
    """Add somebody."""
    chosen = _role(role, "--role")
    from trueup.app.people import links, membership, passwords
    from trueup.cli.passwords import password_for
    from trueup.cli.rendering.people import write_added, write_link
    from trueup.cli.session import installation, operator, options_of, waited

    new = membership.NewPerson(name, email, language)
    with installation(ctx) as house:
        tenant = options_of(ctx).tenant
        password = None if link else password_for(name, from_stdin=from_stdin)
        hashed = None
        if password is not None:
            passwords.check_password(password, (name, email or ""))
            hashed = waited(passwords.hashed_password, password)
        person = waited(membership.add_person, house, tenant, new, chosen, operator(), hashed)
        write_added(person, chosen, tenant)
        if person.password is None:
            write_link(waited(links.one_time_link, house, person), url)
    return 0


@app.command("role", cls=SpokenCommand)
def role_of(
    ctx: typer.Context,
    name: _Name,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="people.role")],
) -> int:
    """Give somebody another role."""
    chosen = _role(role, "ROLE")
    from trueup.app.people import membership
    from trueup.cli.rendering.people import write_added
    from trueup.cli.session import installation, operator, options_of, waited

    with installation(ctx) as house:
        tenant = options_of(ctx).tenant
        shown = waited(membership.set_role, house, tenant, name, chosen, operator())
        write_added(shown.person, chosen, tenant)
    return 0


@app.command("remove", cls=SpokenCommand)
def remove(ctx: typer.Context, name: _Name) -> int:
    """Let somebody go."""
    from trueup.app.people import membership
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import installation, operator, options_of, waited, words

    with installation(ctx) as house:
        person = waited(membership.remove_member, house, options_of(ctx).tenant, name, operator())
    paragraph(out(), words().text("cli.people.removed", name=person.name))
    return 0


@app.command("reset", cls=SpokenCommand)
def reset(ctx: typer.Context, name: _Name, url: _Url = HERE) -> int:
    """Take somebody's password away."""
    from trueup.app.people import links
    from trueup.cli.rendering.people import write_link
    from trueup.cli.session import installation, operator, options_of, waited

    with installation(ctx) as house:
        write_link(waited(links.reset_person, house, options_of(ctx).tenant, name, operator()), url)
    return 0


@app.command("sign-in", cls=SpokenCommand)
def sign_in(
    ctx: typer.Context,
    second_factor: Annotated[
        str | None, typer.Option("--second-factor", metavar="required|offered", help="people.second_factor")
    ] = None,
    link_minutes: Annotated[str | None, typer.Option("--link-minutes", metavar="N", help="people.link_minutes")] = None,
    as_json: _Json = False,
) -> int:
    """What a sign-in needs; without options, what holds."""
    one_of(second_factor, ("required", "offered"), "--second-factor")
    minutes = whole_from(link_minutes, "--link-minutes")
    from trueup.app.people import sign_in_policy
    from trueup.cli.rendering.people import policy_plain, write_policy
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import installation, operator, waited

    wanted = None if second_factor is None else second_factor == "required"
    with installation(ctx) as house:
        if wanted is None and minutes is None:
            found = sign_in_policy.policy_of(house)
        else:
            found = waited(
                sign_in_policy.set_policy, house, operator().name, second_factor=wanted, link_minutes=minutes
            )
    write_json(policy_plain(found)) if as_json else write_policy(found)
    return 0


@app.command("provider", cls=SpokenCommand)
def provider(
    ctx: typer.Context,
    issuer: Annotated[str | None, typer.Option("--issuer", metavar="URL", help="people.issuer")] = None,
    client_id: Annotated[str | None, typer.Option("--client-id", metavar="ID", help="people.client_id")] = None,
    label: Annotated[str, typer.Option("--label", metavar="TEXT", help="people.label")] = "OpenID Connect",
    url: _Url = HERE,
    remove_it: Annotated[bool, typer.Option("--remove", help="people.provider_remove")] = False,
    from_stdin: Annotated[bool, typer.Option("--secret-stdin", help="people.secret_stdin")] = False,
) -> int:
    """Where people sign in instead of with a password; without options, what holds."""
    from trueup.app.people import provider as use
    from trueup.cli.passwords import secret_for
    from trueup.cli.rendering.people import write_provider
    from trueup.cli.session import installation, operator, waited

    with installation(ctx) as house:
        if remove_it:
            waited(use.remove_provider, house)
        elif issuer is not None:
            if client_id is None:
                raise UsageFault("usage.missing_option", option="--client-id")
            wanted = use.Provider(issuer, client_id, url, label)
            waited(use.set_provider, house, wanted, secret_for(from_stdin=from_stdin), operator().name)
        write_provider(waited(use.provider_of, house))
    return 0
