"""Connections of the demonstration, made as a person would make them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from trueup.app.connections import setup
from trueup.app.usage.importing import Asked, ImportResult, import_file
from trueup.app.usage.profiles import save_profile
from trueup.app.usage.push_keys import create_key
from trueup.app.workspace import Workspace
from trueup.core.finding import Finding
from trueup.modules.catalogue_files import load_catalogue
from trueup_simulators.msp import Msp
from trueup_simulators.msp_tools import as_csv

BY_FILE = "compliance_manager"
PUSHED = "saas_defense"
_PROFILE = {"organization": "Organization", "count.devices": "Devices", "count.users": "Users", "complete": "yes"}


def name_of(kind: str) -> str:
    """The name of the connection of a kind; there is one of each."""
    return kind.replace("_", "-")


async def connect_psa(ws: Workspace, url: str, secret: Mapping[str, str]) -> tuple[Finding, ...]:
    """Connect the PSA."""
    settings = {"zone_lookup_url": url, "adjustment_gap_seconds": "0"}
    return await setup.connect_psa(ws, "autotask", "autotask", settings, secret)


async def connect_tool(ws: Workspace, kind: str, url: str, given: Mapping[str, str]) -> tuple[Finding, ...]:
    """Connect a module that answers; `given` has its secrets and settings by their names."""
    file = load_catalogue(kind)
    asks = file.settings
    settings = {name: given[name] for name in asks if name in given}
    secret = {name: given[name] for name in file.secret}
    return await setup.connect_module(ws, kind, name_of(kind), {**settings, "base_url": url}, secret)


async def connect_sender(ws: Workspace) -> str:
    """A connection that is pushed to, with a key of its own; gives the key, which is told this once."""
    await setup.connect_module(ws, PUSHED, name_of(PUSHED), {}, {})
    made = await create_key(ws, name_of(PUSHED), "reporting script")
    return made.secret


async def deliver_file(ws: Workspace, msp: Msp, folder: Path) -> ImportResult | None:
    """The file of the product that has no API, taken with a saved profile; None where the MSP has no such product."""
    if BY_FILE not in msp.reports:
        return None
    path = folder / "compliance-manager.csv"
    path.write_text(as_csv(msp.reports[BY_FILE]), encoding="utf-8", newline="")
    await save_profile(ws, name_of(BY_FILE), BY_FILE, _PROFILE)
    return await import_file(ws, name_of(BY_FILE), path, Asked())
