"""What a run did, line by line, and the proof that it is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from trueup.app.usage.collecting import CollectResult
from trueup.app.writes.applying import ApplyResult, LineResult
from trueup.app.writes.entry_work import EntryProof
from trueup.app.writes.verifying import LineProof, VerifyResult
from trueup.cli.rendering.plain import Plain, adjustment_plain, failure_plain, reason_plain, reasons_plain, value_plain
from trueup.cli.rendering.tables import paragraph
from trueup.core.late.billed import differing
from trueup.core.reason import Reason
from trueup.core.usage import Coverage
from trueup.messages.sentences import Sentences, harmless

_STYLES = {"done": "green", "refused": "red", "conflict": "red"}
_COVERAGE = {Coverage.MEASURED: "green", Coverage.PARTIAL: "yellow", Coverage.UNKNOWN: "red"}


def write_lines(console: Console, lines: Iterable[LineResult], said: Sentences) -> None:
    """One line of text for each line of the run that needs a look, and the counts of all."""
    counted: Counter[str] = Counter()
    for line in lines:
        counted[line.state] += 1
        if line.state == "done" and line.reason is None:
            continue
        name = " - ".join(harmless(part) for part in (line.customer_name, line.service_name) if part) or line.line_id
        state = said.word("line_state", line.state)
        console.print(Text(f"{name}: {state}", style=_STYLES.get(line.state, "yellow")))
        if line.reason is not None:
            paragraph(console, said.say(line.reason), 4)
            cure = said.cure(line.reason)
            if cure:
                paragraph(console, cure, 4, "dim")
    shown = ", ".join(f"{said.word('line_state', state)}: {number}" for state, number in sorted(counted.items()))
    console.print(Text(shown, style="bold"))


def lines_plain(lines: Iterable[LineResult], said: Sentences) -> list[Plain]:
    """The same as JSON."""
    return [
        {
            "line": line.line_id,
            "customer_name": line.customer_name,
            "service_name": line.service_name,
            "state": line.state,
            "changes": [adjustment_plain(change) for change in line.changes],
            "reason": reason_plain(line.reason, said) if line.reason is not None else None,
        }
        for line in lines
    ]


def apply_document(result: ApplyResult, said: Sentences) -> dict[str, Plain]:
    """A run of apply as JSON."""
    counts: dict[str, Plain] = dict(Counter(line.state for line in result.lines))
    return {
        "run": result.run_id,
        "plan": result.plan_id,
        "counts": counts,
        "lines": lines_plain(result.lines, said),
        "settled": lines_plain(result.settled, said),
    }


def write_proof(console: Console, result: VerifyResult, said: Sentences) -> None:
    """Lines that are not as they should be, then the count of those that are."""
    for line in result.lines:
        if not line.right:
            name = f"{harmless(line.customer_name)} - {harmless(line.service_name)}"
            numbers = Reason.of(
                "cli.verify.wrong",
                name=name,
                line=line.line_id,
                day=line.day,
                expected=line.expected,
                found=line.found,
            )
            paragraph(console, said.say(numbers), style="red")
    right = sum(1 for line in result.lines if line.right)
    for entry in result.entries:
        if entry.expected_cost is not None:
            _write_cost(console, entry, said)
            continue
        key = "cli.verify.entry_right" if entry.right else "cli.verify.entry_wrong"
        told = Reason.of(
            key,
            what=entry.kind.value,
            name=entry.name,
            id=entry.created_id,
            expected=entry.expected,
            found=entry.found,
        )
        paragraph(console, said.say(told), style="green" if entry.right else "red")
    _write_billed(console, result, said)
    if result.lines:
        style = "bold green" if right == len(result.lines) else "bold red"
        console.print(Text(said.text("cli.verify.right", right=right, lines=len(result.lines)), style=style))
    elif not result.entries:
        paragraph(console, said.text("cli.verify.nothing", run=result.run_id))


def _write_cost(console: Console, entry: EntryProof, said: Sentences) -> None:
    told = Reason.of(
        "cli.verify.cost_right" if entry.right else "cli.verify.cost_wrong",
        name=entry.name,
        expected=entry.expected_cost,
        found=entry.found_cost,
        currency=entry.currency,
    )
    paragraph(console, said.say(told), style="green" if entry.right else "red")


def _write_billed(console: Console, result: VerifyResult, said: Sentences) -> None:
    """What the PSA billed since, beside what was previewed."""
    if result.billed.problem is not None:
        told = Reason.of("verify.billed_unreadable", failure=result.billed.problem.code)
        paragraph(console, said.say(told), style="yellow")
        paragraph(console, said.say(result.billed.problem), 4, "yellow")
        return
    names = {line.line_id: f"{line.customer_name} - {line.service_name}" for line in result.lines}
    agreed = sum(1 for proof in result.billed.proofs if proof.agrees)
    for proof in differing(result.billed.proofs):
        text = said.text(
            "cli.billed.wrong",
            name=harmless(names.get(proof.line_id, "")),
            line=proof.line_id,
            day=proof.day,
            billed=said.number(proof.billed),
            previewed=said.number(proof.previewed),
            formula=said.word("formula", proof.formula or "unknown"),
        )
        paragraph(console, text, style="red")
    if agreed:
        paragraph(console, said.text("cli.billed.right", items=agreed), style="green")


def _billed_plain(result: VerifyResult) -> list[Plain]:
    return [
        {
            "item": proof.item,
            "line": proof.line_id,
            "day": proof.day.isoformat(),
            "kind": proof.kind,
            "quantity": value_plain(proof.quantity),
            "previewed": value_plain(proof.previewed),
            "billed": value_plain(proof.billed),
            "agrees": proof.agrees,
            "formula": proof.formula,
        }
        for proof in result.billed.proofs
    ]


def _proof_plain(line: LineProof) -> Plain:
    return {
        "line": line.line_id,
        "customer_name": line.customer_name,
        "service_name": line.service_name,
        "day": line.day.isoformat(),
        "expected": line.expected,
        "found": line.found,
        "right": line.right,
    }


def verify_document(result: VerifyResult) -> dict[str, Plain]:
    """The proof as JSON."""
    lines = [_proof_plain(line) for line in result.lines]
    entries: list[Plain] = [
        {
            "request": entry.request_id,
            "kind": entry.kind.value,
            "name": entry.name,
            "created": entry.created_id,
            "expected": entry.expected,
            "found": entry.found,
            "expected_cost": value_plain(entry.expected_cost),
            "found_cost": value_plain(entry.found_cost),
            "currency": entry.currency,
            "right": entry.right,
        }
        for entry in result.entries
    ]
    return {
        "run": result.run_id,
        "plan": result.plan_id,
        "right": result.right,
        "lines": lines,
        "entries": entries,
        "billed": _billed_plain(result),
    }


def write_collected(console: Console, results: Iterable[CollectResult], said: Sentences) -> None:
    """One paragraph a connection."""
    for result in results:
        coverage = said.word("coverage", result.coverage.value)
        head = said.text(
            "cli.collect.result",
            connection=result.connection,
            day=result.day,
            coverage=coverage,
            organizations=result.organizations,
            items=result.items,
            calls=result.calls,
        )
        console.print(Text(head, style=_COVERAGE[result.coverage]))
        if result.failure is not None:
            category = said.word("failure", result.failure.category.value)
            paragraph(console, f"{category}: {said.say(result.failure.reason)}", 4)
            cure = said.cure(result.failure.reason)
            if cure:
                paragraph(console, cure, 4, "dim")
            console.print(Text(f"    [{result.failure.reason.code}]", style="dim"))
        for note in result.notes:
            paragraph(console, f"- {said.say(note)}", 4)


def collect_document(results: Iterable[CollectResult], said: Sentences) -> dict[str, Plain]:
    """Collections as JSON."""
    return {
        "collections": [
            {
                "connection": result.connection,
                "kind": result.kind,
                "day": result.day.isoformat(),
                "coverage": result.coverage.value,
                "organizations": result.organizations,
                "items": result.items,
                "calls": result.calls,
                "failure": failure_plain(result.failure, said),
                "notes": reasons_plain(result.notes, said),
            }
            for result in results
        ]
    }
