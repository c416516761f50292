"""What the columns of a vendor's invoices mean, as a form shows and takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

PLAIN: Final = ("product", "quantity", "amount", "organization", "number", "currency", "currency_column")
"""Keys of a profile that the form asks for one by one; the others stay as they are."""

_GROUPS: Final = {"names": "name.", "skip": "skip."}
"""Lists of the form, `KEY = TEXT` in each line, and how their keys begin in a profile."""


def _lines(settings: Mapping[str, str], prefix: str) -> str:
    found = {key.removeprefix(prefix): value for key, value in settings.items() if key.startswith(prefix)}
    return "\n".join(f"{key} = {value}" for key, value in sorted(found.items()))


@dataclass(frozen=True, slots=True)
class InvoiceColumns:
    """One vendor's form. `plain` holds the fields of `PLAIN`; each line of `names` says which texts of a product are a
    billing type, each of `skip` which rows are left out."""

    vendor: str = ""
    plain: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(PLAIN, ""))
    names: str = ""
    skip: str = ""

    @classmethod
    def of(cls, vendor: str, settings: Mapping[str, str]) -> InvoiceColumns:
        """The form of a profile that is there."""
        plain = {key: settings.get(key, "") for key in PLAIN}
        return cls(vendor, plain, *(_lines(settings, prefix) for prefix in _GROUPS.values()))

    @classmethod
    def typed(cls, given: Mapping[str, str]) -> InvoiceColumns:
        """The form as it was sent."""
        plain = {key: given.get(key, "").strip() for key in PLAIN}
        return cls(given.get("vendor", "").strip(), plain, *(given.get(name, "") for name in _GROUPS))

    def changes(self, known: Mapping[str, str]) -> dict[str, str]:
        """The keys to save: those that are known and stand in the form no more are emptied. A line without `=` becomes
        a key that no profile has, which is refused with its text."""
        gone = [key for key in known if key.startswith(tuple(_GROUPS.values()))]
        found = {**dict.fromkeys(gone, ""), **self.plain}
        for name, prefix in _GROUPS.items():
            for line in filter(str.strip, getattr(self, name).splitlines()):
                key, equals, text = line.partition("=")
                found[f"{prefix}{key.strip()}" if equals else f"{name}: {line.strip()}"] = text.strip() or "?"
        return found
