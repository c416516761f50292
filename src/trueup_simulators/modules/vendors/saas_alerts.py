"""SaaS Alerts: billable seats by customer and product on a billing date."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row
from trueup_simulators.modules.vendor import Route, Truth, Vendor

_ROOT = "/reportApi/api/v1"


class SaasAlerts(Vendor):
    """`api_key` in a header of that name; bare arrays. Every billing date has the same rows, except those for which
    the collection `dated` has some: rows like those of `billing`, each with its `billingDate`."""

    KIND = "saas_alerts"
    CREDENTIALS: ClassVar = {"api_key": "saas-alerts-simulated-key"}
    COUNTS: ClassVar = frozenset({"seats", "billableSeats"})
    KEYS: ClassVar = {"billing": "customerId", "customers": "id"}

    def seeded(self) -> dict[str, list[Row]]:
        """Customers, and billing rows: Microsoft 365 for all, Google for every fourth."""
        customers: list[Row] = []
        billing: list[Row] = []
        for customer in self.customers:
            number = f"sa{customer.number:05}"
            customers.append({"id": number, "name": customer.name, "tenantId": self.guid("tenant", customer.number)})
            for product in ("Office 365", "Google Workspace")[: 2 if customer.number % 4 == 0 else 1]:
                billing.append(
                    {
                        "customerId": number,
                        "customerName": customer.name,
                        "product": product,
                        "seats": customer.size + 2,
                        "billableSeats": customer.size,
                    }
                )
        return {"customers": customers, "billing": billing, "dated": []}

    def admits(self, call: Call) -> bool:
        """A key in its own header."""
        return call.header("api_key") == "saas-alerts-simulated-key"

    def refusal(self, status: int, text: str) -> object:
        """One word."""
        return {"error": text, "status": status}

    def routes(self) -> list[Route]:
        """The reading routes."""
        return [
            Route(f"{_ROOT}/reports/billing-details", self._details),
            Route(f"{_ROOT}/reports/billing-dates", lambda _call: ["2026-03-17", "2026-02-28", "2026-01-31"]),
            Route(f"{_ROOT}/customers", lambda _call: self.unpaged(self.data["customers"], "id")),
            Route(f"{_ROOT}/reports/customers", lambda _call: self.unpaged(self.data["customers"], "id")),
        ]

    def _details(self, call: Call) -> Listing:
        asked = call.query.get("billingDate", "")
        try:
            date.fromisoformat(asked)
        except ValueError:
            raise Refused(400, "billingDate is yyyy-mm-dd") from None
        dated = [row for row in self.data["dated"] if row["billingDate"] == asked]
        if dated:
            rows = [{name: value for name, value in row.items() if name != "billingDate"} for row in dated]
            return self.unpaged(rows, "customerId")
        return self.unpaged(self.data["billing"], "customerId")

    def truth(self) -> Truth:
        """Billable seats over the products."""
        found: Truth = {}
        for row in self.data["customers"]:
            mine = self.rows_of("billing", customerId=row["id"])
            counts = {"billable_seats": sum(one["billableSeats"] for one in mine)}
            counts |= {one["product"]: one["billableSeats"] for one in mine}
            found[row["id"]] = {"name": row["name"], "counts": counts}
        return found
