"""The list of each vendor that says most: its address, its rows, and its own way to page 2 and after."""

from __future__ import annotations

import json

from tests.simulators.modules.rig import Visit


def _number(parameter: str, first: int = 1):
    return lambda number, _seen, _rows: {parameter: str(number - 1 + first)}


def _skipped(parameter: str):
    return lambda _number, seen, _rows: {parameter: str(seen)}


LIMIT = json.dumps({"limit": 20, "order": "id", "where": {"hasAvLicense": True}})


def _loopback(_number: int, seen: int, _rows: list[dict]) -> dict[str, str]:
    return {"filter": json.dumps({**json.loads(LIMIT), "skip": seen})}


DATTO = {"counted": _number("_page"), "totals": "pagination/totalPages"}
SPANNING = Visit("/external/users", "users", {"size": "5", "assigned": "true"}, link="nextLink")
VISITS = {
    "datto_saas_protection": Visit("/v1/saas/domains"),
    "datto_bcdr": Visit("/v1/bcdr/device", "items", {"_perPage": "5", "showHiddenDevices": "0"}, **DATTO),
    "datto_endpoint_backup": Visit("/v1/dtc/assets", "items", {"_perPage": "5"}, **DATTO),
    "huntress": Visit("/v1/organizations", "organizations", {"limit": "5"}, link="pagination/next_page_url"),
    "vsa10": Visit(
        "/api/v3/devices", "Data", {"$top": "20", "$filter": "IsAgentInstalled eq true"}, counted=_skipped("$skip")
    ),
    "rocketcyber": Visit(
        "/v3/agents",
        "data",
        {"pageSize": "10", "connectivity": "online"},
        counted=_number("page"),
        totals="totalPages",
    ),
    "sentinelone": Visit(
        "/web/api/v2.1/sites",
        "data/sites",
        {"limit": "5", "state": "active"},
        cursor=("pagination/nextCursor", "cursor"),
    ),
    "sophos_partner": Visit(
        "/partner/v1/billing/usage/2026/02",
        "items",
        {"pageSize": "10", "pageTotal": "true"},
        counted=_number("page"),
        totals="pages/total",
    ),
    "microsoft_365": Visit(
        "/v1.0/users", "value", {"$top": "5", "$select": "id,assignedLicenses"}, link="@odata.nextLink"
    ),
    "pax8": Visit(
        "/v1/subscriptions",
        "content",
        {"size": "10", "status": "Active"},
        counted=_number("page", 0),
        totals="page/totalPages",
    ),
    "ninjaone": Visit(
        "/v2/devices", "", {"pageSize": "20"}, counted=lambda _n, _s, rows: {"after": str(rows[-1]["id"])}
    ),
    "datto_edr": Visit("/api/AgentDetails", "", {"filter": LIMIT}, counted=_loopback),
    "datto_av": Visit("/api/AgentDetails", "", {"filter": LIMIT}, counted=_loopback),
    "spanning_m365": SPANNING,
    "spanning_google": SPANNING,
}
CHILDREN = {
    "datto_saas_protection": Visit("/v1/saas/53001/seats"),
    "datto_bcdr": Visit("/v1/bcdr/device/00006A000100/asset"),
    "datto_edr": Visit("/api/AgentDetails/count"),
    "datto_av": Visit("/api/AgentDetails/count"),
    "spanning_m365": Visit("/external/tenant"),
    "spanning_google": Visit("/external/tenant"),
    "microsoft_365": Visit("/v1.0/subscribedSkus"),
}
"""A path that is asked once for each parent record, or another one with counts."""
