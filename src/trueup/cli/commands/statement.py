"""`trueup statement`: what a customer was billed for in a month and why, sealed; and whether a file is still that."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.cli.arguments import UsageFault, month_from, one_of
from trueup.cli.spoken import SpokenCommand, new_app

if TYPE_CHECKING:
    from trueup.app.statements.sealing import Checked

app = new_app()
_Text = str | None


@app.command(cls=SpokenCommand)
def statement(
    ctx: typer.Context,
    customer: Annotated[_Text, typer.Argument(metavar="CUSTOMER", help="statement.customer")] = None,
    period: Annotated[_Text, typer.Option("--period", metavar="MONTH", help="statement.period")] = None,
    kind: Annotated[str, typer.Option("--format", metavar="pdf|xlsx|csv", help="statement.format")] = "pdf",
    language: Annotated[_Text, typer.Option("--language", metavar="en|fr", help="statement.language")] = None,
    out_file: Annotated[_Text, typer.Option("--out", metavar="FILE", help="statement.out")] = None,
    verify: Annotated[_Text, typer.Option("--verify", metavar="FILE", help="statement.verify")] = None,
    key: Annotated[_Text, typer.Option("--key", metavar="KEY", help="statement.key")] = None,
    public: Annotated[bool, typer.Option("--public-key", help="statement.public_key")] = False,
    logo: Annotated[_Text, typer.Option("--logo", metavar="FILE", help="statement.logo")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """Writes a file, or checks one (exit code 1 where it was altered)."""
    one_of(kind, ("pdf", "xlsx", "csv"), "--format")
    one_of(language, ("en", "fr"), "--language")
    month = month_from(period, "--period")
    if verify is not None:
        return _verify(ctx, Path(verify), key, as_json=as_json)
    if public:
        return _public_key(ctx, as_json=as_json)
    if logo is not None:
        return _logo(ctx, logo)
    if customer is None:
        raise UsageFault("usage.missing_argument", argument="CUSTOMER")
    if month is None:
        raise UsageFault("usage.missing_option", option="--period")
    from trueup.app.statements.issuing import issue
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.statement import issued_plain, write_issued
    from trueup.cli.session import waited, words, workspace

    with workspace(ctx) as ws:
        issued = waited(issue, ws, customer, month, kind, language)
    path = Path(out_file or issued.name)
    path.write_bytes(issued.data)
    write_json(issued_plain(issued, path)) if as_json else write_issued(out(), issued, path, words())
    return 0


def _verify(ctx: typer.Context, path: Path, key: str | None, *, as_json: bool) -> int:
    """Check a file. With a public key no store is needed."""
    from trueup.app.statements import issuing, sealing
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.statement import checked_plain, file_bytes, write_checked
    from trueup.cli.session import waited, words, workspace

    data = file_bytes(path)
    checked: Checked
    if key is None:
        with workspace(ctx) as ws:
            checked = waited(issuing.verify, ws, data)
    else:
        known = Path(key)
        text = known.read_text(encoding="ascii") if known.is_file() else key
        public = sealing.public_key_from(text)
        checked = sealing.check(data, {sealing.fingerprint(public): public})
    write_json(checked_plain(checked)) if as_json else write_checked(out(), checked, path, words())
    return 0 if checked.unaltered else 1


def _public_key(ctx: typer.Context, *, as_json: bool) -> int:
    from trueup.app.statements.issuing import public_key
    from trueup.app.statements.sealing import public_key_text
    from trueup.cli.console import write_line
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.session import waited, workspace

    with workspace(ctx) as ws:
        pair = waited(public_key, ws)
    text = public_key_text(pair.public)
    write_json({"key": pair.id, "public_key": text}) if as_json else write_line(text)
    return 0


def _logo(ctx: typer.Context, path: str) -> int:
    from trueup.app.statements.issuing import set_logo
    from trueup.cli.console import out
    from trueup.cli.rendering.statement import file_bytes
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import waited, words, workspace

    image = file_bytes(Path(path)) if path else None
    with workspace(ctx) as ws:
        waited(set_logo, ws, image)
    paragraph(out(), words().text("cli.statement.logo"))
    return 0
