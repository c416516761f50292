"""Datto Networking (CloudTrax): access points and switches by network; every call is signed."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call, Refused
from trueup_simulators.modules.listing import Listing, Row
from trueup_simulators.modules.signatures import CloudTraxSignature
from trueup_simulators.modules.vendor import Route, Setup, Truth, Vendor


class DattoNetworking(Vendor):
    """Nodes come as an object keyed by their id, switches as a list."""

    KIND = "datto_networking"
    CREDENTIALS: ClassVar = {"key": "cloudtrax-key", "secret": "cloudtrax-secret"}
    COUNTS: ClassVar = frozenset({"node_count"})
    KEYS: ClassVar = {"networks": "id", "nodes": "id", "switches": "id"}

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._signature = CloudTraxSignature(self.CREDENTIALS["key"], self.CREDENTIALS["secret"])

    def seeded(self) -> dict[str, list[Row]]:
        """Networks, nodes, and switches; `network` says whose they are and is not sent."""
        data: dict[str, list[Row]] = {"networks": [], "nodes": [], "switches": []}
        for customer in self.customers:
            number = 123_000 + customer.number
            data["networks"].append(
                {
                    "id": number,
                    "name": customer.name,
                    "node_count": customer.size,
                    "spare_count": 0,
                    "is_v2": False,
                    "latitude": None,
                    "longitude": None,
                }
            )
            data["nodes"] += [
                {
                    "network": number,
                    "id": number * 100 + place,
                    "name": f"AP {place + 1}",
                    "mac": f"AC:86:74:{customer.number % 256:02X}:{place % 256:02X}:10",
                    "ip": f"10.{customer.number % 256}.1.{place + 2}",
                    "role": ("gateway", "repeater")[place % 2],
                    "hardware": "AP440",
                    "down": False,
                    "spare": False,
                    "last_checkin": "2026-03-17T00:40:00Z",
                }
                for place in range(customer.size)
            ]
            data["switches"] += [
                {"network": number, "id": number * 100 + place, "name": f"Switch {place + 1}", "model": "L8"}
                for place in range(-(-customer.size // 8))
            ]
        return data

    def admits(self, call: Call) -> bool:
        """A signature over key, time, nonce, path and body."""
        return self._signature.holds(call)

    def routes(self) -> list[Route]:
        """The reading routes."""
        return [
            Route("/network/list", self._networks),
            Route("/node/network/{network}/list", self._nodes, child=True),
            Route("/switch/network/{network}/list", self._switches, child=True),
        ]

    def _networks(self, call: Call) -> Listing:
        del call
        return Listing(self.data["networks"], lambda page: {"networks": page.rows}, organization=("id",))

    def _of(self, collection: str, network: str) -> list[Row]:
        if not network.isdecimal() or not self.rows_of("networks", id=int(network)):
            raise Refused(404, "Network not found")
        rows = self.rows_of(collection, network=int(network))
        return [{name: row[name] for name in row if name != "network"} for row in rows]

    def _nodes(self, call: Call, network: str) -> Listing:
        del call
        return Listing(self._of("nodes", network), lambda page: {"nodes": {str(row["id"]): row for row in page.rows}})

    def _switches(self, call: Call, network: str) -> Listing:
        del call
        return Listing(self._of("switches", network), lambda page: {"switches": page.rows})

    def truth(self) -> Truth:
        """Access points and switches."""
        return {
            str(row["id"]): {
                "name": row["name"],
                "counts": {
                    "access_points": len(self.rows_of("nodes", network=row["id"])),
                    "switches": len(self.rows_of("switches", network=row["id"])),
                },
            }
            for row in self.data["networks"]
        }
