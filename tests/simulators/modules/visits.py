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
    "it_glue": Visit("/configurations", "data", {"page[size]": "20", "filter[archived]": "false"}, link="links/next"),
    "saas_alerts": Visit("/reportApi/api/v1/reports/billing-details", "", {"billingDate": "2026-02-28"}),
    "dark_web_id": Visit("/services/organization.json", "list", {"limit": "5"}, counted=_number("page", 0), stop=404),
    "datto_networking": Visit("/network/list", "networks"),
    "gravityzone": Visit(
        "/api/v1.0/jsonrpc/companies",
        "result",
        method="POST",
        body={"jsonrpc": "2.0", "method": "getCompaniesList", "params": {}, "id": "1"},
    ),
    "acronis": Visit("/api/2/tenants", "items", {"limit": "5"}, cursor=("paging/cursors/after", "after")),
    "proofpoint_essentials": Visit("/api/v1/billing/msp.example/orgs"),
    "webroot": Visit(
        "/service/api/usage/gsm/SIM0-GSM0-KEY0-0001-0000",
        "QueryResults",
        {"billingDate": "2026-02-28", "batchSize": "5"},
        link="ContinuationURI",
    ),
    "auvik": Visit(
        "/v1/inventory/device/info", "data", {"page[first]": "5", "filter[deviceType]": "switch"}, link="links/next"
    ),
    "ncentral": Visit("/api/devices", "data", {"pageSize": "20"}, counted=_number("pageNumber"), totals="totalPages"),
    "duo_msp": Visit("/accounts/v1/account/list", "response", method="POST"),
    "unitrends": Visit("/v1/customers", "items", {"limit": "5"}, counted=_skipped("offset")),
    "partner_center": Visit(
        "/v1/customers", "items", {"size": "5"}, cursor=("links/next/headers/0/value", "MS-ContinuationToken")
    ),
}
CHILDREN = {
    "datto_saas_protection": Visit("/v1/saas/53001/seats"),
    "datto_bcdr": Visit("/v1/bcdr/device/00006A000100/asset"),
    "datto_edr": Visit("/api/AgentDetails/count"),
    "datto_av": Visit("/api/AgentDetails/count"),
    "spanning_m365": Visit("/external/tenant"),
    "spanning_google": Visit("/external/tenant"),
    "microsoft_365": Visit("/v1.0/subscribedSkus"),
    "auvik": Visit("/v1/tenants", "data"),
    "datto_networking": Visit("/node/network/123001/list"),
    "gravityzone": Visit(
        "/api/v1.0/jsonrpc/licensing",
        method="POST",
        body={
            "jsonrpc": "2.0",
            "method": "getMonthlyUsage",
            "params": {"companyId": "0000000000005f0000000001", "targetMonth": "02/2026"},
            "id": "2",
        },
    ),
    "acronis": Visit("/api/2/tenants/usages", query={"tenants": "{tenant}"}),
    "ncentral": Visit("/api/org-units/101/devices"),
    "duo_msp": Visit(
        "/admin/v1/users",
        "response",
        {"account_id": "DA000000000000000001", "limit": "5"},
        cursor=("metadata/next_offset", "offset"),
    ),
    "unitrends": Visit("/v1/customers/{tenant}/devices"),
    "partner_center": Visit("/v1/customers/{tenant}/subscriptions"),
}
"""A path that is asked once for each parent record, or another one with counts."""
