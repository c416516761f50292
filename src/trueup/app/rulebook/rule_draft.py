"""A rule as a person gives it: only what is said changes, everything else stays as it was or is inherited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Final, TypeVar

from trueup.app.counting.item_metrics import wrong
from trueup.core.rule import (
    PRESETS,
    Basis,
    DriftPolicy,
    FlagMeaning,
    FutureSteps,
    Mirror,
    Mode,
    Override,
    QuantityPolicy,
    Rounding,
    Rule,
    RuleLevel,
    Scope,
    Timing,
    TimingPolicy,
    Window,
)

Part = TypeVar("Part", QuantityPolicy, TimingPolicy, Rule)


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """What a person says about a rule. A part that is None stays as it is in the rule that is replaced; a new rule
    takes it from the next wider rule of the same service (line, contract, customer, service), else the default.
    `clear` names parts that go back to their default (`minimum`, `override`, `mode`, ...).

    `service` is an id or a name (on line level it may be left out); `target` is the id of the line, contract or
    customer of the level (a name will do where it is the only one), and is left out on service level. `preset` sets the
    whole timing, the timing parts then change it. A quantity ends an exclusion unless `exclude` is said.
    `counts_twice` says that a quantity which counts items twice is meant so. `mirror` copies the units of another line
    (its id; on other levels a service, whose line on the same contract is meant) and takes nothing else beside it.
    `exclusive` names services of which a customer is billed by one only.

    `scope` sets the whole scope; else `of_customers`, `with_children`, `organizations` (`CONNECTION:KEY`, or a name
    where it is the only one) and `items` (an expression over the attributes of items) each set one part of it.
    """

    service: str | None = None
    level: RuleLevel = RuleLevel.SERVICE
    target: str | None = None
    quantity: str | None = None
    preset: str | None = None
    increase: Timing | None = None
    decrease: Timing | None = None
    increase_settle_days: int | None = None
    decrease_settle_days: int | None = None
    cutoff_days: int | None = None
    future_steps: FutureSteps | None = None
    basis: Basis | None = None
    window: Window | None = None
    day: int | None = None
    included: Decimal | None = None
    multiplier: Decimal | None = None
    rounding: Rounding | None = None
    round_to_multiple: int | None = None
    pack_size: int | None = None
    minimum: int | None = None
    minimum_from: date | None = None
    minimum_until: date | None = None
    maximum: int | None = None
    maximum_from: date | None = None
    maximum_until: date | None = None
    only_if_used: bool | None = None
    offset: int | None = None
    scope: Scope | None = None
    of_customers: tuple[str, ...] | None = None
    with_children: bool | None = None
    organizations: tuple[str, ...] | None = None
    items: str | None = None
    flag_meaning: FlagMeaning | None = None
    override: Override | None = None
    mode: Mode | None = None
    drift: DriftPolicy | None = None
    cutover: date | None = None
    exclude: bool | None = None
    clear: frozenset[str] = frozenset()
    counts_twice: bool = False
    mirror: str | None = None
    reason: str | None = None
    exclusive: str | None = None


TIMING_PARTS: Final = (
    "increase",
    "decrease",
    "increase_settle_days",
    "decrease_settle_days",
    "cutoff_days",
    "future_steps",
)
POLICY_PARTS: Final = tuple(part.name for part in fields(QuantityPolicy) if part.name != "rounding_chosen")
RULE_PARTS: Final = ("scope", "flag_meaning", "override", "mode", "drift", "cutover", "exclude", "exclusive")
SCOPE_PARTS: Final = ("customers", "organizations", "items")
CLEARABLE: Final = frozenset((*TIMING_PARTS, *POLICY_PARTS, *RULE_PARTS, *SCOPE_PARTS))


def _timing(draft: RuleDraft, before: TimingPolicy) -> TimingPolicy:
    timing = before
    if draft.preset is not None:
        if draft.preset not in PRESETS:
            raise wrong("rules.unknown_preset", preset=draft.preset, known=", ".join(PRESETS))
        timing = PRESETS[draft.preset]
    timing = _with(timing, _defaults(TimingPolicy(), TIMING_PARTS, draft.clear))
    said = _said(draft, TIMING_PARTS)
    if "increase" in said or "decrease" in said:
        said["monthly_only"] = False  # an explicit choice of dates is what the preset waits for on other contracts
    return _with(timing, said)


def _policy(draft: RuleDraft, before: QuantityPolicy) -> QuantityPolicy:
    policy = _with(before, _defaults(QuantityPolicy(), POLICY_PARTS, draft.clear))
    if "rounding" in draft.clear:
        policy = replace(policy, rounding_chosen=False)
    said = _said(draft, POLICY_PARTS)
    if "rounding" in said:
        said["rounding_chosen"] = True
    if draft.basis is not None and draft.basis is not Basis.DAY and draft.day is None:
        said["day"] = None
    return _with(policy, said)


def _said(draft: RuleDraft, parts: Iterable[str]) -> dict[str, object]:
    return {part: getattr(draft, part) for part in parts if getattr(draft, part) is not None}


def _with(value: Part, parts: Mapping[str, object]) -> Part:
    return replace(value, **parts)  # type: ignore[arg-type]


def _defaults(
    default: QuantityPolicy | TimingPolicy | Rule, parts: Iterable[str], clear: frozenset[str]
) -> dict[str, object]:
    return {part: getattr(default, part) for part in parts if part in clear}


def rule_from(
    draft: RuleDraft,
    place: Rule,
    before: Rule | None,
    wider: Rule | None,
    today: date,
    mirror: Mirror | None = None,
) -> Rule:
    """The rule that a draft means. `place` holds id, level, service and target; `before` is the rule it replaces and
    `wider` the one that governs now. A new rule's cut-over is `today`, the present usage day. `mirror` is what the
    draft copies, found in the PSA: then nothing is counted.

    Raises UseCaseError with exit code 2: `rules.unknown_preset`, `rules.unknown_part`, `rules.quantity_needed`.
    """
    unknown = sorted(draft.clear - CLEARABLE)
    if unknown:
        raise wrong("rules.unknown_part", parts=", ".join(unknown), known=", ".join(sorted(CLEARABLE)))
    start = before or wider or place
    rule = replace(
        start,
        id=place.id,
        level=place.level,
        service_id=place.service_id,
        target=place.target,
        quantity=(start.quantity if draft.quantity is None else draft.quantity).strip(),
        policy=_policy(draft, start.policy),
        timing=_timing(draft, start.timing),
        version=before.version if before else 1,
    )
    if before is None and (wider is None or wider.level is not place.level):
        # leaving a line alone and a fixed quantity are never inherited into a rule of its own; what a renewed contract
        # brought along at the same place goes on with both
        rule = replace(rule, exclude=False, override=None)
        if wider is None or wider.exclude:  # taking over begins now
            rule = replace(rule, cutover=today)
    if draft.quantity is not None:
        rule = replace(rule, exclude=False, mirror=None)
    if mirror is not None:
        copy = replace(place, mirror=mirror, mode=rule.mode, cutover=rule.cutover, exclusive=rule.exclusive)
        rule = replace(copy, version=rule.version)
    rule = _with(rule, _defaults(place, RULE_PARTS, draft.clear))
    rule = _with(rule, _said(draft, RULE_PARTS))
    if draft.reason is not None or before is None:
        rule = replace(rule, reason=draft.reason or "")
    if rule.cutover is None:
        rule = replace(rule, cutover=today)
    if not rule.quantity and not rule.exclude and rule.mirror is None:
        raise wrong("rules.quantity_needed")
    return rule
