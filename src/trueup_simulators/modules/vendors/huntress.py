"""Huntress: every count in the list of organizations."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row, Slice
from trueup_simulators.modules.vendor import Route, Truth, Vendor

_COUNTS = ("agents_count", "billable_identity_count", "logs_sources_count", "sat_learner_count")


class Huntress(Vendor):
    """`limit` 10 unless asked, at most 500; the next page by `page_token` or by address."""

    KIND = "huntress"
    CREDENTIALS: ClassVar = {"api_key": "hk_simulated", "api_secret": "hs_simulated"}
    COUNTS: ClassVar = frozenset(_COUNTS)
    KEYS: ClassVar = {"organizations": "id", "agents": "id"}
    PAGING = "links"

    def seeded(self) -> dict[str, list[Row]]:
        """Organizations with their counts, and the agents behind them."""
        organizations: list[Row] = []
        agents: list[Row] = []
        for customer in self.customers:
            number = 8_000 + customer.number
            organizations.append(
                {
                    "id": number,
                    "account_id": 12,
                    "name": customer.name,
                    "key": f"customer-{customer.number}",
                    "created_at": "2023-05-02T08:00:00Z",
                    "updated_at": "2026-03-01T08:00:00Z",
                    "agents_count": customer.size,
                    "billable_identity_count": customer.size * 2,
                    "logs_sources_count": customer.size // 3,
                    "sat_learner_count": customer.size + 1 if customer.size else 0,
                    "incident_reports_count": 0,
                    "notify_emails": [],
                }
            )
            agents += [
                {
                    "id": number * 1000 + place,
                    "organization_id": number,
                    "hostname": f"PC-{customer.number:03}-{place + 1:03}",
                    "platform": ("windows", "darwin")[place % 5 == 4],
                    "last_callback_at": "2026-03-17T00:40:00Z",
                }
                for place in range(customer.size)
            ]
        return {"organizations": organizations, "agents": agents}

    def admits(self, call: Call) -> bool:
        """Key and secret by HTTP Basic."""
        return call.basic() == ("hk_simulated", "hs_simulated")

    def refusal(self, status: int, text: str) -> object:
        """`error` with a code and words."""
        return {"error": {"status": status, "message": text}}

    def routes(self) -> list[Route]:
        """The reading routes."""
        return [
            Route("/v1/organizations", lambda call: self._list(call, "organizations")),
            Route("/v1/agents", self._agents),
        ]

    def _agents(self, call: Call) -> Listing:
        owner = call.filter("organization_id")
        rows = self.data["agents"]
        return self._list(call, "agents", [row for row in rows if owner in {None, str(row["organization_id"])}])

    def _list(self, call: Call, name: str, rows: list[Row] | None = None) -> Listing:
        token = call.query.get("page_token", "")
        if token and not (token.startswith("after-") and token[6:].isdecimal()):
            raise Refused(400, "page_token is not valid")
        size = self.sizes.of(call, "limit", 10, 500)

        def wrap(page: Slice) -> object:
            token = None if page.next_start is None else f"after-{page.next_start}"
            url = None if token is None else call.link(page_token=token, limit=size)
            pagination = {"limit": size, "next_page_token": token, "next_page_url": url}
            return {name: page.rows, "pagination": pagination}

        return Listing(
            self.data[name] if rows is None else rows,
            wrap,
            int(token[6:]) if token else 0,
            size,
            ("pagination/next_page_token", "pagination/next_page_url"),
            links=True,
            cursor=True,
            organization=("id", "name") if name == "organizations" else ("organization_id",),
        )

    def truth(self) -> Truth:
        """The counts as the list has them."""
        return {
            str(row["id"]): {"name": row["name"], "counts": {name: row[name] for name in _COUNTS}}
            for row in self.data["organizations"]
        }
