"""The entry point `trueup`: global options, the list of commands, exit codes.

Exit codes (a contract): 0 done, 1 failed, 2 usage, 3 something is held or waits for approval, 4 refused.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from trueup.cli import speaking
from trueup.cli.arguments import UsageFault, global_first
from trueup.cli.bundled import UsageError
from trueup.cli.spoken import LazyGroup

USAGE = 2
INTERRUPTED = 130

COMMANDS = {
    "demo": "demo",
    "init": "init",
    "connect": "connect",
    "module": "module",
    "check": "check",
    "collect": "collect",
    "modules": "modules",
    "schedule": "schedule",
    "usage": "usage",
    "customers": "customers",
    "metrics": "metrics",
    "rules": "rules",
    "simulate": "simulate",
    "rails": "rails",
    "plan": "plan",
    "approve": "approve",
    "apply": "apply",
    "verify": "verify",
    "undo": "undo",
    "drift": "drift",
    "explain": "explain",
    "items": "items",
    "unbilled": "unbilled",
    "billed-twice": "billed_twice",
    "checks": "checks",
    "margins": "margins",
    "prices": "prices",
    "vendor-invoice": "vendor_invoice",
    "report": "report",
    "compare": "compare",
    "contested": "contested",
    "catch-up": "catch_up",
    "statement": "statement",
    "history": "history",
    "people": "people",
    "key": "key",
    "tokens": "tokens",
    "network": "network",
    "tenant": "tenant",
    "backup": "backup",
    "restore": "restore",
    "serve": "serve",
    "worker": "worker",
    "notify": "notify",
    "sim": "sim",
}
"""Command -> file in `trueup.cli.commands`, in the order of a person's work."""


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
    store: Annotated[str, typer.Option("--store", metavar="PATH", envvar="TRUEUP_STORE", help="store")] = (
        "trueup.sqlite"
    ),
    tenant: Annotated[str, typer.Option("--tenant", metavar="NAME", envvar="TRUEUP_TENANT", help="tenant")] = "default",
    key_file: Annotated[
        str | None, typer.Option("--key-file", metavar="PATH", envvar="TRUEUP_KEY_FILE", help="key_file")
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", metavar="en|fr", help="lang")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="debug")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="version")] = False,
) -> None:
    """Global options; the commands find them in the context."""
    del version
    if lang is not None and lang not in ("en", "fr"):
        raise UsageFault("usage.not_one_of", option="--lang", value=lang, known="en, fr")
    ctx.obj = Globals(store, tenant, Path(key_file) if key_file else None, debug)


def _usage_error(error: UsageError | UsageFault, arguments: Sequence[str]) -> int:
    from trueup.cli.usage_errors import write_usage_error  # noqa: PLC0415 - only when something was mistyped

    write_usage_error(error, as_json="--json" in arguments)
    return USAGE


def _failed(error: BaseException, arguments: Sequence[str]) -> int:
    from trueup.cli.failing import write_failure  # noqa: PLC0415 - needs the whole program

    return write_failure(error, as_json="--json" in arguments, debug="--debug" in arguments)


def main(arguments: Sequence[str]) -> int:
    """Run a command line; gives its exit code and never raises."""
    speaking.choose(arguments)
    try:
        code = typer.main.get_command(app).main(global_first(arguments), prog_name="trueup", standalone_mode=False)
    except (UsageError, UsageFault) as error:
        return _usage_error(error, arguments)
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("\n")
        return INTERRUPTED
    except BrokenPipeError:
        # the reader went away: nothing more to tell, and nothing to flush when Python ends
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
        return 1
    except Exception as error:  # noqa: BLE001 - the last place: every error becomes a sentence and an exit code
        return _failed(error, arguments)
    return code if isinstance(code, int) else 0


def main_of_process() -> int:
    """Run the command line of this process; gives its exit code."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    return main(sys.argv[1:])
