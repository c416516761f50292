"""A list that holds one item twice, from source to PSA; the same in a file is tests/acceptance/test_files.py."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from starlette.requests import Request
from tests.acceptance.product import SECOND, open_product
from tests.acceptance.product import of_line as line_of

LIST = """
streams:
  tenants: {get: /tenants, fields: {id: id, name: name}}
  seats: {get: /seats, select: items, totals: {rows: total}, item: {key: key, organization: org, attributes: []},
    fields: {key: key, org: org}, paging: {kind: page, parameter: page, size_parameter: size, size: 3, start: 1,
    stop_on_short_page: true}}
organizations: {stream: tenants, key: id, name: name}
billing_types:
  seats: {label: Seats}
"""


def test_duplicate_key_in_a_list(tmp_path: Path) -> None:
    """Elsewhere a row that a list holds twice is billed twice, or stops the import for everybody.
    Trueup counts each key once; where the list's own total then differs, it says so."""

    def listed(first: list[str], second: list[str], totals: tuple[int, int]):
        def script(request: Request) -> object:
            if request.url.path == "/tenants":
                return [{"id": "a", "name": "Alpha"}]
            one = request.query_params["page"] == "1"
            rows = [{"key": key, "org": "a"} for key in (first if one else second)]
            return {"items": rows, "total": totals[0] if one else totals[1]}

        return script

    begins = listed(["anna", "bruno", "carla"], [], (3, 3))
    with open_product(tmp_path, LIST, begins, {"a": 3}) as product:
        # the product holds carla twice, and counts her twice in its own total of five
        product.script = listed(["anna", "bruno", "carla"], ["carla", "dora"], (5, 5))
        collected = product.night(SECOND)
        assert (collected.failure, collected.items) == (None, 4)
        assert [
            (one.get("read"), one.get("total")) for one in collected.notes if one.code == "module.total_differs"
        ] == [(4, 5)]
        plan = product.plan()
        assert (line_of(plan, 1000).after, line_of(plan, 1000).amount) == (4, Decimal("3.80"))
        assert product.send(plan) == [(1000, SECOND, 1)]
