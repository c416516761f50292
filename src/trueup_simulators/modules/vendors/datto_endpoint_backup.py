"""Datto Endpoint Backup: Direct-to-Cloud assets, and the older agents for PCs."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call
from trueup_simulators.modules.listing import Listing, Row
from trueup_simulators.modules.vendor import Route, Truth
from trueup_simulators.modules.vendors.datto_api import DattoApi

_TYPES = ("PC", "PC", "Server", "PC", "Azure")


class DattoEndpointBackup(DattoApi):
    """Assets by `type` (the values are not public: PC, Server, Azure here); every third customer has old agents too."""

    KIND = "datto_endpoint_backup"
    COUNTS: ClassVar = frozenset({"protectedVolume", "totalPages"})
    KEYS: ClassVar = {"assets": "assetUuid", "clients": "organizationId"}
    PAGING = "totals"

    def seeded(self) -> dict[str, list[Row]]:
        """Assets, and clients with their agents."""
        assets: list[Row] = []
        clients: list[Row] = []
        for customer in self.customers:
            owner = {"organizationId": self.organization_id(customer.number), "organizationName": customer.name}
            assets += [self._asset(owner, customer.number, place) for place in range(customer.size)]
            if customer.number % 3 == 0:
                agents = [self._agent(customer.number, place) for place in range(customer.size // 2)]
                clients.append({**owner, "clientName": customer.name, "agents": agents})
        return {"assets": assets, "clients": clients}

    def _asset(self, owner: Row, customer: int, place: int) -> Row:
        return {
            "name": f"EB-{customer:03}-{place + 1:03}",
            "status": "active",
            "type": _TYPES[place % len(_TYPES)],
            "lastBackup": "2026-03-17T00:40:00+00:00",
            "screenshotSuccess": True,
            "assetUuid": self.guid("asset", customer, place),
            **owner,
            "resellerId": 77,
            "backupStateSuccessful": True,
            "last10Backups": [],
            "hostname": f"EB-{customer:03}-{place + 1:03}",
            "macAddress": None,
            "externalIp": "203.0.113.7",
            "smbiosVendor": "Dell Inc.",
            "smbiosName": "Latitude",
            "agentCode": f"{customer}{place:03}",
            "protectedVolume": 120 + place,
        }

    def _agent(self, customer: int, place: int) -> Row:
        return {
            "uuid": self.guid("agent", customer, place),
            "shortCode": f"A{customer}{place}",
            "type": "PC",
            "hostname": f"PC-{customer:03}-{place + 1:03}",
            "lastSnapshot": 1_773_709_200,
            "lastScreenshot": None,
            "screenshotSuccess": None,
            "protectedMachine": {"mac": None, "serial": None},
        }

    def routes(self) -> list[Route]:
        """The reading routes."""
        return [
            Route("/v1/dtc/assets", lambda call: self._list(call, "assets")),
            Route("/v1/bcdr/agent", lambda call: self._list(call, "clients")),
        ]

    def _list(self, call: Call, collection: str) -> Listing:
        return self.enveloped(call, self.data[collection], "organizationId", "organizationName")

    def truth(self) -> Truth:
        """Assets in all and by type, and old agents."""
        found: Truth = {}
        for row in [*self.data["assets"], *self.data["clients"]]:
            zero = dict.fromkeys(("assets", "pc", "server", "azure", "agents"), 0)
            entry = found.setdefault(f"org:{row['organizationId']}", {"name": row["organizationName"], "counts": zero})
            if "agents" in row:
                entry["counts"]["agents"] += len(row["agents"])
            else:
                entry["counts"]["assets"] += 1
                entry["counts"][row["type"].lower()] += 1
        return found
