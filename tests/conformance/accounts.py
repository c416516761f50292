"""A simulated account of any module, and the module that reads it as its catalogue file says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import TracebackType

import httpx2
from tests.loopback import NO_TLS

from trueup.core.usage import Collection
from trueup.modules.catalogue_files import known_modules, load_catalogue
from trueup.modules.catalogue_schema import CatalogueFile
from trueup.modules.limits import Pace
from trueup.modules.rest_module import RestModule
from trueup_simulators import modules as simulators

DAY = date(2026, 3, 10)
NIGHT = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)
KINDS = tuple(kind for kind in simulators.KINDS if kind in known_modules())
SMALL: Mapping[str, object] = {"organizations": 5, "size": 5, "page_max": 2}
"""Few rows, and pages so small that every list of items has several."""


def catalogue_of(kind: str) -> CatalogueFile:
    file = load_catalogue(kind)
    assert isinstance(file, CatalogueFile)
    return file


def in_small_pages(file: CatalogueFile) -> CatalogueFile:
    """The same file asking for pages of two rows, for vendors whose simulator serves whatever is asked."""
    if simulators.vendor_class(file.module).PAGING != "bare":
        return file
    paging = file.defaults.paging
    template = None if paging.template is None else paging.template.replace('"limit":1000', '"limit":2')
    if paging.size is None and template is None:
        return file
    smaller = paging.model_copy(update={"size": None if template else 2, "template": template})
    return file.model_copy(update={"defaults": file.defaults.model_copy(update={"paging": smaller})})


class Tried:
    """An account of `kind` that runs."""

    def __init__(self, kind: str, **more: object) -> None:
        self.kind = kind
        self.sim = simulators.start(kind, scenario={**SMALL, **more})
        self.control = httpx2.Client(base_url=self.sim.url + "/_simulator", trust_env=False, verify=NO_TLS)

    def __enter__(self) -> Tried:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.control.close()
        self.sim.stop()

    def module(self, file: CatalogueFile | None = None, **more: object) -> RestModule:
        """The module as `connect` would make it of the file and what the account accepts."""
        file = in_small_pages(file or catalogue_of(self.kind))
        given = self.sim.credentials
        settings = {name: given[name] for name in file.settings if name in given} | {"base_url": self.sim.url}
        settings |= more.pop("settings", {})
        secret = {name: given[name] for name in file.secret}
        return RestModule(file, self.kind, settings, secret, pace=Pace(scale=0.001), **more)

    def collect(self, file: CatalogueFile | None = None, **more: object) -> Collection:
        return asyncio.run(self.module(file, **more).collect(DAY, NIGHT))

    def fault(self, kind: str, **more: object) -> None:
        answer = self.control.post("/fault", json={"kind": kind, **more})
        assert answer.status_code == 200, answer.text

    def change(self, change: Mapping[str, object]) -> None:
        answer = self.control.post("/data", json=change)
        assert answer.status_code == 200, answer.text

    def asked(self) -> list[dict[str, object]]:
        return list(self.control.get("/requests").json()["log"])

    def struck(self, kind: str) -> bool:
        """Whether a fault of that kind was met."""
        return any(kind in call["faults"] for call in self.asked())

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """What a perfect reader counts, by organization and by the simulator's own words."""
        return {key: dict(entry["counts"]) for key, entry in self.sim.truth.items()}
