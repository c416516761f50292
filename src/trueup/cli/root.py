"""The whole command as the parser knows it: global options, and each command's file when it is called."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from trueup.cli.arguments import GLOBAL_VALUES, UsageFault
from trueup.cli.bundled import UsageError
from trueup.cli.front import COMMANDS
from trueup.cli.spoken import LazyGroup
from trueup.cli.usage_errors import fault_of


@dataclass(frozen=True, slots=True)
class Globals:
    """Options that every command shares."""

    store: str
    tenant: str
    key_file: Path | None
    debug: bool


class _Commands(LazyGroup):
    files = COMMANDS


app = typer.Typer(cls=_Commands, rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - slow, and asked for by few

        sys.stdout.write(f"trueup {version('trueup')}\n")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    store: Annotated[
        str, typer.Option("--store", metavar=GLOBAL_VALUES["--store"], envvar="TRUEUP_STORE", help="store")
    ] = ("trueup.sqlite"),
    tenant: Annotated[
        str, typer.Option("--tenant", metavar=GLOBAL_VALUES["--tenant"], envvar="TRUEUP_TENANT", help="tenant")
    ] = "default",
    key_file: Annotated[
        str | None,
        typer.Option("--key-file", metavar=GLOBAL_VALUES["--key-file"], envvar="TRUEUP_KEY_FILE", help="key_file"),
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", metavar=GLOBAL_VALUES["--lang"], help="lang")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="debug")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="version")] = False,
) -> None:
    """Global options; the commands find them in the context."""
    del version
    if lang is not None and lang not in ("en", "fr"):
        raise UsageFault("usage.not_one_of", option="--lang", value=lang, known="en, fr")
    ctx.obj = Globals(store, tenant, Path(key_file) if key_file else None, debug)


def run(arguments: Sequence[str]) -> int:
    """Parse and do what was asked for; gives the exit code. Raises UsageFault for what cannot be parsed,
    KeyboardInterrupt when the person ended it."""
    try:
        code = typer.main.get_command(app).main(list(arguments), prog_name="trueup", standalone_mode=False)
    except UsageError as error:
        raise fault_of(error) from None
    except typer.Abort:
        raise KeyboardInterrupt from None
    return code if isinstance(code, int) else 0
