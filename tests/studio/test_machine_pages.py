"""The doctor's page: the same rows as the command's, measured only when asked."""

from __future__ import annotations

import html
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from jinjie.base import machine
from jinjie.base.machine import Profile, Rates
from jinjie.base.paths import machine_file
from jinjie.base.system import cpu
from jinjie.course import doctor


def measured() -> None:
    """This machine as if measured."""
    rates = Rates(fp32=90, bf16=4321)
    found = Profile(
        cpu=cpu()[0], cores=2, torch=machine.torch_version(), time=1.0, one=rates, all=rates,
        read_gbytes=30, op_us=2, step_us=250,
    )  # fmt: skip
    machine_file().write_text(found.model_dump_json())


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_says_what_the_command_says_in_both_languages(client: TestClient, lang: str) -> None:
    measured()
    client.cookies.set("lang", lang)
    page = html.unescape(client.get("/machine").text)
    from jinjie.base import words

    words.use(lang)
    found = doctor.examine("never")
    lasting = [one for one in doctor.sections(found) if one.name not in ("machine", "surroundings")]
    assert [one.name for one in lasting] == ["measured", "picked", "data", "sandbox"]
    for section in lasting:
        assert section.title in page
        for row in section.rows:
            assert all(part in page for part in row), row
    assert client.get("/api/machine").json()["picked"] == found["picked"]
    assert "4,321" in page and "GFLOP/s" in page


def test_a_look_measures_nothing_and_the_button_does(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = client.get("/machine").text
    assert machine.profile() is None and "GFLOP/s" not in page
    monkeypatch.setattr(
        machine, "measure", lambda program: measured()
    )  # ten seconds, tested in test_machine.py
    answer = client.post("/machine/measure")
    assert (answer.status_code, answer.headers["location"]) == (303, "/machine")
    assert machine.profile() is not None and "GFLOP/s" in client.get("/machine").text


def test_what_is_wrong_is_said_with_what_to_do(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JINJIE_SANDBOX", "3")
    assert "limits of time, memory and output alone" in client.get("/machine").text
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("JINJIE_HOME", str(tmp_path / "file" / "home"))
    page = client.get("/machine").text
    assert 'role="alert"' in page and "JINJIE_HOME" in page and "Ready to train" not in page
