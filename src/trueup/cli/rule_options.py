"""The options that say a rule, shared by every command that takes one: `rules set` saves it, `simulate` tries it."""

# ruff: noqa: PLC0415 (imports wait inside functions, so that help and usage errors start at once)
from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Final, get_type_hints

import typer

from trueup.cli.arguments import DRIFT_POLICIES, UsageFault, day_from, decimal_from, one_of, whole_from

if TYPE_CHECKING:
    from trueup.app.rulebook.rule_draft import RuleDraft

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

DRAFT: Final = "draft"
"""The parameter of a command that takes a rule."""


def rule_said(
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
) -> RuleDraft:
    """What the options say; raises UsageFault where they do not fit together."""
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
    from trueup.app.rulebook.rule_draft import RuleDraft
    from trueup.core.rule import Basis, DriftPolicy, FutureSteps, Mode, Override, Rounding, RuleLevel, Timing, Window

    level, target = places[0] if places else ("service", None)
    return RuleDraft(
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


def takes_a_rule(command: Callable[..., int]) -> Callable[..., int]:
    """The command with the options of a rule in the place of its parameter `draft`."""
    names = tuple(inspect.signature(rule_said).parameters)

    @functools.wraps(command)
    def with_options(**given: object) -> int:
        said = {name: given.pop(name) for name in names}
        return command(**given, draft=rule_said(**said))  # type: ignore[arg-type]

    parameters = [one for name, one in _parameters(command).items() if name != DRAFT]
    both = [*parameters[:1], *_parameters(rule_said).values(), *parameters[1:]]  # behind the context
    with_options.__signature__ = inspect.Signature(both, return_annotation=int)  # type: ignore[attr-defined]
    with_options.__annotations__ = {one.name: one.annotation for one in both}
    return with_options


def _parameters(function: Callable[..., object]) -> dict[str, inspect.Parameter]:
    hints = get_type_hints(function, localns={"RuleDraft": object}, include_extras=True)
    return {
        name: one.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, one in inspect.signature(function).parameters.items()
    }
