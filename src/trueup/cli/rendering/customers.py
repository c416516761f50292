"""Organizations of modules beside customers of the PSA."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from trueup.app.mapping.customers import OrganizationMatch, OrganizationState
from trueup.app.usage.newest_usage import UsageFigure
from trueup.cli.rendering.plain import Plain, reason_plain, reasons_plain, value_plain
from trueup.cli.rendering.tables import paragraph
from trueup.messages.sentences import Sentences, harmless

_FIGURES = 3


def _usage(figures: Sequence[UsageFigure], said: Sentences) -> str:
    shown = [f"{harmless(figure.label)} {said.number(figure.value)}" for figure in figures[:_FIGURES]]
    if len(figures) > _FIGURES:
        shown.append(said.text("cli.more", count=len(figures) - _FIGURES))
    return ", ".join(shown) or said.text("cli.customers.no_usage")


def write_matches(console: Console, matches: Sequence[OrganizationMatch], said: Sentences) -> None:
    """Each organization with what it uses, and under it who it may be."""
    paragraph(console, said.text("cli.customers.waiting", count=len(matches)), style="bold")
    for match in matches:
        place = f"{match.connection} {match.organization.key}"
        gone = f" ({said.text('cli.customers.gone')})" if match.gone else ""
        head = Text(f"{harmless(match.organization.name)}{gone}", style="bold")
        head.append(f"  [{place}]  {_usage(match.usage, said)}", style="not bold dim")
        console.print(head)
        for one in match.suggestions:
            rival = "" if one.sole else f" ({said.text('cli.customers.rival')})"
            text = f"{one.score:>3}  {harmless(one.customer.name)} [{one.customer.id}]: {said.say(one.reason)}{rival}"
            paragraph(console, text, 4)
        if not match.suggestions:
            paragraph(console, said.text("cli.customers.no_suggestion"), 4, "dim")
    if matches:
        paragraph(console, said.text("cli.customers.next"))


def _figures_plain(figures: Iterable[UsageFigure]) -> list[Plain]:
    return [
        {
            "metric": figure.metric,
            "label": figure.label,
            "unit": figure.unit,
            "value": value_plain(figure.value),
            "coverage": figure.coverage.value,
        }
        for figure in figures
    ]


def match_plain(match: OrganizationMatch, said: Sentences) -> dict[str, Plain]:
    """One organization with its suggestions as JSON."""
    return {
        "connection": match.connection,
        "key": match.organization.key,
        "name": match.organization.name,
        "psa_hint": match.organization.psa_hint,
        "day": value_plain(match.day),
        "gone": match.gone,
        "total": value_plain(match.total),
        "usage": _figures_plain(match.usage),
        "suggestions": [
            {
                "customer": one.customer.id,
                "customer_name": one.customer.name,
                "score": one.score,
                "sole": one.sole,
                "reason": reason_plain(one.reason, said),
            }
            for one in match.suggestions
        ],
    }


def write_states(console: Console, states: Sequence[OrganizationState], said: Sentences) -> None:
    """Each organization with what was decided on it, who uses most first; the key is there to be copied."""
    for state in states:
        customer = state.customer_name or said.word("mapping", state.state)
        if state.customer_id is not None:
            customer = f"{customer} [{state.customer_id}]"
        if state.item_filter is not None:
            customer = f"{customer}, {said.text('cli.explain.share', filter=harmless(state.item_filter))}"
        console.print(Text.assemble((f"{harmless(state.organization.name)}: ", "bold"), harmless(customer)))
        usage = said.number(state.total) if state.usage else said.text("cli.customers.no_usage")
        place = f"{state.connection} {harmless(state.organization.key)}"
        paragraph(console, said.text("cli.customers.place", place=place, usage=usage), 4, "dim")
        notes = [state.reason] if state.reason else []
        notes += [said.text("cli.customers.gone")] if state.gone else []
        for note in (*notes, *(said.say(warning) for warning in state.warnings)):
            paragraph(console, note, 4, "yellow")


def state_plain(state: OrganizationState, said: Sentences) -> dict[str, Plain]:
    """One organization with its decision as JSON."""
    return {
        "connection": state.connection,
        "key": state.organization.key,
        "name": state.organization.name,
        "state": state.state,
        "customer": state.customer_id,
        "customer_name": state.customer_name,
        "reason": state.reason,
        "item_filter": state.item_filter,
        "decided_by": state.decided_by,
        "day": value_plain(state.day),
        "gone": state.gone,
        "total": value_plain(state.total),
        "usage": _figures_plain(state.usage),
        "warnings": reasons_plain(state.warnings, said),
    }
