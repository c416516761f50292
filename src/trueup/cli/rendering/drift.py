"""Edits by hand as a person reads them: who has the line, what was agreed, what was found, what usage says."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from trueup.app.drift.deciding import Decided
from trueup.app.drift.looking import DriftReport, EditedLine
from trueup.cli.rendering.plain import Plain, reasons_plain
from trueup.cli.rendering.tables import paragraph
from trueup.core.by_hand.edits import Edit
from trueup.core.outcome import OutcomeStatus
from trueup.core.reason import Reason
from trueup.core.rule import DriftPolicy
from trueup.messages.sentences import Sentences, harmless

_DECIDED = {
    DriftPolicy.KEEP: "cli.drift.decided_keep",
    DriftPolicy.TAKE_BACK: "cli.drift.decided_take_back",
    DriftPolicy.ADOPT: "cli.drift.decided_adopt",
}


def waits(report: DriftReport) -> bool:
    """Whether a person has to decide something."""
    return any(_open(line) and line.policy is DriftPolicy.WAIT for line in report.lines)


def _open(line: EditedLine) -> bool:
    return line.outcome.status is not OutcomeStatus.NONE


def _policy(line: EditedLine, said: Sentences) -> str:
    if not _open(line):
        return said.text("cli.drift.agrees")
    return said.text("cli.drift.policy", policy=said.word("drift", line.policy.value))


def write_report(console: Console, report: DriftReport, said: Sentences) -> None:
    """Each edited line with its edits; then what the newest plan still shows as drift."""
    head = Reason.of("cli.drift.compared", compared=report.compared, lines=len(report.lines), day=report.as_of)
    paragraph(console, said.say(head), style="bold")
    for line in report.lines:
        facts = line.case.facts
        name = f"{harmless(facts.customer.name)} - {harmless(facts.service.name)} [{facts.line.id}]"
        console.print(Text(name, style="yellow" if _open(line) else ""), soft_wrap=True)
        for edit in line.edits:
            paragraph(console, said.say(edit.reason), 4)
        wanted = line.outcome.after
        if wanted is not None:
            paragraph(console, said.say(Reason.of("cli.drift.wanted", units=wanted, day=report.as_of)), 4)
        paragraph(console, _policy(line, said), 4, "dim")
    if report.lines and not report.says_who:
        paragraph(console, said.text("cli.drift.who_unknown"), style="dim")
    gone = [one for one in report.planned if one.line_id not in {line.case.facts.line.id for line in report.lines}]
    if report.plan_id is not None and gone:
        paragraph(console, said.say(Reason.of("cli.drift.in_plan", plan=report.plan_id, lines=len(gone))))
        for one in gone:
            paragraph(console, f"{harmless(one.customer_name)} - {harmless(one.service_name)} [{one.line_id}]", 4)
    if waits(report):
        paragraph(console, said.text("cli.drift.next"))


def _edit_plain(edit: Edit) -> Plain:
    return {
        "day": edit.day.isoformat(),
        "agreed": edit.known,
        "found": edit.found,
        "difference": edit.found - edit.known,
    }


def _line_plain(line: EditedLine, said: Sentences) -> dict[str, Plain]:
    facts = line.case.facts
    edits: list[Plain] = [_edit_plain(edit) for edit in line.edits]
    return {
        "line": facts.line.id,
        "customer": facts.customer.id,
        "customer_name": facts.customer.name,
        "contract_name": facts.contract.name,
        "service_name": facts.service.name,
        "edits": edits,
        "wanted": line.outcome.after,
        "open": _open(line),
        "policy": line.policy.value,
        "changed_by": None,
        "reasons": reasons_plain(line.outcome.reasons, said, line.outcome.currency),
    }


def report_document(report: DriftReport, said: Sentences) -> dict[str, Plain]:
    """The report as JSON. `changed_by` is null where the PSA does not say who made an edit."""
    lines: list[Plain] = [_line_plain(line, said) for line in report.lines]
    return {
        "as_of": report.as_of.isoformat(),
        "compared": report.compared,
        "lines": lines,
        "says_who_changed": report.says_who,
        "plan": report.plan_id,
        "plan_lines": [one.line_id for one in report.planned],
    }


def write_decided(console: Console, done: Decided, said: Sentences) -> None:
    """What was decided, and what follows from it."""
    line = done.line.case.facts.line.id
    paragraph(console, said.text(_DECIDED[done.policy], line=line))


def decided_document(done: Decided, said: Sentences) -> dict[str, Plain]:
    """A decision as JSON."""
    return {**_line_plain(done.line, said), "decided": done.policy.value}
