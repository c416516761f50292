"""`trueup catch-up` and `trueup verify` as a person types them, in both languages."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from tests.scenarios.msp import SMALL, open_msp
from tests.scenarios.test_late_usage import CORRECTED, POSTED_ON, collect_again, garage, nights

from trueup.cli.main import main


def test_a_person_lists_explains_and_settles_an_entry(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with open_msp(tmp_path) as msp:
        msp.set_up()
        applied = msp.apply(msp.approved_plan())
        msp.psa.switch(posted_period="refuse")
        msp.choose(posted_period="refuse", currency="EUR")
        nights(msp, *(date(2026, 11, day) for day in (19, 20, 21, 22, 30)), POSTED_ON)
        msp.psa.post_through(date(2026, 11, 30))
        collect_again(msp, CORRECTED, garage(4))
        msp.plan()

        def trueup(*words: str) -> tuple[int, str]:
            capfd.readouterr()
            code = main(["--store", msp.stage.where, "--key-file", str(msp.stage.key_file), *words])
            out = capfd.readouterr()
            return code, " ".join((out.out + out.err).replace("\N{NO-BREAK SPACE}", " ").split())

        code, shown = trueup("--lang", "en", "catch-up", "list")
        assert code == 3
        assert "20 Nov 2026: 12 billed, 14 called for" in shown
        assert "0.80" in shown
        code, shown = trueup("--lang", "fr", "catch-up", "list")
        assert code == 3
        assert "12 facturées, 14 à facturer" in shown
        assert "0,80" in shown
        code, shown = trueup("catch-up", "list", "--json")
        (entry,) = json.loads(shown)["entries"]
        assert (entry["line"], entry["amount"], entry["currency"]) == (str(SMALL), "0.80", "EUR")
        assert entry["causes"][0]["code"] == "catch_up.recollected"
        _, shown = trueup("--lang", "en", "explain", str(SMALL))
        assert "Catch-up entries of this line" in shown
        assert trueup("catch-up", "settle", entry["entry"], "--as", "billed")[0] == 2
        assert trueup("catch-up", "settle", entry["entry"], "--as", "paid", "--reason", "x")[0] == 2
        assert trueup("catch-up", "list", "--state", "nonsense")[0] == 2
        assert trueup("catch-up", "settle", "C99", "--as", "billed", "--reason", "x")[0] == 1
        code, shown = trueup("--lang", "fr", "catch-up", "settle", entry["entry"], "--as", "billed", "--reason", "F-1")
        assert (code, "facturée à la main" in shown) == (0, True)
        assert trueup("catch-up", "settle", entry["entry"], "--as", "waived", "--reason", "x")[0] == 4
        assert trueup("catch-up", "list")[0] == 0
        _, shown = trueup("--lang", "fr", "history")
        assert "régularisation" in shown
        code, shown = trueup("--lang", "en", "verify", applied.run_id)
        assert "posted since, to the cent as previewed" in shown
