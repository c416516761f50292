"""`trueup approve`: a person's yes, and the guard rails that the person releases."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault, one_of
from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def approve(
    ctx: typer.Context,
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="approve.plan")],
    lines: Annotated[list[str] | None, typer.Option("--line", metavar="LINE", help="approve.line")] = None,
    customer: Annotated[str | None, typer.Option("--customer", metavar="CUSTOMER", help="approve.customer")] = None,
    service: Annotated[str | None, typer.Option("--service", metavar="SERVICE", help="approve.service")] = None,
    group: Annotated[str | None, typer.Option("--group", metavar="NAME", help="approve.group")] = None,
    releases: Annotated[list[str] | None, typer.Option("--release", metavar="RAIL", help="approve.release")] = None,
    adopt: Annotated[str | None, typer.Option("--adopt", metavar="CHOICE", help="approve.adopt")] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="approve.reason")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Exit code 4 where the plan is too old, was replaced, or nothing in it can be approved."""
    one_of(adopt, ("follow", "offset", "minimum", "exclude"), "--adopt")
    if adopt is not None and adopt != "follow":
        if releases:
            raise UsageFault("usage.one_place", options="--adopt, --release")
        return _adopted(ctx, plan, adopt, reason, lines, (customer, service, group), as_json=as_json)
    from dataclasses import replace

    from trueup.app.plans import approving
    from trueup.app.plans.plan_parts import PlanPart
    from trueup.cli.console import out
    from trueup.cli.rendering.money import total_plain, totals
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    said = words()
    with workspace(ctx) as ws:
        part = PlanPart(customer, service, group)
        done = waited(approving.approve, ws, plan, lines or None, tuple(releases or ()), reason, part=part)
        currency = ws.store.settings.get().currency
    outcomes = tuple(replace(outcome, currency=outcome.currency or currency) for outcome in done.outcomes)
    if as_json:
        write_json(
            {
                "plan": done.approval.plan_id,
                "checksum": done.approval.checksum,
                "person": done.approval.person,
                "at": done.approval.at.isoformat(),
                "lines": [outcome.line_id for outcome in done.outcomes],
                "released": list(done.released),
                "second_approval": [{"line": line, "approved_by": list(persons)} for line, persons in done.second],
                "totals": [dict(total_plain(total, "approved")) for total in totals(outcomes)],
            }
        )
        return 0
    console = out()
    paragraph(console, said.text("cli.approve.done", plan=plan, lines=len(done.outcomes)))
    if done.released:
        paragraph(console, said.text("cli.approve.released", lines=len(done.released)))
    if done.second:
        persons = ", ".join(dict.fromkeys(person for _, known in done.second for person in known))
        paragraph(console, said.text("cli.approve.second", lines=len(done.second), persons=persons), style="yellow")
        for line, _ in done.second:
            one = next(outcome for outcome in outcomes if outcome.line_id == line)
            paragraph(console, f"{one.customer_name} - {one.service_name} ({line})", 4)
    for total in totals(outcomes):
        monthly = said.signed_money(total.monthly, total.currency)
        now = said.signed_money(total.now, total.currency)
        paragraph(console, said.text("cli.plan.total", lines=total.lines, monthly=monthly, now=now))
    paragraph(console, said.text("cli.approve.next", plan=plan))
    return 0


def _adopted(
    ctx: typer.Context,
    plan: str,
    choice: str,
    reason: str | None,
    lines: list[str] | None,
    part: tuple[str | None, str | None, str | None],
    *,
    as_json: bool,
) -> int:
    """Lines that a rule takes over and that do not simply follow: each gets a rule of its own."""
    from trueup.app.plans.plan_parts import PlanPart
    from trueup.app.rulebook.adopting import adopt
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import Plain, write_json
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace
    from trueup.core.rails.adoption import Adoption
    from trueup.messages.rule_sentence import sentence_of

    said = words()
    with workspace(ctx) as ws:
        made = waited(adopt, ws, plan, Adoption(choice), reason, lines or None, PlanPart(*part))
    if as_json:
        told: list[Plain] = [{"line": one.outcome.line_id, "rule": one.rule.id, "choice": choice} for one in made]
        write_json({"plan": plan, "adopted": told})
        return 0
    console = out()
    paragraph(console, said.text("cli.approve.adopted", lines=len(made), reason=reason or ""))
    for one in made:
        name = f"{one.outcome.customer_name} - {one.outcome.service_name} ({one.outcome.line_id})"
        paragraph(console, f"{name}: {sentence_of(one.rule, said)}", 4)
    paragraph(console, said.text("cli.approve.adopted_next"))
    return 0
