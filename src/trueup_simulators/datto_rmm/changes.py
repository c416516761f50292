"""What the control plane may change about devices and sites, so that a test plays several days."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from trueup_simulators.datto_rmm.inventory import Inventory
from trueup_simulators.datto_rmm.scenario import DeviceSpec, ScenarioError, SiteSpec

_CHANGEABLE = (
    "hostname",
    "category",
    "type",
    "device_class",
    "suspended",
    "deleted",
    "online",
    "last_seen",
    "mac",
    "groups",
    "udfs",
    "fields",
)


class Move(Struct):
    """A device (uid or host name) goes to a site (uid or name)."""

    device: str
    site: str


class DeviceChanges(Struct, omit_defaults=True):
    """Done in this order. Devices are named by uid or host name; `change` maps that to fields of a device."""

    add: list[DeviceSpec] = []
    change: dict[str, dict[str, object]] = {}
    move: list[Move] = []
    suspend: list[str] = []
    resume: list[str] = []
    exempt: list[str] = []
    bill: list[str] = []
    delete: list[str] = []
    remove: list[str] = []
    counts: dict[str, dict[str, int]] = {}

    def apply(self, inventory: Inventory) -> list[str]:
        """Make the changes; return the uids of added devices. Raises `ScenarioError` for what is not there."""
        added = [inventory.add_device(spec).uid for spec in self.add]
        for reference, fields in self.change.items():
            _change_device(inventory, reference, fields)
        for move in self.move:
            inventory.move(move.device, move.site)
        for reference in (*self.suspend, *self.resume):
            inventory.device_named(reference).suspended = reference in self.suspend
        for reference in (*self.exempt, *self.bill):
            device = inventory.device_named(reference)
            others = tuple(group for group in device.groups if group != "_NotBillable_")
            device.groups = (*others, "_NotBillable_") if reference in self.exempt else others
        for reference in self.delete:
            inventory.delete(reference)
        for reference in self.remove:
            inventory.remove(reference)
        for site, counts in self.counts.items():
            inventory.set_counts(site, counts)
        inventory.version += 1
        return added


def _change_device(inventory: Inventory, reference: str, fields: dict[str, object]) -> None:
    device = inventory.device_named(reference)
    for name in fields:
        if name not in _CHANGEABLE:
            raise ScenarioError(f"device {reference!r}: unknown key {name!r}; known here: {', '.join(_CHANGEABLE)}")
    try:
        read = msgspec.convert(dict(fields), DeviceSpec)
    except msgspec.ValidationError as error:
        raise ScenarioError(f"device {reference!r}: {error}") from None
    for name in fields:
        value = getattr(read, name)
        setattr(device, name, tuple(value) if name == "groups" else value)


class SiteChanges(Struct, omit_defaults=True):
    """Done in this order. Sites are named by uid or name; `change` maps that to fields of a site."""

    add: list[SiteSpec] = []
    change: dict[str, dict[str, object]] = {}
    remove: list[str] = []

    def apply(self, inventory: Inventory) -> list[str]:
        """Make the changes; return the uids of added sites. Raises `ScenarioError` for what is not there."""
        added = [inventory.add_site(spec).uid or "" for spec in self.add]
        fixed = {"id", "uid", "counts", "exempt", "devices"}
        known = [name for name in SiteSpec.__struct_fields__ if name not in fixed]
        for reference, fields in self.change.items():
            site = inventory.site_named(reference)
            for name in fields:
                if name not in known:
                    raise ScenarioError(f"site {reference!r}: unknown key {name!r}; known here: {', '.join(known)}")
            try:
                read = msgspec.convert({"name": site.name, **fields}, SiteSpec)
            except msgspec.ValidationError as error:
                raise ScenarioError(f"site {reference!r}: {error}") from None
            for name in fields:
                setattr(site, name, getattr(read, name))
        for reference in self.remove:
            inventory.remove_site(reference)
        inventory.version += 1
        return added
