"""Runs, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from rich.console import Console
from rich.text import Text

from trueup.app.plans.said_by_persons import release_reason
from trueup.cli.console import step_name
from trueup.cli.rendering.plain import Plain, reasons_plain, value_plain
from trueup.cli.rendering.tables import paragraph
from trueup.messages.sentences import Sentences, harmless
from trueup.store.plans import StoredRelease
from trueup.store.runs import Run, RunStep


def _step(step: RunStep, said: Sentences) -> str:
    numbers = ", ".join(f"{_number_name(name, said)}: {said.number(value)}" for name, value in step.numbers.items())
    verb, _, object_ = step.name.partition(" ")
    name = " ".join(part for part in (step_name(verb), harmless(object_)) if part)
    state = said.word("run", said.word("coverage", step.state) if step.state == "partial" else step.state)
    return f"{name}: {state}" + (f" ({numbers})" if numbers else "")


def _number_name(name: str, said: Sentences) -> str:
    for group in ("number", "status", "line_state"):
        if said.knows(f"word.{group}.{name}"):
            return said.word(group, name)
    return harmless(name)


def write_runs(console: Console, runs: Sequence[Run], zone: tzinfo, said: Sentences) -> None:
    """One paragraph a run, moments in the tenant's time zone."""
    if not runs:
        paragraph(console, said.text("cli.history.none"))
    for run in runs:
        started = said.moment(run.started_at.astimezone(zone))
        state = said.word("run", run.status)
        kind = said.word("run", run.kind)
        head = said.text("cli.history.run", run=run.id, kind=kind, actor=run.actor, at=started, state=state)
        console.print(Text(head, style="bold red" if run.status == "failed" else "bold"))
        for step in run.steps:
            paragraph(console, _step(step, said), 4)
        for reason in run.reasons:
            paragraph(console, said.say(reason), 4)


def write_releases(console: Console, released: Sequence[StoredRelease], said: Sentences) -> None:
    """Who released what, newest first; nothing where nobody did."""
    if not released:
        return
    console.print()
    console.print(Text(said.text("cli.history.released"), style="bold"))
    for one in released:
        paragraph(console, said.say(release_reason(one, with_line=True)), 4)


def release_plain(one: StoredRelease, said: Sentences) -> Plain:
    """A release as JSON."""
    return {
        "rail": one.release.rail,
        "line": one.release.line_id,
        "units": one.release.after,
        "day": one.release.effective.isoformat(),
        "person": one.person,
        "reason": one.reason,
        "at": one.at.isoformat(),
        "ended_at": value_plain(one.ended_at),
        "text": said.say(release_reason(one, with_line=True)),
    }


def run_plain(run: Run, said: Sentences) -> dict[str, Plain]:
    """A run as JSON."""
    return {
        "run": run.id,
        "kind": run.kind,
        "actor": run.actor,
        "status": run.status,
        "started_at": run.started_at.isoformat(),
        "finished_at": value_plain(run.finished_at),
        "steps": [
            {"name": step.name, "state": step.state, "at": step.at.isoformat(), "numbers": dict(step.numbers)}
            for step in run.steps
        ],
        "reasons": reasons_plain(run.reasons, said),
    }
