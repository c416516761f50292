"""Everything a running simulator knows; seeded from a scenario and dumped as one."""

from __future__ import annotations

import msgspec
from msgspec import UnsetType

from trueup_simulators.datto_rmm.access import Access
from trueup_simulators.datto_rmm.calls import CallLog
from trueup_simulators.datto_rmm.clock import Clock
from trueup_simulators.datto_rmm.faults import FaultBook
from trueup_simulators.datto_rmm.inventory import Device, Inventory
from trueup_simulators.datto_rmm.quota import Quota
from trueup_simulators.datto_rmm.records import Template, is_online
from trueup_simulators.datto_rmm.scenario import DeviceSpec, Scenario, SiteSpec, UserSpec


def _spec_of(device: Device) -> DeviceSpec:
    return DeviceSpec(
        site=device.site,
        id=device.id,
        uid=device.uid,
        hostname=device.hostname,
        category=device.category,
        type=device.type,
        device_class=device.device_class,
        suspended=device.suspended,
        deleted=device.deleted,
        online=device.online,
        last_seen=device.last_seen,
        mac=device.mac,
        groups=list(device.groups),
        udfs=device.udfs or {},
        fields=device.fields or {},
    )


class State:
    """The account with its clock, quota, tokens, faults and log. Only the serving thread should change it."""

    def __init__(self, scenario: Scenario) -> None:
        self.seed(scenario)

    def seed(self, scenario: Scenario) -> None:
        """Begin again with what `scenario` says; the scenario object itself is left as it is."""
        own = msgspec.convert(msgspec.to_builtins(scenario), Scenario)
        inventory = Inventory(own)
        self.faults, self.calls, self.tick = FaultBook(), CallLog(), 0
        self.account, self.platform, self.variables = own.account, own.platform, own.variables
        self.switches = own.switches
        self.clock = Clock(own.clock)
        self.inventory = inventory
        self.access = Access(own.users, own.switches)
        self.quota = Quota(own.switches)
        self._cached_version = -1
        self._lists: dict[object, list[Device]] = {}
        self._pages: dict[object, Template] = {}
        self._records: dict[object, bytes] = {}
        self._tallies: dict[str, tuple[int, int]] = {}

    @property
    def credentials(self) -> dict[str, str]:
        """The first user's key pair, by the names that a connection asks for."""
        for user in self.access.users:
            return {"api_key": user.api_key, "api_secret": user.api_secret}
        return {}

    def dump(self) -> Scenario:
        """Return a scenario that seeds an equal state: every device explicit, in list order."""
        return Scenario(
            account=self.account,
            platform=self.platform,
            clock=self.clock.dump(),
            switches=self.switches,
            users=self.access.users,
            sites=list(self.inventory.sites.values()),
            devices=[_spec_of(device) for device in self.inventory.devices.values()],
            filters=self.inventory.filters,
            variables=self.variables,
        )

    # --- caches, emptied when the inventory changes

    def _fresh(self) -> None:
        if self._cached_version != self.inventory.version or len(self._pages) > 2_000:
            self._lists.clear()
            self._pages.clear()
            self._records.clear()
            self._tallies.clear()
            self._cached_version = self.inventory.version

    def lists(self) -> dict[object, list[Device]]:
        """Return the cache of device lists."""
        self._fresh()
        return self._lists

    def pages(self) -> dict[object, Template]:
        """Return the cache of encoded device pages."""
        self._fresh()
        return self._pages

    def records(self) -> dict[object, bytes]:
        """Return the cache of other encoded pages."""
        self._fresh()
        return self._records

    def tallies(self) -> dict[str, tuple[int, int]]:
        """Return, for each site uid, how many devices it has and how many of them are online."""
        self._fresh()
        if not self._tallies:
            tallies = dict.fromkeys(self.inventory.sites, (0, 0))
            for device in self.inventory.devices.values():
                total, online = tallies[device.site]
                tallies[device.site] = (total + 1, online + (1 if _online(device) else 0))
            self._tallies = tallies
        return self._tallies

    def visible_sites(self, user: UserSpec) -> list[SiteSpec]:
        """Return the sites that the user's security level may see."""
        sites = list(self.inventory.sites.values())
        if user.sites is None:
            return sites
        allowed = set(user.sites)
        return [site for site in sites if site.uid in allowed or site.name in allowed]


def _online(device: Device) -> bool:
    if isinstance(device.online, UnsetType):
        return is_online(device.id)
    return bool(device.online)
