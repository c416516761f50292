"""API tokens: what each may do, until when, and when it was last used."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo

from rich.console import Console

from trueup.app.people.tokens import state_of
from trueup.cli.rendering.plain import Plain, value_plain
from trueup.cli.rendering.tables import paragraph, write_table
from trueup.messages.sentences import Sentences
from trueup.store.tokens import ApiToken


def write_tokens(console: Console, tokens: Iterable[ApiToken], now: datetime, zone: tzinfo, said: Sentences) -> None:
    """A row for each."""
    keys = ("cli.tokens.number", "cli.tokens.name", "cli.tokens.scope", "cli.tokens.person")
    more = ("cli.tokens.ends", "cli.tokens.used", "cli.tokens.state")
    rows = [
        (
            str(one.id),
            one.name,
            said.word("scope", one.scope),
            one.made_by,
            said.day(one.ends_at.astimezone(zone).date()),
            said.moment(one.used_at.astimezone(zone)) if one.used_at else said.text("word.nothing"),
            said.word("token", state_of(one, now)),
        )
        for one in tokens
    ]
    if rows:
        write_table(console, tuple(map(said.text, (*keys, *more))), rows, right=(0,))
    else:
        paragraph(console, said.text("cli.tokens.none"))


def token_plain(one: ApiToken, now: datetime) -> dict[str, Plain]:
    """A token as JSON, without its secret."""
    return {
        "number": one.id,
        "name": one.name,
        "scope": one.scope,
        "state": state_of(one, now),
        "made_by": one.made_by,
        "made_at": value_plain(one.made_at),
        "ends_at": value_plain(one.ends_at),
        "used_at": value_plain(one.used_at),
        "revoked_by": one.revoked_by,
        "revoked_at": value_plain(one.revoked_at),
    }
