"""`trueup key`: the key that protects secrets is exchanged while everything runs."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from pathlib import Path

import typer

from trueup.cli.arguments import UsageFault
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()


@app.callback(cls=SpokenGroup)
def key() -> None:
    """Two steps; the help of each says when."""


@app.command("rotate", cls=SpokenCommand)
def rotate(ctx: typer.Context) -> int:
    """A new key, and everything sealed under it."""
    from trueup.app.keys import rotating
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import options_of, words

    path = _file(ctx)
    made, sealed = rotating.rotate(options_of(ctx).store, path)
    paragraph(out(), words().text("key.rotated", key=made.id, sealed=sealed, path=str(path)))
    return 0


@app.command("retire", cls=SpokenCommand)
def retire(ctx: typer.Context) -> int:
    """The earlier keys leave the file."""
    from trueup.app.keys import rotating
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import options_of, words

    path = _file(ctx)
    gone = rotating.retire(options_of(ctx).store, path)
    paragraph(out(), words().text("key.retired", count=gone, path=str(path)))
    return 0


def _file(ctx: typer.Context) -> Path:
    from trueup.cli.session import key_file_of, options_of

    path = key_file_of(options_of(ctx))
    if path is None:
        raise UsageFault("usage.missing_option", option="--key-file")
    return path
