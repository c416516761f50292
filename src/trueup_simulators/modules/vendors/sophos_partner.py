"""Sophos Central Partner: monthly usage by order line, and tenants."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row, Slice, numbered
from trueup_simulators.modules.vendor import Route, Truth, Vendor

_PRODUCTS = (
    ("Endpoint", "MDRCEU", "MDR Complete - User"),
    ("Server", "MDRCSVR", "MDR Complete - Server"),
    ("Email", "EMAILADV", "Email Advanced"),
)


class SophosPartner(Vendor):
    """Token, then `whoami` for the partner's id and hosts, then `X-Partner-ID`. A month without rows answers 404."""

    KIND = "sophos_partner"
    CREDENTIALS: ClassVar = {"client_id": "sophos-client", "client_secret": "sophos-secret"}
    COUNTS: ClassVar = frozenset({"billableQuantity", "orderedQuantity", "actualQuantity", "total"})
    KEYS: ClassVar = {"usage": "orderLineItemNumber", "tenants": "id"}
    PAGING = "totals"

    def seeded(self) -> dict[str, list[Row]]:
        """Tenants, usage rows (the same in every month), and `empty_months` as `{"month": "2026-02"}`."""
        tenants: list[Row] = []
        usage: list[Row] = []
        for customer in self.customers:
            tenant = self.guid("tenant", customer.number)
            tenants.append(
                {
                    "id": tenant,
                    "showAs": customer.name,
                    "name": customer.name,
                    "dataGeography": "DE",
                    "dataRegion": "eu02",
                    "billingType": "usage",
                    "partner": {"id": self.guid("partner")},
                    "apiHost": "https://api-eu02.central.sophos.com",
                    "status": "active",
                }
            )
            for place, (group, code, description) in enumerate(_PRODUCTS):
                quantity = (customer.size, customer.size // 4, customer.size * 2)[place]
                if quantity:
                    usage.append(
                        {
                            "orderLineItemNumber": f"L{customer.number:04}{place}",
                            "productGroup": group,
                            "productCode": code,
                            "sku": f"{code}-01",
                            "productDescription": description,
                            "billableQuantity": quantity,
                            "orderedQuantity": 0,
                            "actualQuantity": quantity,
                            "accountId": tenant,
                            "accountName": customer.name,
                            "assignedAccountIdentifier": None,
                            "billingStartDate": "2026-02-01",
                            "billingEndDate": "2026-02-28",
                            "externalId": str(customer.autotask_id),
                        }
                    )
        return {"tenants": tenants, "usage": usage, "empty_months": []}

    def admits(self, call: Call) -> bool:
        """A token of one hour; below `/partner` the partner's id too."""
        if not self.tokens.valid(call.bearer()):
            return False
        return not call.path.startswith("/partner/") or call.header("x-partner-id") == self.guid("partner")

    def refusal(self, status: int, text: str) -> object:
        """`error` as one word, `message`, and a correlation id."""
        return {"error": {401: "unauthorized", 404: "notFound"}.get(status, "error"), "message": text}

    def routes(self) -> list[Route]:
        """Login, `whoami` and the reading routes."""
        return [
            Route("/api/v2/oauth2/token", self._token, method="POST", login=True),
            Route("/whoami/v1", self._whoami),
            Route("/partner/v1/tenants", lambda call: self._list(call, self.data["tenants"], 100)),
            Route("/partner/v1/billing/usage/{year}/{month}", self._usage),
        ]

    def _token(self, call: Call) -> object:
        form = call.form()
        good = (form.get("client_id"), form.get("client_secret")) == ("sophos-client", "sophos-secret")
        if not good or form.get("grant_type") != "client_credentials" or form.get("scope") != "token":
            raise Refused(401 if not good else 400, "invalid_client")
        return self.grant(3600, refresh_token="none", errorCode="success", message="OK")

    def _whoami(self, call: Call) -> object:
        return {"id": self.guid("partner"), "idType": "partner", "apiHosts": {"global": call.origin}}

    def _usage(self, call: Call, year: str, month: str) -> Listing:
        if not (year.isdecimal() and month.isdecimal() and 1 <= int(month) <= 12):
            raise Refused(400, "year and month are numbers")
        asked = f"{int(year):04}-{int(month):02}"
        if not self.data["usage"] or self.rows_of("empty_months", month=asked):
            raise Refused(404, "No usage for this month")
        return self._list(call, self.data["usage"], 1000)

    def _list(self, call: Call, rows: list[Row], most: int) -> Listing:
        start, size = numbered(call, self.sizes, "page", "pageSize", 1, 50, most)
        totals = call.query.get("pageTotal") == "true"

        def wrap(page: Slice) -> object:
            pages: Row = {"current": page.number, "size": page.size, "maxSize": most}
            if totals:
                pages["total"] = page.pages
            return {"items": page.rows, "pages": pages}

        ways_on = ("pages/total",) if totals else ()
        organization = ("accountId",) if most == 1000 else ()
        return Listing(rows, wrap, start, size, ways_on, organization=organization)

    def truth(self) -> Truth:
        """Billable quantity by product code, zero where a tenant has no row."""
        found: Truth = {}
        for tenant in self.data["tenants"]:
            counts = {code: 0 for _, code, _ in _PRODUCTS}
            for row in self.rows_of("usage", accountId=tenant["id"]):
                counts[row["productCode"]] = counts.get(row["productCode"], 0) + row["billableQuantity"]
            found[tenant["id"]] = {"name": tenant["name"], "counts": counts}
        return found
