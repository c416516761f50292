"""Microsoft 365 by Graph: one customer's tenant a connection, its subscribed SKUs and its users."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row, Slice
from trueup_simulators.modules.vendor import Route, Setup, Truth, Vendor

_SKUS = (
    ("SPB", "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"),
    ("O365_BUSINESS_ESSENTIALS", "3b555118-da6a-4418-894f-7df1e2096870"),
    ("EXCHANGESTANDARD", "4b9405b0-7788-4568-add1-99614e613b69"),
)


class Microsoft365(Vendor):
    """Every customer has a tenant; `tenant_id` of the credentials is the first one's.

    The token of a tenant opens that tenant alone. One person is a user of the first two tenants.
    """

    KIND = "microsoft_365"
    CREDENTIALS: ClassVar = {"client_id": "graph-client", "client_secret": "graph-secret"}
    COUNTS: ClassVar = frozenset({"consumedUnits", "enabled", "suspended", "warning", "lockedOut"})
    KEYS: ClassVar = {"users": "id", "skus": "id"}
    PAGING = "links"
    ORGANIZATIONS = False
    FILTERS = True
    NETWORK_TEXT = "AADSTS53003: Access has been blocked by Conditional Access policies"

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._tenant_of: dict[str, str] = {}

    @property
    def credentials(self) -> dict[str, str]:
        """Those of the partner's application, and the first customer's tenant."""
        return {**self.CREDENTIALS, "tenant_id": self.tenant(1)}

    def tenant(self, number: int) -> str:
        """The tenant id of a customer."""
        return self.guid("tenant", number)

    def seeded(self) -> dict[str, list[Row]]:
        """Tenants, SKUs and users; `tenant` says whose they are and is not sent."""
        data: dict[str, list[Row]] = {"tenants": [], "skus": [], "users": []}
        for customer in self.customers:
            tenant = self.tenant(customer.number)
            data["tenants"].append({"id": tenant, "displayName": customer.name})
            users = [self._user(tenant, customer.number, place) for place in range(customer.size)]
            if customer.number in {1, 2} and users:
                users[0].update(mail="shared@customer1.example", userPrincipalName="shared@customer1.example")
            data["users"] += users
            for place, (part, sku) in enumerate(_SKUS):
                used = sum(any(one["skuId"] == sku for one in user["assignedLicenses"]) for user in users)
                if used or place == 0:
                    data["skus"].append(
                        {
                            "tenant": tenant,
                            "id": f"{tenant}_{sku}",
                            "skuId": sku,
                            "skuPartNumber": part,
                            "capabilityStatus": "Enabled",
                            "appliesTo": "User",
                            "consumedUnits": used,
                            "prepaidUnits": {"enabled": used + place, "suspended": 0, "warning": 0, "lockedOut": 0},
                        }
                    )
        return data

    def _user(self, tenant: str, customer: int, place: int) -> Row:
        name = f"user{place + 1}@customer{customer}.example"
        licences = [] if place % 8 == 7 else [_SKUS[0 if place % 3 else 1]]
        if place % 5 == 4:
            licences.append(_SKUS[2])
        return {
            "tenant": tenant,
            "id": self.guid("user", customer, place),
            "displayName": f"User {place + 1}",
            "userPrincipalName": name,
            "mail": name,
            "accountEnabled": place % 10 != 9,
            "userType": "Member",
            "assignedLicenses": [{"skuId": sku, "disabledPlans": []} for _, sku in licences],
        }

    def admits(self, call: Call) -> bool:
        """A token of about an hour."""
        return self.tokens.valid(call.bearer())

    def refusal(self, status: int, text: str) -> object:
        """Graph's error, with its code in words."""
        code = {401: "InvalidAuthenticationToken", 403: "Authorization_RequestDenied", 404: "ResourceNotFound"}
        inner = {"date": "2026-03-17T02:00:00", "request-id": self.guid("request")}
        return {"error": {"code": code.get(status, "UnknownError"), "message": text, "innerError": inner}}

    def routes(self) -> list[Route]:
        """Login and the reading routes."""
        return [
            Route("/{tenant}/oauth2/v2.0/token", self._token, method="POST", login=True),
            Route("/v1.0/organization", self._organization),
            Route("/v1.0/subscribedSkus", self._skus),
            Route("/v1.0/users", self._users),
        ]

    def _token(self, call: Call, tenant: str) -> object:
        form = call.form()
        if not self.rows_of("tenants", id=tenant):
            raise Refused(400, f"AADSTS90002: Tenant '{tenant}' not found")
        if (form.get("client_id"), form.get("client_secret")) != ("graph-client", "graph-secret"):
            raise Refused(401, "AADSTS7000215: Invalid client secret provided")
        wanted = (form.get("grant_type"), form.get("scope"))
        if wanted != ("client_credentials", "https://graph.microsoft.com/.default"):
            raise Refused(400, "AADSTS70011: The provided value for scope is not valid")
        granted = self.grant(3599, ext_expires_in=3599)
        self._tenant_of[str(granted["access_token"])] = tenant
        return granted

    def _mine(self, call: Call, collection: str) -> list[Row]:
        tenant = self._tenant_of[call.bearer()]
        rows = self.rows_of(collection, tenant=tenant)
        return [{name: row[name] for name in row if name != "tenant"} for row in rows]

    def _organization(self, call: Call) -> Listing:
        rows = self.rows_of("tenants", id=self._tenant_of[call.bearer()])
        return Listing(rows, lambda page: {"value": page.rows})

    def _skus(self, call: Call) -> Listing:
        if set(call.query) - {"$select"}:
            raise Refused(400, "Only $select is supported")
        return Listing(self._selected(call, self._mine(call, "skus")), lambda page: {"value": page.rows})

    @staticmethod
    def _selected(call: Call, rows: list[Row]) -> list[Row]:
        names = call.filter("$select")
        if names is None:
            return rows
        return [{name: row[name] for name in names.split(",") if name in row} for row in rows]

    def _users(self, call: Call) -> Listing:
        token = call.query.get("$skiptoken", "0")
        if not token.isdecimal():
            raise Refused(400, "The skip token is not valid")
        size = self.sizes.of(call, "$top", 100, 999)
        rows = self._mine(call, "users")
        if call.query.get("$select"):
            rows = self._selected(call, rows)
        else:  # licences only come when they are asked for
            rows = [{name: row[name] for name in row if name != "assignedLicenses"} for row in rows]

        def wrap(page: Slice) -> object:
            body: Row = {"value": page.rows}
            if call.query.get("$count") == "true" and call.headers.get("consistencylevel") == "eventual":
                body["@odata.count"] = page.total  # on the first page, and on those that follow
            if page.next_start is not None:
                body["@odata.nextLink"] = call.link(__skiptoken=page.next_start, __top=size)
            return body

        return Listing(rows, wrap, int(token), size, ("@odata.nextLink",), links=True)

    def truth(self) -> Truth:
        """Per tenant: units bought and used by SKU, users in all, and users with a licence."""
        found: Truth = {}
        for tenant in self.data["tenants"]:
            users = self.rows_of("users", tenant=tenant["id"])
            counts = {"users": len(users), "licensed_users": sum(bool(user["assignedLicenses"]) for user in users)}
            for sku in self.rows_of("skus", tenant=tenant["id"]):
                counts[f"bought.{sku['skuPartNumber']}"] = sku["prepaidUnits"]["enabled"]
                counts[f"used.{sku['skuPartNumber']}"] = sku["consumedUnits"]
            found[tenant["id"]] = {"name": tenant["displayName"], "counts": counts}
        return found
