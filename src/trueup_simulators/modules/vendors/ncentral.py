"""N-able N-central: devices by customer."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row, Slice, numbered
from trueup_simulators.modules.vendor import Route, Truth, Vendor

_CLASSES = (
    "Workstations - Windows",
    "Workstations - Windows",
    "Servers - Windows",
    "Laptop - Windows",
    "Workstations - Mac",
)


class NCentral(Vendor):
    """The user's JWT is exchanged for an access token; `pageNumber` from 1, `pageSize` at most 1000."""

    KIND = "ncentral"
    CREDENTIALS: ClassVar = {"jwt": "eyJ0eXAiOiJKV1QifQ.simulated.jwt"}
    COUNTS: ClassVar = frozenset({"totalItems", "totalPages"})
    KEYS: ClassVar = {"customers": "customerId", "devices": "deviceId"}
    PAGING = "totals"

    def seeded(self) -> dict[str, list[Row]]:
        """Customers and devices."""
        customers: list[Row] = []
        devices: list[Row] = []
        for customer in self.customers:
            number = 100 + customer.number
            customers.append(
                {
                    "customerId": number,
                    "customerName": customer.name,
                    "parentId": 50,
                    "externalId": str(customer.autotask_id),
                    "isSystem": False,
                }
            )
            for place in range(customer.size):
                devices.append(
                    {
                        "deviceId": number * 10_000 + place,
                        "uri": None,
                        "longName": f"PC-{customer.number:03}-{place + 1:03}",
                        "deviceClass": _CLASSES[place % len(_CLASSES)],
                        "isProbe": False,
                        "orgUnitId": number,
                        "soId": 50,
                        "soName": "Example MSP",
                        "customerId": number,
                        "customerName": customer.name,
                        "siteId": None,
                        "siteName": None,
                        "licenseMode": "Professional",
                        "lastApplianceCheckinTime": "2026-03-17T00:40:00.000Z",
                    }
                )
        return {"customers": customers, "devices": devices}

    def admits(self, call: Call) -> bool:
        """An access token of an hour."""
        return self.tokens.valid(call.bearer())

    def refusal(self, status: int, text: str) -> object:
        """Status and words."""
        return {"status": status, "message": text}

    def routes(self) -> list[Route]:
        """The exchange and the reading routes."""
        return [
            Route("/api/auth/authenticate", self._exchange, method="POST", login=True),
            Route("/api/customers", lambda call: self._list(call, self.data["customers"])),
            Route("/api/org-units", self._units),
            Route("/api/devices", lambda call: self._list(call, self.data["devices"], "customerId", "orgUnitId")),
            Route("/api/org-units/{unit}/devices", self._devices_of, child=True),
        ]

    def _exchange(self, call: Call) -> object:
        if call.bearer() != self.CREDENTIALS["jwt"]:
            raise Refused(401, "The JWT is not valid")

        def token(seconds: int) -> Row:
            return {"token": self.tokens.issue(seconds), "type": "Bearer", "expirySeconds": seconds}

        return {"tokens": {"access": token(3600), "refresh": {**token(0), "expirySeconds": 90_000}}}

    def _units(self, call: Call) -> Listing:
        rows = [
            {"orgUnitId": row["customerId"], "orgUnitName": row["customerName"], "orgUnitType": "CUSTOMER"}
            for row in self.data["customers"]
        ]
        return self._list(call, rows, "orgUnitId")

    def _devices_of(self, call: Call, unit: str) -> Listing:
        if not unit.isdecimal() or not self.rows_of("customers", customerId=int(unit)):
            raise Refused(404, "There is no such organization unit")
        return self._list(call, self.rows_of("devices", orgUnitId=int(unit)))

    def _list(self, call: Call, rows: list[Row], *organization: str) -> Listing:
        start, size = numbered(call, self.sizes, "pageNumber", "pageSize", 1, 50, 1000)

        def wrap(page: Slice) -> object:
            following = page.next()
            told: Row = {} if following is None else {"nextPage": f"{call.path}?pageNumber={following}&pageSize={size}"}
            return {
                "data": page.rows,
                "totalItems": page.total,
                "totalPages": page.pages,
                "itemCount": len(page.rows),
                "pageNumber": page.number,
                "pageSize": page.size,
                "_links": told,
            }

        ways_on = ("totalPages", "totalItems", "_links/nextPage")
        return Listing(rows, wrap, start, size, ways_on, organization=organization)

    def truth(self) -> Truth:
        """Devices in all, and servers."""
        found: Truth = {}
        for row in self.data["customers"]:
            classes = [device["deviceClass"] for device in self.rows_of("devices", customerId=row["customerId"])]
            counts = {"devices": len(classes), "servers": sum(one.startswith("Servers") for one in classes)}
            found[str(row["customerId"])] = {"name": row["customerName"], "counts": counts}
        return found
