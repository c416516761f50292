"""Rows and envelopes have the fields that the vendors document, by the names they document."""

from __future__ import annotations

import pytest
from tests.simulators.modules.rig import Rigs, Visit, at
from tests.simulators.modules.visits import CHILDREN, VISITS

FIELDS = {
    "datto_saas_protection": """backupStats
        domain saasCustomerId saasCustomerName organizationId organizationName seatsUsed
        productType externalSubscriptionId retentionType""",
    "datto_bcdr": """serialNumber name region model lastSeenDate organizationId clientCompanyName organizationName
        hidden servicePlan registrationDate servicePeriod warrantyExpire localStorageUsed
        localStorageAvailable offsiteStorageUsed totalManagedDisk internalIP activeTickets
        resellerCompanyName agentCount shareCount alertCount uptime remoteWebUrl""",
    "datto_endpoint_backup": """name status type lastBackup screenshotSuccess assetUuid organizationId organizationName
        resellerId backupStateSuccessful last10Backups hostname macAddress externalIp smbiosVendor
        smbiosName agentCode protectedVolume""",
    "huntress": "id name key agents_count billable_identity_count logs_sources_count sat_learner_count",
    "vsa10": """Identifier Name GroupId GroupName IsAgentInstalled IsMdmEnrolled SiteId SiteName OrganizationId
        OrganizationName""",
    "rocketcyber": "customerId customerName accountPath connectivity",
    "sentinelone": """id name accountId accountName state siteType sku suite activeLicenses totalLicenses
        unlimitedLicenses externalId licenses""",
    "sophos_partner": """orderLineItemNumber productGroup productCode sku productDescription billableQuantity
        orderedQuantity actualQuantity accountId assignedAccountIdentifier billingStartDate
        billingEndDate externalId""",
    "microsoft_365": "id assignedLicenses",
    "pax8": """companyId quantity productId productName vendorSkuId price partnerCost billingTerm startDate
        endDate status""",
    "ninjaone": "id organizationId nodeClass approvalStatus",
    "datto_edr": """id deviceId hostname status active authorized isolated heartbeat version hasEdrLicense
        hasAvLicense dattoAvEnabled organizationId organizationName locationId locationName""",
    "spanning_m365": "userPrincipalName email displayName assigned isArchive isDeleted msId",
    "it_glue": "id type attributes",
    "datto_networking": "id name",
    "gravityzone": "id name",
    "proofpoint_essentials": "eid name licensing_package active_users",
    "auvik": "id type attributes relationships",
    "ncentral": "deviceClass customerId",
    "duo_msp": "account_id name api_hostname",
    "partner_center": "id companyProfile",
}
AROUND = {
    "datto_bcdr": {"pagination": {"page", "perPage", "totalPages", "count"}},
    "huntress": {"pagination": {"next_page_token", "next_page_url"}},
    "vsa10": {"Meta": {"TotalCount", "ResponseCode"}},
    "rocketcyber": {"": {"totalCount", "currentPage", "totalPages", "dataCount", "data"}},
    "sentinelone": {"pagination": {"nextCursor", "totalItems"}, "data/allSites": {"activeLicenses", "totalLicenses"}},
    "sophos_partner": {"pages": {"current", "size", "total", "maxSize"}},
    "pax8": {"page": {"size", "totalElements", "totalPages", "number"}},
    "it_glue": {"meta": {"current-page", "next-page", "prev-page", "total-pages", "total-count"}, "links": {"next"}},
    "dark_web_id": {"": {"self", "first", "last", "list", "next"}},
    "acronis": {"paging/cursors": {"after"}},
    "webroot": {"": {"QueryResults", "ContinuationURI"}},
    "auvik": {"links": {"next"}},
    "ncentral": {"": {"data", "totalItems", "totalPages", "_links"}, "_links": {"nextPage"}},
    "duo_msp": {"": {"stat", "response"}},
    "partner_center": {"": {"totalCount", "items"}},
}
SKUS = "skuId skuPartNumber capabilityStatus consumedUnits prepaidUnits appliesTo"
OTHERS = {
    "datto_saas_protection": (
        CHILDREN["datto_saas_protection"],
        "",
        "mainId name seatType seatState billable dateAdded remoteId",
    ),
    "microsoft_365": (Visit("/v1.0/subscribedSkus"), "value", SKUS),
    "acronis": (
        CHILDREN["acronis"],
        "items/0/usages",
        """tenant_uuid application_id edition infra_id measurement_unit name usage_name offering_item range_start value
        absolute_value type""",
    ),
    "partner_center": (
        CHILDREN["partner_center"],
        "items",
        "id offerId offerName quantity unitType status",
    ),
    "datto_endpoint_backup": (
        Visit("/v1/bcdr/agent"),
        "items/0/agents",
        "uuid shortCode type hostname lastSnapshot lastScreenshot screenshotSuccess protectedMachine",
    ),
}


@pytest.mark.parametrize("kind", FIELDS)
def test_a_row_has_the_documented_fields(kind: str, rigs: Rigs) -> None:
    rigs[kind].calm()
    rows = at(rigs[kind].visited(VISITS[kind]).json(), VISITS[kind].rows)
    for row in rows:
        assert set(FIELDS[kind].split()) <= set(row)


@pytest.mark.parametrize("kind", AROUND)
def test_an_envelope_has_the_documented_fields(kind: str, rigs: Rigs) -> None:
    rigs[kind].calm()
    body = rigs[kind].visited(VISITS[kind]).json()
    for path, names in AROUND[kind].items():
        assert names <= set(at(body, path))


@pytest.mark.parametrize("kind", OTHERS)
def test_a_list_below_has_the_documented_fields(kind: str, rigs: Rigs) -> None:
    rigs[kind].calm()
    visit, path, fields = OTHERS[kind]
    rows = at(rigs[kind].visited(visit).json(), path)
    assert rows
    for row in rows:
        assert set(fields.split()) <= set(row)


def test_a_billable_seat_is_the_text_1(rigs: Rigs) -> None:
    seats = rigs["datto_saas_protection"].get("/v1/saas/53001/seats").json()
    assert {seat["billable"] for seat in seats} == {"0", "1"}
    assert {seat["seatType"] for seat in seats if seat["billable"] == "0"} >= {"SharedMailbox", "Team"}
    assert {seat["seatState"] for seat in seats if seat["billable"] == "1"} == {"Active", "Paused", "Archived"}
    users = rigs["datto_saas_protection"].get("/v1/saas/53001/seats", seatType="User,Site").json()
    assert {seat["seatType"] for seat in users} == {"User", "Site"}


def test_appliances_can_be_hidden_or_a_child_resellers_and_can_lack_their_organization(rigs: Rigs) -> None:
    shown = rigs["datto_bcdr"].get("/v1/bcdr/device").json()["items"]
    visible = rigs["datto_bcdr"].get("/v1/bcdr/device", showHiddenDevices="0", showChildResellerDevices="0")
    assert sum(device["hidden"] for device in shown) == 1
    assert len(visible.json()["items"]) == len(shown) - 2
    unnamed = [device for device in shown if device["organizationId"] is None]
    assert unnamed
    assert all(device["clientCompanyName"] for device in unnamed)


def test_nodes_are_an_object_by_their_id(rigs: Rigs) -> None:
    nodes = rigs["datto_networking"].get("/node/network/123001/list").json()["nodes"]
    assert nodes
    assert all(key == str(node["id"]) for key, node in nodes.items())


def test_a_json_rpc_error_comes_with_status_200(rigs: Rigs) -> None:
    body = {"jsonrpc": "2.0", "method": "getMonthlyUsage", "params": {"companyId": "nobody"}, "id": "9"}
    answer = rigs["gravityzone"].send("POST", "/api/v1.0/jsonrpc/licensing", body=body)
    assert answer.status_code == 200
    assert set(answer.json()["error"]) == {"code", "message", "data"}
    assert answer.json()["id"] == "9"


def test_a_month_without_usage_is_a_404_of_sophos(rigs: Rigs) -> None:
    rig = rigs["sophos_partner"]
    rig.control("data", {"collection": "empty_months", "add": [{"month": "2026-01"}]})
    assert rig.get("/partner/v1/billing/usage/2026/01").status_code == 404
    assert rig.get("/partner/v1/billing/usage/2026/02").status_code == 200


def test_the_token_of_one_tenant_does_not_open_another(rigs: Rigs) -> None:
    rig = rigs["microsoft_365"]
    first, second = list(rig.sim.truth)[:2]
    assert rig.given["tenant_id"] == first
    seen = rig.get("/v1.0/organization").json()["value"]
    assert [tenant["id"] for tenant in seen] == [first]
    assert second not in str(rig.get("/v1.0/subscribedSkus").json())


def test_users_of_graph_come_without_licences_unless_they_are_asked_for(rigs: Rigs) -> None:
    rows = rigs["microsoft_365"].get("/v1.0/users").json()["value"]
    assert all("assignedLicenses" not in row for row in rows)


def test_a_nonce_counts_once(rigs: Rigs) -> None:
    from tests.simulators.modules.access import authorized

    rig = rigs["datto_networking"]
    request = authorized(rig, rig.plain.build_request("GET", "/network/list"))
    assert [rig.plain.send(request).status_code for _ in range(2)] == [200, 401]
