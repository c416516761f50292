"""Datto SaaS Protection: protected tenants and their seats."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row
from trueup_simulators.modules.vendor import Route, Truth
from trueup_simulators.modules.vendors.datto_api import DattoApi


class DattoSaasProtection(DattoApi):
    """Bare arrays. Every fourth customer has two subscriptions, so two rows with one `saasCustomerId`."""

    KIND = "datto_saas_protection"
    COUNTS: ClassVar = frozenset({"seatsUsed", "activeServicesCount", "active", "archived", "paused", "unprotected"})
    KEYS: ClassVar = {"domains": "externalSubscriptionId", "seats": "remoteId"}

    def seeded(self) -> dict[str, list[Row]]:
        """Domains and seats."""
        domains: list[Row] = []
        seats: list[Row] = []
        for customer in self.customers:
            number = 53_000 + customer.number
            mine = [self._seat(number, customer.number, place) for place in range(customer.size)]
            if customer.size:
                mine += [self._other_seat(number, place) for place in range(4)]
            seats += mine
            billed = sum(seat["billable"] == "1" for seat in mine)
            for turn in range(2 if customer.number % 4 == 0 else 1):
                domains.append(
                    {
                        "backupStats": {
                            "activeServicesCount": 4 * customer.size,
                            "activeServicesWithRecentBackupCount": 4 * customer.size,
                            "backupPercentage": 100.0,
                        },
                        "domain": f"customer{customer.number}.onmicrosoft.com",
                        "saasCustomerId": number,
                        "saasCustomerName": customer.name,
                        "organizationId": None if customer.number % 5 == 0 else self.organization_id(customer.number),
                        "organizationName": None if customer.number % 5 == 0 else customer.full,
                        "seatsUsed": billed,
                        "productType": "GoogleApps" if customer.number % 6 == 0 else "Office365",
                        "externalSubscriptionId": f"Classic:Office365:{number * 10 + turn}",
                        "retentionType": ("ICR", "1Y")[turn],
                    }
                )
        return {"domains": domains, "seats": seats}

    def _seat(self, owner: int, customer: int, place: int) -> Row:
        state = ("Active", "Active", "Active", "Paused", "Archived", "Active", "Unprotected")[place % 7]
        return {
            "saasCustomerId": owner,
            "mainId": f"user{place + 1}@customer{customer}.onmicrosoft.com",
            "name": f"User {place + 1}",
            "seatType": "User",
            "seatState": state,
            "billable": "0" if state == "Unprotected" else "1",
            "dateAdded": "2022-04-26T16:43:05+00:00",
            "remoteId": self.guid("seat", owner, place),
        }

    def _other_seat(self, owner: int, place: int) -> Row:
        """A shared mailbox and a team cost nothing; all sites together cost one licence."""
        kind = ("SharedMailbox", "Team", "Site", "Site")[place]
        return {
            "saasCustomerId": owner,
            "mainId": f"{kind.lower()}{place}",
            "name": f"{kind} {place}",
            "seatType": kind,
            "seatState": "Active",
            "billable": "1" if place == 2 else "0",
            "dateAdded": "2022-04-26T16:43:05+00:00",
            "remoteId": self.guid("other", owner, place),
        }

    def routes(self) -> list[Route]:
        """The reading routes."""
        return [
            Route("/v1/saas/domains", self._domains),
            Route("/v1/saas/{customer}/seats", self._seats, child=True),
            Route("/v1/saas/{customer}/applications", self._applications, child=True),
        ]

    def _domains(self, call: Call) -> Listing:
        del call
        return self.unpaged(self.data["domains"], "organizationId", "organizationName")

    def _known(self, customer: str) -> int:
        if not customer.isdecimal() or not self.rows_of("domains", saasCustomerId=int(customer)):
            raise Refused(404, "SaaS customer not found")
        return int(customer)

    def _seats(self, call: Call, customer: str) -> Listing:
        rows = self.rows_of("seats", saasCustomerId=self._known(customer))
        kinds = call.filter("seatType")
        if kinds is not None:
            rows = [row for row in rows if row["seatType"] in kinds.split(",")]
        return self.unpaged([{name: row[name] for name in row if name != "saasCustomerId"} for row in rows])

    def _applications(self, call: Call, customer: str) -> object:
        number = self._known(customer)
        seats = self.rows_of("seats", saasCustomerId=number)
        states = ("active", "archived", "paused", "unprotected")
        told = [
            {"seatType": kind, "discovered": 0}
            | {state: sum(s["seatType"] == kind and s["seatState"].lower() == state for s in seats) for state in states}
            | {"remoteIds": [s["remoteId"] for s in seats if s["seatType"] == kind]}
            for kind in sorted({seat["seatType"] for seat in seats})
        ]
        domain = self.rows_of("domains", saasCustomerId=number)[0]
        item: Row = {"customerId": number, "customerName": domain["saasCustomerName"], "usedBytes": 0, "suites": []}
        if call.query.get("includeRemoteID"):
            item["remoteIds"] = told
        return [{"pagination": {"page": 1, "perPage": 1, "totalPages": 1, "count": 1}, "items": [item]}]

    def truth(self) -> Truth:
        """Seats whose `billable` is the text 1, and those of them that are archived."""
        found: Truth = {}
        for domain in self.data["domains"]:
            billed = [s for s in self.rows_of("seats", saasCustomerId=domain["saasCustomerId"]) if s["billable"] == "1"]
            found[str(domain["saasCustomerId"])] = {
                "name": domain["saasCustomerName"],
                "counts": {
                    "billable_seats": len(billed),
                    "archived_seats": sum(seat["seatState"] == "Archived" for seat in billed),
                },
            }
        return found
