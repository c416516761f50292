"""A source that forgets whose item it is takes nothing from the customer, however many nights it lasts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from starlette.requests import Request
from tests.acceptance.product import SECOND, open_product
from tests.acceptance.product import of_line as line_of

from trueup.core.usage import Coverage

LIST = """
streams:
  tenants: {get: /tenants, fields: {id: id, name: name}}
  seats: {get: /seats, item: {key: key, organization: org, attributes: []}, fields: {key: key, org: org}}
organizations: {stream: tenants, key: id, name: name}
billing_types:
  seats: {label: Seats}
"""


def seats(**owners: str | None):
    def script(request: Request) -> object:
        if request.url.path == "/tenants":
            return [{"id": "a", "name": "Alpha"}]
        return [{"key": key, "org": owner} for key, owner in owners.items()]

    return script


def test_an_item_that_loses_its_organization_lowers_no_line_on_any_night(tmp_path: Path) -> None:
    with open_product(tmp_path, LIST, seats(anna="a", bruno="a", carla="a"), {"a": 3}) as product:
        product.script = seats(anna="a", bruno="a", carla=None)
        for night in range(5):
            collected = product.night(SECOND + timedelta(days=night))
            assert collected.coverage is Coverage.PARTIAL
            (note,) = [one for one in collected.notes if one.code == "collect.owner_lost"]
            assert (note.get("items"), note.get("organizations")) == (1, "Alpha")
            assert line_of(product.plan(), 1000).adjustments == ()


def test_an_item_that_is_truly_gone_lowers_the_line_as_before(tmp_path: Path) -> None:
    with open_product(tmp_path, LIST, seats(anna="a", bruno="a", carla="a"), {"a": 3}) as product:
        product.script = seats(anna="a", bruno="a")
        for night in range(3):
            collected = product.night(SECOND + timedelta(days=night))
            assert collected.coverage is Coverage.MEASURED
        outcome = line_of(product.plan(), 1000)
        assert [(made.day, made.change) for made in outcome.adjustments] == [(SECOND, -1)]
