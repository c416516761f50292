"""The API of a played MSP behind its real door, with a token; by hand: `python -m tests.web.api.served`."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.web.msp import PlayedMsp, played
from tests.web.running import answering

from trueup.app.people.membership import By, NewPerson, add_person
from trueup.app.people.tokens import Scope, make_token
from trueup.core.roles import Role
from trueup.web.application import create_app
from trueup.web.site import Site


@dataclass(frozen=True)
class ServedApi:
    """Its address, and a token that may do everything."""

    url: str
    token: str
    msp: PlayedMsp
    site: Site
    folder: Path


def _token(site: Site) -> str:
    house = site.installation

    async def made() -> str:
        person = await add_person(house, "default", NewPerson("Ada"), Role.ADMINISTRATOR, By("operator"))
        token = await make_token(house, "default", "fuzz", Scope.ADMIN, 1, person.name, person.id)
        return token.text

    return asyncio.run(made())


@contextmanager
def served_api(folder: Path) -> Iterator[ServedApi]:
    """Play a small MSP and answer until the end."""
    with played(folder, small=True) as msp:
        (folder / "copy").mkdir()
        with msp.site(folder / "copy") as site, answering(create_app(site)) as url:
            yield ServedApi(url, _token(site), msp, site, folder)


def main() -> None:
    """Serve until interrupted; says the command of a long run."""
    with tempfile.TemporaryDirectory() as folder, served_api(Path(folder)) as served:
        print(
            f"schemathesis --config-file tests/web/api/schemathesis.toml run {served.url}/api/v1/openapi.json "
            f'-H "Authorization: Bearer {served.token}" --max-examples 200',
            flush=True,
        )
        while True:
            time.sleep(60)


if __name__ == "__main__":
    main()
