"""SentinelOne: licences by site."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row, Slice
from trueup_simulators.modules.vendor import Route, Truth, Vendor


class SentinelOne(Vendor):
    """`ApiToken`; `limit` 10 unless asked, at most 1000; `pagination.nextCursor`. One site is deleted."""

    KIND = "sentinelone"
    CREDENTIALS: ClassVar = {"token": "s1-simulated-token"}
    COUNTS: ClassVar = frozenset({"activeLicenses", "totalLicenses", "totalItems"})
    KEYS: ClassVar = {"sites": "id"}
    PAGING = "cursor"
    FILTERS = True

    def seeded(self) -> dict[str, list[Row]]:
        """Sites."""
        sites: list[Row] = []
        for customer in self.customers:
            sites.append(
                {
                    "id": str(1_500_000_000_000_000_000 + customer.number),
                    "name": customer.name,
                    "accountId": "1400000000000000001",
                    "accountName": "Example MSP",
                    "state": "deleted" if customer.number == 2 else "active",
                    "siteType": "Paid",
                    "sku": ("Complete", "Control")[customer.number % 2],
                    "suite": ("Complete", "Control")[customer.number % 2],
                    "activeLicenses": customer.size,
                    "totalLicenses": customer.size + 5,
                    "unlimitedLicenses": False,
                    "externalId": str(customer.autotask_id) if customer.number % 3 else None,
                    "licenses": {"bundles": []},
                }
            )
        return {"sites": sites}

    def admits(self, call: Call) -> bool:
        """An API token."""
        return call.bearer("ApiToken") == "s1-simulated-token"

    def refusal(self, status: int, text: str) -> object:
        """A list of errors."""
        return {"errors": [{"code": status * 10_000 + 10, "detail": text, "title": text}]}

    def error_200(self, text: str) -> object:
        """Errors beside no data."""
        return {"data": None, "errors": [{"code": 5_000_010, "detail": text, "title": "Server Error"}]}

    def routes(self) -> list[Route]:
        """The reading routes."""
        return [Route("/web/api/v2.1/sites", self._sites)]

    def _sites(self, call: Call) -> Listing:
        rows = self.data["sites"]
        state = call.filter("state")
        if state is not None:
            rows = [row for row in rows if row["state"] == state]
        cursor = call.query.get("cursor", "")
        if cursor and not (cursor.startswith("c") and cursor[1:].isdecimal()):
            raise Refused(400, "cursor is not valid")
        totals = {name: sum(row[name] for row in rows) for name in ("activeLicenses", "totalLicenses")}

        def wrap(page: Slice) -> object:
            following = None if page.next_start is None else f"c{page.next_start}"
            data = {"allSites": totals, "sites": page.rows}
            return {"data": data, "pagination": {"nextCursor": following, "totalItems": page.total}}

        size = self.sizes.of(call, "limit", 10, 1000)
        start = int(cursor[1:]) if cursor else 0
        return Listing(
            rows, wrap, start, size, ("pagination/nextCursor",), cursor=True, organization=("id", "accountId")
        )

    def truth(self) -> Truth:
        """Active and bought licences of sites that are not deleted."""
        return {
            row["id"]: {
                "name": row["name"],
                "counts": {"active_licenses": row["activeLicenses"], "total_licenses": row["totalLicenses"]},
            }
            for row in self.data["sites"]
            if row["state"] == "active"
        }
