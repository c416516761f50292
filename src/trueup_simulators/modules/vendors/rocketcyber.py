"""RocketCyber: agents, and Microsoft 365 users, by customer account."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call
from trueup_simulators.modules.listing import Listing, Row, Slice, numbered
from trueup_simulators.modules.vendor import Route, Truth, Vendor


class RocketCyber(Vendor):
    """Bearer token; `page` from 1, `pageSize` at most 1000."""

    KIND = "rocketcyber"
    CREDENTIALS: ClassVar = {"token": "rc-simulated-token"}
    COUNTS: ClassVar = frozenset({"totalCount", "dataCount", "totalPages", "totalUsers", "protectedUsers"})
    KEYS: ClassVar = {"agents": "id", "office": "customerId"}
    PAGING = "totals"
    FILTERS = True

    def seeded(self) -> dict[str, list[Row]]:
        """Accounts, their agents, and their Microsoft 365 users."""
        accounts: list[Row] = []
        agents: list[Row] = []
        office: list[Row] = []
        for customer in self.customers:
            owner = {
                "customerId": 1_000 + customer.number,
                "customerName": customer.name,
                "accountPath": f"/example-msp/{1_000 + customer.number}",
            }
            accounts.append(
                {
                    "accountId": owner["customerId"],
                    "accountName": customer.name,
                    "accountPath": owner["accountPath"],
                    "status": "active",
                }
            )
            office.append(
                {**owner, "totalUsers": customer.size * 2, "protectedUsers": customer.size, "unprotectedUsers": 0}
            )
            agents += [
                {
                    "id": self.guid("agent", customer.number, place),
                    **owner,
                    "hostname": f"PC-{customer.number:03}-{place + 1:03}",
                    "platform": ("Windows", "macOS")[place % 5 == 4],
                    "family": "Windows Server 2022" if place % 6 == 5 else "Windows 11",
                    "connectivity": ("online", "online", "offline", "online", "isolated")[place % 5],
                    "agentVersion": "3.18.2",
                    "createdAt": "2023-06-15T08:00:00Z",
                }
                for place in range(customer.size)
            ]
        return {"accounts": accounts, "agents": agents, "office": office}

    def admits(self, call: Call) -> bool:
        """One long-lived bearer token."""
        return call.bearer() == "rc-simulated-token"

    def refusal(self, status: int, text: str) -> object:
        """`statusCode` and words."""
        return {"statusCode": status, "error": text, "message": text}

    def routes(self) -> list[Route]:
        """The reading routes."""
        return [
            Route("/v3/agents", lambda call: self._list(call, "agents")),
            Route("/v3/office", lambda call: self._list(call, "office")),
            Route("/v3/account", self._account),
        ]

    def _account(self, call: Call) -> object:
        found: Row = {"accountId": 1_000, "accountName": "Example MSP", "accountPath": "/example-msp"}
        if call.query.get("details") == "true":
            found["customers"] = self.data["accounts"]
        return found

    def _list(self, call: Call, name: str) -> Listing:
        rows = self.data[name]
        accounts, connectivity = call.filter("accountId"), call.filter("connectivity")
        if accounts is not None:
            rows = [row for row in rows if str(row["customerId"]) in accounts.split(",")]
        if connectivity is not None:
            rows = [row for row in rows if row.get("connectivity") in connectivity.split(",")]
        start, size = numbered(call, self.sizes, "page", "pageSize", 1, 100, 1000)

        def wrap(page: Slice) -> object:
            return {
                "totalCount": page.total,
                "currentPage": page.number,
                "totalPages": page.pages,
                "dataCount": len(page.rows),
                "data": page.rows,
            }

        return Listing(rows, wrap, start, size, ("totalPages", "totalCount"), organization=("customerId",))

    def truth(self) -> Truth:
        """Agents, and Microsoft 365 users."""
        found: Truth = {}
        for row in self.data["office"]:
            agents = len(self.rows_of("agents", customerId=row["customerId"]))
            counts = {"agents": agents, "office_users": row["totalUsers"]}
            found[str(row["customerId"])] = {"name": row["customerName"], "counts": counts}
        return found
