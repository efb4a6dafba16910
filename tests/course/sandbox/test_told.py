"""The doctor says which sandbox code of exercises runs in, why not a better one, and whether it holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from jinjie.base import machine, words
from jinjie.base.machine import Profile, Rates
from jinjie.base.paths import machine_file
from jinjie.base.system import cpu
from jinjie.cli import doctor
from jinjie.course.sandbox import probe, probes, tiers, told

BEST = min(int(one.tier) for one in probe() if one.there)


@pytest.fixture(autouse=True)
def measured() -> None:
    """This machine as if measured."""
    rates = Rates(fp32=90, bf16=400)
    found = Profile(
        cpu=cpu()[0], cores=2, torch=machine.torch_version(), time=1.0, one=rates, all=rates,
        read_gbytes=30, op_us=2, step_us=250,
    )  # fmt: skip
    machine_file().write_text(found.model_dump_json())


def invoke(*arguments: str) -> Any:
    app = typer.Typer()
    app.callback()(lambda: None)
    doctor.register(app)
    return CliRunner().invoke(app, ["doctor", *arguments])


def test_the_tier_in_use_and_the_others_are_told_in_both_languages() -> None:
    found = json.loads(invoke("--json").stdout)["sandbox"]
    assert found["tier"] == BEST and not found["forced"]
    assert [one["tier"] for one in found["tiers"]] == [1, 2, 3]
    assert all(one["there"] or one["reason"] for one in found["tiers"])
    for lang, title in (("en", "Sandbox for code of exercises"), ("zh", "运行练习代码的沙箱")):
        words.use(lang)
        assert title in invoke().stdout


def test_limits_alone_and_a_setting_that_is_none_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINJIE_SANDBOX", "3")
    found = json.loads(invoke("--json").stdout)
    assert found["sandbox"]["tier"] == 3 and found["sandbox"]["forced"]
    assert any("limits of time, memory and output alone" in warning for warning in found["warns"])
    monkeypatch.setenv("JINJIE_SANDBOX", "best")
    result = invoke("--json")
    found = json.loads(result.stdout)
    assert found["sandbox"]["tier"] is None and any("JINJIE_SANDBOX" in warning for warning in found["warns"])
    assert result.exit_code == 0, "trainings run all the same"
    assert invoke().exit_code == 0


def test_a_machine_without_a_sandbox_says_how_to_get_one() -> None:
    one = {"seconds": 0.1, "detail": "", "reason": "no program bwrap"}
    missing = [{**one, "tier": tier, "there": tier == 3} for tier in (1, 2, 3)]
    found: dict[str, Any] = {"tier": 3, "forced": False, "problem": None, "tiers": missing}
    assert "apt install bubblewrap" in " ".join(told.warnings(found))
    assert any("no program bwrap" in value for _, value in told.lines(found))
    found |= {"tier": 1, "forced": True}
    assert "no code of exercises will run" in " ".join(told.warnings(found))


def test_every_way_out_is_tried_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of the forty attempts here; all of them are tried in tests/course/sandbox."""
    some = tuple(one for one in probes.PROBES if one.name in ("read_password_file", "find_the_test"))
    monkeypatch.setattr(probes, "PROBES", some)
    found = json.loads(invoke("--sandbox", "--json").stdout)
    there = [int(one.tier) for one in probe() if one.there]
    assert [one["tier"] for one in found["sandbox"]["escapes"]] == there * 2
    assert all(one["right"] for one in found["sandbox"]["escapes"])
    text = " ".join(invoke("--sandbox").stdout.split())
    assert "does not promise to: read_password_file" in text
    assert f"tier {BEST}: 2 of 2 attempts" in text or int(tiers.Tier.LIMITS) == BEST


def test_a_wall_that_does_not_hold_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "PROBES", (probes.Probe("read_password_file", (3,)),))
    found = json.loads(invoke("--sandbox", "--json").stdout)
    assert any("Tier 3 did not hold: read_password_file" in warning for warning in found["warns"])
