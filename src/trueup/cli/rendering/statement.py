"""Statements on the terminal and as JSON: what was written, and whether a file is unaltered."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from trueup.app.errors import failed
from trueup.app.statements.issuing import Issued
from trueup.app.statements.sealing import Checked
from trueup.cli.rendering.plain import Plain
from trueup.cli.rendering.tables import paragraph
from trueup.messages.sentences import Sentences


def file_bytes(path: Path) -> bytes:
    """A file as it is. Raises UseCaseError `statement.no_file`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise failed("statement.no_file", path=str(path), detail=error.strerror or "error") from None


def issued_plain(issued: Issued, path: Path) -> dict[str, Plain]:
    """What was written."""
    made = issued.statement
    totals: list[Plain] = [{"currency": currency, "amount": f"{amount:f}"} for currency, amount in made.totals.items()]
    return {
        "file": str(path),
        "format": issued.format,
        "language": issued.language,
        "customer": made.customer_id,
        "customer_name": made.customer_name,
        "first": made.first.isoformat(),
        "last": made.last.isoformat(),
        "provisional": made.provisional,
        "lines": len(made.lines),
        "totals": totals,
        "content": issued.content,
    }


def write_issued(console: Console, issued: Issued, path: Path, said: Sentences) -> None:
    """Where it is, and what it comes to."""
    made = issued.statement
    where = {"customer": made.customer_name, "path": str(path)}
    paragraph(console, said.text("cli.statement.written", month=made.first, **where))
    for currency, amount in made.totals.items():
        paragraph(console, f"  {said.money(amount, currency)}")
    if made.provisional:
        paragraph(console, said.text("statement.provisional", day=made.as_of), style="yellow")


def checked_plain(checked: Checked) -> dict[str, Plain]:
    """What a look at a file found."""
    found = checked.differences
    return {
        "unaltered": checked.unaltered,
        "format": checked.format,
        "key": checked.key,
        "content": checked.content,
        "altered": list(found.altered) if found else [],
        "missing": list(found.missing) if found else [],
        "added": list(found.added) if found else [],
    }


def write_checked(console: Console, checked: Checked, path: Path, said: Sentences) -> None:
    """Whether it is unaltered, else the parts to look at."""
    if checked.differences is None:
        paragraph(console, said.text("cli.statement.unaltered", path=str(path), key=checked.key), style="green")
        return
    found = checked.differences
    paragraph(console, said.text("cli.statement.altered", path=str(path)), style="bold red")
    for word, names in (("altered", found.altered), ("missing", found.missing), ("added", found.added)):
        if names:
            paragraph(console, f"  {said.word('sealed', word)}: {', '.join(names)}")
    if not (found.altered or found.missing or found.added):
        paragraph(console, f"  {said.word('sealed', 'order')}")
