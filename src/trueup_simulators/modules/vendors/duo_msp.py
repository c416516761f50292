"""Duo for MSPs: child accounts and their users; every call is signed."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row, Slice
from trueup_simulators.modules.signatures import duo_signature_holds
from trueup_simulators.modules.vendor import Route, Truth, Vendor


class DuoMsp(Vendor):
    """Accounts API for the list of children, Admin API (`account_id`) for each; `limit` and `offset`.

    `api_hostname` of a child is the simulator's own host, where its calls are to go.
    """

    KIND = "duo_msp"
    CREDENTIALS: ClassVar = {"integration_key": "DISIMULATED000000001", "secret_key": "duo-simulated-secret"}
    COUNTS: ClassVar = frozenset({"user_count", "admin_count", "integration_count", "total_objects"})
    KEYS: ClassVar = {"accounts": "account_id", "users": "user_id"}
    PAGING = "cursor"

    def seeded(self) -> dict[str, list[Row]]:
        """Child accounts, and their users; `account_id` of a user is not sent."""
        accounts: list[Row] = []
        users: list[Row] = []
        for customer in self.customers:
            account = f"DA{customer.number:018}"
            accounts.append({"account_id": account, "name": customer.name})
            users += [
                {
                    "account_id": account,
                    "user_id": f"DU{customer.number:09}{place:09}",
                    "username": f"user{place + 1}",
                    "email": f"user{place + 1}@customer{customer.number}.example",
                    "status": ("active", "active", "bypass", "disabled")[place % 4],
                    "is_enrolled": True,
                    "last_login": 1_773_709_200,
                }
                for place in range(customer.size)
            ]
        return {"accounts": accounts, "users": users}

    def admits(self, call: Call) -> bool:
        """A signature over date, method, host, path and parameters."""
        return duo_signature_holds(call, self.CREDENTIALS["integration_key"], self.CREDENTIALS["secret_key"])

    def refusal(self, status: int, text: str) -> object:
        """`stat` says FAIL; the code begins with the HTTP status."""
        return {"stat": "FAIL", "code": status * 100 + 3, "message": text}

    def error_200(self, text: str) -> object:
        """The same body, with status 200."""
        return self.refusal(500, text)

    def routes(self) -> list[Route]:
        """The reading routes; the list of accounts is a POST."""
        return [
            Route("/accounts/v1/account/list", self._accounts, method="POST"),
            Route("/admin/v1/info/summary", self._summary, child=True),
            Route("/admin/v1/users", self._users, child=True),
        ]

    def _accounts(self, call: Call) -> Listing:
        host = call.origin.partition("://")[2]

        def wrap(page: Slice) -> object:
            return {"stat": "OK", "response": [{**row, "api_hostname": host} for row in page.rows]}

        return Listing(self.data["accounts"], wrap, organization=("account_id", "name"))

    def _account(self, call: Call) -> str:
        account = call.query.get("account_id", "")
        if not self.rows_of("accounts", account_id=account):
            raise Refused(403, "Invalid account_id")
        return account

    def _summary(self, call: Call) -> object:
        users = self.rows_of("users", account_id=self._account(call))
        told = {
            "user_count": len(users),
            "admin_count": 2,
            "integration_count": 3,
            "telephony_credits_remaining": 960,
            "user_pending_deletion_count": 0,
        }
        return {"stat": "OK", "response": told}

    def _users(self, call: Call) -> Listing:
        rows = [
            {name: row[name] for name in row if name != "account_id"}
            for row in self.rows_of("users", account_id=self._account(call))
        ]
        size = self.sizes.of(call, "limit", 100, 300)

        def wrap(page: Slice) -> object:
            metadata = {"total_objects": page.total, "next_offset": page.next_start, "prev_offset": None}
            return {"stat": "OK", "response": page.rows, "metadata": metadata}

        return Listing(rows, wrap, call.number("offset", 0), size, ("metadata/next_offset",), cursor=True)

    def truth(self) -> Truth:
        """Users."""
        return {
            row["account_id"]: {
                "name": row["name"],
                "counts": {"users": len(self.rows_of("users", account_id=row["account_id"]))},
            }
            for row in self.data["accounts"]
        }
