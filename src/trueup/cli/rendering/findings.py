"""Answers to prerequisites: a mark, its word, the question, the answer and the cure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from textwrap import wrap

from rich.console import Console
from rich.text import Text

from trueup.cli.rendering.tables import paragraph
from trueup.core.finding import Finding, FindingState
from trueup.messages.sentences import Sentences, harmless

_MARKS = {
    FindingState.OK: ("\N{CHECK MARK}", "+", "green"),
    FindingState.FAILED: ("\N{BALLOT X}", "x", "red"),
    FindingState.WARNING: ("!", "!", "yellow"),
    FindingState.QUESTION: ("?", "?", "cyan"),
    FindingState.SKIPPED: ("-", "-", "dim"),
}


def mark(console: Console, state: FindingState) -> tuple[str, str]:
    """The mark of a state and its colour; plain characters where the output cannot show others."""
    fine, plain, style = _MARKS[state]
    try:
        fine.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return plain, style
    return fine, style


def question_of(finding: Finding, said: Sentences) -> str | None:
    """The question in words; None where the answer's sentence says it all."""
    for key in (f"finding.{finding.code}", finding.code):
        if key != finding.reason.code and said.knows(key):
            return said.text(key)
    return None


def cures_of(finding: Finding, said: Sentences) -> tuple[str, ...]:
    """What to do: what the answer's own message says, and what the finding adds to it."""
    found = (said.cure(finding.reason), said.say(finding.cure) if finding.cure else None)
    return tuple(dict.fromkeys(cure for cure in found if cure))


def write_findings(console: Console, findings: Iterable[Finding], said: Sentences) -> None:
    """One paragraph a finding, then a sentence that counts them."""
    all_of_them = tuple(findings)
    _write_answers(console, all_of_them, said)
    _write_counts(console, all_of_them, said)


def write_failed(console: Console, findings: Iterable[Finding], said: Sentences) -> None:
    """Those that failed, then a sentence that counts all."""
    all_of_them = tuple(findings)
    _write_answers(console, (one for one in all_of_them if one.state is FindingState.FAILED), said)
    _write_counts(console, all_of_them, said)


def _write_answers(console: Console, findings: Iterable[Finding], said: Sentences) -> None:
    left = 4 + max(len(said.word("finding", state.value)) for state in FindingState)
    for finding in findings:
        sign, style = mark(console, finding.state)
        question = question_of(finding, said)
        answer = said.say(finding.reason)
        connection = finding.reason.get("connection")
        if question is not None and connection:
            question = f"{question} ({connection})"
        text = said.text("cli.answer", question=question, answer=answer) if question else answer
        label = f"{sign} {said.word('finding', finding.state.value)}"
        first, *more = wrap(harmless(text), max(24, console.width - left), break_on_hyphens=False)
        console.print(Text.assemble((f"{label:<{left}}", style), first), soft_wrap=True)
        for line in more:
            console.print(Text(" " * left + line), soft_wrap=True)
        if finding.state is not FindingState.OK:
            for cure in cures_of(finding, said):
                paragraph(console, cure, left, "dim")


def _write_counts(console: Console, findings: Iterable[Finding], said: Sentences) -> None:
    counted = Counter(finding.state for finding in findings)
    shown = [f"{counted[state]} {said.word('finding', state.value)}" for state in FindingState if counted[state]]
    console.print(Text(", ".join(shown), style="bold"))
