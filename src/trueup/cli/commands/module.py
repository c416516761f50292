"""`trueup module`: writing and trying a catalogue file."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import UsageFault, pairs_from
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()

_Json = Annotated[bool, typer.Option("--json", help="json")]


@app.callback(cls=SpokenGroup)
def module() -> None:
    """Catalogue files."""


@app.command("new", cls=SpokenCommand)
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="module.name")],
    out: Annotated[str | None, typer.Option("--out", metavar="FILE", help="module.out")] = None,
) -> int:
    """Write a commented catalogue file."""
    from pathlib import Path

    from trueup.cli.console import out as console
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import words
    from trueup.modules.starting import starter

    said = words()
    chosen = name.replace("-", "_")
    try:
        text = starter(chosen, said.language)
    except ValueError:
        raise UsageFault("usage.module_name", name=name) from None
    path = Path(out or f"{chosen}.yaml")
    if path.exists():
        raise UsageFault("usage.file_exists", path=str(path))
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageFault("usage.file_unwritable", path=str(path), detail=error.strerror or "") from None
    paragraph(console(), said.text("cli.module.written", path=str(path)))
    return 0


@app.command("test", cls=SpokenCommand)
def try_file(
    file: Annotated[str, typer.Argument(metavar="FILE", help="module.file")],
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="connect.set")] = None,
    secrets_stdin: Annotated[bool, typer.Option("--secrets-stdin", help="connect.secrets_stdin")] = False,
    as_json: _Json = False,
) -> int:
    """Check a catalogue file, and try it on the real account where its secrets are given. Reads only."""
    given = pairs_from(settings or (), "--set")
    from pathlib import Path

    from trueup.app.connections import trying
    from trueup.cli.console import out
    from trueup.cli.rendering.findings import write_findings
    from trueup.cli.rendering.plain import Plain, finding_plain, write_json
    from trueup.cli.secrets import given_secrets, refuse_in_settings
    from trueup.cli.session import waited, words
    from trueup.core.finding import FindingState
    from trueup.modules.catalogue_files import load_catalogue
    from trueup.modules.catalogue_schema import CatalogueFile

    said = words()
    path = Path(file)
    if path.suffix in (".yaml", ".yml") and not path.is_file():
        raise UsageFault("usage.file_missing", path=file)
    loaded = load_catalogue(file)
    names = tuple(loaded.secret)
    refuse_in_settings(loaded.module, names, given)
    findings = list(trying.file_findings(loaded))
    secret = given_secrets(loaded.module, names, from_input=secrets_stdin)
    if isinstance(loaded, CatalogueFile) and secret is not None:
        findings += waited(trying.account_findings, loaded, given, secret)
    else:
        findings.append(trying.not_tried(names))
    failed = any(finding.state is FindingState.FAILED for finding in findings)
    if as_json:
        told: list[Plain] = [finding_plain(finding, said) for finding in findings]
        write_json({"file": file, "module": loaded.module, "failed": failed, "findings": told})
    else:
        write_findings(out(), findings, said)
    return 1 if failed else 0
