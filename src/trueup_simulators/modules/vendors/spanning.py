"""Spanning Backup for Microsoft 365 and for Google: the users of one customer a connection."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row, Slice
from trueup_simulators.modules.vendor import Route, Truth, Vendor


class SpanningM365(Vendor):
    """HTTP Basic with the administrator's address and a token; `nextLink` in the body. The first customer's tenant."""

    KIND = "spanning_m365"
    CREDENTIALS: ClassVar = {"admin_email": "admin@customer1.example", "token": "spanning-simulated-token"}
    COUNTS: ClassVar = frozenset({"userCount", "licensesAssigned"})
    KEYS: ClassVar = {"users": "msId"}
    PAGING = "links"
    ORGANIZATIONS = False
    FILTERS = True

    def seeded(self) -> dict[str, list[Row]]:
        """The tenant and its users: some archived, some without a licence, one deleted."""
        customer = self.customers[0]
        tenant = {"id": self.guid("tenant"), "name": customer.name, "origin": "us"}
        users = [
            {
                "userPrincipalName": f"user{place + 1}@customer1.example",
                "email": f"user{place + 1}@customer1.example",
                "displayName": f"User {place + 1}",
                "assigned": place % 9 != 8,
                "isArchive": place % 5 == 4,
                "isDeleted": place == 1,
                "msId": self.guid("user", place),
            }
            for place in range(customer.size)
        ]
        return {"tenant": [tenant], "users": users}

    def admits(self, call: Call) -> bool:
        """Address and token."""
        return call.basic() == (self.CREDENTIALS["admin_email"], self.CREDENTIALS["token"])

    def refusal(self, status: int, text: str) -> object:
        """Words and a status."""
        return {"statusCode": status, "message": text}

    def routes(self) -> list[Route]:
        """The reading routes."""
        return [Route("/external/tenant", self._tenant), Route("/external/users", self._users)]

    def _tenant(self, call: Call) -> object:
        del call
        assigned = sum(user["assigned"] for user in self.data["users"])
        return {**self.data["tenant"][0], "userCount": len(self.data["users"]), "licensesAssigned": assigned}

    def _users(self, call: Call) -> Listing:
        token = call.query.get("token", "0")
        if not token.isdecimal():
            raise Refused(400, "the link is not valid")
        size = self.sizes.of(call, "size", 100, 1000)
        rows = self.data["users"]
        if call.filter("assigned") is not None:
            rows = [row for row in rows if str(row["assigned"]).lower() == call.filter("assigned")]

        def wrap(page: Slice) -> object:
            following = None if page.next_start is None else call.link(token=page.next_start, size=size)
            return {"users": page.rows, "nextLink": following}

        return Listing(rows, wrap, int(token), size, ("nextLink",), links=True)

    def truth(self) -> Truth:
        """Users with a licence who are not archived (one deleted in Microsoft 365 keeps it), and archived ones."""
        users = self.data["users"]
        standard = sum(user["assigned"] and not user["isArchive"] for user in users)
        counts = {"standard": standard, "archived": sum(user["isArchive"] for user in users)}
        tenant = self.data["tenant"][0]
        return {tenant["id"]: {"name": tenant["name"], "counts": counts}}


class SpanningGoogle(SpanningM365):
    """The same shapes (inferred)."""

    KIND = "spanning_google"
