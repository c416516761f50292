"""Is a collection right? Compared with what the simulator knows of its own data, in its own words.

`WORDS` translates by hand: a billing type of the catalogue file -> the simulator's word for the same figure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import Decimal

from tests.conformance.accounts import Tried

from trueup.core.usage import Collection, Coverage
from trueup.modules.dynamic_types import key_of

Counts = Mapping[str, int]


def _sum(*words: str) -> Callable[[Counts], int]:
    return lambda counts: sum(counts.get(word, 0) for word in words)


def _each(counts: Counts, prefix: str = "", suffix: str = "") -> dict[str, int]:
    return {key_of(word.removeprefix(prefix)) + suffix: n for word, n in counts.items() if word.startswith(prefix)}


WORDS: Mapping[str, Mapping[str, str | Callable[[Counts], int]]] = {
    "datto_saas_protection": {"billable_seats": "billable_seats", "archived_seats": "archived_seats"},
    "datto_bcdr": {
        "appliances": "appliances",
        "protected_agents": "agents",
        "protected_shares": "shares",
        "offsite_storage": "offsite_gb",
    },
    "datto_endpoint_backup": {
        "pcs": "agents",
        "assets": "assets",
        "pc": "pc",
        "server": "server",
        "azure": "azure",
    },
    "huntress": {
        "agents": "agents_count",
        "identities": "billable_identity_count",
        "log_sources": "logs_sources_count",
        "learners": "sat_learner_count",
    },
    "vsa10": {"devices": "devices", "agents": "agents"},
    "rocketcyber": {"agents": "agents"},
    "sentinelone": {"active_licenses": "active_licenses", "total_licenses": "total_licenses"},
    "microsoft_365": {"licensed_users": "licensed_users"},
    "ninjaone": {
        "devices": "devices",
        "workstations": _sum("WINDOWS_WORKSTATION", "MAC", "LINUX_WORKSTATION"),
        "servers": _sum("WINDOWS_SERVER", "MAC_SERVER", "LINUX_SERVER"),
        "vm_hosts": _sum("VMWARE_VM_HOST"),
        "network_devices": _sum("NMS_SWITCH", "NMS_ROUTER", "NMS_FIREWALL", "NMS_OTHER"),
        "cloud_monitors": _sum("CLOUD_MONITOR_TARGET"),
    },
    "datto_edr": {"edr": "edr", "agents": "agents"},
    "datto_networking": {"access_points": "access_points", "switches": "switches"},
    "dark_web_id": {"domains": "domains"},
    "unitrends": {"devices": "devices", "server": "servers"},
    "saas_alerts": {"billable_seats": "billable_seats"},
    "it_glue": {"configurations": "configurations"},
    "gravityzone": {
        "endpoints": "endpointMonthlyUsage",
        "edr": "edrMonthlyUsage",
        "patch_management": "patchManagementMonthlyUsage",
        "encryption": "encryptionMonthlyUsage",
        "email_security": "emailSecurityMonthlyUsage",
        "exchange": "exchangeMonthlyUsage",
        "ats": "atsMonthlyUsage",
    },
    "acronis": {
        "pw_base_workstations": "workstations",
        "pw_base_servers": "servers",
        "pw_base_storage": lambda counts: counts["storage"] // 1024**3,
    },
    "ncentral": {"devices": "devices", "servers": "servers"},
    "duo_msp": {"users": "users"},
    "proofpoint_essentials": {"active_users": "active_users"},
    "webroot": {"devices": "endpoints"},
    "auvik": {"billable_devices": "billable"},
    "datto_av": {"av": "av"},
    "spanning_m365": {"standard_licenses": "standard", "archived_licenses": "archived"},
    "spanning_google": {"standard_licenses": "standard", "archived_licenses": "archived"},
}

NAMED_BY_THE_VENDOR: Mapping[str, Callable[[Counts], dict[str, int]]] = {
    "sophos_partner": lambda counts: {**_each(counts), "billable": sum(counts.values())},
    "pax8": _each,
    "partner_center": lambda counts: {**_each(counts), "licences": sum(counts.values())},
    "microsoft_365": lambda counts: {**_each(counts, "bought."), **_each(counts, "used.", "_assigned")},
}
"""Billing types that are named by what is seen, from the simulator's words."""


def expected_of(kind: str, counts: Counts) -> dict[str, int]:
    """Figures by billing type that a perfect reader has for one organization."""
    named = NAMED_BY_THE_VENDOR.get(kind)
    found = {} if named is None else named(counts)
    for metric, word in WORDS.get(kind, {}).items():
        found[metric] = counts.get(word, 0) if isinstance(word, str) else word(counts)
    assert kind in WORDS or kind in NAMED_BY_THE_VENDOR, f"say in WORDS what {kind} counts"
    return found


def figures(collection: Collection) -> dict[str, dict[str, Decimal]]:
    """Readings by organization and billing type."""
    found: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for reading in collection.readings:
        found[reading.organization][reading.metric.partition(".")[2]] = reading.value
    return found


def mine(tried: Tried) -> dict[str, Counts]:
    """The organizations that this account can see: a tenant's own login sees one."""
    if tried.kind == "microsoft_365":
        own = tried.sim.credentials["tenant_id"]
        return {own: tried.counts[own]}
    return tried.counts


def faults_of(tried: Tried, collection: Collection, totals: Mapping[str, int | None] | None = None) -> list[str]:
    """What is wrong with a collection that should be right; empty when nothing is."""
    if collection.failure is not None:
        return [f"failed: {collection.failure.reason.code}"]
    found = [f"coverage: {collection.coverage}"] if collection.coverage is not Coverage.MEASURED else []
    found += [f"note: {note.code}" for note in collection.notes if note.code != "module.total_differs"]
    read = figures(collection)
    expected = {key: expected_of(tried.kind, counts) for key, counts in mine(tried).items()}
    found += [f"organizations: {sorted(read.keys() ^ expected.keys())}"] if read.keys() != expected.keys() else []
    for organization, wanted in expected.items():
        wrong = {
            name: (n, read[organization].get(name))
            for name, n in wanted.items()
            if n != read[organization].get(name, 0)
        }
        found += [f"{organization}: {wrong}"] if wrong else []
    found += [f"no name: {one.key}" for one in collection.organizations if one.name == one.key]
    for inventory in collection.inventories:
        for place, attribute in enumerate(inventory.attributes):
            if all(item.attributes[place] is None for item in inventory.items) and inventory.items:
                found.append(f"{inventory.stream}: nothing has {attribute}")
        found += (
            [f"{inventory.stream}: no names"] if inventory.items and not any(i.name for i in inventory.items) else []
        )
    found += [f"{stream}: no total" for stream, total in (totals or {}).items() if total is None]
    return found
