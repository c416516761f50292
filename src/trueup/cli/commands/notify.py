"""`trueup notify`: who is told when something is the matter."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import pairs_from, whole_from
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()

_Json = Annotated[bool, typer.Option("--json", help="json")]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="notify.name")]


@app.callback(cls=SpokenGroup)
def notify() -> None:
    """Who is told when something is the matter."""


@app.command("add", cls=SpokenCommand)
def add(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="notify.kind")],
    name: _Name,
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="notify.set")] = None,
    language: Annotated[str, typer.Option("--language", metavar="en|fr", help="notify.language")] = "en",
    only: Annotated[list[str] | None, typer.Option("--only", metavar="NOTICE", help="notify.only")] = None,
    remind: Annotated[str | None, typer.Option("--remind-days", metavar="N", help="notify.remind")] = None,
    secrets_stdin: Annotated[bool, typer.Option("--secrets-stdin", help="connect.secrets_stdin")] = False,
) -> int:
    """Secrets are asked for, read from the environment (TRUEUP_WEBHOOK_SECRET) or from standard input."""
    given, days = pairs_from(settings or (), "--set"), whole_from(remind, "--remind-days")
    from trueup.app.notices import receivers as use
    from trueup.app.notices.receiver_kinds import secrets_of
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.secrets import refuse_in_settings, secrets_for
    from trueup.cli.session import waited, words, workspace

    names = secrets_of(kind, given)
    refuse_in_settings(kind, names, given)
    with workspace(ctx) as ws:
        secret = secrets_for(kind, names, from_input=secrets_stdin) if names else {}
        waited(use.add_receiver, ws, kind, use.ReceiverChoices(name, given, language, only or (), days), secret)
    paragraph(out(), words().text("cli.notify.added", receiver=name))
    return 0


@app.command("list", cls=SpokenCommand)
def list_all(ctx: typer.Context, as_json: _Json = False) -> int:
    """Receivers, and what is open now."""
    from trueup.cli.console import out
    from trueup.cli.rendering.notices import notices_document, write_notices
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import words, workspace

    said = words()
    with workspace(ctx) as ws:
        receivers, notices = ws.store.receivers.list(), ws.store.notices.list()
        messages, settings = ws.store.notices.messages(), ws.store.settings.get()
    if as_json:
        write_json(notices_document(receivers, notices, messages, said))
    else:
        write_notices(out(), receivers, notices, said, settings)
    return 0


@app.command("test", cls=SpokenCommand)
def test(ctx: typer.Context, name: _Name) -> int:
    """Exit code 1 where it does not arrive."""
    from trueup.app.notices.telling import send_test
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        failure = waited(send_test, ws, ws.store.receivers.named(name).id)
    paragraph(out(), said.text("cli.notify.tested", receiver=name) if failure is None else said.say(failure))
    cure = said.cure(failure) if failure is not None else None
    if cure:
        paragraph(out(), cure, 4, "dim")
    return 0 if failure is None else 1


@app.command("off", cls=SpokenCommand)
def off(ctx: typer.Context, name: _Name) -> int:
    """It keeps its settings, and hears what is open once it is on again."""
    return _switched(ctx, name, on=False)


@app.command("on", cls=SpokenCommand)
def on(ctx: typer.Context, name: _Name) -> int:
    """What is open now and was not told yet goes out with the next round."""
    return _switched(ctx, name, on=True)


def _switched(ctx: typer.Context, name: str, *, on: bool) -> int:
    from trueup.app.notices.receivers import switch_receiver
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        waited(switch_receiver, ws, ws.store.receivers.named(name).id, on=on)
    paragraph(out(), words().text("cli.notify.on" if on else "cli.notify.off", receiver=name))
    return 0


@app.command("remove", cls=SpokenCommand)
def remove(ctx: typer.Context, name: _Name) -> int:
    """Its secrets are destroyed; what was told stays on record."""
    from trueup.app.notices.receivers import remove_receiver
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        waited(remove_receiver, ws, ws.store.receivers.named(name).id)
    paragraph(out(), words().text("cli.notify.removed", receiver=name))
    return 0
