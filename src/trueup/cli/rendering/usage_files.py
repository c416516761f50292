"""A usage file as it was understood, and the profiles of sources."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from trueup.app.usage.importing import FileCount, ImportResult, ImportState
from trueup.app.usage.profiles import FileSource
from trueup.cli.rendering.plain import Plain, failure_plain, reason_plain, reasons_plain, value_plain
from trueup.cli.rendering.tables import paragraph, write_table
from trueup.messages.sentences import Sentences

_SHOWN = 40
_STYLES = {
    ImportState.PREVIEW: "",
    ImportState.RECORDED: "green",
    ImportState.ALREADY: "green",
    ImportState.OUTRANKED: "yellow",
    ImportState.REFUSED: "red",
}


def write_import(console: Console, result: ImportResult, said: Sentences) -> None:
    """How the file is written, what it counts beside what counted before, the rejected rows, and what became of it."""
    _write_written(console, result, said)
    if result.counts:
        _write_counts(console, result.counts, said)
    for row in result.rejected[:_SHOWN]:
        told = said.text("cli.usage.row", line=row.line, why=said.say(row.reason))
        paragraph(console, told, 2, "yellow")
        cure = said.cure(row.reason)
        if cure:
            paragraph(console, cure, 6, "dim")
    if result.rejected_rows > _SHOWN:
        paragraph(console, said.text("cli.usage.more_rows", more=result.rejected_rows - _SHOWN), 2, "dim")
    for note in result.notes:
        paragraph(console, f"- {said.say(note)}", 2)
    if result.failure is not None:
        paragraph(console, said.say(result.failure.reason), 2, "red")
        cure = said.cure(result.failure.reason)
        if cure:
            paragraph(console, cure, 2, "dim")
        console.print(Text(f"  [{result.failure.reason.code}]", style="dim"))
    state = said.word("import_state", result.state.value)
    told = said.text("cli.usage.state", source=result.connection, file=result.file, state=state)
    paragraph(console, told, style=_STYLES[result.state])


def _write_written(console: Console, result: ImportResult, said: Sentences) -> None:
    written = result.written
    if written is None:
        return
    told = said.text(
        "cli.usage.written",
        format=written.format,
        encoding=written.encoding or None,
        delimiter=said.word("delimiter", _delimiter(written.delimiter)) if written.delimiter else None,
        sheet=written.sheet or None,
        decimal=written.decimal or None,
    )
    paragraph(console, told)
    coverage = said.word("coverage", result.coverage.value)
    counted = said.text(
        "cli.usage.counted",
        day=result.day,
        coverage=coverage,
        rows=result.rows,
        rejected=result.rejected_rows,
        left=result.left_out,
        items=result.items,
    )
    paragraph(console, counted)


def _delimiter(sign: str) -> str:
    return {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}.get(sign, sign)


def _write_counts(console: Console, counts: tuple[FileCount, ...], said: Sentences) -> None:
    codes = ("cli.usage.organization", "cli.usage.type", "cli.usage.before", "cli.usage.value", "cli.usage.coverage")
    ordered = sorted(counts, key=lambda one: (one.before == one.value, one.name.casefold(), one.label))
    rows = [
        (
            one.name,
            one.label,
            said.number(one.before) if one.before is not None else "-",
            said.number(one.value),
            said.word("coverage", one.coverage.value),
        )
        for one in ordered[:_SHOWN]
    ]
    write_table(console, [said.text(code) for code in codes], rows, right=(2, 3))
    if len(counts) > _SHOWN:
        paragraph(console, said.text("cli.usage.more_counts", more=len(counts) - _SHOWN), 2, "dim")


def import_document(result: ImportResult, said: Sentences) -> dict[str, Plain]:
    """The same as JSON, with every number."""
    written = result.written
    return {
        "state": result.state.value,
        "source": result.connection,
        "kind": result.kind,
        "file": result.file,
        "day": value_plain(result.day),
        "written": None
        if written is None
        else {
            "format": written.format,
            "encoding": written.encoding or None,
            "delimiter": _delimiter(written.delimiter) or None,
            "sheet": written.sheet or None,
            "decimal": written.decimal or None,
        },
        "rows": result.rows,
        "rows_left_out": result.left_out,
        "rows_rejected": result.rejected_rows,
        "rejected": [{"line": row.line, "reason": reason_plain(row.reason, said)} for row in result.rejected],
        "coverage": result.coverage.value,
        "items": result.items,
        "counts": [
            {
                "organization": one.organization,
                "name": one.name,
                "metric": one.metric,
                "label": one.label,
                "value": value_plain(one.value),
                "coverage": one.coverage.value,
                "before": value_plain(one.before),
            }
            for one in result.counts
        ],
        "notes": reasons_plain(result.notes, said),
        "failure": failure_plain(result.failure, said),
    }


def write_profile(console: Console, source: FileSource, said: Sentences) -> None:
    """A source, its keys, and what it counts."""
    console.print(Text(said.text("cli.usage.source", source=source.name, kind=source.kind, day=source.delivered)))
    for key, value in sorted(source.settings.items()):
        paragraph(console, f"{key}={value}", 4)
    for one in source.types:
        paragraph(console, said.text("cli.usage.counts", metric=one.key, label=one.label), 4, "dim")


def profile_plain(source: FileSource) -> dict[str, Plain]:
    """The same as JSON."""
    settings: dict[str, Plain] = dict(source.settings)
    return {
        "source": source.name,
        "kind": source.kind,
        "settings": settings,
        "delivered_day": value_plain(source.delivered),
        "billing_types": [
            {"key": one.key, "label": one.label, "kind": one.kind.value, "unit": one.unit} for one in source.types
        ],
    }
