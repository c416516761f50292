"""Auvik: network devices by tenant; JSON:API."""

from __future__ import annotations

import re
from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row, Slice
from trueup_simulators.modules.vendor import Route, Truth, Vendor
from trueup_simulators.msp_names import without_accents

_TYPES = ("switch", "accessPoint", "firewall", "workstation", "l3Switch", "printer", "router", "stack", "controller")
_BILLABLE = frozenset({"switch", "l3Switch", "router", "firewall", "voipSwitch", "stack", "controller"})


class Auvik(Vendor):
    """HTTP Basic; `page[first]` at most 1000; `links.next` is null at the end. A tenant's name is its domain prefix."""

    KIND = "auvik"
    CREDENTIALS: ClassVar = {"user": "billing@msp.example", "api_key": "auvik-simulated-key"}
    COUNTS: ClassVar = frozenset({"totalPages"})
    KEYS: ClassVar = {"tenants": "id", "devices": "id"}
    PAGING = "links"
    FILTERS = True

    def seeded(self) -> dict[str, list[Row]]:
        """Tenants and devices."""
        tenants: list[Row] = []
        devices: list[Row] = []
        for customer in self.customers:
            tenant = str(119_762_000_000 + customer.number)
            prefix = re.sub(r"[^a-z0-9]+", "-", without_accents(customer.name).lower()).strip("-")
            attributes = {"domainPrefix": f"{prefix}-{customer.number}", "tenantType": "client"}
            tenants.append({"id": tenant, "type": "tenant", "attributes": attributes})
            for place in range(customer.size):
                devices.append(
                    {
                        "id": f"D{tenant}-{place}",
                        "type": "device",
                        "attributes": {
                            "ipAddresses": [f"10.{customer.number % 256}.2.{place + 1}"],
                            "deviceName": f"NET-{customer.number:03}-{place + 1:03}",
                            "deviceType": _TYPES[place % len(_TYPES)],
                            "makeModel": "Example 48",
                            "onlineStatus": "online",
                            "lastSeenTime": "2026-03-17T00:40:00.000Z",
                        },
                        "relationships": {"tenant": {"data": {"id": tenant, "type": "tenant"}}},
                    }
                )
        return {"tenants": tenants, "devices": devices}

    def admits(self, call: Call) -> bool:
        """User and key by HTTP Basic."""
        return call.basic() == ("billing@msp.example", "auvik-simulated-key")

    def refusal(self, status: int, text: str) -> object:
        """A list of errors."""
        return {"errors": [{"status": str(status), "title": text}]}

    def routes(self) -> list[Route]:
        """The reading routes."""
        return [
            Route("/v1/tenants", lambda _call: Listing(self.data["tenants"], lambda page: {"data": page.rows})),
            Route("/v1/inventory/device/info", self._devices),
        ]

    def _devices(self, call: Call) -> Listing:
        tenants, kind = call.filter("tenants"), call.filter("filter[deviceType]")
        rows = [
            row
            for row in self.data["devices"]
            if (tenants is None or row["relationships"]["tenant"]["data"]["id"] in tenants.split(","))
            and (kind is None or row["attributes"]["deviceType"] == kind)
        ]
        after = call.query.get("page[after]", "") or "0"
        if not after.isdecimal():
            raise Refused(400, "page[after] is not valid")
        size = self.sizes.of(call, "page[first]", 100, 1000)

        def wrap(page: Slice) -> object:
            paging = {"page[first]": size, "page[after]": page.next_start}
            following = None if page.next_start is None else call.link(**paging)
            return {"data": page.rows, "links": {"next": following}, "meta": {"totalPages": page.pages}}

        tenant = "relationships/tenant/data/id"
        return Listing(rows, wrap, int(after), size, ("links/next",), links=True, organization=(tenant,))

    def truth(self) -> Truth:
        """Devices in all, and those of the types that are billed."""
        found: Truth = {}
        for row in self.data["tenants"]:
            kinds = [
                device["attributes"]["deviceType"]
                for device in self.data["devices"]
                if device["relationships"]["tenant"]["data"]["id"] == row["id"]
            ]
            counts = {"devices": len(kinds), "billable": sum(kind in _BILLABLE for kind in kinds)}
            found[row["id"]] = {"name": row["attributes"]["domainPrefix"], "counts": counts}
        return found
