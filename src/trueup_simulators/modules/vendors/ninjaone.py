"""NinjaOne: approved devices by organization and node class; the last id is the watermark."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row
from trueup_simulators.modules.vendor import Route, Truth, Vendor

_CLASSES = (
    "WINDOWS_WORKSTATION",
    "WINDOWS_WORKSTATION",
    "MAC",
    "WINDOWS_SERVER",
    "WINDOWS_WORKSTATION",
    "NMS_SWITCH",
    "LINUX_SERVER",
    "VMWARE_VM_HOST",
    "CLOUD_MONITOR_TARGET",
)


class NinjaOne(Vendor):
    """Token of one hour with scope `monitoring`. Bare arrays; `after` is the last id, `pageSize` at most 1000."""

    KIND = "ninjaone"
    CREDENTIALS: ClassVar = {"client_id": "ninja-client", "client_secret": "ninja-secret"}
    KEYS: ClassVar = {"organizations": "id", "devices": "id"}
    PAGING = "bare"

    def seeded(self) -> dict[str, list[Row]]:
        """Organizations, and devices of which every eleventh waits for approval."""
        organizations: list[Row] = []
        devices: list[Row] = []
        for customer in self.customers:
            organizations.append({"id": customer.number + 1, "name": customer.name, "nodeApprovalMode": "AUTOMATIC"})
            for place in range(customer.size):
                devices.append(
                    {
                        "id": 10 + 3 * len(devices),
                        "organizationId": customer.number + 1,
                        "locationId": 100 + customer.number,
                        "nodeClass": _CLASSES[place % len(_CLASSES)],
                        "approvalStatus": "PENDING" if place % 11 == 10 else "APPROVED",
                        "offline": place % 4 == 3,
                        "systemName": f"PC-{customer.number:03}-{place + 1:03}",
                        "dnsName": f"pc-{customer.number:03}-{place + 1:03}.local",
                        "created": 1_683_014_400.5,
                        "lastContact": 1_773_709_200.25,
                        "lastUpdate": 1_773_709_200.25,
                    }
                )
        return {"organizations": organizations, "devices": devices}

    def admits(self, call: Call) -> bool:
        """A token that holds."""
        return self.tokens.valid(call.bearer())

    def refusal(self, status: int, text: str) -> object:
        """A code in words, the message, and an incident."""
        return {"resultCode": "FAILURE", "errorMessage": text, "incidentId": self.guid("incident", status)}

    def error_200(self, text: str) -> object:
        """The same body, with status 200."""
        return self.refusal(500, text)

    def routes(self) -> list[Route]:
        """Login and the reading routes."""
        return [
            Route("/ws/oauth/token", self._token, method="POST", login=True),
            Route("/v2/organizations", lambda call: self._list(call, self.data["organizations"])),
            Route("/v2/devices", self._devices),
        ]

    def _token(self, call: Call) -> object:
        form = call.form()
        if (form.get("client_id"), form.get("client_secret")) != ("ninja-client", "ninja-secret"):
            raise Refused(401, "invalid_client")
        scopes = form.get("scope", "").split()
        if form.get("grant_type") != "client_credentials" or "monitoring" not in scopes:
            raise Refused(400, "invalid_scope")
        return self.grant(3600, scope=form["scope"])

    def _devices(self, call: Call) -> Listing:
        return self._list(call, self.data["devices"], "organizationId")

    def _list(self, call: Call, rows: list[Row], *organization: str) -> Listing:
        after = call.number("after", 0)
        rows = sorted(rows, key=lambda row: int(row["id"]))
        start = sum(row["id"] <= after for row in rows)
        size = self.sizes.of(call, "pageSize", 1000, 1000)
        return Listing(rows, start=start, size=size, organization=organization)

    def truth(self) -> Truth:
        """Approved devices, in all and by node class."""
        found: Truth = {}
        for row in self.data["organizations"]:
            mine = self.rows_of("devices", organizationId=row["id"], approvalStatus="APPROVED")
            counts = {"devices": len(mine)}
            for device in mine:
                counts[device["nodeClass"]] = counts.get(device["nodeClass"], 0) + 1
            found[str(row["id"])] = {"name": row["name"], "counts": counts}
        return found
