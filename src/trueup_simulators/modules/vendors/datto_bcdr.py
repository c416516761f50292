"""Datto BCDR: appliances with their agents, shares and storage."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row
from trueup_simulators.modules.vendor import Route, Truth
from trueup_simulators.modules.vendors.datto_api import DattoApi


class DattoBcdr(DattoApi):
    """One appliance for ten machines. One is hidden, one belongs to a child reseller, two have no organization id."""

    KIND = "datto_bcdr"
    COUNTS: ClassVar = frozenset({"agentCount", "shareCount", "size", "totalPages"})
    KEYS: ClassVar = {"devices": "serialNumber", "assets": "name"}
    PAGING = "totals"
    FILTERS = True

    def seeded(self) -> dict[str, list[Row]]:
        """Devices and their assets."""
        devices: list[Row] = []
        assets: list[Row] = []
        for customer in self.customers:
            for place in range(-(-customer.size // 10)):
                serial = f"{0x6A00_0000 + customer.number * 256 + place:012X}"
                agents, shares = min(10, customer.size - place * 10), (customer.number + place) % 3
                named = customer.number % 5 != 0
                devices.append(
                    {
                        "serialNumber": serial,
                        "name": f"BCDR-{customer.number:03}-{place + 1}",
                        "region": {"location": "Frankfurt", "provider": "datto"},
                        "model": ("S5-X", "S5-2", "ALTO4")[(customer.number + place) % 3],
                        "lastSeenDate": "2026-03-17T01:12:00+00:00",
                        "organizationId": self.organization_id(customer.number) if named else None,
                        "clientCompanyName": customer.name,
                        "organizationName": customer.name if named else None,
                        "hidden": False,
                        "servicePlan": ("Infinite Cloud Retention", "1 Year")[place % 2],
                        "registrationDate": "2023-05-02T08:00:00+00:00",
                        "servicePeriod": "2027-05-02T08:00:00+00:00",
                        "warrantyExpire": "2028-05-02T08:00:00+00:00",
                        "localStorageUsed": {"size": 400 + 10 * agents, "units": "GB"},
                        "localStorageAvailable": {"size": 1600, "units": "GB"},
                        "offsiteStorageUsed": {"size": 250 + 20 * agents, "units": "GB"},
                        "totalManagedDisk": {"size": 900, "units": "GB"},
                        "internalIP": f"10.{customer.number}.0.{place + 5}",
                        "activeTickets": 0,
                        "resellerCompanyName": "Example MSP",
                        "agentCount": agents,
                        "shareCount": shares,
                        "alertCount": 0,
                        "uptime": 864_000,
                        "remoteWebUrl": None,
                    }
                )
                assets += [self._asset(serial, number, number >= agents) for number in range(agents + shares)]
        if len(devices) > 2:
            devices[1]["hidden"] = True
            devices[-1]["resellerCompanyName"] = "Child Reseller"
        return {"devices": devices, "assets": assets}

    def _asset(self, serial: str, number: int, share: bool) -> Row:
        return {
            "serialNumber": serial,
            "name": f"{'share' if share else 'agent'}-{serial[-4:]}-{number}",
            "assetId": f"{serial}-{number}",
            "type": "share" if share else "agent",
            "volume": f"vol{number}",
            "localIp": f"10.0.0.{number + 10}",
            "os": None if share else "Windows Server 2022",
            "isPaused": number == 1,
            "isArchived": number == 9,
            "lastSnapshot": 1_773_709_200,
            "agentVersion": "3.0.24.0",
        }

    def routes(self) -> list[Route]:
        """The reading routes."""
        return [
            Route("/v1/bcdr/device", self._devices),
            Route("/v1/bcdr/device/{serial}", self._device),
            Route("/v1/bcdr/device/{serial}/asset", self._assets, child=True),
            Route("/v1/bcdr/device/{serial}/asset/{kind}", self._assets, child=True),
        ]

    def _shown(self, call: Call) -> list[Row]:
        rows = self.data["devices"]
        if call.filter("showHiddenDevices") == "0":
            rows = [row for row in rows if not row["hidden"]]
        if call.filter("showChildResellerDevices") == "0":
            rows = [row for row in rows if row["resellerCompanyName"] == "Example MSP"]
        return rows

    def _devices(self, call: Call) -> Listing:
        return self.enveloped(call, self._shown(call), "organizationId", "clientCompanyName", "organizationName")

    def _device(self, call: Call, serial: str) -> object:
        del call
        for row in self.rows_of("devices", serialNumber=serial):
            return row
        raise Refused(404, "Device not found")

    def _assets(self, call: Call, serial: str, kind: str | None = None) -> Listing:
        self._device(call, serial)
        rows = self.rows_of("assets", serialNumber=serial)
        if kind in {"agent", "share"}:
            rows = [row for row in rows if row["type"] == kind]
        elif kind is not None:
            rows = [row for row in rows if row["volume"] == kind]
        return self.unpaged([{name: row[name] for name in row if name != "serialNumber"} for row in rows])

    def other_unit(self, row: Row) -> bool:
        """Gigabytes as terabytes of a thousand."""
        used = row.get("offsiteStorageUsed")
        if not isinstance(used, dict) or used["units"] != "GB":
            return False
        used.update(size=used["size"] / 1000, units="TB")
        return True

    def truth(self) -> Truth:
        """Devices that are neither hidden nor a child reseller's."""
        found: Truth = {}
        for row in self.data["devices"]:
            if row["hidden"] or row["resellerCompanyName"] != "Example MSP":
                continue
            number = row["organizationId"]
            key = f"name:{row['clientCompanyName']}" if number is None else f"org:{number}"
            entry = found.setdefault(
                key,
                {
                    "name": row["clientCompanyName"],
                    "counts": {"appliances": 0, "agents": 0, "shares": 0, "offsite_gb": 0},
                },
            )
            counts = entry["counts"]
            counts["appliances"] += 1
            counts["agents"] += row["agentCount"]
            counts["shares"] += row["shareCount"]
            counts["offsite_gb"] += row["offsiteStorageUsed"]["size"]
        return found
