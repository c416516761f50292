"""`trueup serve`: the web application on this store."""

# ruff: noqa: PLC0415 (imports wait inside commands, so that help and usage errors start at once)
from __future__ import annotations

import os
from typing import Annotated, cast

import typer

from trueup.cli.arguments import UsageFault, one_of, whole_from
from trueup.cli.spoken import SpokenCommand, new_app

app = new_app()


@app.command(cls=SpokenCommand)
def serve(
    ctx: typer.Context,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="serve.host")] = "127.0.0.1",
    port: Annotated[str, typer.Option("--port", metavar="N", help="serve.port")] = "8321",
    trusted: Annotated[list[str] | None, typer.Option("--trusted-proxy", metavar="NETWORK", help="serve.proxy")] = None,
    header: Annotated[
        str, typer.Option("--proxy-header", metavar="HEADER", help="serve.proxy_header")
    ] = "x-forwarded-for",
    no_worker: Annotated[bool, typer.Option("--no-worker", help="serve.no_worker")] = False,
) -> int:
    """Answers until interrupted. Port 0 takes a free one; the address is printed first."""
    one_of(header, ("x-forwarded-for", "forwarded"), "--proxy-header")
    number = whole_from(port, "--port")
    if number is None or not 0 <= number <= 65535:
        raise UsageFault("usage.not_a_whole_number", option="--port", value=port)
    from trueup.core.access.networks import network_of

    proxies = [network_of(text) for text in trusted or ()]
    for text, found in zip(trusted or (), proxies, strict=True):
        if found is None:
            raise UsageFault("usage.not_a_network", option="--trusted-proxy", value=text)
    from trueup.app.jobs.embedded import jobs_beside
    from trueup.app.people.links import first_link
    from trueup.cli import logs
    from trueup.cli.console import out, write_line
    from trueup.cli.rendering.tables import paragraph
    from trueup.cli.session import key_of, options_of, waited, words
    from trueup.store.database import Database
    from trueup.web.application import create_app
    from trueup.web.serving import address_of, listening
    from trueup.web.serving import serve as serve_until_told
    from trueup.web.site import ProxyHeader, Site

    options = options_of(ctx)
    logs.begin(os.environ)
    with Database.open(options.store, key_of(options)) as database:
        try:
            bound = listening(host, number)
        except OSError as error:
            raise UsageFault("usage.cannot_listen", host=host, port=port, detail=error.strerror or "") from None
        site = Site.of(
            database, proxies=tuple(one for one in proxies if one is not None), proxy_header=cast("ProxyHeader", header)
        )
        first = waited(first_link, site.installation, options.tenant)
        console, said = out(), words()
        if first is not None:
            paragraph(console, said.text("cli.serve.first"))
            write_line(f"{address_of(bound)}welcome/{first}")
        paragraph(console, said.text("cli.serve.address", url=address_of(bound)))
        alone = no_worker or database.server is not None
        if alone and not no_worker:
            paragraph(console, said.text("cli.serve.workers"))
        beside = () if alone else (jobs_beside(database),)
        serve_until_told(create_app(site, alongside=beside), bound)
    return 0
