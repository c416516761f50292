"""Accounts of any size for benchmarks: the same seed gives the same account."""

from __future__ import annotations

import random

from trueup_simulators.datto_rmm.scenario import Scenario, SiteSpec, UserSpec

_MIX = (
    ("desktop", 34),
    ("laptop", 34),
    ("server", 9),
    ("printer", 8),
    ("switch", 5),
    ("firewall", 2),
    ("router", 2),
    ("esxi_host", 1),
    ("nas", 1),
    ("ups", 1),
    ("network_other", 2),
    ("unknown", 1),
)


def device_shares(total: int, sites: int, chance: random.Random) -> list[int]:
    """Split `total` devices among `sites`, few sites having many and many having few; each has at least one."""
    weights = [min(40_000, round(1000 * chance.paretovariate(1.2))) for _ in range(sites)]
    spare, whole = max(0, total - sites), sum(weights)
    shares = [1 + spare * weight // whole for weight in weights]
    for place in range(total - sum(shares)):
        shares[place % sites] += 1
    return shares


def category_counts(devices: int, chance: random.Random) -> dict[str, int]:
    """Return how many devices of each category a customer with that many devices has."""
    tokens, weights = [token for token, _ in _MIX], [weight for _, weight in _MIX]
    counts: dict[str, int] = {}
    for token in chance.choices(tokens, weights, k=devices):
        counts[token] = counts.get(token, 0) + 1
    return {token: counts[token] for token in tokens if token in counts}


def large_scenario(sites: int, devices: int, seed: int = 1) -> Scenario:
    """Return an account with that many sites and devices; about one device in a hundred is `_NotBillable_`.

    The quota is off, so that a reader's own work is what a benchmark measures. Between two calls only `lastSeen`,
    `online` and `lastLoggedInUser` change.
    """
    chance = random.Random(seed)  # noqa: S311 - wants to be repeatable
    specs = []
    for number, share in enumerate(device_shares(devices, sites, chance), start=1):
        specs.append(
            SiteSpec(
                name=f"Customer {number:05d}",
                autotask_company_id=str(30_000_000 + number) if number % 10 else None,
                counts=category_counts(share, chance),
                exempt=share // 100,
            )
        )
    user = UserSpec(name="Billing", api_key="RMMKEY00000000000000000000000009", api_secret="rmm-large-secret")  # noqa: S106
    scenario = Scenario(users=[user], sites=specs)
    scenario.switches.rate_limits = False
    return scenario
