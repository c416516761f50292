from __future__ import annotations

from pathlib import Path

import pytest
from tests.simulators.datto_rmm.rig import Rig

from trueup_simulators import datto_rmm

_YAML = """
account: {name: Petite MSP}
users:
  - {name: Nuit, api_key: KEY, api_secret: SECRET}
sites:
  - name: Épicerie
    autotask_company_id: "12"
    counts: {desktop: 10, laptop: 5, server: 2}
    exempt: 1
    devices:
      - {hostname: CAISSE, category: Desktop, suspended: true}
"""


def test_a_yaml_file_is_served(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(_YAML, encoding="utf-8")
    with Rig(path) as rig:
        assert rig.sim.credentials == {"api_key": "KEY", "api_secret": "SECRET"}
        status = rig.login().get("/v2/account").json()
        assert (status["name"], status["devicesStatus"]["numberOfDevices"]) == ("Petite MSP", 18)
        dumped = rig.client.get("/_simulator/state").text
    again = tmp_path / "dump.json"
    again.write_text(dumped, encoding="utf-8")
    with Rig(again) as rig:
        assert len(rig.login().walk("/v2/account/devices", "devices")) == 18


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("sitez: []", "unknown key 'sitez'; known here: account, clock, devices"),
        ("sites: [{name: A}, {nome: B}]", "unknown key 'sites[1].nome'; known here: autotask_company_id"),
        ("sites: [{name: A, devices: [{host: x}]}]", "unknown key 'sites[0].devices[0].host'"),
        ("sites: [{name: A, counts: {desktops: 3}}]", "unknown key 'sites[0].counts.desktops'; known here: desktop"),
        ("sites: [{name: A, counts: {desktop: -1}}]", "'sites[0].counts.desktop' is -1"),
        ("sites: [{name: A, counts: {desktop: many}}]", "$.sites[0].counts"),
        ("switches: {next_url_drops: true}", "unknown key 'switches.next_url_drops'"),
        ("sites: [", "not readable as .yaml"),
        ("- 1", "a scenario is a mapping"),
        ("sites: [{}]", "missing required field `name`"),
    ],
)
def test_a_bad_file_is_refused_with_file_place_and_known_keys(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(datto_rmm.ScenarioError) as refused:
        datto_rmm.load_scenario(path)
    assert str(path) in str(refused.value)
    assert place in str(refused.value)


def test_a_device_of_a_site_that_is_not_there_is_refused() -> None:
    with pytest.raises(datto_rmm.ScenarioError, match="no site 'Nowhere'"):
        datto_rmm.State(datto_rmm.load_scenario({"devices": [{"site": "Nowhere"}]}))


def test_a_large_account_is_served_in_pages_and_only_volatile_fields_change() -> None:
    scenario = datto_rmm.large_scenario(sites=40, devices=3_000, seed=5)
    with Rig(scenario) as rig:
        rows = rig.login().walk("/v2/account/devices", "devices", max=250)
        assert len({row["uid"] for row in rows}) == len(rows) == 3_000
        assert len({row["siteUid"] for row in rows}) == 40
        changing = {"lastSeen", "online", "lastLoggedInUser"}
        rig.clock(advance_seconds=86_400)
        later = rig.walk("/v2/account/devices", "devices", max=250)
        differing = {key for one, two in zip(rows, later, strict=True) for key in one if one[key] != two[key]}
        assert differing == changing
        assert rig.client.get("/_simulator/calls").json()["by_path"]["/v2/account/devices"] == 24
    again = datto_rmm.State(datto_rmm.large_scenario(sites=40, devices=3_000, seed=5))
    assert list(again.inventory.devices) == [row["uid"] for row in rows]
    other = datto_rmm.large_scenario(sites=40, devices=3_000, seed=6)
    assert other.sites[0].counts != datto_rmm.large_scenario(sites=40, devices=3_000, seed=5).sites[0].counts
