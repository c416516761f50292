"""Allocation groups: what is shared out, and who takes how much."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from trueup.app.rulebook.groups import GroupListed
from trueup.cli.rendering.plain import Plain, value_plain
from trueup.cli.rendering.rules import rule_plain
from trueup.cli.rendering.tables import paragraph
from trueup.core.quantities.allocation import AllocationGroup, as_rule
from trueup.messages.rule_sentence import sentence_of
from trueup.messages.sentences import Sentences, harmless

_OF_A_RULE = ("level", "service", "target", "rule", "exclude", "mirror", "exclusive", "group", "sentence")


def sentence_of_group(group: AllocationGroup, said: Sentences) -> str:
    """The group's own quantity, steps and timing as one sentence."""
    return sentence_of(as_rule(group), said)


def write_groups(console: Console, listed: Sequence[GroupListed], said: Sentences) -> None:
    """Each group with its customer, its sentence, and its lines in the order in which they take."""
    if not listed:
        paragraph(console, said.text("cli.group.none"))
    for one in listed:
        group = one.group
        head = Text(group.name, style="bold")
        head.append(f"  {harmless(one.customer_name)}", style="not bold dim")
        console.print(head)
        paragraph(console, sentence_of_group(group, said), 4)
        for number, (place, name) in enumerate(zip(group.lines, one.line_names, strict=True), start=1):
            key = "cli.group.last" if place.cap is None else "cli.group.line"
            paragraph(console, said.text(key, place=number, name=name, line=place.line_id, cap=place.cap), 4)


def group_plain(group: AllocationGroup, said: Sentences) -> dict[str, Plain]:
    """A group as JSON."""
    whole = {name: value for name, value in rule_plain(as_rule(group), said).items() if name not in _OF_A_RULE}
    lines: list[Plain] = [
        {
            "line": place.line_id,
            "contract": place.contract_id,
            "service": place.service_id,
            "cap": place.cap,
            "included": value_plain(place.policy.included),
            "multiplier": value_plain(place.policy.multiplier),
            "round_to_multiple": place.policy.round_to_multiple,
            "pack_size": place.policy.pack_size,
            "minimum": place.policy.minimum,
            "maximum": place.policy.maximum,
            "increase": place.timing.increase.value if place.timing else None,
            "decrease": place.timing.decrease.value if place.timing else None,
        }
        for place in group.lines
    ]
    return {"group": group.name, "customer": group.customer_id, **whole, "lines": lines}
