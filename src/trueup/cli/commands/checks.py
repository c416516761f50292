"""`trueup checks`: what one module has and another lacks."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()

_Key = Annotated[str, typer.Argument(metavar="NAME", help="checks.key")]
_Expression = Annotated[str, typer.Argument(metavar="EXPRESSION", help="checks.expression")]
_Items = Annotated[str | None, typer.Option("--items", metavar="LIST", help="checks.items")]
_Json = Annotated[bool, typer.Option("--json", help="json")]


@app.callback(cls=SpokenGroup)
def checks() -> None:
    """Checks across modules."""


@app.command("define", cls=SpokenCommand)
def define(
    ctx: typer.Context,
    key: _Key,
    expression: _Expression,
    items: _Items = None,
    silent: Annotated[bool, typer.Option("--silent", help="checks.silent")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="checks.replace")] = False,
    as_json: _Json = False,
) -> int:
    """Save a check."""
    from trueup.app.checks import saving
    from trueup.cli.console import out
    from trueup.cli.rendering.checks import check_plain
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace
    from trueup.core.checks.cross_check import CrossCheck

    with workspace(ctx) as ws:
        saved = waited(saving.define, ws, CrossCheck(key, expression, items, not silent), replaces=replace)
    if as_json:
        write_json(check_plain(saved))
    else:
        paragraph(out(), words().text("cli.checks.defined", key=saved.key))
    return 0


@app.command("try", cls=SpokenCommand)
def try_out(ctx: typer.Context, expression: _Expression, items: _Items = None, as_json: _Json = False) -> int:
    """Work an expression out; nothing is saved."""
    from trueup.app.checks import saving
    from trueup.cli.console import out
    from trueup.cli.rendering.checks import result_plain, write_result
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        result = waited(saving.attempt, ws, expression, items)
    if as_json:
        write_json(result_plain(result, said))
    else:
        write_result(out(), result, said)
    return 0


@app.command("list", cls=SpokenCommand)
def list_all(ctx: typer.Context, as_json: _Json = False) -> int:
    """Show every check with its newest count."""
    from trueup.app.checks import saving
    from trueup.cli.console import out
    from trueup.cli.rendering.checks import listed_plain, write_checks
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        found = waited(saving.listing, ws)
    if as_json:
        write_json({"checks": [listed_plain(one) for one in found]})
    else:
        write_checks(out(), found, words())
    return 0


@app.command("run", cls=SpokenCommand)
def run(ctx: typer.Context, as_json: _Json = False) -> int:
    """Count every check now."""
    from trueup.app.checks import counting
    from trueup.cli.console import out
    from trueup.cli.rendering.checks import counted_plain, write_counted
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        found = waited(counting.count_all, ws)
    if as_json:
        write_json({"checks": [counted_plain(one, said) for one in found]})
    else:
        write_counted(out(), found, said)
    return 1 if any(one.problem for one in found) else 0


@app.command("show", cls=SpokenCommand)
def show(ctx: typer.Context, key: _Key, as_json: _Json = False) -> int:
    """Show what a check finds now, item by item."""
    from trueup.app.checks import saving
    from trueup.cli.console import out
    from trueup.cli.rendering.checks import listed_plain, result_plain, write_result
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        listed, result = waited(saving.show, ws, key)
    if as_json:
        write_json({**listed_plain(listed), **result_plain(result, said)})
    else:
        write_result(out(), result, said)
    return 0


@app.command("remove", cls=SpokenCommand)
def remove(ctx: typer.Context, key: _Key) -> int:
    """Take a check away."""
    from trueup.app.checks import saving
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        waited(saving.remove, ws, key)
    paragraph(out(), words().text("cli.checks.removed", key=key))
    return 0
