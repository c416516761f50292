"""Lists in pages: 0-based, at most 250 rows, absolute links to the neighbours, the total with every page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from msgspec.json import encode

from trueup_simulators.datto_rmm.answers import Page, Refusal
from trueup_simulators.datto_rmm.inventory import Device
from trueup_simulators.datto_rmm.records import Template, device_record, time_as, udf_v2, udfs_v3
from trueup_simulators.datto_rmm.scenario import FilterSpec, UserSpec
from trueup_simulators.datto_rmm.state import State


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for data: who asks, the path with `/api`, the query, and the origin that links are built on."""

    user: UserSpec
    path: str
    query: Mapping[str, str]
    origin: str

    def number(self, name: str, default: int) -> int:
        """Return a whole-number parameter; 400 when it is none."""
        text = self.query.get(name, "")
        try:
            return int(text) if text else default
        except ValueError:
            raise Refusal(400, f"Failed to convert value of parameter '{name}'") from None


def _bounds(state: State, asked: Asked) -> tuple[int, int, int]:
    """Return page number, page size and the place of the first row."""
    page = asked.number("page", state.switches.first_page)
    size = asked.number("max", state.switches.page_max)
    if page < state.switches.first_page:
        raise Refusal(400, "Page index must not be less than zero")
    size = state.switches.page_max if size <= 0 else min(size, state.switches.page_max)
    return page, size, (page - state.switches.first_page) * size


def _details(state: State, asked: Asked, total: int) -> tuple[dict[str, object], int, int]:
    page, size, first = _bounds(state, asked)
    last = min(first + size, total)

    def link(number: int) -> str:
        query = {"max": str(size), "page": str(number)}
        if not state.switches.next_url_drops_filter_id:
            query |= {key: value for key, value in asked.query.items() if key not in query}
        return f"{state.switches.public_url or asked.origin}{asked.path}?{urlencode(query)}"

    end = None if state.switches.end_of_list == "null" else ""
    details: dict[str, object] = {
        "count": max(0, last - first),
        "totalCount": total,
        "prevPageUrl": link(page - 1) if page > state.switches.first_page else end,
        "nextPageUrl": link(page + 1) if last < total else end,
    }
    return details, first, max(first, last)


def page_of(state: State, asked: Asked, name: str, rows: Sequence[object]) -> Page:
    """Return the page of plain records that the query asks for."""
    details, first, last = _details(state, asked, len(rows))
    return Page(name, encode(rows[first:last])[1:-1], details, first, last)


def _filter_asked(state: State, asked: Asked, site: str | None) -> FilterSpec | None:
    number = asked.number("filterId", 0)
    if not number:
        return None
    for spec in state.inventory.filters:
        if spec.id == number and (spec.site is None or spec.site == site):
            return spec
    raise Refusal(404)


def _matching(state: State, asked: Asked, devices: list[Device]) -> list[Device]:
    """Narrow by the text parameters, each a part of the value without case, as SQL's LIKE does."""
    wanted = {
        name: asked.query[name].strip("%").lower()
        for name in ("hostname", "deviceType", "operatingSystem", "siteName")
        if asked.query.get(name)
    }
    if not wanted:
        return devices
    sites, when = state.inventory.sites, time_as("epoch_ms")

    def fits(device: Device) -> bool:
        record = device_record(device, sites[device.site], state.platform, when, odd=False)
        values = {**record, "deviceType": f"{device.category} {device.type}"}
        return all(text in str(values[name] or "").lower() for name, text in wanted.items())

    return [device for device in devices if fits(device)]


def devices_asked(state: State, asked: Asked, site: str | None) -> tuple[object, list[Device]]:
    """Return a key for caches and the devices that the query selects, before paging.

    A `filterId` decides alone; the other parameters are then without effect (API page of the device list).
    """
    spec = _filter_asked(state, asked, site)
    texts = (
        ()
        if spec is not None
        else tuple(asked.query.get(name) for name in ("hostname", "deviceType", "operatingSystem", "siteName"))
    )
    key = (asked.user.name, site, None if spec is None else spec.id, texts)
    lists = state.lists()
    if key not in lists:
        devices = list(state.inventory.devices.values() if spec is None else state.inventory.members(spec))
        if site is not None:
            devices = [device for device in devices if device.site == site]
        elif asked.user.sites is not None:
            seen = {visible.uid for visible in state.visible_sites(asked.user)}
            devices = [device for device in devices if device.site in seen]
        if spec is None and site is None:
            devices = _matching(state, asked, devices)
        lists[key] = devices
    return key, lists[key]


def device_template(state: State, device: Device, version: int) -> Template:
    """Return the encoded record of one device for API version 2 or 3, with holes for what changes."""
    when = time_as(state.switches.time_format)
    record = device_record(
        device, state.inventory.sites[device.site], state.platform, when, state.switches.undocumented_values
    )
    if version == 3:
        record["udfs"] = udfs_v3(device)
    elif state.switches.v2_udf:
        record["udf"] = udf_v2(device)
    return Template.of(device.id, record)


def filled_now(state: State, template: Template) -> bytes:
    """Return the template's JSON for this moment, or for the frozen one."""
    when = time_as(state.switches.time_format)
    if not state.switches.volatile_fields:
        return template.filled(state.clock.frozen_at, 0, when)
    state.tick += 1
    return template.filled(state.clock.now_ms(), state.tick, when)


def device_page(state: State, asked: Asked, version: int, site: str | None = None) -> Page:
    """Return a page of devices, encoded once for as long as nothing changes."""
    key, devices = devices_asked(state, asked, site)
    details, first, last = _details(state, asked, len(devices))
    pages = state.pages()
    style = (state.switches.v2_udf, state.switches.time_format, state.switches.undocumented_values)
    page_key = (key, version, first, last, style)
    if page_key not in pages:
        pages[page_key] = Template.joined([device_template(state, device, version) for device in devices[first:last]])
    return Page("devices", filled_now(state, pages[page_key]), details, first, last)
