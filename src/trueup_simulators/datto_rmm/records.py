"""Vendor records of sites, devices, filters and users, field by field as build 235 of the API declares them.

A device's record is derived from its number, so that 50,000 devices cost little to hold. Nulls are frequent, times
arrive as epoch milliseconds though declared `date-time`, `-62135596800000` means never, and a few enum values are
outside their enum: all three are seen in live data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

from msgspec import UnsetType
from msgspec.json import encode

from trueup_simulators.datto_rmm.categories import category_named
from trueup_simulators.datto_rmm.inventory import Device
from trueup_simulators.datto_rmm.scenario import FilterSpec, SiteSpec, UserSpec

NEVER_MS = -62_135_596_800_000
_DAY_MS = 86_400_000
_CREATED_MS = 1_600_000_000_000
_SEEN, _ONLINE, _USER = "\x01seen\x01", "\x01online\x01", "\x01user\x01"
_MARKS = re.compile(rb'"\\u0001(seen|online)\\u0001"|\\u0001(user)\\u0001')
_ANTIVIRUS = ("RunningAndUpToDate", "RunningAndUpToDate", "RunningAndNotUpToDate", "NotRunning", "NotDetected")
_PATCH = ("FullyPatched", "FullyPatched", "ApprovedPending", "RebootRequired", "InstallError", "NoPolicy", "NoData")

Time = Callable[[int | None], int | str | None]


def time_as(time_format: str) -> Time:
    """Return how a time is written: `epoch_ms` as seen live, `iso` as the schema says."""
    if time_format == "epoch_ms":
        return lambda value: value

    def iso(value: int | None) -> str | None:
        if value is None:
            return None
        if value == NEVER_MS:
            return "0001-01-01T00:00:00Z"
        return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    return iso


def mac_of(device: Device) -> str:
    """Return the device's MAC address, upper case with colons."""
    if device.mac is not None:
        return device.mac.upper()
    raw = f"02{device.id:010X}"[-12:]
    return ":".join(raw[at : at + 2] for at in range(0, 12, 2))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())[:12] or "site"


def device_record(device: Device, site: SiteSpec, platform: str, when: Time, odd: bool) -> dict[str, object]:
    """Return the v2 record; fields that change with every call hold marks (see `Template`).

    `odd` lets a few enum fields hold values outside their enum.
    """
    number, kind = device.id, category_named(device.category)
    computer = kind.shape == "computer"
    portal = f"https://{platform}.rmm.datto.com"
    domain = f"{_slug(site.name)}.local" if computer and number % 5 else None
    created = _CREATED_MS + number % 1500 * _DAY_MS
    record: dict[str, object] = {
        "id": number,
        "uid": device.uid,
        "siteId": site.id,
        "siteUid": site.uid,
        "siteName": site.name,
        "deviceType": {"category": device.category, "type": device.type},
        "hostname": device.hostname,
        "intIpAddress": f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}",
        "operatingSystem": kind.systems[number % len(kind.systems)] if kind.systems else None,
        "lastLoggedInUser": f"{_slug(site.name).upper()}\\user{_USER}" if computer and number % 7 else None,
        "domain": domain,
        "cagVersion": "4.4.10232.10232" if computer else None,
        "displayVersion": "10232" if computer else None,
        "extIpAddress": f"203.0.113.{number % 254 + 1}",
        "description": device.hostname if number % 3 else None,
        "a64Bit": True if computer else None,
        "rebootRequired": number % 11 == 0 if computer else None,
        "online": _ONLINE if isinstance(device.online, UnsetType) else device.online,
        "suspended": device.suspended,
        "deleted": device.deleted,
        "lastSeen": _SEEN if isinstance(device.last_seen, UnsetType) else when(device.last_seen),
        "lastReboot": when(NEVER_MS if number % 17 == 0 else created + 400 * _DAY_MS) if computer else None,
        "lastAuditDate": when(NEVER_MS if number % 23 == 0 else created + 420 * _DAY_MS),
        "creationDate": when(created),
        "snmpEnabled": kind.shape in ("network", "printer"),
        "deviceClass": device.device_class,
        "portalUrl": f"{portal}/device/{number}/{device.hostname}",
        "warrantyDate": "2027-06-30" if computer and number % 4 == 0 else None,
        "antivirus": _antivirus(number, odd) if computer else None,
        "patchManagement": _patching(number, odd) if computer else None,
        "softwareStatus": None,
        "webRemoteUrl": f"{portal}/web-remote/{number}" if computer else None,
        "networkProbe": device.category == "Server" and number % 4 == 0,
        "onboardedViaNetworkMonitor": kind.shape == "network",
    }
    if device.fields:
        record.update(device.fields)
    return record


def _antivirus(number: int, odd: bool) -> dict[str, object]:
    if number % 19 == 0:
        return {"antivirusProduct": None, "antivirusStatus": None}
    if odd and number % 29 == 0:
        return {"antivirusProduct": "Datto AV", "antivirusStatus": "Snoozed"}
    return {
        "antivirusProduct": "Windows Defender Antivirus",
        "antivirusStatus": _ANTIVIRUS[number % len(_ANTIVIRUS)],
    }


def _patching(number: int, odd: bool) -> dict[str, object]:
    status = "NotApplicable" if odd and number % 31 == 0 else _PATCH[number % len(_PATCH)]
    return {
        "patchStatus": status,
        "patchesApprovedPending": number % 6,
        "patchesNotApproved": number % 3,
        "patchesInstalled": 60 + number % 90,
    }


def udf_v2(device: Device) -> dict[str, str | None]:
    """Return the user defined fields as older v2 answers carry them: 1 to 30, and any that is set above."""
    shown: dict[str, str | None] = {f"udf{ordinal}": None for ordinal in range(1, 31)}
    for ordinal, value in (device.udfs or {}).items():
        shown[f"udf{ordinal}"] = value
    return shown


def udfs_v3(device: Device) -> list[dict[str, object]]:
    """Return the user defined fields as v3 structures them; only those that are set."""
    return [
        {"ordinal": int(ordinal), "type": "STRING", "valueString": value, "label": f"Custom {ordinal}"}
        for ordinal, value in sorted((device.udfs or {}).items(), key=lambda pair: int(pair[0]))
    ]


class Template:
    """One or many encoded records with holes for the values that change with every call."""

    __slots__ = ("holes", "text")

    def __init__(self, text: bytes, holes: tuple[tuple[int, int], ...]) -> None:
        self.text = text
        self.holes = holes

    @classmethod
    def of(cls, number: int, record: dict[str, object]) -> Template:
        """Encode `record` of device `number` and turn its marks into holes."""
        holes: list[tuple[int, int]] = []

        def hole(match: re.Match[bytes]) -> bytes:
            name = match.group(1) or match.group(2)
            holes.append((("seen", "online", "user").index(name.decode()), number))
            return b"%b"

        return cls(_MARKS.sub(hole, encode(record).replace(b"%", b"%%")), tuple(holes))

    @classmethod
    def joined(cls, parts: list[Template]) -> Template:
        """Return the records as the inside of a JSON array."""
        holes = tuple(hole for part in parts for hole in part.holes)
        return cls(b",".join(part.text for part in parts), holes)

    def filled(self, now_ms: int, tick: int, when: Time) -> bytes:
        """Return the JSON with values for this moment; equal moments and ticks give equal bytes."""
        return self.text % tuple([_volatile(what, number, now_ms, tick, when) for what, number in self.holes])


def is_online(number: int, tick: int = 0) -> bool:
    """Whether a device whose state is not fixed answers at this tick; about ten in eleven do."""
    return (number * 7 + tick) % 11 != 0


def _volatile(what: int, number: int, now_ms: int, tick: int, when: Time) -> bytes:
    if what == 0:
        seen = when(now_ms - number * 37 % 900 * 1000)
        return b"%d" % seen if isinstance(seen, int) else json.dumps(seen).encode()
    if what == 1:
        return b"true" if is_online(number, tick) else b"false"
    return b"%d" % ((number + tick) % 7)


def site_record(site: SiteSpec, account_uid: str, platform: str, status: tuple[int, int]) -> dict[str, object]:
    """Return the record of a site; `status` is how many devices it has and how many are online."""
    total, online = status
    return {
        "id": site.id,
        "uid": site.uid,
        "accountUid": account_uid,
        "name": site.name,
        "description": site.description,
        "notes": site.notes,
        "onDemand": site.on_demand,
        "splashtopAutoInstall": site.splashtop,
        "proxySettings": site.proxy,
        "devicesStatus": {
            "numberOfDevices": total,
            "numberOfOnlineDevices": online,
            "numberOfOfflineDevices": total - online,
        },
        "autotaskCompanyName": site.autotask_company_name,
        "autotaskCompanyId": site.autotask_company_id,
        "portalUrl": f"https://{platform}.rmm.datto.com/site/{site.id}",
    }


def mapping_record(site: SiteSpec, account_uid: str, platform: str) -> dict[str, object]:
    """Return which Datto Networking networks belong to the site."""
    return {
        "id": site.id,
        "uid": site.uid,
        "accountUid": account_uid,
        "name": site.name,
        "description": site.description,
        "dattoNetworkingNetworkIds": site.networks,
        "portalUrl": f"https://{platform}.rmm.datto.com/site/{site.id}",
    }


def filter_record(spec: FilterSpec, when: Time) -> dict[str, object]:
    """Return the record of a filter; its criteria are not part of the API."""
    return {
        "id": spec.id,
        "name": spec.name,
        "description": spec.description,
        "type": spec.type,
        "dateCreate": when(_CREATED_MS),
        "lastUpdated": when(_CREATED_MS + 30 * _DAY_MS),
    }


def user_record(user: UserSpec, when: Time) -> dict[str, object]:
    """Return the record of a user, without keys."""
    return {
        "lastName": user.name,
        "firstName": "",
        "username": user.name.lower().replace(" ", "."),
        "email": f"{_slug(user.name)}@demo-msp.example",
        "telephone": None,
        "status": "Disabled" if user.disabled else "Active",
        "created": when(_CREATED_MS),
        "lastAccess": when(NEVER_MS),
        "disabled": user.disabled,
    }


def variable_records(variables: dict[str, str]) -> list[dict[str, object]]:
    """Return account or site variables; a masked one shows no value."""
    return [
        {
            "id": 900 + at,
            "name": name,
            "value": None if "password" in name.lower() else value,
            "masked": "password" in name.lower(),
        }
        for at, (name, value) in enumerate(variables.items())
    ]
