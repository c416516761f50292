"""The simulation of growth: what must hold whatever the unit costs are."""

from __future__ import annotations

import pytest
from bench.scale import SIZES, UnitCosts, need, night

COSTS = UnitCosts(
    cpu_line=2e-3,
    server_cpu_line=0.5e-3,
    rows_line=5.0,
    megabytes_line_night=0.001,
    cpu_look=0.010,
    cpu_item=20e-6,
    megabytes_item_year=0.0004,
    calls_line=0.006,
)


def test_two_places_end_a_night_of_equal_tenants_in_half_the_time() -> None:
    assert night([1.0] * 100, 2, COSTS) * 2 == pytest.approx(night([1.0] * 100, 1, COSTS))


def test_more_tenants_need_more_of_everything_and_cost_less_each() -> None:
    found = [need(size, COSTS) for size in SIZES[:3]]
    assert [one.calls for one in found] == sorted(one.calls for one in found)
    assert all(one.night_hours <= 4 for one in found)
    assert found[2].eur_tenant_month < found[1].eur_tenant_month < found[0].eur_tenant_month
    assert all(one.bottleneck in one.loads for one in found)
