"""Keys of modules that push, without their secrets."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from trueup.cli.rendering.plain import Plain
from trueup.cli.rendering.tables import paragraph, write_table
from trueup.messages.sentences import Sentences
from trueup.store.pushes import PushKey


def key_plain(key: PushKey) -> dict[str, Plain]:
    """One key as JSON."""
    return {
        "number": key.id,
        "connection": key.connection,
        "prefix": key.prefix,
        "note": key.note,
        "made_by": key.added_by,
        "made_at": key.added_at.isoformat(),
        "used_at": key.used_at.isoformat() if key.used_at else None,
    }


def write_keys(console: Console, keys: Iterable[PushKey], said: Sentences) -> None:
    """A table of the keys."""
    rows = [
        (
            str(one.id),
            one.connection,
            one.prefix,
            said.moment(one.added_at),
            said.moment(one.used_at) if one.used_at else "-",
            one.note,
        )
        for one in keys
    ]
    if not rows:
        paragraph(console, said.text("cli.push.none"))
        return
    titles = [said.text(f"cli.push.{name}") for name in ("number", "connection", "begins", "made", "used", "note")]
    write_table(console, titles, rows, right=(0,))
