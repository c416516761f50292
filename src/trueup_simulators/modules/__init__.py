"""Accounts of every module that Trueup reads, behind real HTTP servers, with faults and a control plane.

`start(KIND)` serves one vendor's documented shapes with seeded data on a loopback port. The vendor's paths are below
`url` whole (`/v1/saas/domains`), logins on another host included; the control plane is below `url` + `/_simulator/`.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from importlib import import_module
from pathlib import Path

import msgspec

from trueup_simulators.datto_rmm.scenario import plain_data
from trueup_simulators.modules.app import ModuleApp
from trueup_simulators.modules.control import read_faults, refuse_bad_networks
from trueup_simulators.modules.vendor import ScenarioError, Setup, Truth, Vendor
from trueup_simulators.serving import RunningSimulator, free_socket, start_in_thread

__all__ = ["KINDS", "RunningModule", "ScenarioError", "Setup", "load_scenario", "start", "vendor_class"]

_VENDORS: Mapping[str, str] = {
    "datto_saas_protection": "datto_saas_protection:DattoSaasProtection",
    "datto_bcdr": "datto_bcdr:DattoBcdr",
    "datto_endpoint_backup": "datto_endpoint_backup:DattoEndpointBackup",
    "huntress": "huntress:Huntress",
    "vsa10": "vsa10:Vsa10",
    "rocketcyber": "rocketcyber:RocketCyber",
    "sentinelone": "sentinelone:SentinelOne",
    "sophos_partner": "sophos_partner:SophosPartner",
    "microsoft_365": "microsoft_365:Microsoft365",
    "pax8": "pax8:Pax8",
    "ninjaone": "ninjaone:NinjaOne",
    "datto_edr": "datto_edr:DattoEdr",
    "spanning_m365": "spanning:SpanningM365",
    "spanning_google": "spanning:SpanningGoogle",
    "datto_av": "datto_edr:DattoAv",
    "it_glue": "it_glue:ItGlue",
    "saas_alerts": "saas_alerts:SaasAlerts",
    "dark_web_id": "dark_web_id:DarkWebId",
    "datto_networking": "datto_networking:DattoNetworking",
    "gravityzone": "gravityzone:GravityZone",
    "acronis": "acronis:Acronis",
    "proofpoint_essentials": "proofpoint_essentials:ProofpointEssentials",
    "webroot": "webroot:Webroot",
    "auvik": "auvik:Auvik",
    "ncentral": "ncentral:NCentral",
    "duo_msp": "duo_msp:DuoMsp",
    "unitrends": "unitrends:Unitrends",
    "partner_center": "partner_center:PartnerCenter",
}
"""Kind -> file of `vendors` and class in it; imported when asked."""

KINDS: tuple[str, ...] = tuple(_VENDORS)


@dataclass(slots=True)
class RunningModule(RunningSimulator):
    """The running simulator. `vendor` belongs to the serving thread: look at it, change it by `/_simulator/`."""

    vendor: Vendor

    @property
    def truth(self) -> Truth:
        """By organization key, its name and what a perfect reader counts now: `{"name": ..., "counts": {...}}`."""
        return self.vendor.truth()


def _read(path: Path) -> object:
    try:
        return plain_data(path)
    except ValueError as error:
        raise ScenarioError(str(error)) from None


def load_scenario(source: str | Path | Mapping[str, object]) -> Setup:
    """Read a scenario from a YAML or JSON file, or from plain data. Raises `ScenarioError`, naming what is wrong."""
    where = "scenario" if isinstance(source, Mapping) else str(source)
    data: object = dict(source) if isinstance(source, Mapping) else _read(Path(source))
    known = ", ".join(entry.name for entry in fields(Setup))
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise ScenarioError(f"{where}: a scenario is a mapping; known here: {known}")
    for key in data:
        if key not in {entry.name for entry in fields(Setup)}:
            raise ScenarioError(f"{where}: unknown key {key!r}; known here: {known}")
    try:
        setup = msgspec.convert(data, Setup)
    except msgspec.ValidationError as error:
        raise ScenarioError(f"{where}: {error}") from None
    if setup.organizations < 1 or setup.size < 0:
        raise ScenarioError(f"{where}: there is at least one organization, and no negative size")
    if any(number < 1 or size < 0 for number, size in setup.dealt):
        raise ScenarioError(f"{where}: dealt has the numbers of customers, from 1, each with no negative size")
    refuse_bad_networks(setup.allowed_networks)
    return setup


def vendor_class(kind: str) -> type[Vendor]:
    """The class of a known kind."""
    module, _, name = _VENDORS[kind].partition(":")
    made: type[Vendor] = getattr(import_module(f"trueup_simulators.modules.vendors.{module}"), name)
    return made


def start(
    kind: str,
    seed: int = 1,
    scenario: Setup | Mapping[str, object] | str | Path | None = None,
    *,
    port: int = 0,
    host: str = "127.0.0.1",
) -> RunningModule:
    """Serve an account of `kind` from a thread of this process; `seed` is that of the MSP unless the scenario says.

    `credentials` has the secrets and settings that are accepted. Raises `ScenarioError`, also for an unknown kind.
    """
    if kind not in _VENDORS:
        raise ScenarioError(f"unknown kind {kind!r}; known: {', '.join(KINDS)}")
    if scenario is None:
        setup = Setup(seed=seed)
    elif isinstance(scenario, Setup):
        setup = replace(scenario)  # the switches of a running account are its own
    else:
        setup = load_scenario({"seed": seed, **scenario} if isinstance(scenario, Mapping) else scenario)
    vendor = vendor_class(kind)(setup)
    app = ModuleApp(vendor)
    app.faults.ordered.extend(read_faults(list(setup.faults), vendor))
    bound = free_socket(host, port)
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each answer waits 40 ms for an ACK
    running = start_in_thread(app, bound, vendor.credentials)
    kept = {entry.name: getattr(running, entry.name) for entry in fields(running)}
    return RunningModule(**kept, vendor=vendor)
