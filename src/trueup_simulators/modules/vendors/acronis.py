"""Acronis Cyber Protect Cloud: tenants, and what each uses."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row, Slice
from trueup_simulators.modules.vendor import Route, Truth, Vendor

_GIB = 1024**3


class Acronis(Vendor):
    """Client credentials by HTTP Basic; `after` from `paging.cursors.after`. Storage is in bytes.

    `subtree_root_id` may be left out and then is the partner's own tenant, `tenant_id` of the credentials.
    """

    KIND = "acronis"
    CREDENTIALS: ClassVar = {"client_id": "acronis-client", "client_secret": "acronis-secret"}
    COUNTS: ClassVar = frozenset({"value", "absolute_value"})
    KEYS: ClassVar = {"tenants": "id"}
    PAGING = "cursor"

    @property
    def credentials(self) -> dict[str, str]:
        """The client, and the partner's tenant."""
        return {**self.CREDENTIALS, "tenant_id": self.guid("root")}

    def seeded(self) -> dict[str, list[Row]]:
        """Tenants and rows of usage."""
        tenants: list[Row] = []
        usages: list[Row] = []
        for customer in self.customers:
            tenant = self.guid("tenant", customer.number)
            tenants.append(
                {
                    "id": tenant,
                    "name": customer.name,
                    "kind": "customer",
                    "parent_id": self.guid("root"),
                    "customer_id": str(customer.autotask_id),
                    "enabled": True,
                    "version": 1,
                }
            )
            usages += [
                self._usage(tenant, "workstations", "quantity", customer.size),
                self._usage(tenant, "servers", "quantity", customer.size // 5),
                self._usage(tenant, "storage", "bytes", customer.size * 40 * _GIB),
            ]
        return {"tenants": tenants, "usages": usages}

    def _usage(self, tenant: str, name: str, unit: str, value: int) -> Row:
        return {
            "tenant_uuid": tenant,
            "application_id": self.guid("application"),
            "edition": "pck_per_workload",
            "infra_id": self.guid("infra") if name == "storage" else None,
            "measurement_unit": unit,
            "name": f"pw_base_{name}",
            "usage_name": name,
            "offering_item": {"quota": {"value": None, "overage": None, "version": 0}, "status": 1},
            "range_start": "2026-03-01T00:00:00",
            "value": value,
            "absolute_value": value,
            "type": "infra" if name == "storage" else "count",
        }

    def admits(self, call: Call) -> bool:
        """A token of two hours."""
        return self.tokens.valid(call.bearer())

    def refusal(self, status: int, text: str) -> object:
        """An error with code and words."""
        return {"error": {"code": status, "message": text, "context": {}}}

    def routes(self) -> list[Route]:
        """Login and the reading routes."""
        return [
            Route("/api/2/idp/token", self._token, method="POST", login=True),
            Route("/api/2/clients/{client}", self._client),
            Route("/api/2/tenants", self._tenants),
            Route("/api/2/tenants/usages", self._usages, child=True),
        ]

    def _token(self, call: Call) -> object:
        if call.basic() != ("acronis-client", "acronis-secret"):
            raise Refused(401, "invalid_client")
        if call.form().get("grant_type") != "client_credentials":
            raise Refused(400, "unsupported_grant_type")
        return self.grant(7200, scope="urn:acronis.com::")

    def _client(self, call: Call, client: str) -> object:
        del call
        if client != "acronis-client":
            raise Refused(404, "Client not found")
        return {"client_id": client, "tenant_id": self.guid("root"), "status": "enabled"}

    def _tenants(self, call: Call) -> Listing:
        if call.query.get("subtree_root_id", self.guid("root")) != self.guid("root"):
            raise Refused(404, "Tenant not found")
        after = call.query.get("after", "")
        if after and not (after.startswith("t") and after[1:].isdecimal()):
            raise Refused(400, "after is not valid")
        size = self.sizes.of(call, "limit", 100, 1000)

        def wrap(page: Slice) -> object:
            following = None if page.next_start is None else f"t{page.next_start}"
            return {"items": page.rows, "timestamp": "2026-03-17T02:00:00", "paging": {"cursors": {"after": following}}}

        start = int(after[1:]) if after else 0
        return Listing(
            self.data["tenants"], wrap, start, size, ("paging/cursors/after",), cursor=True, organization=("id",)
        )

    def _usages(self, call: Call) -> Listing:
        asked = [name for name in call.query.get("tenants", "").split(",") if name]
        if not asked:
            raise Refused(400, "tenants is missing")
        known = {row["id"] for row in self.data["tenants"]}
        if not known.issuperset(asked):
            raise Refused(404, "Tenant not found")
        rows = [{"tenant": tenant, "usages": self.rows_of("usages", tenant_uuid=tenant)} for tenant in asked]
        return Listing(rows, lambda page: {"items": page.rows}, organization=("tenant",))

    def other_unit(self, row: Row) -> bool:
        """Bytes as gibibytes."""
        found = False
        for usage in row.get("usages", ()):
            if usage["measurement_unit"] == "bytes" and usage["value"]:
                value = usage["value"] / _GIB
                usage.update(measurement_unit="gibibytes", value=value, absolute_value=value)
                found = True
        return found

    def truth(self) -> Truth:
        """What is used in this period, by usage name; storage in bytes."""
        return {
            row["id"]: {
                "name": row["name"],
                "counts": {one["usage_name"]: one["value"] for one in self.rows_of("usages", tenant_uuid=row["id"])},
            }
            for row in self.data["tenants"]
        }
