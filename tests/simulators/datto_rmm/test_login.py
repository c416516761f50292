from __future__ import annotations

import httpx2
import pytest
from tests.simulators.datto_rmm.rig import Rig

from trueup_simulators import datto_rmm


def test_the_password_grant_of_the_public_client_gives_a_bearer_token_for_100_hours(rmm: Rig) -> None:
    answer = rmm.token()
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "bearer"
    assert 359_000 < answer.json()["expires_in"] <= 360_000
    assert "refresh_token" not in answer.json()


def test_the_running_simulator_names_the_credentials_that_it_accepts(rmm: Rig) -> None:
    given = rmm.sim.credentials
    answer = httpx2.post(
        rmm.sim.url + "/auth/oauth/token",
        data={"grant_type": "password", "username": given["api_key"], "password": given["api_secret"]},
        headers={"Authorization": "Basic cHVibGljLWNsaWVudDpwdWJsaWM="},
    )
    assert answer.status_code == 200


def test_the_token_path_is_not_below_api(rmm: Rig) -> None:
    assert rmm.client.post("/api/auth/oauth/token").status_code == 404


def test_a_wrong_secret_is_an_invalid_grant(rmm: Rig) -> None:
    answer = rmm.token(password="wrong")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    rmm.switch(bad_credentials_status=401)
    assert rmm.token(password="wrong").status_code == 401


def test_another_client_than_the_public_one_is_unauthorized(rmm: Rig) -> None:
    answer = rmm.client.post(
        "/auth/oauth/token", data={"grant_type": "password"}, auth=httpx2.BasicAuth("someone", "public")
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")


@pytest.mark.parametrize("grant", ["client_credentials", "refresh_token"])
def test_other_grants_are_not_supported(rmm: Rig, grant: str) -> None:
    answer = rmm.token(grant_type=grant)
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_without_a_token_the_api_says_401_with_the_vendors_body(rmm: Rig) -> None:
    answer = rmm.client.get("/api/v2/account", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401
    assert set(answer.json()) == {"timestamp", "status", "error", "path"}
    assert (answer.json()["error"], answer.json()["path"]) == ("Unauthorized", "/v2/account")


def test_a_token_ends_after_its_time_and_a_new_login_helps(rmm: Rig) -> None:
    rmm.clock(advance_seconds=99 * 3600)
    assert rmm.get("/v2/account").status_code == 200
    rmm.clock(advance_seconds=2 * 3600)
    assert rmm.get("/v2/account").status_code == 401
    assert rmm.login().get("/v2/account").status_code == 200


def test_a_revoked_key_is_401_in_the_middle_of_a_walk(rmm: Rig) -> None:
    first = rmm.get("/v2/account/devices", max=50).json()
    rmm.client.delete("/_simulator/tokens")
    assert rmm.client.get(first["pageDetails"]["nextPageUrl"]).status_code == 401


def test_a_network_rule_refuses_the_login_by_the_address_of_the_socket(rmm: Rig) -> None:
    rmm.switch(allowed_networks=["127.0.0.2/32"])
    refused = rmm.token()
    assert refused.status_code == 403
    assert rmm.get("/v2/account").status_code == 200, "an earlier token goes on, unless the switch says otherwise"
    rmm.switch(network_rule_on_calls=True)
    assert rmm.get("/v2/account").status_code == 403

    key = rmm.sim.credentials
    form = {"grant_type": "password", "username": key["api_key"], "password": key["api_secret"]}
    elsewhere = httpx2.HTTPTransport(local_address="127.0.0.2")
    with httpx2.Client(transport=elsewhere, base_url=rmm.sim.url, auth=("public-client", "public")) as client:
        assert client.post("/auth/oauth/token", data=form).status_code == 200
    forwarded = {"X-Forwarded-For": "127.0.0.2"}
    with httpx2.Client(base_url=rmm.sim.url, auth=("public-client", "public")) as client:
        assert client.post("/auth/oauth/token", data=form, headers=forwarded).status_code == 403


def test_no_credential_is_in_the_log_of_calls(rmm: Rig) -> None:
    rmm.get("/v2/account")
    told = rmm.client.get("/_simulator/calls").text
    assert '"/auth/oauth/token"' in told
    assert rmm.sim.credentials["api_secret"] not in told
    assert rmm.client.headers["Authorization"].removeprefix("Bearer ") not in told


def test_two_users_with_one_key_are_refused() -> None:
    user = {"name": "a", "api_key": "k", "api_secret": "s"}
    with pytest.raises(datto_rmm.ScenarioError, match="API key"):
        datto_rmm.start({"users": [user, {**user, "name": "b"}]})
