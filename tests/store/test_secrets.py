from __future__ import annotations

import os
import sqlite3
import stat
from datetime import datetime
from pathlib import Path

import pytest

from trueup.app.keys import rotating
from trueup.core.reason import Reason
from trueup.core.settings import TenantSettings
from trueup.store.database import Database
from trueup.store.errors import StoreError
from trueup.store.secrets import Key
from trueup.store.tenant_store import TenantStore

SECRET = "hunter2-very-secret"


def _add(store: TenantStore, name: str, now: datetime) -> None:
    store.connections.add(name, "psa", "autotask", {"zone": "1"}, {"secret": SECRET, "user": "api@x"}, "tests", now=now)


def _edit(path: Path, sql: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute(sql)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)  # it looks into the file
def test_a_secret_comes_back_and_is_nowhere_in_clear(store: TenantStore, database: Database, path: Path, now: datetime):
    _add(store, "psa", now)
    assert store.connections.secret("psa") == {"secret": SECRET, "user": "api@x"}
    assert store.connections.get("psa").secret_fields == ("secret", "user")
    shown = repr(store.connections.get("psa")) + repr(database) + repr(store) + repr(store.connections)
    assert SECRET not in shown
    database.close()
    for file in path.parent.iterdir():
        assert SECRET.encode() not in file.read_bytes()


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)  # it looks into the file
@pytest.mark.parametrize(
    "move",
    [
        "UPDATE connection_secret SET field = 'swap' WHERE connection = 1 AND field = 'secret'",
        "UPDATE connection_secret SET connection = 2 WHERE connection = 1",
        "UPDATE connection_secret SET sealed = zeroblob(60) WHERE field = 'secret'",
        "UPDATE connection_secret SET sealed = x'' WHERE field = 'secret'",
        "UPDATE connection_secret SET sealed = CAST(x'02' || substr(sealed, 2) AS BLOB) WHERE field = 'secret'",
    ],
)
def test_a_secret_moved_to_another_row_or_changed_does_not_open(
    move: str, store: TenantStore, path: Path, now: datetime
):
    _add(store, "one", now)
    store.connections.add("two", "psa", "autotask", {}, {}, "tests", now=now)
    _edit(path, move)
    name = "two" if "connection = 2" in move else "one"
    with pytest.raises(StoreError) as caught:
        store.connections.secret(name)
    assert caught.value.reason.code == "store.secret_damaged"
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)  # it looks into the file
def test_a_secret_moved_to_another_tenant_does_not_open(
    store: TenantStore, database: Database, path: Path, now: datetime
):
    _add(store, "psa", now)
    other = database.create_tenant("other", TenantSettings(), now=now)
    other.connections.add("psa", "psa", "autotask", {}, {}, "tests", now=now)
    _edit(path, "UPDATE connection_secret SET tenant = 'other'")
    with pytest.raises(StoreError) as caught:
        other.connections.secret("psa")
    assert caught.value.reason.code == "store.secret_damaged"


def test_a_wrong_key_is_named_by_its_id_only(store: TenantStore, where: str, key: Key, now: datetime):
    _add(store, "psa", now)
    wrong = Key.generate()
    with Database.open(where, wrong) as database, pytest.raises(StoreError) as caught:
        database.tenant().connections.secret("psa")
    assert caught.value.reason == Reason.of("store.wrong_key", wanted=key.id, given=wrong.id)


def test_without_a_key_secrets_are_neither_kept_nor_read(store: TenantStore, where: str, now: datetime):
    _add(store, "psa", now)
    with Database.open(where) as database:
        keyless = database.tenant()
        with pytest.raises(StoreError) as caught:
            keyless.connections.secret("psa")
        assert caught.value.reason.code == "store.key_missing"
        with pytest.raises(StoreError):
            _add(keyless, "second", now)
        assert [one.name for one in keyless.connections.list()] == ["psa"]
        keyless.connections.add("open", "module", "csv", {}, {}, "tests", now=now)
        assert keyless.connections.secret("open") == {}


def test_an_earlier_key_still_opens_what_it_sealed(store: TenantStore, where: str, key: Key, now: datetime):
    _add(store, "psa", now)
    rotated = Key.parse(f"{Key.generate().text()}\n{key.text()}\n")
    with Database.open(where, rotated) as database:
        assert database.tenant().connections.secret("psa")["secret"] == SECRET


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)  # it looks into the file
def test_removing_a_connection_destroys_its_secrets(store: TenantStore, database: Database, path: Path, now: datetime):
    _add(store, "psa", now)
    store.connections.remove("psa", "tests", now=now)
    with pytest.raises(StoreError) as caught:
        store.connections.secret("psa")
    assert caught.value.reason == Reason.of("store.unknown_connection", connection="psa")
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM connection_secret").fetchone() == (0,)
    connection.close()


def test_two_secrets_alike_are_sealed_unlike(key: Key):
    place = {"tenant": "t", "connection": 1, "name": "n"}
    assert key.seal(SECRET, **place) != key.seal(SECRET, **place)


def test_places_that_read_alike_are_not_the_same(key: Key):
    sealed = key.seal(SECRET, tenant="a", connection=11, name="b")
    for place in ({"tenant": "a1", "connection": 1, "name": "b"}, {"tenant": "a", "connection": 1, "name": "1b"}):
        with pytest.raises(StoreError):
            key.unseal(sealed, key.id, **place)


def test_a_key_file_belongs_to_its_owner_and_is_never_overwritten(tmp_path: Path):
    file = tmp_path / "trueup.key"
    key = Key.create_file(file)
    if os.name != "nt":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Key.read(file).id == key.id
    with pytest.raises(StoreError) as caught:
        Key.create_file(file)
    assert caught.value.reason == Reason.of("store.key_file_exists", path=str(file))
    assert Key.read(file).id == key.id


def test_a_key_comes_from_the_file_before_the_variable(tmp_path: Path):
    file, other = tmp_path / "trueup.key", Key.generate()
    in_file = Key.create_file(file)
    found = Key.from_environment({"TRUEUP_KEY_FILE": str(file), "TRUEUP_KEY": other.text()})
    assert found is not None
    assert found.id == in_file.id
    only = Key.from_environment({"TRUEUP_KEY": other.text()})
    assert only is not None
    assert only.id == other.id
    assert Key.from_environment({}) is None


@pytest.mark.parametrize("text", ["", "short", "not base64 ÿ", "AAAA", "A" * 44 + " x"])
def test_a_malformed_key_is_refused_without_being_shown(text: str):
    with pytest.raises(StoreError) as caught:
        Key.parse(text, "somewhere")
    assert caught.value.reason == Reason.of("store.key_malformed", source="somewhere")


def test_a_missing_key_file_is_named(tmp_path: Path):
    with pytest.raises(StoreError) as caught:
        Key.read(tmp_path / "none")
    assert caught.value.reason.code == "store.key_unreadable"


def test_a_key_never_shows_itself(key: Key):
    assert key.text() not in repr(key)
    assert str(key._value) not in repr(key)


def test_a_new_key_takes_over_while_an_open_store_goes_on(
    store: TenantStore, database: Database, where: str, tmp_path: Path, now: datetime
):
    file = tmp_path / "trueup.key"
    first = Key.create_file(file)
    with Database.open(where, Key.read(file)) as running:
        _add(running.tenant(), "psa", now)
        running.people.settings.put("provider", "https://login", SECRET, "tests", now=now)
        made, sealed = rotating.rotate(where, file)
        assert (sealed, made.id != first.id) == (3, True)
        assert running.tenant().connections.secret("psa")["secret"] == SECRET, "it read the file again"
        assert running.key_opens_all()
        running.tenant().connections.add("rmm", "module", "datto_rmm", {}, {"secret": "x"}, "tests", now=now)
    assert rotating.rotate(where, file) == (made, 1), "what an old process sealed meanwhile; no third key"
    assert rotating.retire(where, file) == 1
    assert Key.read(file).ids == {made.id}
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with Database.open(where, Key.read(file)) as later:
        assert later.tenant().connections.secret("rmm") == {"secret": "x"}
        setting = later.people.settings.get("provider")
        assert setting is not None
        assert setting.secret == SECRET
    with Database.open(where, Key.parse(first.text())) as stale, pytest.raises(StoreError) as caught:
        stale.tenant().connections.secret("psa")
    assert caught.value.reason.code == "store.wrong_key"


def test_a_rotation_with_a_key_that_does_not_open_the_store_changes_nothing(
    store: TenantStore, where: str, tmp_path: Path, now: datetime
):
    _add(store, "psa", now)
    file = tmp_path / "another.key"
    Key.create_file(file)
    with pytest.raises(StoreError) as caught:
        rotating.rotate(where, file)
    assert caught.value.reason.code == "store.wrong_key"
    assert store.connections.secret("psa")["secret"] == SECRET
