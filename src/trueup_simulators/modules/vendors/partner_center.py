"""Microsoft Partner Center (CSP): customers and their subscriptions."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row, Slice
from trueup_simulators.modules.vendor import Route, Truth, Vendor

_OFFERS = ("Microsoft 365 Business Premium", "Exchange Online (Plan 1)")
_TOKEN = "MS-ContinuationToken"


class PartnerCenter(Vendor):
    """A bearer token that is given; `size` at most 500; the next page by the header `MS-ContinuationToken`."""

    KIND = "partner_center"
    CREDENTIALS: ClassVar = {"token": "partner-center-simulated-token"}
    COUNTS: ClassVar = frozenset({"totalCount", "quantity"})
    KEYS: ClassVar = {"customers": "id", "subscriptions": "id"}
    PAGING = "cursor"

    def seeded(self) -> dict[str, list[Row]]:
        """Customers, and subscriptions of which some are suspended; `customer` is not sent."""
        customers: list[Row] = []
        subscriptions: list[Row] = []
        for customer in self.customers:
            tenant = self.guid("tenant", customer.number)
            profile = {
                "tenantId": tenant,
                "domain": f"customer{customer.number}.onmicrosoft.com",
                "companyName": customer.name,
            }
            customers.append(
                {
                    "id": tenant,
                    "companyProfile": profile,
                    "relationshipToPartner": "reseller",
                    "allowDelegatedAccess": True,
                }
            )
            for place, offer in enumerate(_OFFERS if customer.size else ()):
                subscriptions.append(
                    {
                        "customer": tenant,
                        "id": self.guid("subscription", customer.number, place),
                        "offerId": f"CFQ7TTC0LCHC:000{place}",
                        "offerName": offer,
                        "friendlyName": offer,
                        "quantity": customer.size + place,
                        "unitType": "Licenses",
                        "status": "suspended" if len(subscriptions) % 7 == 6 else "active",
                        "billingCycle": "monthly",
                        "creationDate": "2025-04-01T00:00:00Z",
                    }
                )
        return {"customers": customers, "subscriptions": subscriptions}

    def admits(self, call: Call) -> bool:
        """The token."""
        return call.bearer() == "partner-center-simulated-token"

    def refusal(self, status: int, text: str) -> object:
        """Code, description, and a source."""
        return {"code": status * 10, "description": text, "data": [], "source": "PartnerFD"}

    def routes(self) -> list[Route]:
        """The reading routes."""
        return [
            Route("/v1/customers", self._customers),
            Route("/v1/customers/{customer}/subscriptions", self._subscriptions, child=True),
        ]

    def _customers(self, call: Call) -> Listing:
        token = call.header(_TOKEN) or "0"
        if not token.isdecimal():
            raise Refused(400, "The continuation token is not valid")
        size = self.sizes.of(call, "size", 100, 500)

        def wrap(page: Slice) -> object:
            links: Row = {"self": {"uri": f"/customers?size={size}", "method": "GET", "headers": []}}
            if page.next_start is not None:
                header = {"key": _TOKEN, "value": str(page.next_start)}
                uri = f"/customers?size={size}&seekOperation=Next"
                links["next"] = {"uri": uri, "method": "GET", "headers": [header]}
            return {"totalCount": len(page.rows), "items": page.rows, "links": links}

        def headers(page: Slice) -> dict[str, str]:
            return {} if page.next_start is None else {_TOKEN: str(page.next_start)}

        return Listing(
            self.data["customers"],
            wrap,
            int(token),
            size,
            ("links/next",),
            cursor=True,
            organization=("id",),
            on_headers=headers,
        )

    def _subscriptions(self, call: Call, customer: str) -> Listing:
        del call
        if not self.rows_of("customers", id=customer):
            raise Refused(404, "The customer was not found")
        rows = [
            {name: row[name] for name in row if name != "customer"}
            for row in self.rows_of("subscriptions", customer=customer)
        ]
        return Listing(rows, lambda page: {"totalCount": page.total, "items": page.rows})

    def truth(self) -> Truth:
        """Quantity of active subscriptions by offer."""
        found: Truth = {}
        for row in self.data["customers"]:
            counts: dict[str, int] = {}
            for one in self.rows_of("subscriptions", customer=row["id"], status="active"):
                counts[one["offerName"]] = counts.get(one["offerName"], 0) + one["quantity"]
            found[row["id"]] = {"name": row["companyProfile"]["companyName"], "counts": counts}
        return found
