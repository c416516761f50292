"""Datto EDR and Datto AV (Infocyte): agents with licence flags; LoopBack filters."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row
from trueup_simulators.modules.vendor import Route, Truth, Vendor


class DattoEdr(Vendor):
    """The token in `access_token` or in the Authorization header; `filter` is JSON with where, limit, skip."""

    KIND = "datto_edr"
    CREDENTIALS: ClassVar = {"token": "infocyte-simulated-token"}
    COUNTS: ClassVar = frozenset({"count"})
    KEYS: ClassVar = {"agents": "id", "organizations": "id"}
    PAGING = "bare"
    FILTERS = True

    def seeded(self) -> dict[str, list[Row]]:
        """Organizations, locations and agents: nine of ten have EDR, two of three AV."""
        data: dict[str, list[Row]] = {"organizations": [], "locations": [], "agents": []}
        for customer in self.customers:
            organization = self.guid("organization", customer.number)
            location = self.guid("location", customer.number)
            data["organizations"].append({"id": organization, "name": customer.name})
            data["locations"].append({"id": location, "name": "Default", "organizationId": organization})
            for place in range(customer.size):
                data["agents"].append(
                    {
                        "id": self.guid("agent", customer.number, place),
                        "deviceId": self.guid("device", customer.number, place),
                        "hostname": f"PC-{customer.number:03}-{place + 1:03}",
                        "status": "online",
                        "active": True,
                        "authorized": True,
                        "isolated": False,
                        "heartbeat": "2026-03-17T00:40:00.000Z",
                        "version": "3.12.0.4563",
                        "hasEdrLicense": place % 10 != 9,
                        "hasAvLicense": place % 3 != 2,
                        "dattoAvEnabled": place % 3 == 0,
                        "organizationId": organization,
                        "organizationName": customer.name,
                        "locationId": location,
                        "locationName": "Default",
                    }
                )
        return data

    def admits(self, call: Call) -> bool:
        """One token of a year, in the query or in the header as it is."""
        wanted = self.CREDENTIALS["token"]
        return wanted in {call.query.get("access_token"), call.header("authorization"), call.bearer()}

    def refusal(self, status: int, text: str) -> object:
        """LoopBack's error."""
        return {"error": {"statusCode": status, "name": "Error", "message": text}}

    def error_200(self, text: str) -> object:
        """The same body, with status 200."""
        return self.refusal(500, text)

    def routes(self) -> list[Route]:
        """The reading routes."""
        return [
            Route("/api/AgentDetails", lambda call: self._list(call, "agents")),
            Route("/api/AgentDetails/count", self._count),
            Route("/api/Organizations", lambda call: self._list(call, "organizations")),
            Route("/api/Locations", lambda call: self._list(call, "locations")),
        ]

    @staticmethod
    def _read(call: Call, parameter: str) -> dict[str, Any]:
        try:
            found = json.loads(call.query.get(parameter) or "{}")
        except ValueError:
            raise Refused(400, f"{parameter} is not JSON") from None
        if not isinstance(found, dict):
            raise Refused(400, f"{parameter} is not an object")
        return found

    def _where(self, rows: list[Row], where: object) -> list[Row]:
        if not isinstance(where, dict):
            return rows
        return [row for row in rows if all(row.get(name) == value for name, value in where.items())]

    def _count(self, call: Call) -> object:
        return {"count": len(self._where(self.data["agents"], self._read(call, "where")))}

    def _list(self, call: Call, name: str) -> Listing:
        asked = self._read(call, "filter")
        skip, limit = asked.get("skip", 0), asked.get("limit", 1000)
        if not isinstance(skip, int) or not isinstance(limit, int) or skip < 0 or limit < 1:
            raise Refused(400, "skip and limit are whole numbers")
        rows = self.data[name] if call.filters_lost else self._where(self.data[name], asked.get("where"))
        if asked.get("order"):
            field = str(asked["order"]).split()[0]
            rows = sorted(rows, key=lambda row: str(row.get(field)))
        organization = ("organizationId",) if name == "agents" else ()
        return Listing(rows, start=skip, size=min(limit, 1000), organization=organization)

    def truth(self) -> Truth:
        """Agents in all, with an EDR licence, with an AV licence."""
        found: Truth = {}
        for row in self.data["organizations"]:
            mine = self.rows_of("agents", organizationId=row["id"])
            counts = {
                "agents": len(mine),
                "edr": sum(agent["hasEdrLicense"] for agent in mine),
                "av": sum(agent["hasAvLicense"] for agent in mine),
            }
            found[row["id"]] = {"name": row["name"], "counts": counts}
        return found


class DattoAv(DattoEdr):
    """The same API, asked for antivirus licences."""

    KIND = "datto_av"
