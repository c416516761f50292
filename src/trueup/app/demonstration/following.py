"""What the services of the generated MSP follow: one rule a service, inherited by all of its contracts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Final

from trueup.app.demonstration.nights import rows_of
from trueup.app.rulebook.rules import RuleDraft
from trueup.modules.dynamic_types import key_of
from trueup_simulators.msp import CATALOGUE, Msp

QUANTITIES: Final[Mapping[str, str]] = {
    "SaaS Protection - Seat": "datto_saas_protection.billable_seats",
    "Huntress Managed EDR": "huntress.agents",
    "Datto BCDR Appliance": "datto_bcdr.appliances",
    "Backup Agent, any product": "datto_bcdr.protected_agents + datto_endpoint_backup.assets",
    "RocketCyber Managed SOC": "rocketcyber.agents",
    "Microsoft 365 Business Premium": f"pax8.{key_of('Microsoft 365 Business Premium')}",
    "Duo MFA User": "duo_msp.users",
    "Remote Support, both RMMs": "datto_rmm.desktop + datto_rmm.laptop + ninjaone.workstations",
    "VSA 10 Agent": "vsa10.agents",
    "Compliance Manager - Device": "compliance_manager.devices",
    "SaaS Defense - Protected User": "saas_defense.protected_users",
}
"""Service -> its quantity, for services that follow other tools than Datto RMM alone."""


_KIND = re.compile(r"(\w+)\.\w+")


def metric_of(category: str) -> str:
    """The billing type that counts a device category of the generated MSP."""
    return f"network_{category}" if category in {"switch", "firewall", "router"} else category


def quantities(msp: Msp) -> Iterator[tuple[str, str]]:
    """Every service that follows usage, with its quantity."""
    for service in CATALOGUE:
        if service.counts:
            yield service.name, " + ".join(f"datto_rmm.{name}" for name in map(metric_of, service.counts))
    if msp.tools:
        named = {str(service["name"]) for service in rows_of(msp.autotask["services"])}
        yield from ((service, quantity) for service, quantity in QUANTITIES.items() if service in named)


def drafts(msp: Msp, first: date, connected: Collection[str]) -> Iterator[RuleDraft]:
    """The rules over the kinds that are connected, prorated by the day from `first` on."""
    for service, quantity in quantities(msp):
        if not set(_KIND.findall(quantity)) <= set(connected):
            continue
        yield RuleDraft(service=service, quantity=quantity, preset="prorate-daily", cutover=first)
