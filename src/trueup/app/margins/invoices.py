"""Vendors' invoices: read by the profile of the vendor, taken whole or refused, the same one twice harmless."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from trueup.app.errors import Exit, UseCaseError, failed, refused
from trueup.app.margins.prices import refusal_of
from trueup.app.usage.importing import bytes_of
from trueup.app.workspace import Workspace
from trueup.core.margins.invoice import VendorInvoice
from trueup.core.reason import Param, Reason
from trueup.modules.files.invoice_file import InvoiceProfile, invoice_profile, read_invoice
from trueup.modules.files.profile import ProfileError
from trueup.modules.files.refusing import FileRefusedError
from trueup.store.vendors import StoredInvoice


class InvoiceState(StrEnum):
    """What became of an invoice's file."""

    PREVIEW = "preview"
    RECORDED = "recorded"
    ALREADY = "already"


@dataclass(frozen=True, slots=True)
class InvoiceImport:
    """An invoice as it was read, and what became of it."""

    state: InvoiceState
    invoice: VendorInvoice


@dataclass(frozen=True, slots=True)
class InvoiceAsked:
    """How a file is to be taken: the vendor whose profile it follows, the calendar month that it bills (any day of it),
    its number where the file names none, and whether it is only looked at."""

    vendor: str
    month: date
    number: str | None = None
    preview: bool = False


def _wrong(code: str, **params: Param) -> UseCaseError:
    return UseCaseError(Reason.of(code, **params), Exit.USAGE)


def _profile(settings: Mapping[str, str]) -> InvoiceProfile:
    try:
        return invoice_profile(settings)
    except ProfileError as error:
        raise _wrong(error.code, **error.params) from None


def _save_profile(ws: Workspace, vendor: str, changes: Mapping[str, str]) -> Mapping[str, str]:
    if not vendor.strip() or any(letter.isspace() for letter in vendor):
        raise _wrong("invoice.vendor_name", vendor=vendor)
    store = ws.store
    with store.writing():
        merged = {**store.vendors.profiles().get(vendor, {}), **changes}
        settings = {key: value for key, value in merged.items() if value.strip()}
        _profile(settings)
        store.vendors.save_profile(vendor, settings, ws.actor, now=ws.now())
        told = "; ".join(f"{key}={value}" for key, value in sorted(settings.items()))
        detail = Reason.of("audit.vendor_profile", vendor=vendor, settings=told)
        store.audit.add(ws.actor, "vendor_profile.saved", detail, now=ws.now())
    return settings


async def save_vendor(ws: Workspace, vendor: str, changes: Mapping[str, str]) -> Mapping[str, str]:
    """Save what the columns of a vendor's invoices mean: the given keys replace those of the same name, an empty value
    takes a key away. Raises UseCaseError `invoice.vendor_name`, `file.profile_*` (exit 2)."""
    return await ws.step(_save_profile, ws, vendor, changes)


async def list_vendors(ws: Workspace) -> Mapping[str, Mapping[str, str]]:
    """Vendors with the keys of their profiles."""
    return await ws.step(ws.store.vendors.profiles)


def _profile_of(ws: Workspace, vendor: str) -> InvoiceProfile:
    settings = ws.store.vendors.profiles().get(vendor)
    if settings is None:
        known = ", ".join(ws.store.vendors.profiles())
        raise failed("invoice.unknown_vendor", vendor=vendor, known=known)
    return _profile(settings)


def _import(ws: Workspace, path: Path, asked: InvoiceAsked) -> InvoiceImport:
    store = ws.store
    profile = _profile_of(ws, asked.vendor)
    currency = (profile.currency or store.settings.get().currency or "").upper()
    if not currency:
        raise _wrong("invoice.no_currency", vendor=asked.vendor)
    data = bytes_of(path)
    try:
        read = read_invoice(data, profile, currency)
    except FileRefusedError as error:
        raise refusal_of(error, path.name) from None
    number = asked.number or read.number
    if not number:
        raise _wrong("invoice.no_number", file=path.name)
    if asked.number and read.number and asked.number != read.number:
        raise _wrong("invoice.other_number", file=path.name, number=read.number, given=asked.number)
    month = asked.month.replace(day=1)
    invoice = VendorInvoice(asked.vendor, number, month, currency, read.rows, path.name, read.digest)
    with store.writing():
        for one in store.vendors.invoices():
            if one.invoice.vendor != asked.vendor:
                continue
            same = one.invoice.digest == read.digest
            if one.invoice.number == number and one.invoice.month == month and same:
                return InvoiceImport(InvoiceState.ALREADY, one.invoice)
            if one.invoice.number == number:
                raise refused("invoice.number_taken", invoice=number, month=one.invoice.month, id=one.id)
            if same:
                raise refused("invoice.same_file", invoice=one.invoice.number, month=one.invoice.month, id=one.id)
        if asked.preview:
            return InvoiceImport(InvoiceState.PREVIEW, invoice)
        store.vendors.add_invoice(invoice, ws.actor, now=ws.now())
        detail = Reason.of(
            "audit.invoice_imported",
            vendor=asked.vendor,
            number=number,
            month=month,
            total=invoice.total,
            currency=currency,
        )
        store.audit.add(ws.actor, "invoice.imported", detail, now=ws.now())
    return InvoiceImport(InvoiceState.RECORDED, invoice)


async def import_invoice(ws: Workspace, path: Path, asked: InvoiceAsked) -> InvoiceImport:
    """Read a vendor's invoice and keep it, or only look at it. The same file again changes nothing.

    Raises UseCaseError `invoice.unknown_vendor`, `invoice.no_currency`, `invoice.no_number`, `invoice.other_number`;
    with exit code 4 `invoice.number_taken`, `invoice.same_file`; `file.*` with the file, the line and the cure.
    """
    return await ws.step(_import, ws, path, asked)


async def list_invoices(ws: Workspace) -> tuple[StoredInvoice, ...]:
    """Every invoice, the newest month first."""
    return await ws.step(ws.store.vendors.invoices)


def _remove(ws: Workspace, number: int) -> None:
    store = ws.store
    with store.writing():
        if not store.vendors.remove_invoice(number, ws.actor, now=ws.now()):
            raise failed("invoice.unknown_invoice", number=number)
        store.audit.add(ws.actor, "invoice.removed", Reason.of("audit.invoice_removed", number=number), now=ws.now())


async def remove_invoice(ws: Workspace, number: int) -> None:
    """Take an invoice away, by its number in the list; it stays on record. Raises UseCaseError
    `invoice.unknown_invoice`."""
    await ws.step(_remove, ws, number)
