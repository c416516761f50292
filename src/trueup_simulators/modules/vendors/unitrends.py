"""Unitrends (UniView): customers and their protected devices."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row, Slice
from trueup_simulators.modules.vendor import Route, Truth, Vendor


class Unitrends(Vendor):
    """Client credentials; `limit` at most 500 and `offset`, with `items` and `total` (inferred from a client)."""

    KIND = "unitrends"
    CREDENTIALS: ClassVar = {"client_id": "unitrends-client", "client_secret": "unitrends-secret"}
    COUNTS: ClassVar = frozenset({"total"})
    KEYS: ClassVar = {"customers": "id", "devices": "id"}
    PAGING = "totals"

    def seeded(self) -> dict[str, list[Row]]:
        """Customers, and devices; `customerId` of a device is sent too."""
        customers: list[Row] = []
        devices: list[Row] = []
        for customer in self.customers:
            number = self.guid("customer", customer.number)
            customers.append({"id": number, "name": customer.name})
            devices += [
                {
                    "id": self.guid("device", customer.number, place),
                    "customerId": number,
                    "name": f"PC-{customer.number:03}-{place + 1:03}",
                    "type": ("workstation", "workstation", "server")[place % 3],
                    "status": "active",
                }
                for place in range(customer.size)
            ]
        return {"customers": customers, "devices": devices}

    def admits(self, call: Call) -> bool:
        """A token of an hour."""
        return self.tokens.valid(call.bearer())

    def routes(self) -> list[Route]:
        """Login and the reading routes."""
        return [
            Route("/connect/token", self._token, method="POST", login=True),
            Route("/v1/customers", lambda call: self._list(call, self.data["customers"], "id")),
            Route("/v1/customers/{customer}/devices", self._devices, child=True),
        ]

    def _token(self, call: Call) -> object:
        form = call.form()
        client = call.basic() or (form.get("client_id", ""), form.get("client_secret", ""))
        if client != ("unitrends-client", "unitrends-secret") or form.get("grant_type") != "client_credentials":
            raise Refused(400, "invalid_client")
        return self.grant(3600)

    def _devices(self, call: Call, customer: str) -> Listing:
        if not self.rows_of("customers", id=customer):
            raise Refused(404, "There is no such customer")
        return self._list(call, self.rows_of("devices", customerId=customer), "customerId")

    def _list(self, call: Call, rows: list[Row], organization: str) -> Listing:
        size = self.sizes.of(call, "limit", 50, 500)

        def wrap(page: Slice) -> object:
            return {"items": page.rows, "total": page.total, "limit": page.size, "offset": page.start}

        return Listing(rows, wrap, call.number("offset", 0), size, ("total",), organization=(organization,))

    def truth(self) -> Truth:
        """Devices in all, and servers."""
        found: Truth = {}
        for row in self.data["customers"]:
            kinds = [device["type"] for device in self.rows_of("devices", customerId=row["id"])]
            found[row["id"]] = {
                "name": row["name"],
                "counts": {"devices": len(kinds), "servers": kinds.count("server")},
            }
        return found
