"""IT Glue: organizations with their PSA ids, and configurations; JSON:API."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call
from trueup_simulators.modules.listing import Listing, Row, Slice, numbered
from trueup_simulators.modules.vendor import Route, Truth, Vendor


class ItGlue(Vendor):
    """`x-api-key`; `page[number]` from 1, `page[size]` at most 1000; both `meta` and `links.next` say what follows."""

    KIND = "it_glue"
    CREDENTIALS: ClassVar = {"api_key": "ITG.simulated"}
    COUNTS: ClassVar = frozenset({"total-count", "total-pages"})
    KEYS: ClassVar = {"organizations": "id", "configurations": "id"}
    PAGING = "links"
    FILTERS = True

    def seeded(self) -> dict[str, list[Row]]:
        """Organizations, and configurations of which every tenth is archived."""
        organizations: list[Row] = []
        configurations: list[Row] = []
        for customer in self.customers:
            number = 2_600_000 + customer.number
            organizations.append(
                {
                    "id": str(number),
                    "type": "organizations",
                    "attributes": {
                        "name": customer.name,
                        "psa-id": str(customer.autotask_id) if customer.number % 4 else None,
                        "psa-integration": "enabled" if customer.number % 4 else "disabled",
                        "organization-type-name": "Customer",
                        "organization-status-name": "Active",
                        "primary": False,
                        "created-at": "2023-05-02T08:00:00.000Z",
                    },
                }
            )
            for place in range(customer.size):
                configurations.append(
                    {
                        "id": str(number * 1000 + place),
                        "type": "configurations",
                        "attributes": {
                            "organization-id": number,
                            "organization-name": customer.name,
                            "name": f"PC-{customer.number:03}-{place + 1:03}",
                            "configuration-type-name": ("Workstation", "Server", "Printer")[place % 3],
                            "configuration-status-name": "Active",
                            "archived": place % 10 == 9,
                        },
                    }
                )
        return {"organizations": organizations, "configurations": configurations}

    def admits(self, call: Call) -> bool:
        """A key in its own header."""
        return call.header("x-api-key") == "ITG.simulated"

    def refusal(self, status: int, text: str) -> object:
        """A list of errors."""
        return {"errors": [{"status": str(status), "title": text}]}

    def routes(self) -> list[Route]:
        """The reading routes."""
        return [
            Route("/organizations", self._organizations),
            Route("/configurations", self._configurations),
        ]

    def _organizations(self, call: Call) -> Listing:
        name = call.filter("filter[name]")
        rows = self.data["organizations"]
        rows = [row for row in rows if name is None or row["attributes"]["name"] == name]
        return self._list(call, rows, "id")

    def _configurations(self, call: Call) -> Listing:
        owner, archived = call.filter("filter[organization_id]"), call.filter("filter[archived]")
        rows = [
            row
            for row in self.data["configurations"]
            if owner in {None, str(row["attributes"]["organization-id"])}
            and archived in {None, str(row["attributes"]["archived"]).lower()}
        ]
        return self._list(call, rows, "attributes/organization-id")

    def _list(self, call: Call, rows: list[Row], organization: str) -> Listing:
        start, size = numbered(call, self.sizes, "page[number]", "page[size]", 1, 50, 1000)

        def wrap(page: Slice) -> object:
            following = page.next()
            meta = {
                "current-page": page.number,
                "next-page": following,
                "prev-page": page.number - 1 or None,
                "total-pages": page.pages,
                "total-count": page.total,
            }
            links: Row = {} if following is None else {"next": call.link(**{"page[number]": following})}
            return {"data": page.rows, "meta": meta, "links": links}

        ways_on = ("links/next", "meta/next-page", "meta/total-pages", "meta/total-count")
        return Listing(rows, wrap, start, size, ways_on, links=True, organization=(organization,))

    def truth(self) -> Truth:
        """Configurations that are not archived."""
        found: Truth = {}
        for row in self.data["organizations"]:
            mine = [
                one["attributes"]
                for one in self.data["configurations"]
                if str(one["attributes"]["organization-id"]) == row["id"]
            ]
            counts = {"configurations": sum(not one["archived"] for one in mine), "with_archived": len(mine)}
            found[row["id"]] = {"name": row["attributes"]["name"], "counts": counts}
        return found
