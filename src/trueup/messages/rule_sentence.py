"""A rule as one sentence, the same for commands, pages and the API."""

from __future__ import annotations

from collections.abc import Iterator

from trueup.core.rule import Basis, FutureSteps, QuantityPolicy, Rounding, Rule, ScopeKind, Share, TimingPolicy
from trueup.messages.sentences import Sentences


def _policy_parts(policy: QuantityPolicy, said: Sentences) -> Iterator[str]:
    window = said.word("window", policy.window.value)
    if policy.basis is Basis.DAY:
        yield said.text("cli.rule.basis_day", day=policy.day, window=window)
    else:
        yield said.text("cli.rule.basis", basis=said.word("basis", policy.basis.value), window=window)
    if policy.included:
        yield said.text("cli.rule.included", included=policy.included)
    if policy.multiplier != 1:
        yield said.text("cli.rule.multiplier", multiplier=policy.multiplier)
    if policy.rounding is not Rounding.UP or policy.rounding_chosen:
        yield said.text("cli.rule.rounding", rounding=said.word("rounding", policy.rounding.value))
    if policy.round_to_multiple:
        yield said.text("cli.rule.round_to_multiple", multiple=policy.round_to_multiple)
    if policy.pack_size:
        yield said.text("cli.rule.pack_size", size=policy.pack_size)
    if policy.minimum is not None:
        key = "cli.rule.minimum_if_used" if policy.only_if_used else "cli.rule.minimum"
        yield said.text(key, minimum=policy.minimum, since=policy.minimum_from, until=policy.minimum_until)
    if policy.offset:
        yield said.text("cli.rule.offset", offset=policy.offset)
    if policy.maximum is not None:
        yield said.text(
            "cli.rule.maximum", maximum=policy.maximum, since=policy.maximum_from, until=policy.maximum_until
        )


def _timing_parts(timing: TimingPolicy, said: Sentences) -> Iterator[str]:
    up, down = timing.increase, timing.decrease
    yield said.text(
        "cli.rule.rises", timing=said.word("timing", up.value), days=timing.increase_settle_days, when=up.value
    )
    yield said.text(
        "cli.rule.falls", timing=said.word("timing", down.value), days=timing.decrease_settle_days, when=down.value
    )
    if timing.cutoff_days:
        yield said.text("cli.rule.cutoff", days=timing.cutoff_days)
    if timing.future_steps is FutureSteps.KEEP:
        yield said.text("cli.rule.future_keep")
    if timing.future_steps is FutureSteps.ABSORB:
        yield said.text("cli.rule.future_absorb")


def _counted(rule: Rule, said: Sentences) -> str:
    if rule.mirror is None:
        return said.text("cli.rule.units", quantity=rule.quantity)
    if rule.mirror.line_id:
        return said.text("cli.rule.mirror", line=rule.mirror.line_id)
    return said.text("cli.rule.mirror_service", service=rule.mirror.service_id)


def _shares(share: Share, said: Sentences) -> str:
    return ", ".join(
        said.text("cli.group.rest", line=line) if cap is None else said.text("cli.group.capped", line=line, cap=cap)
        for line, cap in zip(share.lines, share.caps, strict=True)
    )


def _treatment_parts(rule: Rule, said: Sentences) -> Iterator[str]:
    if rule.mode is not None:
        yield said.text("cli.rule.mode", mode=said.word("mode", rule.mode.value))
    if rule.reason:
        yield said.text("cli.rule.reason", reason=rule.reason)
    if rule.drift is not None:
        yield said.text("cli.rule.drift", policy=said.word("drift", rule.drift.value))
    if rule.cutover is not None:
        yield said.text("cli.rule.cutover", day=rule.cutover)


def sentence_of(rule: Rule, said: Sentences) -> str:
    """The rule as one sentence that a billing administrator can check."""
    if rule.exclude:
        return said.text("cli.rule.excluded")
    parts = [_counted(rule, said)]
    if rule.scope.kind is not ScopeKind.HOLDER:
        parts.append(said.text(f"cli.rule.scope_{rule.scope.kind.value}", customers=", ".join(rule.scope.customers)))
    if rule.scope.organizations:
        places = ", ".join(":".join(place) for place in rule.scope.organizations)
        parts.append(said.text("cli.rule.scope_organizations", organizations=places))
    if rule.scope.items is not None:
        parts.append(said.text("cli.rule.scope_items", filter=rule.scope.items))
    if rule.mirror is None:
        parts += _policy_parts(rule.policy, said)
        parts += _timing_parts(rule.timing, said)
    if rule.share is not None:
        parts.append(said.text("cli.rule.group", group=rule.share.group, lines=_shares(rule.share, said)))
    if rule.exclusive:
        parts.append(said.text("cli.rule.exclusive", group=rule.exclusive))
    if rule.override is not None:
        fixed = rule.override
        parts.append(
            said.text("cli.rule.override", units=fixed.units, since=fixed.since, until=fixed.until, reason=fixed.reason)
        )
    parts += _treatment_parts(rule, said)
    return ", ".join(parts)
