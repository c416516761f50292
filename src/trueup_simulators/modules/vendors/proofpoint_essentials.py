"""Proofpoint Essentials: one call with every customer's active users."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row
from trueup_simulators.modules.vendor import Route, Truth, Vendor


class ProofpointEssentials(Vendor):
    """`X-User` and `X-Password`; a bare array below the partner's own domain."""

    KIND = "proofpoint_essentials"
    CREDENTIALS: ClassVar = {
        "user": "billing@msp.example",
        "password": "proofpoint-simulated",
        "domain": "msp.example",
    }
    COUNTS: ClassVar = frozenset({"active_users", "user_licenses"})
    KEYS: ClassVar = {"organizations": "eid"}

    def seeded(self) -> dict[str, list[Row]]:
        """Organizations."""
        packages = ("professional", "business", "advanced")
        return {
            "organizations": [
                {
                    "eid": 71_000 + customer.number,
                    "name": customer.name,
                    "primary_domain": f"customer{customer.number}.example",
                    "type": "organization",
                    "is_active": True,
                    "is_on_trial": False,
                    "licensing_package": packages[customer.number % 3],
                    "active_users": customer.size * 2,
                    "user_licenses": customer.size * 2 + 5,
                }
                for customer in self.customers
            ]
        }

    def admits(self, call: Call) -> bool:
        """User and password in two headers."""
        return (call.header("x-user"), call.header("x-password")) == ("billing@msp.example", "proofpoint-simulated")

    def refusal(self, status: int, text: str) -> object:
        """A list of words."""
        return {"errors": [text], "status": status}

    def routes(self) -> list[Route]:
        """The reading routes."""
        return [
            Route("/api/v1/billing/{domain}/orgs", self._organizations),
            Route("/api/v1/orgs/{domain}/orgs", self._organizations),
        ]

    def _organizations(self, call: Call, domain: str) -> Listing:
        del call
        if domain != "msp.example":
            raise Refused(404, "Organization not found")
        return self.unpaged(self.data["organizations"], "eid", "name")

    def truth(self) -> Truth:
        """Active users, also under the name of the package."""
        return {
            str(row["eid"]): {
                "name": row["name"],
                "counts": {"active_users": row["active_users"], row["licensing_package"]: row["active_users"]},
            }
            for row in self.data["organizations"]
        }
