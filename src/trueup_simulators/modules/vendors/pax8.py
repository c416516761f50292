"""Pax8: subscriptions of every vendor it sells, by company."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row, Slice, numbered
from trueup_simulators.modules.vendor import Route, Truth, Vendor

_PRODUCTS = (
    ("Microsoft 365 Business Premium", "CFQ7TTC0LCHC"),
    ("Microsoft 365 Business Basic", "CFQ7TTC0LH18"),
    ("Bitdefender GravityZone Cloud MSP", "GZ-MSP"),
)


class Pax8(Vendor):
    """Token of 24 hours; `page` from 0, `size` at most 200. Every seventh subscription is cancelled."""

    KIND = "pax8"
    CREDENTIALS: ClassVar = {"client_id": "pax8-client", "client_secret": "pax8-secret"}
    COUNTS: ClassVar = frozenset({"quantity", "totalElements", "totalPages"})
    KEYS: ClassVar = {"companies": "id", "subscriptions": "id"}
    PAGING = "totals"
    FILTERS = True

    def seeded(self) -> dict[str, list[Row]]:
        """Companies and subscriptions."""
        companies: list[Row] = []
        subscriptions: list[Row] = []
        for customer in self.customers:
            company = self.guid("company", customer.number)
            companies.append(
                {
                    "id": company,
                    "name": customer.name,
                    "externalId": str(customer.autotask_id),
                    "status": "Active",
                    "billOnBehalfOfEnabled": False,
                    "orderApprovalRequired": False,
                }
            )
            for place, (name, sku) in enumerate(_PRODUCTS if customer.size else ()):
                subscriptions.append(
                    {
                        "id": self.guid("subscription", customer.number, place),
                        "companyId": company,
                        "productId": self.guid("product", place),
                        "productName": name,
                        "vendorSkuId": sku,
                        "quantity": customer.size + place,
                        "startDate": "2025-04-01",
                        "endDate": None,
                        "createdDate": "2025-04-01",
                        "billingStart": "2025-04-01",
                        "status": "Cancelled" if len(subscriptions) % 7 == 6 else "Active",
                        "price": 20.6,
                        "partnerCost": 17.2,
                        "billingTerm": "Monthly",
                    }
                )
        return {"companies": companies, "subscriptions": subscriptions}

    def admits(self, call: Call) -> bool:
        """A token that holds."""
        return self.tokens.valid(call.bearer())

    def refusal(self, status: int, text: str) -> object:
        """Type, words, and details."""
        return {"type": "error", "message": text, "status": status, "details": []}

    def routes(self) -> list[Route]:
        """Login and the reading routes."""
        return [
            Route("/v1/token", self._token, method="POST", login=True),
            Route("/v1/companies", lambda call: self._list(call, self.data["companies"])),
            Route("/v1/subscriptions", self._subscriptions),
        ]

    def _token(self, call: Call) -> object:
        sent = call.form() or call.sent()
        if (sent.get("client_id"), sent.get("client_secret")) != ("pax8-client", "pax8-secret"):
            raise Refused(401, "Unauthorized")
        if sent.get("grant_type") != "client_credentials":
            raise Refused(400, "Unsupported grant type")
        return self.grant(86_400)

    def _subscriptions(self, call: Call) -> Listing:
        rows = self.data["subscriptions"]
        for parameter, name in (("companyId", "companyId"), ("status", "status")):
            wanted = call.filter(parameter)
            if wanted is not None:
                rows = [row for row in rows if str(row[name]).lower() == wanted.lower()]
        return self._list(call, rows, "companyId")

    def _list(self, call: Call, rows: list[Row], *organization: str) -> Listing:
        start, size = numbered(call, self.sizes, "page", "size", 0, 10, 200)

        def wrap(page: Slice) -> object:
            told = {
                "size": page.size,
                "totalElements": page.total,
                "totalPages": page.pages,
                "number": page.number - 1,
            }
            return {"content": page.rows, "page": told}

        ways_on = ("page/totalPages", "page/totalElements")
        return Listing(rows, wrap, start, size, ways_on, organization=organization)

    def truth(self) -> Truth:
        """Quantity of active subscriptions by product name."""
        found: Truth = {}
        for company in self.data["companies"]:
            counts: dict[str, int] = {}
            for row in self.rows_of("subscriptions", companyId=company["id"], status="Active"):
                counts[row["productName"]] = counts.get(row["productName"], 0) + row["quantity"]
            found[company["id"]] = {"name": company["name"], "counts": counts}
        return found
