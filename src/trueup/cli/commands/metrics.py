"""`trueup metrics`: what can be counted, and metrics of one's own."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import one_of
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()

_Expression = Annotated[str, typer.Argument(metavar="EXPRESSION", help="metrics.expression")]
_Json = Annotated[bool, typer.Option("--json", help="json")]
_KINDS = ("level", "flag", "period_total", "one_time")
_SHOWN = 20


@app.callback(cls=SpokenGroup)
def metrics() -> None:
    """What can be counted."""


@app.command("list", cls=SpokenCommand)
def list_all(ctx: typer.Context, as_json: _Json = False) -> int:
    """Show billing types and metrics."""
    from trueup.app.counting import metrics as use
    from trueup.cli.console import out
    from trueup.cli.rendering.metrics import metrics_plain, write_metrics
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        listed = waited(use.listing, ws)
    if as_json:
        write_json(metrics_plain(listed))
    else:
        write_metrics(out(), listed, words())
    return 0


@app.command("define", cls=SpokenCommand)
def define(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="NAME", help="metrics.key")],
    expression: _Expression,
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="metrics.kind")] = "level",
    stream: Annotated[str | None, typer.Option("--stream", metavar="NAME", help="metrics.stream")] = None,
    same_by: Annotated[list[str] | None, typer.Option("--same-by", metavar="ATTRIBUTE", help="metrics.same_by")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="metrics.replace")] = False,
) -> int:
    """Save a metric."""
    one_of(kind, _KINDS, "--kind")
    from trueup.app.counting import metrics as use
    from trueup.cli.console import out
    from trueup.cli.rendering.metrics import write_defined
    from trueup.cli.session import waited, words, workspace
    from trueup.core.usage import MetricKind

    with workspace(ctx) as ws:
        names = tuple(same_by or ())
        kinds = MetricKind(kind)
        defined = waited(use.define, ws, key, expression, kinds, replaces=replace, stream=stream, same_by=names)
    write_defined(out(), defined, words())
    return 0


@app.command("test", cls=SpokenCommand)
def try_out(ctx: typer.Context, expression: _Expression, as_json: _Json = False) -> int:
    """Work an expression out."""
    from trueup.app.counting import metrics as use
    from trueup.cli.console import out
    from trueup.cli.rendering.metrics import tried_plain, write_tried
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        tried = waited(use.test, ws, expression)
    if as_json:
        write_json(tried_plain(tried, said))
    else:
        write_tried(out(), tried, said, most=_SHOWN)
    return 0
