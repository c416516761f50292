"""Scenarios: what a simulated database begins with, as a YAML or JSON file or as a mapping.

Records use the vendor's field names. Besides them a contract may carry `posted_through`, and a line `units`
(date -> count from that day on). The dump of a running simulator is a scenario too. What is unknown is refused with
the place where it stands and the names that are known there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from trueup_simulators.autotask.dump import ROWS, TABLES
from trueup_simulators.autotask.wire import Json, NotJsonError, decode

SECTIONS: tuple[str, ...] = (
    "today",
    "zone",
    "integration_codes",
    "users",
    "switches",
    "currencies",
    "user_defined_fields",
    "next_adjustment_id",
    *TABLES,
    *ROWS,
    "adjusted_days",
    "adjustments",
    "notes",
)


class ScenarioError(ValueError):
    """A scenario that cannot be read; the text names the source, the place in it, and what is known there."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario as it was read: top-level keys are checked, the rest when it is seeded."""

    content: Mapping[str, Json]
    source: str = "scenario"

    def __post_init__(self) -> None:
        check_keys(self.content, SECTIONS, self.source, "")


def load_scenario(path: str | Path) -> Scenario:
    """Read a scenario file (`.json`, else YAML). Raises `ScenarioError`."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: cannot be read: {error}") from None
    return scenario_from_text(text, str(path), is_json=path.suffix.lower() == ".json")


def scenario_from_text(text: str, source: str, *, is_json: bool = False) -> Scenario:
    """Parse a scenario. Raises `ScenarioError`."""
    try:
        content = decode(text) if is_json else _plain(YAML(typ="safe", pure=True).load(text), source, "")
    except (NotJsonError, YAMLError) as error:
        raise ScenarioError(f"{source}: not {'JSON' if is_json else 'YAML'}: {error}") from None
    if not isinstance(content, dict):
        raise ScenarioError(f"{source}: a mapping was expected at the top")
    return Scenario(content, source)


def _plain(value: object, source: str, place: str) -> Json:
    """What YAML made of the text, as JSON would hold it: dates as texts, fractions as exact decimals."""
    if isinstance(value, Mapping):
        return {
            _key(key): _plain(entry, source, f"{place}.{_key(key)}" if place else _key(key))
            for key, entry in value.items()
        }
    if isinstance(value, list):
        return [_plain(entry, source, f"{place}[{position}]") for position, entry in enumerate(value)]
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, float):
        return Decimal(repr(value))  # the shortest text that means this number, which is what was written
    if value is None or isinstance(value, str | bool | int | Decimal):
        return value
    raise ScenarioError(f"{source}: {place}: {value!r} is not a value a scenario can hold")


def _key(key: object) -> str:
    return key.isoformat() if isinstance(key, date) else str(key)


def check_keys(given: Mapping[str, object], known: Iterable[str], source: str, place: str) -> None:
    """Refuse keys that are not known, naming where and what would be. Raises `ScenarioError`."""
    names = tuple(known)
    for key in given:
        if key not in names:
            where = f"{place}.{key}" if place else key
            raise ScenarioError(f"{source}: {where}: unknown key; known: {', '.join(names)}")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one mapping of a scenario, checking keys and types; errors name source and place."""

    given: Mapping[str, Json]
    source: str
    place: str

    @classmethod
    def of(cls, value: Json, known: Iterable[str], source: str, place: str) -> Reader:
        """A reader of a value that must be a mapping with known keys."""
        if not isinstance(value, dict):
            raise ScenarioError(f"{source}: {place}: a mapping was expected, not {value!r}")
        check_keys(value, known, source, place)
        return cls(value, source, place)

    def error(self, key: str, expected: str) -> ScenarioError:
        """An error about one key."""
        return ScenarioError(f"{self.source}: {self.place}.{key}: {expected}, not {self.given.get(key)!r}")

    def integer(self, key: str, default: int | None = None) -> int:
        """A whole number."""
        value = self.given.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(key, "a whole number was expected")
        return value

    def decimal(self, key: str, default: Decimal | None = None) -> Decimal:
        """An exact number."""
        value = self.given.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.error(key, "a number was expected")
        return Decimal(value)

    def text(self, key: str, default: str | None = None) -> str:
        """A text."""
        value = self.given.get(key, default)
        if not isinstance(value, str):
            raise self.error(key, "a text was expected")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.given.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, "true or false was expected")
        return value

    def day(self, key: str) -> date | None:
        """A date, or nothing."""
        value = self.given.get(key)
        if value is None:
            return None
        try:
            return date.fromisoformat(str(value)[:10])
        except ValueError:
            raise self.error(key, "a date was expected") from None

    def needed_day(self, key: str) -> date:
        """A date."""
        day = self.day(key)
        if day is None:
            raise self.error(key, "a date was expected")
        return day

    def listed(self, key: str) -> list[Json]:
        """A list; nothing counts as an empty one."""
        value = self.given.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.error(key, "a list was expected")
        return value

    def mapping(self, key: str) -> Mapping[str, Json]:
        """A mapping; nothing counts as an empty one."""
        value = self.given.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.error(key, "a mapping was expected")
        return value
