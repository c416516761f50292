"""A catalogue file together with one connection's settings: everything that can be worked out before any call."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from trueup.core.usage import BillingType
from trueup.modules.catalogue_schema import CatalogueFile, Choice, Condition, FieldSource, Metric, Stream
from trueup.modules.conditions import chosen, names_needed
from trueup.modules.counting import Measure
from trueup.modules.failures import source_error
from trueup.modules.templates import filled

RESERVED = ("base_url", "login_url", "extra_attributes", "previous_total")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


def _is_loopback(url: str) -> bool:
    return (urlsplit(url).hostname or "") in _LOOPBACK


def effective_settings(file: CatalogueFile, given: Mapping[str, str]) -> dict[str, str]:
    """The settings with their defaults, each checked. Raises SourceError (`setting_wrong`) naming the one to mend."""
    for name in given:
        if name not in file.settings and (name not in RESERVED or (name == "login_url" and file.login_url is None)):
            known = ", ".join([*file.settings, "base_url"])
            raise source_error("module.setting_wrong", setting=name, why="unknown", allowed=known)
    found: dict[str, str] = {}
    for name, setting in file.settings.items():
        value = given.get(name, "").strip() or setting.default
        if value is None:
            if setting.required and not given.get("base_url"):
                raise source_error(
                    "module.setting_wrong", setting=name, why="missing", allowed=", ".join(setting.choices)
                )
            continue
        if setting.address is not None and value not in setting.choices:
            pasted = re.match(setting.address, value, re.IGNORECASE)
            value = pasted.group(1).lower() if pasted else value
        value = next((choice for choice in setting.choices if choice.lower() == value.lower()), value)
        if setting.choices and value not in setting.choices:
            raise source_error(
                "module.setting_wrong", setting=name, why="not_allowed", allowed=", ".join(setting.choices)
            )
        found[name] = value
    return found


class PreparedModule:
    """What one connection reads and counts, with every choice made. `addresses` are the origins, and the public names
    among the secrets, that addresses may carry."""

    def __init__(self, file: CatalogueFile, given: Mapping[str, str], secret: Mapping[str, str] | None = None) -> None:
        self.file = file
        self.settings = effective_settings(file, given)
        self._moved = bool(given.get("base_url", "").strip())
        self.base_url = self._origin("base_url", given, file.base_url)
        self.addresses = {"base_url": self.base_url}
        self.addresses |= {name: (secret or {}).get(name, "") for name, one in file.secret.items() if one.public}
        if file.login_url is not None:
            here = self.base_url if self._moved and _is_loopback(self.base_url) else file.login_url
            self.addresses["login_url"] = self._origin("login_url", given, here)
        self.extra = tuple(
            sorted({name.strip() for name in given.get("extra_attributes", "").split(",") if name.strip()})
        )
        self.attributes = {
            name: self._attributes(stream)
            for name, stream in file.streams.items()
            if stream.item and self._wanted(stream)
        }
        self.measures = {name: self._measures(name) for name in self.attributes}
        unknown = [name for name in self.extra if all(name not in found for found in self.attributes.values())]
        if unknown:
            allowed = ", ".join(name for s in file.streams.values() if s.item for name in s.item.optional)
            raise source_error("module.setting_wrong", setting="extra_attributes", why="not_allowed", allowed=allowed)
        self.order = self._order()

    def _origin(self, name: str, given: Mapping[str, str], default: str) -> str:
        chosen_url = given.get(name, "").strip() or filled(default, self.settings)
        parts = urlsplit(chosen_url)
        if not parts.hostname or parts.scheme not in ("https", "http") or parts.username or parts.query:
            raise source_error("module.setting_wrong", setting=name, why="not_allowed", allowed="https://...")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise source_error("module.setting_wrong", setting=name, why="not_encrypted", allowed="https://...")
        return chosen_url.rstrip("/")

    def origin_of(self, stream: Stream, variables: Mapping[str, str]) -> str | None:
        """The vendor's other host that a parent record names; None for the usual one. Raises SourceError for a host
        that is not the vendor's: what proves who we are would go there."""
        if stream.host is None or self._moved:
            return None
        host = filled(stream.host, variables).strip().lower()
        if not _HOST.fullmatch(host) or not host.endswith("." + (stream.host_within or "").lower()):
            raise source_error("module.next_page_elsewhere", host=host, page=1)
        return f"https://{host}"

    def _attributes(self, stream: Stream) -> tuple[str, ...]:
        if stream.item is None:
            return ()
        fields = stream.sources
        wanted = [name for name in stream.item.optional if name in self.extra and self._known(fields[name])]
        return (*stream.item.attributes, *wanted)

    def _known(self, source: FieldSource) -> bool:
        """A field that needs a number of days is there only where the setting gives one."""
        if source.seen_within is None:
            return True
        days = self.settings.get(source.seen_within, "")
        if not (days.isascii() and days.isdigit() and 0 < int(days) < 3660):
            raise source_error("module.setting_wrong", setting=source.seen_within, why="missing", allowed="1..3659")
        return True

    def item_stream(self, metric_stream: str | None) -> str:
        """The stream that a metric counts: the one it names, else the only one with items."""
        return metric_stream or next(iter(name for name, stream in self.file.streams.items() if stream.item))

    def reads(self, metric_stream: str | None) -> str | None:
        """The stream that a metric counts; None where a setting leaves it unread."""
        name = self.item_stream(metric_stream)
        return name if name in self.attributes else None

    @property
    def metrics(self) -> dict[str, Metric]:
        """The billing types of the streams that are read."""
        return {name: metric for name, metric in self.file.billing_types.items() if self.reads(metric.stream)}

    @property
    def listing(self) -> tuple[str, ...]:
        """The streams that list customers, the first one first, without those that a setting leaves unread."""
        spec, streams = self.file.organizations, self.file.streams
        return tuple(name for name in (spec.stream, *spec.also) if self._wanted(streams[name]))

    def _wanted(self, stream: Stream) -> bool:
        return stream.switch is None or self.settings.get(stream.switch) == "on"

    def _measures(self, stream_name: str) -> tuple[Measure, ...]:
        attributes = self.attributes[stream_name]
        return tuple(
            Measure.of(self.billing_type(name, metric), metric, self.condition(metric.where), attributes)
            for name, metric in self.metrics.items()
            if self.reads(metric.stream) == stream_name
        )

    def billing_type(self, name: str, metric: Metric) -> BillingType:
        """The billing type as the rest of Trueup knows it."""
        stream_name = self.item_stream(metric.stream)
        stream = self.file.streams[stream_name]
        unit = metric.unit or (stream.item.unit if stream.item else "item")
        evident = stream.evidence and metric.measure != "value"
        return BillingType(
            key=f"{self.file.module}.{name}",
            label=metric.label,
            kind=metric.kind,
            unit=unit,
            certainty=metric.certainty,
            stream=stream_name if evident else None,
            condition=self.condition(metric.where) if evident else None,
        )

    @property
    def billing_types(self) -> tuple[BillingType, ...]:
        """All billing types, in the file's order."""
        return tuple(self.billing_type(name, metric) for name, metric in self.metrics.items())

    def condition(self, condition: Condition | None) -> str | None:
        """The text of a condition under these settings."""
        return chosen(condition, self.settings)

    def wheres(self, stream: Stream) -> tuple[list[str], list[str]]:
        """A stream's conditions under these settings: the fixed ones, and those that a setting chose."""
        fixed = [part for part in stream.where if isinstance(part, str)]
        switched = [self.condition(part) for part in stream.where if isinstance(part, Choice)]
        return fixed, [text for text in switched if text is not None]

    def rest_names(self, stream_name: str) -> tuple[str, ...]:
        """Fields of an item stream that are read beside key, name and organization."""
        stream = self.file.streams[stream_name]
        fixed, switched = self.wheres(stream)
        needed = names_needed([*fixed, *switched]) | {watch.field for watch in stream.watch}
        attributes = self.attributes[stream_name]
        return (*attributes, *(name for name in stream.fields if name in needed and name not in attributes))

    def presence(self, stream: Stream) -> str:
        """`auto`, `required` or `off` for a stream that hangs on a lookup; `required` for any other."""
        return "required" if stream.lookup is None else self.settings.get(stream.lookup.required_by, "auto")

    def _order(self) -> tuple[str, ...]:
        streams = self.file.streams
        done: list[str] = []

        def need(name: str) -> None:
            if name in done:
                return
            stream = streams[name]
            if stream.lookup is not None:
                if self.presence(stream) == "off":
                    return
                need(stream.lookup.stream)
            if stream.exclude is not None:
                need(stream.exclude.stream)
            if stream.for_each is not None:
                need(stream.for_each.stream)
            done.append(name)

        if self.file.probe is not None:
            need(self.file.probe)
        for compared in self.file.compare:
            need(compared.stream)
        for name in self.listing:
            need(name)
        for name in streams:
            if name in self.attributes:
                need(name)
        return tuple(done)

    @property
    def definition(self) -> str:
        """A digest over everything that decides what is counted; a changed definition holds its first plan."""
        parts = [
            [name, *self.wheres(stream), stream.exclude.stream if stream.exclude else None, self.presence(stream)]
            for name, stream in self.file.streams.items()
        ]
        types = [
            [t.key, t.kind.value, m.measure, m.field, t.stream, self.condition(m.where)]
            for t, m in zip(self.billing_types, self.metrics.values(), strict=True)
        ]
        exclusion = {name: value for name, value in self.settings.items() if "exclusion" in name}
        return hashlib.sha256(msgspec.json.encode([parts, types, exclusion], order="sorted")).hexdigest()
