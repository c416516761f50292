"""`trueup connect`: a PSA or a module, tried live before it is stored."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated, Literal

import typer

from trueup.cli.arguments import pairs_from
from trueup.cli.spoken import SpokenCommand, SpokenGroup, new_app

app = new_app()

_Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="connect.name")]
_Set = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="connect.set")]
_Stdin = Annotated[bool, typer.Option("--secrets-stdin", help="connect.secrets_stdin")]
_Force = Annotated[bool, typer.Option("--force", help="connect.force")]
_Json = Annotated[bool, typer.Option("--json", help="json")]


@app.callback(cls=SpokenGroup)
def connect() -> None:
    """Connect a PSA or a module."""


def _connect(
    ctx: typer.Context,
    role: Literal["psa", "module"],
    kind: str,
    name: str | None,
    pairs: list[str] | None,
    from_input: bool,
    force: bool,
    as_json: bool,
) -> int:
    settings = pairs_from(pairs or (), "--set")
    from trueup.app.connections import connecting, setup
    from trueup.cli.console import out
    from trueup.cli.rendering.findings import write_findings
    from trueup.cli.rendering.plain import Plain, finding_plain, write_json
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.secrets import refuse_in_settings, secrets_for
    from trueup.cli.session import waited, words, workspace
    from trueup.core.finding import FindingState

    kind = kind.replace("-", "_")
    names = connecting.secrets_of(kind)
    refuse_in_settings(kind, names, settings)
    said = words()
    with workspace(ctx) as ws:
        secret = secrets_for(kind, names, from_input=from_input)
        use = setup.connect_psa if role == "psa" else setup.connect_module
        chosen = name or kind.replace("_", "-")
        findings = waited(use, ws, kind, chosen, settings, secret, force=force)
    if as_json:
        told: list[Plain] = [finding_plain(finding, said) for finding in findings]
        write_json({"connection": chosen, "kind": kind, "role": role, "findings": told})
    else:
        console = out()
        write_findings(console, findings, said)
        paragraph(console, said.text("cli.connect.done", connection=chosen))
    return 1 if any(finding.state is FindingState.FAILED for finding in findings) else 0


@app.command("psa", cls=SpokenCommand)
def psa(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="connect.psa_kind")],
    name: _Name = None,
    settings: _Set = None,
    secrets_stdin: _Stdin = False,
    force: _Force = False,
    as_json: _Json = False,
) -> int:
    """Connect the PSA."""
    return _connect(ctx, "psa", kind, name, settings, secrets_stdin, force, as_json)


@app.command("module", cls=SpokenCommand)
def module(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="connect.module_kind")],
    name: _Name = None,
    settings: _Set = None,
    secrets_stdin: _Stdin = False,
    force: _Force = False,
    as_json: _Json = False,
) -> int:
    """Connect a module."""
    return _connect(ctx, "module", kind, name, settings, secrets_stdin, force, as_json)
