"""`trueup rules`: how contract lines follow usage."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import DRIFT_POLICIES, UsageFault, day_from, decimal_from, one_of, whole_from
from trueup.cli.commands import rule_groups
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()
app.add_typer(rule_groups.app, name="group")

_Json = Annotated[bool, typer.Option("--json", help="json")]
_Text = str | None
_Texts = list[str] | None
_BASES = ("last", "peak", "average", "first", "day")
_WINDOWS = (
    "calendar_month_current",
    "calendar_month_previous",
    "billing_period_current",
    "billing_period_previous",
)
_TIMINGS = ("usage_day", "period_start", "next_period", "next_month", "hold")
_MODES = ("read-only", "manual", "automatic")
_FUTURES = ("hold", "keep", "absorb")


@app.callback(cls=SpokenGroup)
def rules() -> None:
    """How contract lines follow usage."""


@app.command("list", cls=SpokenCommand)
def list_all(ctx: typer.Context, as_json: _Json = False) -> int:
    """Show all rules."""
    from trueup.app.rulebook import rules as use
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import Plain, write_json
    from trueup.cli.rendering.rules import listed_plain, write_rules
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        listed = waited(use.listing, ws)
    if as_json:
        told: list[Plain] = [listed_plain(one, said) for one in listed]
        write_json({"rules": told})
    else:
        write_rules(out(), listed, said)
    return 0


@app.command("set", cls=SpokenCommand)
def set_rule(
    ctx: typer.Context,
    service: Annotated[_Text, typer.Option("--service", metavar="SERVICE", help="rules.service")] = None,
    quantity: Annotated[_Text, typer.Option("--quantity", metavar="EXPRESSION", help="rules.quantity")] = None,
    customer: Annotated[_Text, typer.Option("--customer", metavar="CUSTOMER", help="rules.customer")] = None,
    contract: Annotated[_Text, typer.Option("--contract", metavar="CONTRACT", help="rules.contract")] = None,
    line: Annotated[_Text, typer.Option("--line", metavar="LINE", help="rules.line")] = None,
    preset: Annotated[_Text, typer.Option("--preset", metavar="PRESET", help="rules.preset")] = None,
    increase: Annotated[_Text, typer.Option("--increase", metavar="WHEN", help="rules.increase")] = None,
    decrease: Annotated[_Text, typer.Option("--decrease", metavar="WHEN", help="rules.decrease")] = None,
    settle_up: Annotated[_Text, typer.Option("--settle-up", metavar="DAYS", help="rules.settle_up")] = None,
    settle_down: Annotated[_Text, typer.Option("--settle-down", metavar="DAYS", help="rules.settle_down")] = None,
    cutoff: Annotated[_Text, typer.Option("--cutoff-days", metavar="DAYS", help="rules.cutoff_days")] = None,
    future: Annotated[_Text, typer.Option("--future", metavar="HOW", help="rules.future")] = None,
    basis: Annotated[_Text, typer.Option("--basis", metavar="BASIS", help="rules.basis")] = None,
    window: Annotated[_Text, typer.Option("--window", metavar="WINDOW", help="rules.window")] = None,
    day: Annotated[_Text, typer.Option("--day", metavar="N", help="rules.day")] = None,
    included: Annotated[_Text, typer.Option("--included", metavar="N", help="rules.included")] = None,
    multiplier: Annotated[_Text, typer.Option("--multiplier", metavar="N", help="rules.multiplier")] = None,
    rounding: Annotated[_Text, typer.Option("--rounding", metavar="HOW", help="rules.rounding")] = None,
    pack_size: Annotated[_Text, typer.Option("--pack-size", metavar="N", help="rules.pack_size")] = None,
    multiple: Annotated[_Text, typer.Option("--multiple", metavar="N", help="rules.multiple")] = None,
    minimum: Annotated[_Text, typer.Option("--minimum", metavar="N", help="rules.minimum")] = None,
    minimum_from: Annotated[_Text, typer.Option("--minimum-from", metavar="DAY", help="rules.minimum_from")] = None,
    minimum_until: Annotated[_Text, typer.Option("--minimum-until", metavar="DAY", help="rules.minimum_until")] = None,
    maximum: Annotated[_Text, typer.Option("--maximum", metavar="N", help="rules.maximum")] = None,
    maximum_from: Annotated[_Text, typer.Option("--maximum-from", metavar="DAY", help="rules.maximum_from")] = None,
    maximum_until: Annotated[_Text, typer.Option("--maximum-until", metavar="DAY", help="rules.maximum_until")] = None,
    offset: Annotated[_Text, typer.Option("--offset", metavar="N", help="rules.offset")] = None,
    only_if_used: Annotated[bool, typer.Option("--only-if-used", help="rules.only_if_used")] = False,
    children: Annotated[bool, typer.Option("--with-sub-organizations", help="rules.children")] = False,
    of_customer: Annotated[_Texts, typer.Option("--of-customer", metavar="CUSTOMER", help="rules.of_customer")] = None,
    organization: Annotated[
        _Texts, typer.Option("--organization", metavar="CONNECTION:KEY", help="rules.organization")
    ] = None,
    items: Annotated[_Text, typer.Option("--items", metavar="EXPRESSION", help="rules.items")] = None,
    override: Annotated[_Text, typer.Option("--override", metavar="N", help="rules.override")] = None,
    since: Annotated[_Text, typer.Option("--override-since", metavar="DAY", help="rules.override_since")] = None,
    until: Annotated[_Text, typer.Option("--override-until", metavar="DAY", help="rules.override_until")] = None,
    reason: Annotated[_Text, typer.Option("--reason", metavar="TEXT", help="rules.reason")] = None,
    mode: Annotated[_Text, typer.Option("--mode", metavar="MODE", help="rules.mode")] = None,
    drift: Annotated[_Text, typer.Option("--drift", metavar="POLICY", help="rules.drift")] = None,
    cutover: Annotated[_Text, typer.Option("--cutover", metavar="DAY", help="rules.cutover")] = None,
    exclude: Annotated[bool, typer.Option("--exclude", help="rules.exclude")] = False,
    mirror: Annotated[_Text, typer.Option("--mirror", metavar="OTHER", help="rules.mirror")] = None,
    exclusive: Annotated[_Text, typer.Option("--exclusive", metavar="NAME", help="rules.exclusive")] = None,
    clear: Annotated[list[str] | None, typer.Option("--clear", metavar="PART", help="rules.clear")] = None,
    twice: Annotated[bool, typer.Option("--counts-twice", help="rules.counts_twice")] = False,
    as_json: _Json = False,
) -> int:
    """Save a rule; what is not given stays as it is or is inherited."""
    for text, known, option in (
        (increase, _TIMINGS, "--increase"),
        (decrease, _TIMINGS, "--decrease"),
        (basis, _BASES, "--basis"),
        (window, _WINDOWS, "--window"),
        (rounding, ("up", "nearest", "down"), "--rounding"),
        (mode, _MODES, "--mode"),
        (future, _FUTURES, "--future"),
        (drift, DRIFT_POLICIES, "--drift"),
    ):
        one_of(text, known, option)
    fixed, last_day = whole_from(override, "--override"), day_from(until, "--override-until")
    begins = day_from(since, "--override-since")
    if fixed is None and (begins is not None or last_day is not None):
        raise UsageFault("usage.missing_option", option="--override")
    first_day = day_from(cutover, "--cutover")
    places = [
        (name, value) for name, value in (("customer", customer), ("contract", contract), ("line", line)) if value
    ]
    if children and of_customer:
        raise UsageFault("usage.one_scope", options="--with-sub-organizations, --of-customer")
    if len(places) > 1:
        raise UsageFault("usage.one_place", options=", ".join(f"--{name}" for name, _ in places))
    from trueup.app.rulebook import rules as use
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import reasons_plain, write_json
    from trueup.cli.rendering.rules import rule_plain
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace
    from trueup.core.rule import Basis, DriftPolicy, FutureSteps, Mode, Override, Rounding, RuleLevel, Timing, Window
    from trueup.messages.rule_sentence import sentence_of

    level, target = places[0] if places else ("service", None)
    draft = use.RuleDraft(
        service=service,
        level=RuleLevel(level),
        target=target,
        quantity=quantity,
        preset=preset,
        increase=Timing(increase) if increase else None,
        decrease=Timing(decrease) if decrease else None,
        basis=Basis(basis) if basis else None,
        window=Window(window) if window else None,
        rounding=Rounding(rounding) if rounding else None,
        offset=whole_from(offset, "--offset"),
        only_if_used=True if only_if_used else None,
        with_children=True if children else None,
        of_customers=tuple(of_customer) if of_customer else None,
        organizations=tuple(organization) if organization else None,
        items=items,
        override=Override(fixed, reason or "", last_day, begins) if fixed is not None else None,
        mode=Mode(mode) if mode else None,
        drift=DriftPolicy(drift.replace("-", "_")) if drift else None,
        cutover=first_day,
        exclude=True if exclude else None,
        clear=frozenset(part.replace("-", "_") for part in clear or ()),
        counts_twice=twice,
        cutoff_days=whole_from(cutoff, "--cutoff-days"),
        future_steps=FutureSteps(future) if future else None,
        minimum_from=day_from(minimum_from, "--minimum-from"),
        minimum_until=day_from(minimum_until, "--minimum-until"),
        maximum_from=day_from(maximum_from, "--maximum-from"),
        maximum_until=day_from(maximum_until, "--maximum-until"),
        increase_settle_days=whole_from(settle_up, "--settle-up"),
        decrease_settle_days=whole_from(settle_down, "--settle-down"),
        day=whole_from(day, "--day"),
        included=decimal_from(included, "--included"),
        multiplier=decimal_from(multiplier, "--multiplier"),
        round_to_multiple=whole_from(multiple, "--multiple"),
        pack_size=whole_from(pack_size, "--pack-size"),
        minimum=whole_from(minimum, "--minimum"),
        maximum=whole_from(maximum, "--maximum"),
        mirror=mirror,
        exclusive=exclusive,
    )
    said = words()
    with workspace(ctx) as ws:
        saved = waited(use.set_rule, ws, draft)
    if as_json:
        told = {**rule_plain(saved.rule, said), "changed": saved.changed}
        write_json({**told, "warnings": reasons_plain(saved.warnings, said)})
        return 0
    console = out()
    key = "cli.rule.saved" if saved.changed else "cli.rule.unchanged"
    paragraph(console, said.text(key, rule=saved.rule.id, version=saved.rule.version))
    paragraph(console, sentence_of(saved.rule, said))
    for warning in saved.warnings:
        paragraph(console, said.say(warning), style="yellow")
    return 0


@app.command("suggest", cls=SpokenCommand)
def suggest(
    ctx: typer.Context,
    create: Annotated[_Text, typer.Option("--create-service", metavar="NAME", help="rules.create_service")] = None,
    add_line: Annotated[_Text, typer.Option("--add-line", metavar="CONTRACT", help="rules.add_line")] = None,
    service: Annotated[_Text, typer.Option("--service", metavar="ID", help="rules.line_service")] = None,
    price: Annotated[_Text, typer.Option("--price", metavar="AMOUNT", help="rules.price")] = None,
    code: Annotated[_Text, typer.Option("--billing-code", metavar="ID", help="rules.billing_code")] = None,
    months: Annotated[str, typer.Option("--period", metavar="MONTHS", help="rules.period")] = "1",
    units: Annotated[_Text, typer.Option("--units", metavar="N", help="rules.units")] = None,
    withdraw: Annotated[_Text, typer.Option("--withdraw", metavar="REQUEST", help="rules.withdraw")] = None,
    codes: Annotated[bool, typer.Option("--billing-codes", help="rules.billing_codes")] = False,
    as_json: _Json = False,
) -> int:
    """Show what is missing; the options ask for services and lines, which the next plan shows as entries."""
    number, length = whole_from(units, "--units"), whole_from(months, "--period") or 1
    amount = decimal_from(price, "--price")
    if create is not None and amount is None:
        raise UsageFault("usage.missing_option", option="--price")
    if create is not None and code is None:
        raise UsageFault("usage.missing_option", option="--billing-code")
    if add_line is not None and service is None:
        raise UsageFault("usage.missing_option", option="--service")
    from trueup.app.rulebook import rules as use
    from trueup.app.writes import entries
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import Plain, write_json
    from trueup.cli.rendering.rules import request_plain, suggestion_plain, write_requests, write_suggestions
    from trueup.cli.rendering.tables import paragraph, write_table
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        if codes:
            found = waited(entries.billing_codes, ws)
            listed: list[Plain] = [{"billing_code": one.id, "name": one.name} for one in found]
            if as_json:
                write_json({"billing_codes": listed})
            else:
                titles = (said.text("cli.request.billing_code"), said.text("cli.metrics.label"))
                write_table(out(), titles, [(one.id, one.name) for one in found])
            return 0
        if create is not None and amount is not None and code is not None:
            waited(entries.request_service, ws, create, amount, code, length)
        if add_line is not None and service is not None:
            waited(entries.request_line, ws, add_line, service, amount if create is None else None, number)
        if withdraw is not None:
            waited(entries.withdraw, ws, withdraw)
        asked = waited(entries.listing, ws)
        suggestions = () if create or add_line or withdraw else waited(use.suggest, ws)
    if as_json:
        told: list[Plain] = [suggestion_plain(one, said) for one in suggestions]
        requests: list[Plain] = [request_plain(one) for one in asked]
        write_json({"suggestions": told, "requests": requests})
        return 0
    console = out()
    if not (create or add_line or withdraw):
        write_suggestions(console, suggestions, said)
    write_requests(console, asked, said)
    if asked:
        paragraph(console, said.text("cli.request.next"))
    return 0


@app.command("remove", cls=SpokenCommand)
def remove(ctx: typer.Context, rule: Annotated[str, typer.Argument(metavar="RULE", help="rules.rule")]) -> int:
    """Remove a rule."""
    from trueup.app.rulebook import rules as use
    from trueup.cli.console import out
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        waited(use.remove, ws, rule)
    paragraph(out(), words().text("cli.rule.removed", rule=rule))
    return 0
