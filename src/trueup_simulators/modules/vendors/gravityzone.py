"""Bitdefender GravityZone: JSON-RPC; the month's counters of each company."""

from __future__ import annotations

import re
from typing import ClassVar

from trueup_simulators.modules.calls import Call
from trueup_simulators.modules.listing import Listing, Row
from trueup_simulators.modules.vendor import Route, Truth, Vendor

_COUNTERS = (
    "endpointMonthlyUsage",
    "edrMonthlyUsage",
    "patchManagementMonthlyUsage",
    "encryptionMonthlyUsage",
    "emailSecurityMonthlyUsage",
    "exchangeMonthlyUsage",
    "atsMonthlyUsage",
    "mspSecureMonthlyUsage",
    "mspSecurePlusMonthlyUsage",
)
_ROOT = "/api/v1.0/jsonrpc"


class _RpcError(Exception):
    def __init__(self, code: int, message: str, details: str) -> None:
        super().__init__(code, message, details)
        self.code, self.message, self.details = code, message, details


class GravityZone(Vendor):
    """The key is the user of HTTP Basic, the password is empty. Errors come with status 200.

    Counters of packages (`mspSecure...`) are part of `endpointMonthlyUsage`. Every month has the same counters.
    """

    KIND = "gravityzone"
    CREDENTIALS: ClassVar = {"api_key": "gz-simulated-key"}
    COUNTS: ClassVar = frozenset(_COUNTERS)
    KEYS: ClassVar = {"companies": "id", "usage": "companyId"}

    def seeded(self) -> dict[str, list[Row]]:
        """Companies, and their counters."""
        companies: list[Row] = []
        usage: list[Row] = []
        for customer in self.customers:
            number = f"{0x5F00_0000_0000 + customer.number:024x}"
            companies.append({"id": number, "name": customer.name})
            size = customer.size
            values = (size, size // 2, size // 3, size // 4, size * 2, 0, size // 5, size // 2, size - size // 2)
            usage.append({"companyId": number, **dict(zip(_COUNTERS, values, strict=True))})
        return {"companies": companies, "usage": usage}

    def admits(self, call: Call) -> bool:
        """The key as the user of HTTP Basic."""
        return call.basic() == ("gz-simulated-key", "")

    def refusal(self, status: int, text: str) -> object:
        """JSON-RPC's error, with the HTTP status beside it."""
        return {"id": None, "jsonrpc": "2.0", "error": {"code": -32_000, "message": text, "data": {"details": status}}}

    def error_200(self, text: str) -> object:
        """The usual way of this vendor."""
        return self.refusal(200, text)

    def routes(self) -> list[Route]:
        """Everything is a POST that reads; licensing is asked once a company."""
        return [
            Route(f"{_ROOT}/companies", lambda call: self._called(call, "companies"), method="POST"),
            Route(f"{_ROOT}/network", lambda call: self._called(call, "network"), method="POST"),
            Route(f"{_ROOT}/licensing", lambda call: self._called(call, "licensing"), method="POST", child=True),
        ]

    def _called(self, call: Call, service: str) -> object:
        sent = call.sent()
        method, parameters = sent.get("method"), sent.get("params")
        parameters = parameters if isinstance(parameters, dict) else {}
        head: Row = {"id": sent.get("id"), "jsonrpc": "2.0"}
        try:
            if sent.get("jsonrpc") != "2.0":
                raise _RpcError(-32_600, "Invalid Request", "jsonrpc is not 2.0")
            if service in {"companies", "network"} and method == "getCompaniesList":
                return Listing(self.data["companies"], lambda page: {**head, "result": page.rows}, organization=("id",))
            if service == "licensing" and method in {"getMonthlyUsage", "getMonthlyUsagePerProductType"}:
                row = self._usage(parameters)
                told = {name: row[name] for name in row if name != "companyId"}
                if method == "getMonthlyUsagePerProductType":
                    return {**head, "result": {"usages": [{**told, "productType": 0}]}}
                return {**head, "result": told}
            raise _RpcError(-32_601, "Method not found", f"The method {method} does not exist")
        except _RpcError as error:
            told = {"code": error.code, "message": error.message, "data": {"details": error.details}}
            return {**head, "error": told}

    def _usage(self, parameters: Row) -> Row:
        month = str(parameters.get("targetMonth", ""))
        if month and not re.fullmatch(r"(0[1-9]|1[0-2])/\d{4}", month):
            raise _RpcError(-32_602, "Invalid params", "targetMonth is mm/yyyy")
        for row in self.rows_of("usage", companyId=parameters.get("companyId")):
            return row
        raise _RpcError(-32_602, "Invalid params", "The company does not exist")

    def truth(self) -> Truth:
        """The counters."""
        found: Truth = {}
        for row in self.data["companies"]:
            counts = {name: used[name] for used in self.rows_of("usage", companyId=row["id"]) for name in _COUNTERS}
            found[row["id"]] = {"name": row["name"], "counts": counts}
        return found
