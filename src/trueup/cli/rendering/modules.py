"""How modules stand and when they are asked, on the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from trueup.app.schedule.night import Round
from trueup.app.schedule.states import ModuleState, ModuleStatus
from trueup.app.schedule.timetable import Scheduled
from trueup.cli.rendering.plain import Plain, failure_plain, reason_plain
from trueup.cli.rendering.runs import collect_document, write_collected, write_lines
from trueup.cli.rendering.tables import paragraph, write_table
from trueup.core.schedule.next_attempt import Next
from trueup.core.settings import TenantSettings
from trueup.messages.sentences import Sentences

_STYLES = {
    ModuleStatus.DELIVERED: "green",
    ModuleStatus.PARTIAL: "yellow",
    ModuleStatus.RUNNING: "cyan",
    ModuleStatus.NEVER: "dim",
}


def _local(moment: datetime, settings: TenantSettings) -> datetime:
    return moment.astimezone(ZoneInfo(settings.time_zone))


def _days(spans: Iterable[tuple[date, date]], said: Sentences) -> str:
    shown = (said.day(first) if first == last else f"{said.day(first)} - {said.day(last)}" for first, last in spans)
    return ", ".join(shown)


def write_states(console: Console, states: Iterable[ModuleState], said: Sentences, settings: TenantSettings) -> None:
    """One paragraph a module: its state since when, what it delivered, what is wrong and what to do."""
    found = tuple(states)
    if not found:
        paragraph(console, said.text("cli.modules.none"))
    for one in found:
        since = said.moment(_local(one.since, settings))
        head = said.text(
            "cli.modules.head", connection=one.connection, state=said.word("module", one.state.value), since=since
        )
        console.print(Text(head, style=_STYLES.get(one.state, "red")))
        if one.progress is not None:
            counted = {"organizations": one.progress.organizations, "items": one.progress.items}
            paragraph(console, said.text("cli.modules.progress", **counted), 4)
        if one.delivered_day is not None:
            delivered = {"organizations": one.organizations, "items": one.items, "calls": one.calls}
            paragraph(console, said.text("cli.modules.delivered", day=one.delivered_day, **delivered), 4)
        if one.failure is not None:
            paragraph(console, f"{said.word('failure', one.failure.category.value)}: {said.say(one.failure.reason)}", 4)
            cure = said.cure(one.failure.reason)
            if cure:
                paragraph(console, cure, 4, "dim")
        if one.lines:
            paragraph(console, said.text("cli.modules.lines", lines=one.lines, since=one.lines_since), 4)
        if one.missed:
            paragraph(console, said.text("cli.modules.missed", days=_days(one.missed, said)), 4)
        if one.lost:
            paragraph(console, said.text("cli.modules.lost", days=_days(one.lost, said)), 4)
        if one.asked_at is not None:
            paragraph(console, said.text("cli.modules.asked"), 4)
        elif one.next is not None:
            paragraph(console, said.text("cli.modules.next", at=said.moment(_local(one.next.at, settings))), 4)


def _next_plain(following: Next | None) -> Plain:
    if following is None:
        return None
    return {"at": following.at.isoformat(), "night": following.night.isoformat(), "why": following.why.value}


def state_plain(one: ModuleState, said: Sentences) -> dict[str, Plain]:
    """A module's state as JSON."""
    progress: Plain = None
    if one.progress is not None:
        progress = {
            "started_at": one.progress.started_at.isoformat(),
            "stream": one.progress.stream,
            "organizations": one.progress.organizations,
            "items": one.progress.items,
        }
    return {
        "connection": one.connection,
        "kind": one.kind,
        "state": one.state.value,
        "since": one.since.isoformat(),
        "pulled": one.pulled,
        "delivered_day": one.delivered_day.isoformat() if one.delivered_day else None,
        "delivered_at": one.delivered_at.isoformat() if one.delivered_at else None,
        "organizations": one.organizations,
        "items": one.items,
        "calls": one.calls,
        "failure": failure_plain(one.failure, said),
        "failures": one.failures,
        "progress": progress,
        "next": _next_plain(one.next),
        "asked_at": one.asked_at.isoformat() if one.asked_at else None,
        "lines": one.lines,
        "lines_since": one.lines_since.isoformat() if one.lines_since else None,
        "missed": [[first.isoformat(), last.isoformat()] for first, last in one.missed],
        "lost": [[first.isoformat(), last.isoformat()] for first, last in one.lost],
    }


def states_document(states: Iterable[ModuleState], said: Sentences) -> dict[str, Plain]:
    """All of them as JSON."""
    return {"modules": [state_plain(one, said) for one in states]}


def write_timetable(console: Console, rows: Iterable[Scheduled], said: Sentences, settings: TenantSettings) -> None:
    """A table: connection, time, zone, next attempt."""
    titles = [
        said.text(key)
        for key in ("cli.schedule.connection", "cli.schedule.at", "cli.schedule.zone", "cli.schedule.next")
    ]
    shown = []
    for one in rows:
        following = said.moment(_local(one.next.at, settings)) if one.next is not None else ""
        at = (
            one.at.strftime("%H:%M")
            if one.on
            else said.text("cli.schedule.off" if one.asked else "cli.schedule.arrives")
        )
        shown.append((one.connection, at, one.zone if one.on else "", following))
    write_table(console, titles, shown)


def timetable_document(rows: Iterable[Scheduled], said: Sentences) -> dict[str, Plain]:
    """The timetable as JSON."""
    del said
    return {
        "schedules": [
            {
                "connection": one.connection,
                "kind": one.kind,
                "at": one.at.strftime("%H:%M"),
                "zone": one.zone,
                "on": one.on,
                "own": one.own,
                "asked": one.asked,
                "next": _next_plain(one.next),
            }
            for one in rows
        ]
    }


def write_rounds(console: Console, rounds: Mapping[str, Round], said: Sentences) -> None:
    """What was due and what became of it, tenant by tenant."""
    for tenant, one in rounds.items():
        if not one.did_something:
            paragraph(console, said.text("cli.worker.nothing", tenant=tenant))
            continue
        write_collected(console, one.collected, said)
        if one.plan is not None:
            paragraph(console, said.text("cli.worker.planned", plan=one.plan.id, lines=len(one.plan.outcomes)))
        if one.applied is not None:
            write_lines(console, one.applied.lines, said)
        for step, reason in one.trouble:
            paragraph(console, f"{said.word('run', step)}: {said.say(reason)}", style="red")
            cure = said.cure(reason)
            if cure:
                paragraph(console, cure, 4, "dim")


def rounds_document(rounds: Mapping[str, Round], said: Sentences) -> dict[str, Plain]:
    """The same as JSON."""
    return {
        "tenants": [
            {
                "tenant": tenant,
                **collect_document(one.collected, said),
                "plan": one.plan.id if one.plan is not None else None,
                "run": one.applied.run_id if one.applied is not None else None,
                "verified": one.verified.right if one.verified is not None else None,
                "trouble": [{"step": step, "reason": reason_plain(reason, said)} for step, reason in one.trouble],
            }
            for tenant, one in rounds.items()
        ]
    }
