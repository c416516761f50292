"""Dark Web ID: organizations with the domains and addresses that are watched, and live searches."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call
from trueup_simulators.modules.listing import Listing, Row, Slice, numbered
from trueup_simulators.modules.vendor import Route, Truth, Vendor


class DarkWebId(Vendor):
    """HTTP Basic and a list of addresses; `page` from 0, `limit` at most 200; the page past the end is a 404."""

    KIND = "dark_web_id"
    CREDENTIALS: ClassVar = {"user_name": "dwid-services", "password": "dwid-simulated"}
    KEYS: ClassVar = {"organizations": "id", "live_searches": "id"}
    PAGING = "until_404"
    NETWORK_TEXT = "Access denied: this IP address is not on the allow list of the web services"

    def seeded(self) -> dict[str, list[Row]]:
        """Organizations and live searches."""
        organizations: list[Row] = []
        searches: list[Row] = []
        for customer in self.customers:
            number = 900 + customer.number
            domains = [f"customer{customer.number}-{place}.example" for place in range(min(customer.size, 4))]
            emails = [f"owner{place}@private.example" for place in range(customer.size // 5)]
            organizations.append(
                {
                    "id": number,
                    "name": customer.name,
                    "domains": domains,
                    "personal_emails": emails,
                    "status": "active",
                    "created": "2024-01-10T09:30:00Z",
                }
            )
            searches += [
                {
                    "id": number * 100 + place,
                    "organization_id": number,
                    "organization": customer.name,
                    "domain": f"prospect{place}.{'gov' if place == 2 else 'example'}",
                    "created": f"2026-03-{place + 1:02}T10:00:00Z",
                }
                for place in range(customer.size // 6)
            ]
        return {"organizations": organizations, "live_searches": searches}

    def admits(self, call: Call) -> bool:
        """A user of the web-services kind."""
        return call.basic() == ("dwid-services", "dwid-simulated")

    def refusal(self, status: int, text: str) -> object:
        """Words in a list, as Drupal's services answer."""
        return [text] if status != 404 else {"code": 404, "message": text}

    def routes(self) -> list[Route]:
        """The reading routes."""
        return [
            Route("/services/organization.json", lambda call: self._list(call, "organizations", "id")),
            Route("/services/livesearch.json", lambda call: self._list(call, "live_searches", "organization_id")),
        ]

    def _list(self, call: Call, name: str, organization: str) -> Listing:
        start, size = numbered(call, self.sizes, "page", "limit", 0, 20, 200)

        def wrap(page: Slice) -> object:
            body: Row = {
                "self": call.link(page=page.number - 1, limit=size),
                "first": call.link(page=0, limit=size),
                "last": call.link(page=max(0, page.pages - 1), limit=size),
                "list": page.rows,
            }
            if page.next_start is not None:
                body["next"] = call.link(page=page.number, limit=size)
            return body

        return Listing(self.data[name], wrap, start, size, organization=(organization,), past_end=404)

    def truth(self) -> Truth:
        """Domains, personal addresses, and live searches of the month."""
        return {
            str(row["id"]): {
                "name": row["name"],
                "counts": {
                    "domains": len(row["domains"]),
                    "personal_emails": len(row["personal_emails"]),
                    "live_searches": len(self.rows_of("live_searches", organization_id=row["id"])),
                },
            }
            for row in self.data["organizations"]
        }
