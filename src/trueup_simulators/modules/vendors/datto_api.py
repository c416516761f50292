"""What BCDR, SaaS Protection and Direct-to-Cloud share: one API at `/v1`, HTTP Basic with a key pair."""

from __future__ import annotations

from typing import ClassVar

from trueup_simulators.modules.calls import Call
from trueup_simulators.modules.listing import Listing, Row, Slice, numbered
from trueup_simulators.modules.vendor import Vendor


class DattoApi(Vendor):
    """`_page` from 1 and `_perPage`; `pagination.count` is the number on this page, never a total."""

    CREDENTIALS: ClassVar = {"public_key": "datto-public", "secret_key": "datto-secret"}

    def admits(self, call: Call) -> bool:
        """Public key and secret key by HTTP Basic."""
        return call.basic() == (self.CREDENTIALS["public_key"], self.CREDENTIALS["secret_key"])

    def organization_id(self, number: int) -> int:
        """The Partner Portal's id of a customer."""
        return 410_000 + number

    def enveloped(self, call: Call, rows: list[Row], *organization: str) -> Listing:
        """A list in the envelope of BCDR and Direct-to-Cloud."""
        start, size = numbered(call, self.sizes, "_page", "_perPage", 1, 100, 1000)

        def wrap(page: Slice) -> object:
            told = {"page": page.number, "perPage": page.size, "totalPages": page.pages, "count": len(page.rows)}
            return {"pagination": told, "items": page.rows}

        return Listing(rows, wrap, start, size, ("pagination/totalPages",), organization=organization)
