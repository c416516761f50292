"""A rule as a sentence, and suggestions for what is not billed yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from trueup.app.rulebook.rules import RuleListed
from trueup.app.rulebook.suggesting import RuleSuggestion
from trueup.app.writes.entries import EntryListed
from trueup.cli.rendering.plain import Plain, reasons_plain, value_plain
from trueup.cli.rendering.tables import paragraph
from trueup.core.rule import Rule, RuleLevel
from trueup.messages.rule_sentence import sentence_of
from trueup.messages.sentences import Sentences, harmless


def write_rules(console: Console, listed: Sequence[RuleListed], said: Sentences) -> None:
    """Each rule with its place and its sentence."""
    if not listed:
        paragraph(console, said.text("cli.rule.none"))
    for one in listed:
        place = harmless(one.service_name)
        if one.rule.level is not RuleLevel.SERVICE:
            place = f"{place}, {said.word('level', one.rule.level.value)} {harmless(one.target_name)}"
        head = Text(place, style="bold")
        head.append(f"  [{one.rule.id}]  {said.text('cli.rule.lines', count=one.lines)}", style="not bold dim")
        console.print(head)
        paragraph(console, sentence_of(one.rule, said), 4)
        for warning in one.warnings:
            paragraph(console, said.say(warning), 4, style="yellow")


def rule_plain(rule: Rule, said: Sentences) -> dict[str, Plain]:
    """A rule as JSON."""
    policy, timing, fixed = rule.policy, rule.timing, rule.override
    return {
        "rule": rule.id,
        "version": rule.version,
        "level": rule.level.value,
        "service": rule.service_id,
        "target": rule.target,
        "quantity": rule.quantity,
        "exclude": rule.exclude,
        "mode": value_plain(rule.mode),
        "drift": value_plain(rule.drift),
        "cutover": value_plain(rule.cutover),
        "basis": policy.basis.value,
        "window": policy.window.value,
        "day": policy.day,
        "included": value_plain(policy.included),
        "multiplier": value_plain(policy.multiplier),
        "rounding": policy.rounding.value,
        "round_to_multiple": policy.round_to_multiple,
        "pack_size": policy.pack_size,
        "minimum": policy.minimum,
        "minimum_from": value_plain(policy.minimum_from),
        "minimum_until": value_plain(policy.minimum_until),
        "maximum": policy.maximum,
        "maximum_from": value_plain(policy.maximum_from),
        "maximum_until": value_plain(policy.maximum_until),
        "only_if_used": policy.only_if_used,
        "offset": policy.offset,
        "increase": timing.increase.value,
        "decrease": timing.decrease.value,
        "increase_settle_days": timing.increase_settle_days,
        "decrease_settle_days": timing.decrease_settle_days,
        "cutoff_days": timing.cutoff_days,
        "future_steps": timing.future_steps.value,
        "scope": rule.scope.kind.value,
        "scope_customers": list(rule.scope.customers),
        "scope_organizations": [":".join(place) for place in rule.scope.organizations],
        "scope_items": rule.scope.items,
        "override": None
        if fixed is None
        else {
            "units": fixed.units,
            "reason": fixed.reason,
            "since": value_plain(fixed.since),
            "until": value_plain(fixed.until),
        },
        "mirror": None
        if rule.mirror is None
        else {"line": rule.mirror.line_id or None, "service": rule.mirror.service_id},
        "exclusive": rule.exclusive or None,
        "group": rule.share.group if rule.share else None,
        "sentence": sentence_of(rule, said),
    }


def listed_plain(one: RuleListed, said: Sentences) -> dict[str, Plain]:
    """A rule in force, with names, as JSON."""
    return {
        **rule_plain(one.rule, said),
        "service_name": one.service_name,
        "target_name": one.target_name,
        "lines": one.lines,
        "saved_by": one.saved_by,
        "saved_at": one.saved_at.isoformat(),
        "warnings": reasons_plain(one.warnings, said),
    }


def _state_of(one: RuleSuggestion, said: Sentences) -> str:
    if one.governed_by:
        names = ", ".join(harmless(service.name) for service in one.governed_by)
        return said.text("cli.suggest.governed", services=names)
    if one.draft is not None:
        return said.text("cli.suggest.rule", service=one.services[0].name, quantity=one.quantity)
    if one.services:
        return said.text("cli.suggest.several", services=", ".join(f"{one.name} [{one.id}]" for one in one.services))
    return said.text("cli.suggest.service_missing", name=one.proposed_name)


def write_suggestions(console: Console, found: Sequence[RuleSuggestion], said: Sentences) -> None:
    """Each billing type in use: the service it should have, what bills it, what is missing, what may puzzle."""
    if not found:
        paragraph(console, said.text("cli.suggest.none"))
    for one in found:
        head = Text(harmless(one.proposed_name), style="bold")
        used = said.text("cli.suggest.used", total=one.total, customers=one.customers)
        head.append(f"  {used}", style="not bold dim")
        console.print(head)
        told = [_state_of(one, said)]
        if one.similar:
            names = ", ".join(f"{harmless(service.name)} [{service.id}]" for service in one.similar)
            told.append(said.text("cli.suggest.similar", services=names))
        if one.unmapped:
            told.append(said.text("cli.suggest.unmapped", total=one.unmapped))
        if one.missing_lines:
            told.append(said.text("cli.suggest.missing_lines", count=len(one.missing_lines)))
        told += [said.say(warning) for warning in one.warnings]
        for text in told:
            paragraph(console, text, 4)


def suggestion_plain(one: RuleSuggestion, said: Sentences) -> dict[str, Plain]:
    """A suggestion as JSON, every missing line included."""
    return {
        "module": one.module,
        "billing_type": one.type.key,
        "label": one.type.label,
        "proposed_name": one.proposed_name,
        "services": [{"service": service.id, "name": service.name} for service in one.services],
        "similar": [{"service": service.id, "name": service.name} for service in one.similar],
        "governed_by": [{"service": service.id, "name": service.name} for service in one.governed_by],
        "quantity": one.quantity,
        "total": value_plain(one.total),
        "customers": one.customers,
        "unmapped": value_plain(one.unmapped),
        "service_missing": one.service_missing,
        "ready": one.draft is not None,
        "missing_lines": [
            {
                "customer": line.customer_id,
                "customer_name": line.customer_name,
                "quantity": value_plain(line.quantity),
                "contracts": list(line.contracts),
            }
            for line in one.missing_lines
        ],
        "warnings": reasons_plain(one.warnings, said),
    }


def write_requests(console: Console, requests: Iterable[EntryListed], said: Sentences) -> None:
    """What a person asked to have created, and that the next plan shows it."""
    for one in requests:
        text = said.text(
            f"cli.request.{one.request.kind.value}",
            id=one.request.id,
            name=one.name,
            contract=one.contract_name,
            customer=one.customer_name,
        )
        console.print(Text(text))


def request_plain(one: EntryListed) -> dict[str, Plain]:
    """A request as JSON."""
    return {
        "request": one.request.id,
        "kind": one.request.kind.value,
        "name": one.name,
        "contract_name": one.contract_name,
        "customer_name": one.customer_name,
        "price": value_plain(one.price),
        "state": one.request.state,
    }
