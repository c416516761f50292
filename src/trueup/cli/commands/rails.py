"""`trueup rails`: the numbers of the guard rails."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault, pairs_from
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()

_Json = Annotated[bool, typer.Option("--json", help="json")]
_Text = str | None
_Service = Annotated[_Text, typer.Option("--service", metavar="SERVICE", help="rails.service")]
_Line = Annotated[_Text, typer.Option("--line", metavar="LINE", help="rails.line")]


@app.callback(cls=SpokenGroup)
def rails() -> None:
    """The numbers of the guard rails."""


def _one_place(service: _Text, line: _Text) -> None:
    if service is not None and line is not None:
        raise UsageFault("usage.one_place", options="--service, --line")


@app.command("list", cls=SpokenCommand)
def list_all(ctx: typer.Context, service: _Service = None, line: _Line = None, as_json: _Json = False) -> int:
    """Show the numbers that hold."""
    _one_place(service, line)
    from zoneinfo import ZoneInfo

    from trueup.app.rulebook import rail_settings as use
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import Plain, write_json
    from trueup.cli.rendering.rails import rails_plain, write_rails
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        shown = waited(use.rails_listing, ws, use.RailPlace(service, line))
        zone = ZoneInfo(ws.store.settings.get().time_zone)
    if as_json:
        told: list[Plain] = [rails_plain(one) for one in shown]
        write_json({"rails": told})
    else:
        write_rails(out(), shown, zone, said)
    return 0


@app.command("set", cls=SpokenCommand)
def set_numbers(
    ctx: typer.Context,
    service: _Service = None,
    line: _Line = None,
    line_to_zero: Annotated[
        _Text, typer.Option("--line-to-zero", metavar="true|false", help="rails.line_to_zero")
    ] = None,
    line_fall_share: Annotated[
        _Text, typer.Option("--line-fall-share", metavar="SHARE", help="rails.line_fall_share")
    ] = None,
    line_fall_base: Annotated[_Text, typer.Option("--line-fall-base", metavar="N", help="rails.line_fall_base")] = None,
    line_move_share: Annotated[
        _Text, typer.Option("--line-move-share", metavar="SHARE", help="rails.line_move_share")
    ] = None,
    line_move_units: Annotated[
        _Text, typer.Option("--line-move-units", metavar="N", help="rails.line_move_units")
    ] = None,
    line_amount: Annotated[_Text, typer.Option("--line-amount", metavar="AMOUNT", help="rails.line_amount")] = None,
    customer_share: Annotated[
        _Text, typer.Option("--customer-share", metavar="SHARE", help="rails.customer_share")
    ] = None,
    customer_amount: Annotated[
        _Text, typer.Option("--customer-amount", metavar="AMOUNT", help="rails.customer_amount")
    ] = None,
    module_fall_share: Annotated[
        _Text, typer.Option("--module-fall-share", metavar="SHARE", help="rails.module_fall_share")
    ] = None,
    module_rise_share: Annotated[
        _Text, typer.Option("--module-rise-share", metavar="SHARE", help="rails.module_rise_share")
    ] = None,
    module_period_fall_share: Annotated[
        _Text, typer.Option("--module-period-fall-share", metavar="SHARE", help="rails.module_period_fall_share")
    ] = None,
    module_period_rise_share: Annotated[
        _Text, typer.Option("--module-period-rise-share", metavar="SHARE", help="rails.module_period_rise_share")
    ] = None,
    module_base: Annotated[_Text, typer.Option("--module-base", metavar="N", help="rails.module_base")] = None,
    plan_base: Annotated[_Text, typer.Option("--plan-base", metavar="N", help="rails.plan_base")] = None,
    plan_share: Annotated[_Text, typer.Option("--plan-share", metavar="SHARE", help="rails.plan_share")] = None,
    plan_opening_share: Annotated[
        _Text, typer.Option("--plan-opening-share", metavar="SHARE", help="rails.plan_opening_share")
    ] = None,
    plan_period_share: Annotated[
        _Text, typer.Option("--plan-period-share", metavar="SHARE", help="rails.plan_period_share")
    ] = None,
    second: Annotated[
        list[str] | None, typer.Option("--second-approval-above", metavar="CURRENCY=AMOUNT", help="rails.second")
    ] = None,
    as_json: _Json = False,
) -> int:
    """Set some numbers; the others stay."""
    _one_place(service, line)
    limits = pairs_from(second or (), "--second-approval-above")
    said_parts = {
        "line_to_zero": line_to_zero,
        "line_fall_share": line_fall_share,
        "line_fall_base": line_fall_base,
        "line_move_share": line_move_share,
        "line_move_units": line_move_units,
        "line_amount": line_amount,
        "customer_share": customer_share,
        "customer_amount": customer_amount,
        "module_fall_share": module_fall_share,
        "module_rise_share": module_rise_share,
        "module_period_fall_share": module_period_fall_share,
        "module_period_rise_share": module_period_rise_share,
        "module_base": module_base,
        "plan_base": plan_base,
        "plan_share": plan_share,
        "plan_opening_share": plan_opening_share,
        "plan_period_share": plan_period_share,
    }
    from trueup.app.rulebook import rail_settings as use
    from trueup.cli.rendering.rails import write_saved
    from trueup.cli.session import waited, workspace

    said = {name: text for name, text in said_parts.items() if text is not None}
    said |= {f"{use.SECOND_APPROVAL}{currency.strip().upper()}": amount for currency, amount in limits.items()}
    with workspace(ctx) as ws:
        saved = waited(use.set_rails, ws, use.RailPlace(service, line), said)
        write_saved(saved, ws, as_json=as_json)
    return 0


@app.command("clear", cls=SpokenCommand)
def clear(
    ctx: typer.Context,
    parts: Annotated[list[str] | None, typer.Argument(metavar="[PART]...", help="rails.parts")] = None,
    service: _Service = None,
    line: _Line = None,
    as_json: _Json = False,
) -> int:
    """Take numbers back."""
    _one_place(service, line)
    from trueup.app.rulebook import rail_settings as use
    from trueup.cli.rendering.rails import write_saved
    from trueup.cli.session import waited, workspace

    names = [part.strip().removeprefix("--").replace("-", "_") for part in parts or ()]
    with workspace(ctx) as ws:
        saved = waited(use.clear_rails, ws, use.RailPlace(service, line), names)
        write_saved(saved, ws, as_json=as_json)
    return 0
