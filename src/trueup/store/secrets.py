"""Secrets at rest: AES-256-GCM, each bound to its row, under a key that is not in the database.

Source of the method: NIST SP 800-38D (96-bit random nonces).
Decision: docs/decisions/0022-secrets-bound-to-their-row.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from trueup.store.errors import StoreError

KEY_FILE_VARIABLE = "TRUEUP_KEY_FILE"
KEY_VARIABLE = "TRUEUP_KEY"
_BYTES = 32
_NONCE = 12
_LAYOUT = b"\x01"


@dataclass(frozen=True, slots=True)
class Key:
    """The key that seals, and earlier ones that may still open what they sealed. Its value is never shown.

    As text a key is 32 bytes in base64 (URL-safe); several lines mean the current one first, then earlier ones.
    """

    id: str
    _value: bytes = field(repr=False)
    _earlier: tuple[Key, ...] = field(default=(), repr=False)
    _file: Path | None = field(default=None, repr=False, compare=False)

    @classmethod
    def generate(cls) -> Key:
        """A new random key."""
        return cls._of(os.urandom(_BYTES))

    @classmethod
    def _of(cls, value: bytes, earlier: tuple[Key, ...] = ()) -> Key:
        return cls(hashlib.sha256(b"trueup key id" + value).hexdigest()[:12], value, earlier)

    @classmethod
    def parse(cls, text: str, source: str = KEY_VARIABLE) -> Key:
        """Read a key from its text. Raises StoreError `store.key_malformed`, which names the source only."""
        values: list[bytes] = []
        for line in text.split():
            try:
                value = base64.urlsafe_b64decode(line)
            except (binascii.Error, ValueError):
                raise StoreError("store.key_malformed", source=source) from None
            values.append(value)
        if not values or any(len(value) != _BYTES for value in values):
            raise StoreError("store.key_malformed", source=source)
        return cls._of(values[0], tuple(cls._of(value) for value in values[1:]))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Key:
        """Read a key file. Raises StoreError `store.key_unreadable` or `store.key_malformed`."""
        try:
            text = Path(path).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            detail = getattr(error, "strerror", None) or "not a text file"
            raise StoreError("store.key_unreadable", path=str(path), detail=str(detail)) from None
        return replace(cls.parse(text, str(path)), _file=Path(path))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Key | None:
        """The key that `TRUEUP_KEY_FILE` names, else the one in `TRUEUP_KEY`, else None."""
        path = environment.get(KEY_FILE_VARIABLE)
        if path:
            return cls.read(path)
        text = environment.get(KEY_VARIABLE)
        return cls.parse(text) if text else None

    @classmethod
    def create_file(cls, path: str | os.PathLike[str]) -> Key:
        """Write a new key to a new file that only its owner may read, where the system knows owners.

        Raises StoreError `store.key_file_exists`: a key is never overwritten, what it sealed would be lost.
        """
        key = cls.generate()
        try:
            _write_new(Path(path), key.text() + "\n")
        except FileExistsError:
            raise StoreError("store.key_file_exists", path=str(path)) from None
        except OSError as error:
            raise StoreError("store.key_unreadable", path=str(path), detail=error.strerror or "error") from None
        return replace(key, _file=Path(path))

    @property
    def ids(self) -> frozenset[str]:
        """Ids of the key and of the earlier ones that it still opens with."""
        return frozenset(key.id for key in (self, *self._earlier))

    def opens(self, key_id: str) -> bool:
        """Whether what the key with this id sealed can be opened."""
        return self._fitting(key_id) is not None

    def succeeded(self) -> Key:
        """A new random key that still opens what this one and its earlier ones sealed."""
        return replace(Key.generate(), _earlier=(self.alone(), *self._earlier), _file=self._file)

    def alone(self) -> Key:
        """The present key without earlier ones."""
        return replace(self, _earlier=())

    def replace_file(self, path: str | os.PathLike[str]) -> None:
        """Write the key and its earlier ones in the place of a key file, whole or not at all.

        Raises StoreError `store.key_unreadable`.
        """
        aside = Path(f"{os.fspath(path)}.new")
        aside.unlink(missing_ok=True)
        try:
            _write_new(aside, "".join(f"{key.text()}\n" for key in (self, *self._earlier)))
            aside.replace(path)
        except OSError as error:
            raise StoreError("store.key_unreadable", path=str(path), detail=error.strerror or "error") from None

    def text(self) -> str:
        """The key as text, for its file only."""
        return base64.urlsafe_b64encode(self._value).decode("ascii")

    def _fitting(self, key_id: str) -> Key | None:
        """The key with this id: this one, an earlier one, or one that came into the file since it was read."""
        found = next((key for key in (self, *self._earlier) if key.id == key_id), None)
        if found is None and self._file is not None:
            with suppress(StoreError):
                again = Key.read(self._file)
                found = next((key for key in (again, *again._earlier) if key.id == key_id), None)  # noqa: SLF001
        return found

    def seal(self, secret: str, *, tenant: str, connection: int, name: str) -> bytes:
        """Encrypt one field of one connection; the result opens in that row only."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - few commands seal

        nonce = os.urandom(_NONCE)
        return _LAYOUT + nonce + AESGCM(self._value).encrypt(nonce, secret.encode(), _place(tenant, connection, name))

    def unseal(self, sealed: bytes, key_id: str, *, tenant: str, connection: int, name: str) -> str:
        """Decrypt. Raises StoreError `store.wrong_key`, or `store.secret_damaged` for bytes of another row."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - few commands open what is sealed
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        fitting = self._fitting(key_id)
        if fitting is None:
            raise StoreError("store.wrong_key", wanted=key_id, given=self.id)
        nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            if sealed[:1] != _LAYOUT:
                raise InvalidTag
            plain = AESGCM(fitting._value).decrypt(nonce, body, _place(tenant, connection, name))  # noqa: SLF001
        except (InvalidTag, ValueError):
            raise StoreError("store.secret_damaged", connection=str(connection), field=name) from None
        return plain.decode()


def _write_new(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _place(tenant: str, connection: int, name: str) -> bytes:
    """Where a secret belongs, with lengths, so that no two places read the same."""
    parts = (tenant.encode(), str(connection).encode(), name.encode())
    return b"trueup secret 1" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
