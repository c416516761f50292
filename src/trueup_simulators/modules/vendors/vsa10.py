"""VSA 10: devices with and without an agent, by organization; OData paging."""

from __future__ import annotations

import re
from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row, Slice
from trueup_simulators.modules.vendor import Route, Truth, Vendor

_TERM = re.compile(r"(\w+) eq (?:'([^']*)'|(\w+))")


class Vsa10(Vendor):
    """`$top` at most 100 and `$skip`; the total is in `Meta.TotalCount`."""

    KIND = "vsa10"
    CREDENTIALS: ClassVar = {"token_id": "vsa-token-id", "token_secret": "vsa-token-secret"}
    COUNTS: ClassVar = frozenset({"TotalCount"})
    KEYS: ClassVar = {"devices": "Identifier", "organizations": "Id"}
    PAGING = "totals"
    FILTERS = True

    def seeded(self) -> dict[str, list[Row]]:
        """Organizations, and devices of which every ninth has no agent."""
        organizations: list[Row] = []
        devices: list[Row] = []
        for customer in self.customers:
            number = 300 + customer.number
            organizations.append({"Id": number, "Name": customer.name, "PsaMappings": []})
            for place in range(customer.size):
                devices.append(
                    {
                        "Identifier": self.guid("device", customer.number, place),
                        "Name": f"PC-{customer.number:03}-{place + 1:03}",
                        "GroupId": number * 10,
                        "GroupName": "Default",
                        "IsAgentInstalled": place % 9 != 8,
                        "IsMdmEnrolled": False,
                        "SiteId": number * 100,
                        "SiteName": "Head office",
                        "OrganizationId": number,
                        "OrganizationName": customer.name,
                    }
                )
        return {"organizations": organizations, "devices": devices}

    def admits(self, call: Call) -> bool:
        """Token id and secret by HTTP Basic."""
        return call.basic() == ("vsa-token-id", "vsa-token-secret")

    def refusal(self, status: int, text: str) -> object:
        """`Error` beside an empty `Meta`."""
        return {"Error": {"Code": status, "Message": text}, "Meta": {"ResponseCode": status}}

    def routes(self) -> list[Route]:
        """The reading routes."""
        return [
            Route("/api/v3/devices", lambda call: self._list(call, self.data["devices"])),
            Route("/api/v3/assets", self._assets),
            Route("/api/v3/organizations", lambda call: self._list(call, self.data["organizations"])),
        ]

    def _assets(self, call: Call) -> Listing:
        rows = [
            {**row, "Description": "Windows Server 2022 Standard" if place % 6 == 5 else "Windows 11 Pro"}
            for place, row in enumerate(self.data["devices"])
            if row["IsAgentInstalled"]
        ]
        return self._list(call, rows)

    def _list(self, call: Call, rows: list[Row]) -> Listing:
        wanted = call.filter("$filter")
        if wanted is not None:
            terms = [_TERM.fullmatch(part.strip()) for part in wanted.split(" and ")]
            if not all(terms):
                raise Refused(400, "$filter is not understood")
            for term in terms:
                if term is not None:
                    value = term[2] if term[2] is not None else term[3]
                    rows = [row for row in rows if str(row.get(term[1])).lower() == value.lower()]
        size = self.sizes.of(call, "$top", 100, 100)

        def wrap(page: Slice) -> object:
            return {"Data": page.rows, "Meta": {"TotalCount": page.total, "ResponseCode": 200}}

        organization = ("OrganizationId", "OrganizationName") if rows and "OrganizationId" in rows[0] else ()
        return Listing(rows, wrap, call.number("$skip", 0), size, ("Meta/TotalCount",), organization=organization)

    def truth(self) -> Truth:
        """Devices in all, and those with an agent."""
        found: Truth = {}
        for row in self.data["organizations"]:
            mine = self.rows_of("devices", OrganizationId=row["Id"])
            agents = sum(device["IsAgentInstalled"] for device in mine)
            found[str(row["Id"])] = {"name": row["Name"], "counts": {"devices": len(mine), "agents": agents}}
        return found
