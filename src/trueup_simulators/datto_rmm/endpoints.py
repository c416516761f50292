"""The reading endpoints of API v2 and v3: which path answers what."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from msgspec.json import encode

from trueup_simulators.datto_rmm import audits
from trueup_simulators.datto_rmm.answers import Page, Refusal
from trueup_simulators.datto_rmm.inventory import Device
from trueup_simulators.datto_rmm.listing import Asked, device_page, device_template, filled_now, page_of
from trueup_simulators.datto_rmm.records import (
    filter_record,
    mac_of,
    mapping_record,
    site_record,
    time_as,
    user_record,
    variable_records,
)
from trueup_simulators.datto_rmm.scenario import SiteSpec
from trueup_simulators.datto_rmm.state import State

Found = Page | bytes
Handler = Callable[[State, Asked, Mapping[str, str]], Found]
_OPEN = ("/v2/system/status",)


def _site(state: State, asked: Asked, uid: str) -> SiteSpec:
    site = state.inventory.sites.get(uid)
    if site is None:
        raise Refusal(404)
    if site not in state.visible_sites(asked.user):
        raise Refusal(state.switches.restricted_sites_are)
    return site


def _device(state: State, asked: Asked, found: Device | None) -> Device:
    if found is None:
        raise Refusal(404)
    _site(state, asked, found.site)
    return found


def _by_uid(state: State, asked: Asked, at: Mapping[str, str]) -> Device:
    return _device(state, asked, state.inventory.devices.get(at["uid"]))


def _account(state: State, asked: Asked, _at: Mapping[str, str]) -> bytes:
    tallies, sites = state.tallies(), list(state.inventory.sites.values())
    follow_rights = state.switches.account_totals_follow_rights
    counted = state.visible_sites(asked.user) if follow_rights else sites
    kept = [site for site in counted if not site.deleted_devices]
    total = sum(tallies[site.uid or ""][0] for site in kept)
    online = sum(tallies[site.uid or ""][1] for site in kept)
    on_demand = sum(tallies[site.uid or ""][0] for site in kept if site.on_demand)
    account = state.account
    return encode(
        {
            "id": account.id,
            "uid": account.uid,
            "name": account.name,
            "currency": account.currency,
            "descriptor": {
                "bilingEmail": account.billing_email,
                "deviceLimit": account.device_limit,
                "timeZone": account.time_zone,
            },
            "devicesStatus": {
                "numberOfDevices": total,
                "numberOfOnlineDevices": online,
                "numberOfOfflineDevices": total - online,
                "numberOfOnDemandDevices": on_demand,
                "numberOfManagedDevices": total - on_demand,
            },
        }
    )


def _site_row(state: State, site: SiteSpec) -> dict[str, object]:
    return site_record(site, state.account.uid, state.platform, state.tallies()[site.uid or ""])


def _sites(state: State, asked: Asked, _at: Mapping[str, str]) -> Page:
    part = asked.query.get("siteName", "").strip("%").lower()
    rows = [_site_row(state, site) for site in state.visible_sites(asked.user) if part in site.name.lower()]
    return page_of(state, asked, "sites", rows)


def _one_site(state: State, asked: Asked, at: Mapping[str, str]) -> bytes:
    return encode(_site_row(state, _site(state, asked, at["uid"])))


def _site_settings(state: State, asked: Asked, at: Mapping[str, str]) -> bytes:
    site = _site(state, asked, at["uid"])
    general = {
        "name": site.name,
        "uid": site.uid,
        "description": site.description,
        "onDemand": site.on_demand,
    }
    recipient = {
        "name": "Service desk",
        "email": "desk@demo-msp.example",
        "type": "text",
        "receivesNewDevices": False,
        "receivesAlerts": True,
        "receivesReports": False,
    }
    return encode({"generalSettings": general, "proxySettings": site.proxy, "mailRecipients": [recipient]})


def _account_devices(version: int) -> Handler:
    return lambda state, asked, _at: device_page(state, asked, version)


def _site_devices(version: int) -> Handler:
    return lambda state, asked, at: device_page(state, asked, version, _site(state, asked, at["uid"]).uid)


def _encoded_device(state: State, device: Device, version: int) -> bytes:
    return filled_now(state, device_template(state, device, version))


def _device_by_uid(version: int) -> Handler:
    return lambda state, asked, at: _encoded_device(state, _by_uid(state, asked, at), version)


def _device_by_id(version: int) -> Handler:
    def handler(state: State, asked: Asked, at: Mapping[str, str]) -> bytes:
        number = int(at["id"])
        found = next((device for device in state.inventory.devices.values() if device.id == number), None)
        return _encoded_device(state, _device(state, asked, found), version)

    return handler


def _device_by_mac(version: int) -> Handler:
    def handler(state: State, asked: Asked, at: Mapping[str, str]) -> bytes:
        wanted = re.sub(r"[^0-9A-F]", "", at["mac"].upper())
        devices = state.inventory.devices.values()
        found = next((device for device in devices if mac_of(device).replace(":", "") == wanted), None)
        return _encoded_device(state, _device(state, asked, found), version)

    return handler


def _filters(kind: str) -> Handler:
    def handler(state: State, asked: Asked, at: Mapping[str, str]) -> Page:
        site = _site(state, asked, at["uid"]).uid if "uid" in at else None
        when = time_as(state.switches.time_format)
        specs = [spec for spec in state.inventory.filters if spec.type == kind and spec.site == site]
        return page_of(state, asked, "filters", [filter_record(spec, when) for spec in specs])

    return handler


def _mappings(state: State, asked: Asked, _at: Mapping[str, str]) -> Page:
    sites = [site for site in state.visible_sites(asked.user) if site.networks]
    rows = [mapping_record(site, state.account.uid, state.platform) for site in sites]
    return page_of(state, asked, "dnetSiteMappings", rows)


def _users(state: State, asked: Asked, _at: Mapping[str, str]) -> Page:
    when = time_as(state.switches.time_format)
    return page_of(state, asked, "users", [user_record(user, when) for user in state.access.users])


def _variables(state: State, asked: Asked, at: Mapping[str, str]) -> Page:
    variables = _site(state, asked, at["uid"]).variables if "uid" in at else state.variables
    return page_of(state, asked, "variables", variable_records(variables))


def _alerts(state: State, asked: Asked, at: Mapping[str, str]) -> Page:
    if "uid" in at:
        _site(state, asked, at["uid"])
    return page_of(state, asked, "alerts", [])


def _status(state: State, _asked: Asked, _at: Mapping[str, str]) -> bytes:
    started = time_as(state.switches.time_format)(state.clock.frozen_at)
    return encode({"version": "14.9.0", "status": "OK", "started": started})


def _request_rate(state: State, _asked: Asked, _at: Mapping[str, str]) -> bytes:
    switches = state.switches
    writes = {"device-udf-set": {"limit": 600, "count": 0}, "site-create": {"limit": 100, "count": 0}}
    return encode(
        {
            "slidingTimeWindowSizeSeconds": switches.rate_window_seconds,
            "accountUid": state.account.uid,
            "accountCount": state.quota.count(state.clock.now_ms()),
            "accountRateLimit": switches.rate_limit,
            "accountCutOffRatio": switches.throttle_percent / 100,
            "accountWriteRateLimit": 600,
            "accountWriteCount": 0,
            "operationWriteStatus": writes,
        }
    )


def _pagination(state: State, _asked: Asked, _at: Mapping[str, str]) -> bytes:
    return encode({"max": state.switches.page_max})


def _audit(kind: str) -> Handler:
    def handler(state: State, asked: Asked, at: Mapping[str, str]) -> bytes:
        device = _by_uid(state, asked, at)
        special = device.device_class if device.device_class in ("printer", "esxihost") else "device"
        if special != kind:
            raise Refusal(400, f"Device is not of class {kind}")
        if kind == "printer":
            return encode(audits.printer_audit(device, state.platform))
        if kind == "esxihost":
            return encode(audits.esxi_audit(device, state.platform))
        return encode(audits.device_audit(device, state.platform, time_as(state.switches.time_format)))

    return handler


def _routes() -> list[tuple[re.Pattern[str], Handler]]:
    uid = r"(?P<uid>[^/]+)"
    table: dict[str, Handler] = {
        "/v2/account": _account,
        "/v2/account/sites": _sites,
        "/v2/account/dnet-site-mappings": _mappings,
        "/v2/account/users": _users,
        "/v2/account/variables": _variables,
        "/v2/account/alerts/(open|resolved)": _alerts,
        f"/v2/site/{uid}": _one_site,
        f"/v2/site/{uid}/filters": _filters("site"),
        f"/v2/site/{uid}/settings": _site_settings,
        f"/v2/site/{uid}/variables": _variables,
        f"/v2/site/{uid}/alerts/(open|resolved)": _alerts,
        "/v2/filter/default-filters": _filters("rmm_default"),
        "/v2/filter/custom-filters": _filters("custom"),
        "/v2/system/status": _status,
        "/v2/system/request_rate": _request_rate,
        "/v2/system/pagination": _pagination,
        f"/v2/audit/device/{uid}": _audit("device"),
        f"/v2/audit/printer/{uid}": _audit("printer"),
        f"/v2/audit/esxihost/{uid}": _audit("esxihost"),
    }
    for version in (2, 3):
        table |= {
            f"/v{version}/account/devices": _account_devices(version),
            f"/v{version}/site/{uid}/devices": _site_devices(version),
            rf"/v{version}/device/id/(?P<id>\d+)": _device_by_id(version),
            f"/v{version}/device/macAddress/(?P<mac>[^/]+)": _device_by_mac(version),
            f"/v{version}/device/{uid}": _device_by_uid(version),
        }
    return [(re.compile(pattern), handler) for pattern, handler in table.items()]


_ROUTES = _routes()


def needs_token(path: str, state: State) -> bool:
    """Whether the path answers only to a valid token; for the system status nothing is documented."""
    return path not in _OPEN or state.switches.status_needs_token


def find(path: str) -> tuple[Handler, dict[str, str]] | None:
    """Return what answers the path (below `/api`) and the variables in it."""
    for pattern, handler in _ROUTES:
        match = pattern.fullmatch(path)
        if match:
            return handler, match.groupdict()
    return None
