"""`trueup init`: create the store and a tenant, or change a tenant's choices."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

from typing import Annotated

import typer

from trueup.cli.arguments import DRIFT_POLICIES, one_of, whole_from
from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def init(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="init.name")] = None,
    time_zone: Annotated[str | None, typer.Option("--time-zone", metavar="ZONE", help="init.time_zone")] = None,
    currency: Annotated[str | None, typer.Option("--currency", metavar="CODE", help="init.currency")] = None,
    language: Annotated[str | None, typer.Option("--language", metavar="en|fr", help="init.language")] = None,
    mode: Annotated[str | None, typer.Option("--mode", metavar="MODE", help="init.mode")] = None,
    wait: Annotated[str | None, typer.Option("--wait-days", metavar="N", help="init.wait_days")] = None,
    nights: Annotated[str | None, typer.Option("--contest-nights", metavar="N", help="init.contest_nights")] = None,
    window: Annotated[str | None, typer.Option("--contest-window", metavar="N", help="init.contest_window")] = None,
    drift: Annotated[str | None, typer.Option("--drift", metavar="POLICY", help="init.drift")] = None,
    unit_costs: Annotated[str | None, typer.Option("--unit-costs", metavar="CHOICE", help="init.unit_costs")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="json")] = False,
) -> int:
    """A tenant that exists takes the choices that are given; without any it is refused as existing."""
    one_of(mode, ("read-only", "manual", "automatic"), "--mode")
    one_of(unit_costs, ("off", "propose", "write"), "--unit-costs")
    one_of(drift, DRIFT_POLICIES, "--drift")
    wait_days = whole_from(wait, "--wait-days")
    contest_nights = whole_from(nights, "--contest-nights")
    contest_window = whole_from(window, "--contest-window")
    from dataclasses import replace

    from trueup.app.connections import setup
    from trueup.app.workspace import create_workspace, key_for, open_workspace
    from trueup.cli.console import out
    from trueup.cli.rendering.plain import write_json
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import key_beside, key_of, options_of, shown_store, waited, words
    from trueup.cli.speaking import language as spoken
    from trueup.core.rule import DriftPolicy, Mode
    from trueup.core.settings import UnitCosts
    from trueup.store.errors import StoreError

    options = options_of(ctx)
    edits = DriftPolicy(drift.replace("-", "_")) if drift else None
    chosen = setup.TenantChoices(
        name,
        time_zone,
        currency,
        language,
        Mode(mode) if mode else None,
        wait_days,
        contest_nights,
        contest_window,
        edits,
        unit_costs=UnitCosts(unit_costs) if unit_costs else None,
    )
    new = setup.chosen_settings(replace(chosen, name=name or options.tenant, language=language or spoken()))
    made_key = options.key_file if options.key_file is not None and not options.key_file.exists() else None
    key = key_of(options) if made_key is None else None
    if key is None:
        made_key = made_key or key_beside(options.store)
        key = key_for(made_key, create=True)
    created = True
    try:
        with create_workspace(options.store, key, new, options.tenant) as ws:
            settings = ws.store.settings.get()
    except StoreError as error:
        if made_key is not None and error.reason.code != "store.tenant_exists":
            made_key.unlink()  # made a moment ago for a store that did not come to be: it protects nothing
        if error.reason.code != "store.tenant_exists" or chosen == setup.TenantChoices():
            raise
        created = False
        with open_workspace(options.store, key, options.tenant) as ws:
            settings = waited(setup.change_settings, ws, chosen)
    if as_json:
        write_json(
            {
                "created": created,
                "store": shown_store(options.store),
                "key_file": str(made_key) if made_key else None,
                "tenant": options.tenant,
                "name": settings.name,
                "time_zone": settings.time_zone,
                "currency": settings.currency,
                "language": settings.language,
                "mode": settings.mode.value,
                "unit_costs": settings.unit_costs.value,
            }
        )
        return 0
    said, console = words(), out()
    paragraph(console, said.text("cli.init.created" if created else "cli.init.changed", tenant=options.tenant))
    told = {
        "store": shown_store(options.store),
        "zone": settings.time_zone,
        "currency": settings.currency or said.text("word.nothing"),
        "mode": said.word("mode", settings.mode.value),
    }
    console.print(said.text("cli.init.settings", **told), soft_wrap=True)
    if made_key is not None:
        console.print(said.text("cli.init.key", path=str(made_key)), soft_wrap=True)
    if created:
        paragraph(console, said.text("cli.init.next"))
    return 0
