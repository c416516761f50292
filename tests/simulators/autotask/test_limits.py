from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from tests.simulators.autotask.calling import Api, Starter, refusal

THREAD_TEXT = "The Autotask API thread threshold of 3 threads has been exceeded"


def _at_once(api: Api, paths: list[str]) -> list[httpx2.Response]:
    barrier = threading.Barrier(len(paths))

    def call(path: str) -> httpx2.Response:
        with httpx2.Client(base_url=api.running.url, headers=api.headers) as client:
            client.get("/ATServicesRest/versioninformation")
            barrier.wait()
            return client.get(api.root + path)

    with ThreadPoolExecutor(len(paths)) as pool:
        return list(pool.map(call, paths))


def test_a_fourth_thread_of_one_entity_is_refused(begin: Starter) -> None:
    api = begin(switches={"latency_ms": 400})
    answers = _at_once(api, ["/Companies/201"] * 4)
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 1
    assert THREAD_TEXT in refused[0].text
    assert "Itgenatr005" in refused[0].text
    assert "retry-after" not in refused[0].headers
    assert api.look("calls")["peak_threads"] == {"Companies": 3}


def test_threads_are_counted_for_each_entity_apart_and_its_information_with_it(begin: Starter) -> None:
    api = begin(switches={"latency_ms": 400})
    paths = ["/Companies/201"] * 3 + ["/Contracts/1001"] * 3
    assert {answer.status_code for answer in _at_once(api, paths)} == {200}
    paths = ["/Companies/201"] * 3 + ["/Companies/entityInformation"]
    assert sorted(answer.status_code for answer in _at_once(api, paths)) == [200, 200, 200, 429]


def test_threads_of_another_integration_code_are_their_own(begin: Starter) -> None:
    api = begin(switches={"latency_ms": 400}, integration_codes=["A" * 27, "B" * 27])
    other = Api(api.running, api.answers, headers={"ApiIntegrationCode": "B" * 27})
    with ThreadPoolExecutor(2) as pool:
        both = pool.map(lambda one: _at_once(one, ["/Companies/201"] * 3), [api, other])
        assert {answer.status_code for answers in both for answer in answers} == {200}
    other.client.close()


def test_the_thread_refusal_may_come_with_500(begin: Starter) -> None:
    api = begin(switches={"thread_limit_status": "500"})
    api.order("faults", kind="thread-limit", entity="Companies")
    assert THREAD_TEXT in refusal(api.get("/Companies/201"))
    assert api.get("/Companies/201").status_code == 200


def test_the_hourly_limit_counts_other_integrations_and_refuses_with_429(api: Api) -> None:
    api.order("use-calls", count=9_998)
    assert api.get("/ThresholdInformation").json()["currentTimeframeRequestCount"] == 9_999
    assert api.get("/Companies/201").status_code == 200
    answer = api.get("/Companies/201")
    assert answer.status_code == 429
    assert "retry-after" not in answer.headers
    api.order("switches", retry_after_seconds=60)
    assert api.get("/Companies/201").headers["retry-after"] == "60"
    api.order("use-calls", count=-1_000)
    assert api.get("/Companies/201").status_code == 200


@pytest.mark.parametrize(("used", "wait"), [(4_999, 0.0), (5_000, 0.1), (7_499, 0.1), (7_500, 0.2)])
def test_calls_slow_down_at_half_and_at_three_quarters_of_the_limit(begin: Starter, used: int, wait: float) -> None:
    api = begin()
    api.order("switches", delay_scale=0.2)
    api.order("use-calls", count=used)
    api.client.get("/_simulator/clock")
    started = time.perf_counter()
    assert api.get("/Companies/201").status_code == 200
    took = time.perf_counter() - started
    assert wait <= took < wait + 0.09


def test_the_window_rolls(begin: Starter) -> None:
    api = begin(switches={"request_threshold": 2, "request_window_minutes": 0})
    for _ in range(4):
        assert api.get("/Companies/201").status_code == 200


def test_latency_is_added_to_signed_in_calls_only(begin: Starter) -> None:
    api = begin(switches={"latency_ms": 150})
    started = time.perf_counter()
    api.client.get("/ATServicesRest/versioninformation")
    assert time.perf_counter() - started < 0.14
    started = time.perf_counter()
    api.get("/Companies/201")
    assert time.perf_counter() - started >= 0.15
