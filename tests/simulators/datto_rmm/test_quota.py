from __future__ import annotations

import time

from tests.simulators.datto_rmm.rig import Rig


def _spend(rmm: Rig, times: int) -> list[int]:
    return [rmm.get("/v2/system/pagination").status_code for _ in range(times)]


def test_600_requests_pass_in_a_window_and_the_next_is_429_and_then_the_address_is_blocked(rmm: Rig) -> None:
    rmm.clock(speed=0)
    assert set(_spend(rmm, 600)) == {200}
    refused = rmm.get("/v2/account")
    assert refused.status_code == 429
    assert refused.json()["error"] == "Too Many Requests"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert _spend(rmm, 9) == [429] * 9
    blocked = rmm.get("/v2/account")
    assert blocked.status_code == 403
    assert 290 <= int(blocked.headers["Retry-After"]) <= 300
    assert "blocked" in blocked.json()["message"]
    rmm.clock(advance_seconds=120)
    assert rmm.get("/v2/account").status_code == 403
    assert rmm.token().status_code == 403, "a blocked address cannot log in either"
    rmm.clock(advance_seconds=181)
    assert rmm.get("/v2/account").status_code == 200


def test_the_window_slides(rmm: Rig) -> None:
    rmm.switch(rate_limit=10)
    rmm.clock(speed=0)
    _spend(rmm, 5)
    rmm.clock(advance_seconds=40)
    _spend(rmm, 5)
    assert _spend(rmm, 1) == [429]
    rmm.clock(advance_seconds=21)
    assert _spend(rmm, 6) == [200] * 5 + [429]


def test_without_the_switch_neither_429_nor_the_block_says_how_long(rmm: Rig) -> None:
    rmm.clock(speed=0)
    rmm.switch(rate_limit=1, block_after=1, retry_after=False)
    rmm.get("/v2/account")
    refused, blocked = rmm.get("/v2/account"), rmm.get("/v2/account")
    assert (refused.status_code, blocked.status_code) == (429, 403)
    assert "Retry-After" not in refused.headers
    assert "Retry-After" not in blocked.headers


def test_above_nine_tenths_each_answer_comes_a_second_late(rmm: Rig) -> None:
    rmm.switch(rate_limit=20)
    rmm.clock(speed=5)

    def seconds() -> float:
        began = time.perf_counter()
        assert rmm.get("/v2/system/pagination").status_code == 200
        return time.perf_counter() - began

    prompt = [seconds() for _ in range(18)]
    assert seconds() >= 0.2
    assert min(prompt) < 0.1


def test_the_request_rate_shows_what_others_use_too(rmm: Rig) -> None:
    rmm.clock(speed=0)
    rmm.switch(shared_load=420)
    rmm.login(user=1)
    _spend(rmm, 4)
    rate = rmm.get("/v2/system/request_rate").json()
    assert (rate["accountCount"], rate["accountRateLimit"]) == (425, 600)
    assert (rate["slidingTimeWindowSizeSeconds"], rate["accountCutOffRatio"]) == (60, 0.9)
    rmm.switch(shared_load=600)
    assert rmm.get("/v2/account").status_code == 429


def test_all_users_of_the_account_share_one_quota(rmm: Rig) -> None:
    rmm.clock(speed=0)
    rmm.switch(rate_limit=3)
    _spend(rmm, 3)
    assert rmm.login(user=1).get("/v2/account").status_code == 429


def test_the_quota_can_be_off_and_forgotten(rmm: Rig) -> None:
    rmm.clock(speed=0)
    rmm.switch(rate_limit=2)
    assert _spend(rmm, 3) == [200, 200, 429]
    rmm.client.delete("/_simulator/quota")
    assert _spend(rmm, 1) == [200]
    rmm.switch(rate_limits=False)
    assert _spend(rmm, 5) == [200] * 5
