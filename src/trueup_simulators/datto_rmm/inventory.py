"""Sites, devices and filters as the account holds them, and the changes that a day can bring."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping

from msgspec import UNSET, Struct, UnsetType

from trueup_simulators.datto_rmm.categories import CATEGORIES, category_named
from trueup_simulators.datto_rmm.scenario import (
    DeviceSpec,
    FilterSpec,
    Scenario,
    ScenarioError,
    SiteSpec,
    refuse_unknown_categories,
)

NOT_BILLABLE = "_NotBillable_"
"""The global device group whose members ICB does not count; the filter that shows it has the same name."""
_NAMESPACE = uuid.UUID("7f9d1c56-6c0e-4f0b-9b53-6d2f3a1f2a10")
_DELETED_UID = "deleted-devices"


class Device(Struct):
    """One device; what a record shows beyond this is derived from `id` (see `records`)."""

    id: int
    uid: str
    site: str
    hostname: str | None
    category: str | None
    type: str | None
    device_class: str | None
    suspended: bool = False
    deleted: bool = False
    online: bool | UnsetType | None = UNSET
    last_seen: int | UnsetType | None = UNSET
    mac: str | None = None
    groups: tuple[str, ...] = ()
    udfs: dict[str, str] | None = None
    fields: dict[str, object] | None = None


def _default_filters() -> list[FilterSpec]:
    """The filters every account has, and the custom one that makes the group `_NotBillable_` visible."""
    workstation = ["Desktop", "Laptop"]
    return [
        FilterSpec("All Devices", type="rmm_default"),
        FilterSpec("All Desktops and Laptops", type="rmm_default", categories=workstation),
        FilterSpec("All Servers", type="rmm_default", categories=["Server"]),
        FilterSpec("All ESXi Hosts", type="rmm_default", categories=["ESXi Host"]),
        FilterSpec("All Printers", type="rmm_default", categories=["Printer"]),
        FilterSpec("All Suspended Devices", type="rmm_default", suspended=True),
        FilterSpec("Workstations", description="Built for the patch policy", categories=workstation),
        FilterSpec(NOT_BILLABLE, description="Members of the group _NotBillable_", group=NOT_BILLABLE),
    ]


class Inventory:
    """What the account holds. Order of `devices` is the order of its lists; `version` grows with each change."""

    def __init__(self, scenario: Scenario) -> None:
        self.version = 0
        self.sites: dict[str, SiteSpec] = {}
        self.devices: dict[str, Device] = {}
        self.filters: list[FilterSpec] = []
        self._next_device = 100_000
        self._next_site = 2_000
        self._expanded: dict[tuple[str, str], int] = {}
        for number, user in enumerate(scenario.users):
            if any(user.api_key == other.api_key for other in scenario.users[:number]):
                raise ScenarioError(f"two users have the API key of {user.name!r}")
        for site in scenario.sites:
            self.add_site(site)
        for device in scenario.devices:
            self.add_device(device)
        wanted = _default_filters() if scenario.filters is None else scenario.filters
        for spec in wanted:
            self.add_filter(spec)

    # --- looking up

    def site_named(self, reference: str | None) -> SiteSpec:
        """Return the site with this uid or name; raise `ScenarioError` when there is none."""
        if reference is not None:
            found = self.sites.get(reference)
            if found is not None:
                return found
            for site in self.sites.values():
                if site.name == reference:
                    return site
        raise ScenarioError(f"there is no site {reference!r}")

    def device_named(self, reference: str) -> Device:
        """Return the device with this uid or host name; raise `ScenarioError` when there is none."""
        found = self.devices.get(reference)
        if found is not None:
            return found
        for device in self.devices.values():
            if device.hostname == reference:
                return device
        raise ScenarioError(f"there is no device {reference!r}")

    def members(self, spec: FilterSpec) -> Iterable[Device]:
        """Return the devices that the filter lets through, in list order."""
        names = set(spec.categories)
        return [
            device
            for device in self.devices.values()
            if (spec.group is None or spec.group in device.groups)
            and (not names or device.category in names)
            and (not spec.suspended or device.suspended)
        ]

    # --- sites and filters

    def add_site(self, spec: SiteSpec) -> SiteSpec:
        """Add a site and what it holds; ids and uids that are left out follow from order and name."""
        self.version += 1
        if spec.id is None:
            self._next_site += 1
            spec.id = self._next_site
        self._next_site = max(self._next_site, spec.id)
        if spec.uid is None:
            spec.uid = _DELETED_UID if spec.deleted_devices else str(uuid.uuid5(_NAMESPACE, f"{spec.id}/{spec.name}"))
        if spec.uid in self.sites:
            raise ScenarioError(f"two sites have the uid {spec.uid!r}")
        devices, counts, exempt = spec.devices, spec.counts, spec.exempt
        spec.devices, spec.counts, spec.exempt = [], {}, 0
        self.sites[spec.uid] = spec
        for device in devices:
            device.site = spec.uid
            self.add_device(device)
        refuse_unknown_categories(counts, f"site {spec.name!r}", "counts")
        for token, number in counts.items():
            for _ in range(number):
                self._add_typical(spec, token, ("_NotBillable_",) if exempt > 0 else ())
                exempt -= 1
        return spec

    def remove_site(self, reference: str) -> None:
        """Remove a site and its devices."""
        uid = self.site_named(reference).uid
        self.version += 1
        self.devices = {key: device for key, device in self.devices.items() if device.site != uid}
        self.sites = {key: site for key, site in self.sites.items() if key != uid}

    def add_filter(self, spec: FilterSpec) -> None:
        """Add a device filter; its id follows from order when left out."""
        self.version += 1
        if spec.id is None:
            spec.id = max((known.id or 0 for known in self.filters), default=500) + 1
        if spec.site is not None:
            spec.site = self.site_named(spec.site).uid
        self.filters.append(spec)

    # --- devices

    def _add_typical(self, site: SiteSpec, token: str, groups: tuple[str, ...] = ()) -> None:
        kind, uid = CATEGORIES[token], site.uid or ""
        number = self._expanded.get((uid, token), 0) + 1
        short = re.sub(r"[^A-Z0-9]", "", site.name.upper())[:8] or "SITE"
        new_uid = str(uuid.uuid5(_NAMESPACE, f"{uid}/{token}/{number}"))
        while new_uid in self.devices:  # a dump was seeded: earlier numbers are taken
            number += 1
            new_uid = str(uuid.uuid5(_NAMESPACE, f"{uid}/{token}/{number}"))
        self._expanded[uid, token] = number
        self._next_device += 1
        self.devices[new_uid] = Device(
            id=self._next_device,
            uid=new_uid,
            site=uid,
            hostname=f"{short}-{kind.prefix}{number:03d}",
            category=kind.name,
            type=kind.types[number % len(kind.types)],
            device_class=kind.device_class,
            deleted=site.deleted_devices,
            groups=groups,
        )

    def add_device(self, spec: DeviceSpec) -> Device:
        """Add one device; what is left out follows from its category and its number."""
        site = self.site_named(spec.site)
        self.version += 1
        number = self._next_device + 1 if spec.id is None else spec.id
        self._next_device = max(self._next_device, number)
        kind = category_named(spec.category)
        uid = spec.uid or str(uuid.uuid5(_NAMESPACE, f"device/{number}"))
        if uid in self.devices:
            raise ScenarioError(f"two devices have the uid {uid!r}")
        device = Device(
            id=number,
            uid=uid,
            site=site.uid or "",
            hostname=spec.hostname if spec.hostname is not None else f"{kind.prefix}-{number}",
            category=spec.category,
            type=kind.types[0] if isinstance(spec.type, UnsetType) else spec.type,
            device_class=kind.device_class if isinstance(spec.device_class, UnsetType) else spec.device_class,
            suspended=spec.suspended,
            deleted=spec.deleted or site.deleted_devices,
            online=spec.online,
            last_seen=spec.last_seen,
            mac=spec.mac,
            groups=tuple(spec.groups),
            udfs=dict(spec.udfs) or None,
            fields=dict(spec.fields) or None,
        )
        self.devices[uid] = device
        return device

    def set_counts(self, reference: str, counts: Mapping[str, int]) -> None:
        """Add or remove typical devices until the site holds that many, not deleted, of each category."""
        site = self.site_named(reference)
        refuse_unknown_categories(counts, f"site {site.name!r}", "counts")
        self.version += 1
        for token, wanted in counts.items():
            name = CATEGORIES[token].name
            present = [
                device.uid
                for device in self.devices.values()
                if device.site == site.uid and device.category == name and not device.deleted
            ]
            for uid in present[wanted:]:
                del self.devices[uid]
            for _ in range(wanted - len(present)):
                self._add_typical(site, token)

    def move(self, reference: str, site: str) -> None:
        """Move a device to another site; its place in the lists stays."""
        self.device_named(reference).site = self.site_named(site).uid or ""
        self.version += 1

    def delete(self, reference: str) -> None:
        """Mark a device deleted, and show it under the pseudo-site where the account has one."""
        device = self.device_named(reference)
        device.deleted = True
        for site in self.sites.values():
            if site.deleted_devices:
                device.site = site.uid or ""
        self.version += 1

    def remove(self, reference: str) -> None:
        """Remove a device from every list."""
        del self.devices[self.device_named(reference).uid]
        self.version += 1

    def swap(self, first: str, second: str) -> None:
        """Exchange the places of two devices in every list, as a sort by a changing field would."""
        places = {first: second, second: first}
        self.devices = {places.get(uid, uid): self.devices[places.get(uid, uid)] for uid in list(self.devices)}
        self.version += 1
