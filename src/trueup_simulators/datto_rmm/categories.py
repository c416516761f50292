"""Device categories as Datto RMM words them, and what a typical record of each looks like.

Categories up to `Network Device (Other)` are found in public scripts that run against live accounts; the four
Datto hardware strings and UPS, IP Phone, NAS, SAN and Network Appliance follow ICB's billing type names and are
guesses. `IoT Sensor`, `Smartphone` and `Tablet` drive no ICB billing type of their own.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Shape = Literal["computer", "network", "printer", "esxi"]


class Category(NamedTuple):
    """One category: its exact string, the finer types, the class, and which fields a record fills."""

    name: str | None
    types: tuple[str | None, ...]
    device_class: str
    shape: Shape
    prefix: str
    systems: tuple[str, ...] = ()


_WORKSTATION = ("Microsoft Windows 11 Pro 10.0.26100", "Microsoft Windows 10 Pro 10.0.19045", "macOS 15.5.0")
_SERVER = (
    "Microsoft Windows Server 2022 Standard 10.0.20348",
    "Microsoft Windows Server 2019 Standard 10.0.17763",
    "Ubuntu 24.04 LTS",
)


def _network(kind: str, prefix: str) -> Category:
    return Category(f"Network Device ({kind})", (kind,), "rmmnetworkdevice", "network", prefix)


def _datto(name: str, prefix: str) -> Category:
    return Category(name, (name,), "rmmnetworkdevice", "network", prefix)


CATEGORIES: dict[str, Category] = {
    "desktop": Category("Desktop", ("Desktop", "Tower", "Mac Mini", "iMac"), "device", "computer", "PC", _WORKSTATION),
    "laptop": Category(
        "Laptop", ("Notebook", "Laptop", "Portable", "MacBook Pro"), "device", "computer", "NB", _WORKSTATION
    ),
    "server": Category("Server", ("Main System Chassis", "Server"), "device", "computer", "SRV", _SERVER),
    "esxi_host": Category("ESXi Host", ("ESXi Host",), "esxihost", "esxi", "ESX", ("VMware ESXi 8.0.2",)),
    "printer": Category("Printer", ("Printer",), "printer", "printer", "PRN"),
    "unknown": Category("Unknown", ("Unknown", None), "unknown", "network", "UNK"),
    "router": _network("Router", "RTR"),
    "switch": _network("Switch", "SW"),
    "firewall": _network("Firewall", "FW"),
    "ups": _network("UPS", "UPS"),
    "ip_phone": _network("IP Phone", "TEL"),
    "nas": _network("NAS", "NAS"),
    "network_appliance": _network("Network Appliance", "APP"),
    "san": _network("SAN", "SAN"),
    "network_other": _network("Other", "NET"),
    "datto_access_point": _datto("Datto Access Point", "DAP"),
    "datto_managed_power": _datto("Datto Managed Power", "DMP"),
    "datto_switch": _datto("Datto Switch", "DSW"),
    "datto_continuity": _datto("Datto Continuity", "DBC"),
    "smartphone": Category("Smartphone", ("Smartphone",), "device", "network", "TELM"),
    "tablet": Category("Tablet", ("Tablet",), "device", "network", "TAB"),
    "iot_sensor": Category("IoT Sensor", ("Sensor",), "unknown", "network", "IOT"),
}

_BY_NAME = {entry.name: entry for entry in CATEGORIES.values()}
_FALLBACK = Category(None, (None,), "unknown", "network", "DEV")


def category_named(name: str | None) -> Category:
    """Return what is typical for the category string `name`; an unknown string looks like a network device."""
    return _BY_NAME.get(name, _FALLBACK)
