"""`trueup rules group`: one quantity shared out over several contract lines."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trueup.cli.arguments import day_from, decimal_from, one_of, whole_from
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

if TYPE_CHECKING:
    from trueup.app.rulebook.groups import GroupSaved

app = new_app()

_Json = Annotated[bool, typer.Option("--json", help="json")]
_Text = str | None
_Name = Annotated[str, typer.Argument(metavar="NAME", help="group.name")]
_TIMINGS = ("usage_day", "period_start", "next_period", "next_month", "hold")
_ROUNDINGS = ("up", "nearest", "down")
_WINDOWS = ("calendar_month_current", "calendar_month_previous")


@app.callback(cls=SpokenGroup)
def group() -> None:
    """Groups that share one quantity out over several lines."""


def line_with_cap(text: str) -> tuple[str, int | None]:
    """A line and its cap, written as ID or ID:CAP."""
    line, colon, cap = text.rpartition(":")
    if not colon:
        return text.strip(), None
    return line.strip(), whole_from(cap, "--line")


def _show(saved: GroupSaved, as_json: bool) -> int:
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import reasons_plain, write_json
    from trueup.cli.rendering.rule_groups import group_plain, sentence_of_group
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import words

    said = words()
    if as_json:
        told = {**group_plain(saved.group, said), "changed": saved.changed}
        write_json({**told, "warnings": reasons_plain(saved.warnings, said)})
        return 0
    console = out()
    key = "cli.group.saved" if saved.changed else "cli.group.unchanged"
    paragraph(console, said.text(key, group=saved.group.name, version=saved.group.version))
    paragraph(console, sentence_of_group(saved.group, said))
    for warning in saved.warnings:
        paragraph(console, said.say(warning), style="yellow")
    return 0


@app.command("set", cls=SpokenCommand)
def set_group(
    ctx: typer.Context,
    name: _Name,
    line: Annotated[list[str] | None, typer.Option("--line", metavar="ID[:CAP]", help="group.lines")] = None,
    quantity: Annotated[_Text, typer.Option("--quantity", metavar="EXPRESSION", help="rules.quantity")] = None,
    preset: Annotated[_Text, typer.Option("--preset", metavar="PRESET", help="rules.preset")] = None,
    increase: Annotated[_Text, typer.Option("--increase", metavar="WHEN", help="rules.increase")] = None,
    decrease: Annotated[_Text, typer.Option("--decrease", metavar="WHEN", help="rules.decrease")] = None,
    settle_up: Annotated[_Text, typer.Option("--settle-up", metavar="DAYS", help="rules.settle_up")] = None,
    settle_down: Annotated[_Text, typer.Option("--settle-down", metavar="DAYS", help="rules.settle_down")] = None,
    basis: Annotated[_Text, typer.Option("--basis", metavar="BASIS", help="rules.basis")] = None,
    window: Annotated[_Text, typer.Option("--window", metavar="WINDOW", help="rules.window")] = None,
    day: Annotated[_Text, typer.Option("--day", metavar="N", help="rules.day")] = None,
    included: Annotated[_Text, typer.Option("--included", metavar="N", help="rules.included")] = None,
    multiplier: Annotated[_Text, typer.Option("--multiplier", metavar="N", help="rules.multiplier")] = None,
    rounding: Annotated[_Text, typer.Option("--rounding", metavar="HOW", help="rules.rounding")] = None,
    pack_size: Annotated[_Text, typer.Option("--pack-size", metavar="N", help="rules.pack_size")] = None,
    multiple: Annotated[_Text, typer.Option("--multiple", metavar="N", help="rules.multiple")] = None,
    minimum: Annotated[_Text, typer.Option("--minimum", metavar="N", help="rules.minimum")] = None,
    maximum: Annotated[_Text, typer.Option("--maximum", metavar="N", help="rules.maximum")] = None,
    only_if_used: Annotated[bool, typer.Option("--only-if-used", help="rules.only_if_used")] = False,
    children: Annotated[bool, typer.Option("--with-sub-organizations", help="rules.children")] = False,
    override: Annotated[_Text, typer.Option("--override", metavar="N", help="rules.override")] = None,
    until: Annotated[_Text, typer.Option("--override-until", metavar="DAY", help="rules.override_until")] = None,
    reason: Annotated[_Text, typer.Option("--reason", metavar="TEXT", help="rules.reason")] = None,
    mode: Annotated[_Text, typer.Option("--mode", metavar="MODE", help="group.mode")] = None,
    cutover: Annotated[_Text, typer.Option("--cutover", metavar="DAY", help="group.cutover")] = None,
    clear: Annotated[list[str] | None, typer.Option("--clear", metavar="PART", help="group.clear")] = None,
    twice: Annotated[bool, typer.Option("--counts-twice", help="rules.counts_twice")] = False,
    as_json: _Json = False,
) -> int:
    """Save a group; what is not given stays as it is."""
    for text, known, option in (
        (increase, _TIMINGS, "--increase"),
        (decrease, _TIMINGS, "--decrease"),
        (basis, ("last", "peak", "average", "first", "day"), "--basis"),
        (window, _WINDOWS, "--window"),
        (rounding, _ROUNDINGS, "--rounding"),
        (mode, ("read-only", "manual", "automatic"), "--mode"),
    ):
        one_of(text, known, option)
    lines = tuple(line_with_cap(text) for text in line or ())
    fixed, last_day = whole_from(override, "--override"), day_from(until, "--override-until")
    first_day = day_from(cutover, "--cutover")
    from trueup.app.rulebook import groups as use
    from trueup.app.rulebook.rule_draft import RuleDraft
    from trueup.cli.session import waited, workspace
    from trueup.core.rule import Basis, Mode, Override, Rounding, Scope, ScopeKind, Timing, Window

    draft = RuleDraft(
        quantity=quantity,
        preset=preset,
        increase=Timing(increase) if increase else None,
        decrease=Timing(decrease) if decrease else None,
        increase_settle_days=whole_from(settle_up, "--settle-up"),
        decrease_settle_days=whole_from(settle_down, "--settle-down"),
        basis=Basis(basis) if basis else None,
        window=Window(window) if window else None,
        day=whole_from(day, "--day"),
        included=decimal_from(included, "--included"),
        multiplier=decimal_from(multiplier, "--multiplier"),
        rounding=Rounding(rounding) if rounding else None,
        pack_size=whole_from(pack_size, "--pack-size"),
        round_to_multiple=whole_from(multiple, "--multiple"),
        minimum=whole_from(minimum, "--minimum"),
        maximum=whole_from(maximum, "--maximum"),
        only_if_used=True if only_if_used else None,
        scope=Scope(ScopeKind.HOLDER_AND_CHILDREN) if children else None,
        override=Override(fixed, reason or "", last_day) if fixed is not None else None,
        mode=Mode(mode) if mode else None,
        cutover=first_day,
        clear=frozenset(part.replace("-", "_") for part in clear or ()),
        counts_twice=twice,
    )
    with workspace(ctx) as ws:
        saved = waited(use.set_group, ws, name, lines, draft)
    return _show(saved, as_json)


@app.command("line", cls=SpokenCommand)
def set_line(
    ctx: typer.Context,
    name: _Name,
    line: Annotated[str, typer.Argument(metavar="LINE", help="group.place")],
    preset: Annotated[_Text, typer.Option("--preset", metavar="PRESET", help="rules.preset")] = None,
    increase: Annotated[_Text, typer.Option("--increase", metavar="WHEN", help="rules.increase")] = None,
    decrease: Annotated[_Text, typer.Option("--decrease", metavar="WHEN", help="rules.decrease")] = None,
    settle_up: Annotated[_Text, typer.Option("--settle-up", metavar="DAYS", help="rules.settle_up")] = None,
    settle_down: Annotated[_Text, typer.Option("--settle-down", metavar="DAYS", help="rules.settle_down")] = None,
    included: Annotated[_Text, typer.Option("--included", metavar="N", help="rules.included")] = None,
    multiplier: Annotated[_Text, typer.Option("--multiplier", metavar="N", help="rules.multiplier")] = None,
    rounding: Annotated[_Text, typer.Option("--rounding", metavar="HOW", help="rules.rounding")] = None,
    pack_size: Annotated[_Text, typer.Option("--pack-size", metavar="N", help="rules.pack_size")] = None,
    multiple: Annotated[_Text, typer.Option("--multiple", metavar="N", help="rules.multiple")] = None,
    minimum: Annotated[_Text, typer.Option("--minimum", metavar="N", help="rules.minimum")] = None,
    maximum: Annotated[_Text, typer.Option("--maximum", metavar="N", help="rules.maximum")] = None,
    only_if_used: Annotated[bool, typer.Option("--only-if-used", help="rules.only_if_used")] = False,
    clear: Annotated[list[str] | None, typer.Option("--clear", metavar="PART", help="group.line_clear")] = None,
    as_json: _Json = False,
) -> int:
    """Give one line of a group steps or timing of its own."""
    for text, known, option in (
        (increase, _TIMINGS, "--increase"),
        (decrease, _TIMINGS, "--decrease"),
        (rounding, _ROUNDINGS, "--rounding"),
    ):
        one_of(text, known, option)
    from trueup.app.rulebook import groups as use
    from trueup.app.rulebook.rule_draft import RuleDraft
    from trueup.cli.session import waited, workspace
    from trueup.core.rule import Rounding, Timing

    draft = RuleDraft(
        preset=preset,
        increase=Timing(increase) if increase else None,
        decrease=Timing(decrease) if decrease else None,
        increase_settle_days=whole_from(settle_up, "--settle-up"),
        decrease_settle_days=whole_from(settle_down, "--settle-down"),
        included=decimal_from(included, "--included"),
        multiplier=decimal_from(multiplier, "--multiplier"),
        rounding=Rounding(rounding) if rounding else None,
        pack_size=whole_from(pack_size, "--pack-size"),
        round_to_multiple=whole_from(multiple, "--multiple"),
        minimum=whole_from(minimum, "--minimum"),
        maximum=whole_from(maximum, "--maximum"),
        only_if_used=True if only_if_used else None,
        clear=frozenset(part.replace("-", "_") for part in clear or ()),
    )
    with workspace(ctx) as ws:
        saved = waited(use.set_line, ws, name, line, draft)
    return _show(saved, as_json)


@app.command("list", cls=SpokenCommand)
def list_all(ctx: typer.Context, as_json: _Json = False) -> int:
    """Show all groups."""
    from trueup.app.rulebook import groups as use
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import Plain, write_json
    from trueup.cli.rendering.rule_groups import group_plain, write_groups
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        listed = waited(use.listing, ws)
    if as_json:
        told: list[Plain] = [group_plain(one.group, said) for one in listed]
        write_json({"groups": told})
    else:
        write_groups(out(), listed, said)
    return 0


@app.command("remove", cls=SpokenCommand)
def remove(ctx: typer.Context, name: _Name) -> int:
    """Remove a group."""
    from trueup.app.rulebook import groups as use
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        waited(use.remove, ws, name)
    paragraph(out(), words().text("cli.group.removed", group=name))
    return 0
