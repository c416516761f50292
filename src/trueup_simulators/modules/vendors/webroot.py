"""Webroot (OpenText): usage of every site of a console on a billing date."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row, Slice
from trueup_simulators.modules.vendor import Route, Truth, Vendor

_KEY = "SIM0-GSM0-KEY0-0001-0000"


class Webroot(Vendor):
    """Password grant with the client by HTTP Basic, tokens of five minutes; `ContinuationURI` leads on.

    Every billing date has the same rows. A page has 50 sites.
    """

    KIND = "webroot"
    CREDENTIALS: ClassVar = {
        "client_id": "client_simulated@msp.example",
        "client_secret": "webroot-secret",
        "user_name": "billing@msp.example",
        "password": "webroot-simulated",
        "gsm_key": _KEY,
    }
    COUNTS: ClassVar = frozenset({"ActiveEndpoints", "TotalEndpoints", "TotalSites"})
    KEYS: ClassVar = {"usage": "SiteId"}
    PAGING = "links"
    FILTERS = True

    def seeded(self) -> dict[str, list[Row]]:
        """Rows of usage."""
        return {
            "usage": [
                {
                    "SiteId": self.guid("site", customer.number),
                    "SiteName": customer.name,
                    "KeyCode": f"SA{customer.number:02}-TEST-{customer.number:04}",
                    "ActiveEndpoints": customer.size,
                }
                for customer in self.customers
            ]
        }

    def admits(self, call: Call) -> bool:
        """A token that holds."""
        return self.tokens.valid(call.bearer())

    def refusal(self, status: int, text: str) -> object:
        """Status, words, and an id."""
        return {"statusCode": status, "requestId": self.guid("request", status), "error": text}

    def routes(self) -> list[Route]:
        """Login and the reading routes."""
        return [
            Route("/auth/token", self._token, method="POST", login=True),
            Route("/service/api/usage/gsm/{key}", self._usage),
            Route("/service/api/console/gsm/{key}/sites", self._sites),
        ]

    def _token(self, call: Call) -> object:
        form, given = call.form(), self.CREDENTIALS
        client = call.basic() or (form.get("client_id", ""), form.get("client_secret", ""))
        person = (form.get("username"), form.get("password"))
        if client != (given["client_id"], given["client_secret"]):
            raise Refused(400, "invalid_client")
        if form.get("grant_type") != "password" or person != (given["user_name"], given["password"]):
            raise Refused(400, "invalid_grant")
        return self.grant(300, scope=form.get("scope", "*"), refresh_token=self.guid("refresh"))

    @staticmethod
    def _known(key: str) -> None:
        if key != _KEY:
            raise Refused(404, "Keycode not found")

    def _usage(self, call: Call, key: str) -> Listing:
        self._known(key)
        asked = call.query.get("billingDate", "")
        try:
            date.fromisoformat(asked[:10] or "2026-03-17")
        except ValueError:
            raise Refused(400, "billingDate is not a date") from None
        token = call.query.get("continuation", "") or "0"
        if not token.isdecimal():
            raise Refused(400, "continuation is not valid")
        size = self.sizes.of(call, "batchSize", 50, 50)

        def wrap(page: Slice) -> object:
            following = None if page.next_start is None else call.link(continuation=page.next_start)
            return {"QueryResults": page.rows, "ContinuationURI": following}

        return Listing(
            self.data["usage"], wrap, int(token), size, ("ContinuationURI",), links=True, organization=("SiteId",)
        )

    def _sites(self, call: Call, key: str) -> Listing:
        del call
        self._known(key)
        rows = [
            {
                "SiteId": row["SiteId"],
                "SiteName": row["SiteName"],
                "AccountKeyCode": row["KeyCode"],
                "TotalEndpoints": row["ActiveEndpoints"],
                "Deactivated": False,
            }
            for row in self.data["usage"]
        ]
        return Listing(
            rows, lambda page: {"TotalSitesAvailable": page.total, "Sites": page.rows}, organization=("SiteId",)
        )

    def truth(self) -> Truth:
        """Active endpoints."""
        return {
            row["SiteId"]: {"name": row["SiteName"], "counts": {"endpoints": row["ActiveEndpoints"]}}
            for row in self.data["usage"]
        }
