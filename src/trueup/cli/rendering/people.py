"""People: who may do what, and links with which they come in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo

from rich.console import Console

from trueup.app.people.membership import MemberShown
from trueup.app.people.provider import Provider
from trueup.app.people.sign_in_policy import SignInPolicy
from trueup.cli.console import out, write_line
from trueup.cli.rendering.plain import Plain, value_plain
from trueup.cli.rendering.tables import paragraph, write_table
from trueup.cli.session import words
from trueup.core.roles import Role
from trueup.messages.sentences import Sentences
from trueup.store.persons import Person


def write_people(console: Console, people: Iterable[MemberShown], zone: tzinfo, said: Sentences) -> None:
    """A row for each."""
    keys = ("cli.people.name", "cli.people.role", "cli.people.email", "cli.people.has_password", "cli.people.seen")
    titles = tuple(map(said.text, keys))
    rows = [
        (
            one.person.name,
            said.word("role", one.member.role.value),
            one.person.email or said.text("word.nothing"),
            said.text("word.yes" if one.has_password else "word.no"),
            said.moment(one.seen_at.astimezone(zone)) if one.seen_at else said.text("word.nothing"),
        )
        for one in people
    ]
    if rows:
        write_table(console, titles, rows)
    else:
        paragraph(console, said.text("cli.people.none"))


def person_plain(one: MemberShown) -> dict[str, Plain]:
    """A person as JSON."""
    return {
        "id": one.person.id,
        "name": one.person.name,
        "role": one.member.role.value,
        "email": one.person.email,
        "language": one.person.language,
        "has_password": one.has_password,
        "sessions": one.sessions,
        "seen_at": value_plain(one.seen_at),
        "added_by": one.member.added_by,
        "added_at": value_plain(one.member.added_at),
    }


def write_added(person: Person, role: Role, tenant: str) -> None:
    """What somebody may do now."""
    said = words()
    paragraph(out(), said.text("cli.people.put", name=person.name, role=role.value, tenant=tenant))


def write_link(secret: str, url: str) -> None:
    """A link that works once; the address alone on its line, to be copied."""
    paragraph(out(), words().text("cli.people.link"))
    write_line(f"{url.rstrip('/')}/welcome/{secret}")


def write_provider(provider: Provider | None) -> None:
    """Where people sign in instead, and the address to register there."""
    said = words()
    if provider is None:
        paragraph(out(), said.text("cli.people.no_provider"))
        return
    told = {"issuer": provider.issuer, "client": provider.client_id, "label": provider.label}
    paragraph(out(), said.text("cli.people.provider", **told))
    write_line(provider.redirect_uri)


def write_policy(policy: SignInPolicy) -> None:
    """What a sign-in needs, and how long links work."""
    said = words()
    required = policy.second_factor
    paragraph(out(), said.text("cli.people.second_required" if required else "cli.people.second_offered"))
    paragraph(out(), said.text("cli.people.links_last", minutes=policy.link_minutes))


def policy_plain(policy: SignInPolicy) -> dict[str, Plain]:
    """The same as JSON."""
    return {"second_factor": "required" if policy.second_factor else "offered", "link_minutes": policy.link_minutes}
