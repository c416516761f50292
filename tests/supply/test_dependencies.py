"""What Trueup is made of: pinned, licensed, listed, and compared with advisories without a network."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from tools.audit import advisories, affected
from tools.licences import ALLOWED, fits
from tools.licences import main as licences
from tools.locked import ROOT, SHIPPED, locked, read_lock
from tools.sbom import bom

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_dependency_is_pinned_with_hashes_and_no_registry_is_named(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert all(one.hashes for one in read_lock(text))
    assert not re.search(r"https?://|--index-url|--find-links", text)


def test_every_dependency_has_a_licence_that_goes_with_ours() -> None:
    assert licences() == 0


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("MIT AND PSF-2.0", True),
        ("MIT AND GPL-3.0-only", False),
        ("LGPL-3.0-only", False),
        ("", False),
    ],
)
def test_a_licence_fits_by_one_of_its_choices_and_all_of_its_parts(expression: str, allowed: bool) -> None:
    assert fits(expression, ALLOWED) is allowed


def test_the_list_of_parts_is_complete_and_the_same_each_time() -> None:
    told = json.loads(bom())
    listed = {part["name"]: part for part in told["components"]}
    assert set(listed) == {one.name for one in locked(*SHIPPED)}
    assert listed["sqlalchemy"]["licenses"] == [{"expression": "MIT"}]
    assert all(part["hashes"] for part in listed.values())
    assert bom() == bom()


def _advisory(name: str, events: list[dict[str, str]], **more: object) -> dict[str, object]:
    package = {"package": {"ecosystem": "PyPI", "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    return {"id": "MADE-UP-1", "summary": "It opens the door.", "affected": [package], **more}


ONE = read_lock("some-thing==2.4.1 \\\n    --hash=sha256:" + "0" * 64)


@pytest.mark.parametrize(
    ("events", "hit"),
    [
        ([{"introduced": "0"}, {"fixed": "2.5"}], True),
        ([{"introduced": "0"}, {"fixed": "2.4.1"}], False),
        ([{"introduced": "2.10"}], False),
        ([{"introduced": "0"}, {"fixed": "1.9"}, {"introduced": "2.4"}], True),
        ([{"introduced": "2.0"}, {"last_affected": "2.4.1"}], True),
        ([{"introduced": "2.0"}, {"last_affected": "2.4.0"}], False),
    ],
)
def test_an_advisory_is_about_the_versions_between_its_events(events: list[dict[str, str]], hit: bool) -> None:
    found = affected(ONE, iter([_advisory("Some_Thing", events)]))
    assert [one.advisory for one in found] == (["MADE-UP-1"] if hit else [])
    assert affected(ONE, iter([_advisory("some-thing", events, withdrawn="2026-01-01T00:00:00Z")])) == ()


def test_advisories_are_read_from_a_folder_and_from_a_packed_file(tmp_path: Path) -> None:
    text = json.dumps(_advisory("some-thing", [{"introduced": "0"}]))
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "one.json").write_text(text, encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        packed.writestr("one.json", text)
    for place in (tmp_path, tmp_path / "all.zip"):
        assert [one.name for one in affected(ONE, advisories(place))] == ["some-thing"]
