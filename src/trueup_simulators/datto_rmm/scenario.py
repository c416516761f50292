"""The scenario file: what an account holds when the simulator starts, and what a dump gives back."""

from __future__ import annotations

import ipaddress
import json
import typing
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import UNSET, Struct, UnsetType
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from trueup_simulators.datto_rmm.categories import CATEGORIES
from trueup_simulators.datto_rmm.switches import Switches


class ScenarioError(ValueError):
    """A scenario that cannot be used; the message names the file, the key path and what is allowed there."""


class AccountSpec(Struct, omit_defaults=True):
    """The account; `uid` is its short alphanumeric name, not a GUID."""

    id: int = 100
    uid: str = "dem1000a001"
    name: str = "Demo MSP"
    currency: str = "EUR"
    time_zone: str = "Europe/Paris"
    device_limit: int = 100_000
    billing_email: str = "billing@demo-msp.example"


class UserSpec(Struct, omit_defaults=True):
    """A user whose API key opens the account; `sites` (names or uids) restricts what the key may see."""

    name: str
    api_key: str
    api_secret: str
    sites: list[str] | None = None
    disabled: bool = False


class DeviceSpec(Struct, omit_defaults=True):
    """One device. What is left out is derived from `id`; `online` and `last_seen` left out change by themselves.

    `last_seen` is in epoch milliseconds. `fields` sets vendor fields by their vendor name, null included, and may
    add fields that the vendor does not document. `site` (name or uid) is needed outside a site's own list.
    """

    site: str | None = None
    id: int | None = None
    uid: str | None = None
    hostname: str | None = None
    category: str | None = "Desktop"
    type: str | UnsetType | None = UNSET
    device_class: str | UnsetType | None = UNSET
    suspended: bool = False
    deleted: bool = False
    online: bool | UnsetType | None = UNSET
    last_seen: int | UnsetType | None = UNSET
    mac: str | None = None
    groups: list[str] = []
    udfs: dict[str, str] = {}
    fields: dict[str, object] = {}


class SiteSpec(Struct, omit_defaults=True):
    """One site. `counts` expands to devices; the first `exempt` of them join the group `_NotBillable_`.

    `deleted_devices` marks the system's pseudo-site, whose uid is not a GUID and whose devices are deleted.
    """

    name: str
    id: int | None = None
    uid: str | None = None
    description: str | None = ""
    notes: str | None = None
    on_demand: bool = False
    deleted_devices: bool = False
    splashtop: bool = True
    proxy: dict[str, object] | None = None
    autotask_company_id: str | None = None
    autotask_company_name: str | None = None
    networks: list[int] = []
    variables: dict[str, str] = {}
    counts: dict[str, int] = {}
    exempt: int = 0
    devices: list[DeviceSpec] = []


class FilterSpec(Struct, omit_defaults=True):
    """A device filter: the devices of `group`, of `categories`, or that are `suspended`; else every device.

    `type` is `rmm_default`, `custom` or `site` (then `site` names it). Groups themselves are not in the API.
    """

    name: str
    id: int | None = None
    type: typing.Literal["rmm_default", "custom", "site"] = "custom"
    description: str | None = None
    site: str | None = None
    group: str | None = None
    categories: list[str] = []
    suspended: bool = False


class ClockSpec(Struct, omit_defaults=True):
    """Where the simulator's clock starts (epoch milliseconds; none: the real time) and how fast it runs.

    `frozen_at` dates the fields that otherwise change with every call, while the switch `volatile_fields` is off.
    """

    now: int | None = None
    speed: float = 1.0
    frozen_at: int | None = None


class Scenario(Struct, omit_defaults=True):
    """Everything the account holds."""

    account: AccountSpec = msgspec.field(default_factory=AccountSpec)
    platform: str = "merlot"
    clock: ClockSpec = msgspec.field(default_factory=ClockSpec)
    switches: Switches = msgspec.field(default_factory=Switches)
    users: list[UserSpec] = []
    sites: list[SiteSpec] = []
    devices: list[DeviceSpec] = []
    filters: list[FilterSpec] | None = None
    variables: dict[str, str] = {}


def _struct_of(annotation: object) -> type[Struct] | None:
    for candidate in (annotation, *typing.get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, Struct):
            return candidate
    return None


def refuse_unknown_keys(value: object, kind: type[Struct], where: str, path: str = "") -> None:
    """Raise `ScenarioError` at the first key that `kind` does not know, however deep it lies."""
    if not isinstance(value, Mapping):
        return
    fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
    for key, inner in value.items():
        here = f"{path}.{key}" if path else str(key)
        if key not in fields:
            raise ScenarioError(f"{where}: unknown key {here!r}; known here: {', '.join(sorted(fields))}")
        nested = _struct_of(fields[key])
        if nested is None:
            continue
        entries = inner if isinstance(inner, list) else None
        if entries is None:
            refuse_unknown_keys(inner, nested, where, here)
            continue
        for index, entry in enumerate(entries):
            refuse_unknown_keys(entry, nested, where, f"{here}[{index}]")


_Spec = typing.TypeVar("_Spec", bound=Struct)


def read_as(value: object, kind: type[_Spec], where: str) -> _Spec:
    """Read plain data as `kind`; raise `ScenarioError` naming the key path when it does not fit."""
    refuse_unknown_keys(value, kind, where)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ScenarioError(f"{where}: {error}") from None


def refuse_unknown_categories(counts: Mapping[str, int], where: str, path: str) -> None:
    """Raise `ScenarioError` for a key of `counts` that names no category, or a negative number."""
    for token, number in counts.items():
        if token not in CATEGORIES:
            known = ", ".join(CATEGORIES)
            raise ScenarioError(f"{where}: unknown key '{path}.{token}'; known here: {known}")
        if number < 0:
            raise ScenarioError(f"{where}: '{path}.{token}' is {number}; a count is zero or more")


def refuse_bad_networks(switches: Switches, where: str) -> None:
    """Raise `ScenarioError` for an entry of `allowed_networks` that is no network."""
    for network in switches.allowed_networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            raise ScenarioError(f"{where}: allowed_networks: {error}") from None


def plain_data(path: Path) -> object:
    """What a YAML or JSON file holds; raise `ScenarioError`, naming the file, when it is not readable."""
    text = path.read_text(encoding="utf-8")
    try:
        if path.suffix.lower() == ".json":
            return json.loads(text)
        return YAML(typ="safe", pure=True).load(text)
    except (ValueError, YAMLError) as error:
        raise ScenarioError(f"{path}: not readable as {path.suffix or 'YAML'}: {error}") from None


def load_scenario(source: str | Path | Mapping[str, object]) -> Scenario:
    """Read a scenario from a YAML or JSON file, or from plain data of the same shape.

    Raises `ScenarioError`, naming the file, the key path and the keys known there.
    """
    if isinstance(source, Mapping):
        where, data = "scenario", typing.cast("object", source)
    else:
        where, data = str(source), plain_data(Path(source))
    if data is None:
        data = {}
    if not isinstance(data, Mapping):
        raise ScenarioError(f"{where}: a scenario is a mapping; known here: {', '.join(Scenario.__struct_fields__)}")
    scenario = read_as(dict(data), Scenario, where)
    for index, site in enumerate(scenario.sites):
        refuse_unknown_categories(site.counts, where, f"sites[{index}].counts")
    refuse_bad_networks(scenario.switches, where)
    return scenario
