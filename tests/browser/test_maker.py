"""The maker's journey: a table of one's own cleaned, learned from twice, compared, asked and taken along.

The studio is killed and started again on the way; nothing is lost by it.
"""

import csv
import io
import random
import re
import zipfile

import pytest

from jinjie.training.runs import find


def loans(count=400):
    """A table as people have them: holes, a row twice, spaces, and a class that follows from two of the columns."""
    chance = random.Random(7)
    rows = []
    for i in range(count):
        age, income, home = (
            chance.randint(18, 70),
            chance.randint(1000, 9000),
            chance.choice(["rent", "own", "family"]),
        )
        risk = 4000 - income + (1500 if home == "rent" else 0) + chance.gauss(0, 800)
        rows.append([i, age if i % 11 else "", f" {income}", home, "late" if risk > 0 else "paid"])
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(
        [["id", "age", "income", "home", "status"], *rows, rows[0]]
    )
    return text.getvalue()


def open_settings(page):
    page.locator("#settings[open]").wait_for()  # unfolded, for there is something of one's own in it
    folded = page.locator("#settings details:not([open]) > summary")
    while folded.count():
        folded.first.click()


def start(page, **changes):
    open_settings(page)
    for path, value in {"threads": "1", "data.leave_out": "id", **changes}.items():
        page.locator(f'[name="{path}"]').fill(value)
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile(r"/runs/credit-\d+$"))


@pytest.mark.slow
def test_from_a_table_of_ones_own_to_a_model_taken_along(open_page, server, eye, tmp_path):
    (tmp_path / "loans.csv").write_text(loans())
    page = open_page("/clean")
    page.locator("#clean-file").set_input_files(tmp_path / "loans.csv")
    page.locator("#clean [name=missing]").fill("median")
    page.locator("#clean .primary").click()
    page.locator("#train").wait_for()
    assert "400 rows" in page.locator(".report").inner_text(), "the row that came twice is gone"
    assert page.locator("#train-target").input_value() == "status"
    page.locator("#train").click()
    page.wait_for_url("**/runs?recipe=credit*")
    address = page.url

    # long enough to be caught on its way when the studio dies
    start(page, **{"budget.epochs": "100000", "budget.patience": "", "budget.log_every": "1"})
    page.locator("#chart[data-points]").wait_for()
    eye.away = True
    server.kill()
    page.locator("#lost").wait_for(state="visible")
    server.start()
    page.locator("#lost").wait_for(state="hidden")
    eye.away = False
    page.get_by_role("button", name="Stop", exact=True).click()
    page.locator(".status .state:not(.running)").wait_for()
    first = find("credit-1")
    steps = [event["step"] for event in first.events if event["type"] == "step"]
    assert steps == list(range(1, len(steps) + 1)), "the death of the studio left no hole in the training"
    page.locator(f'#chart[data-points="{len(steps)}"]').wait_for()

    # another with one setting changed: the table's address still leads to it after the restart
    page.goto(address)
    start(page, **{"budget.epochs": "4", "budget.patience": "", "optimizer.lr": "0.03"})
    page.locator(".status .state.finished").wait_for()

    # both ticked in the list
    page.goto(server.home + "/runs")
    for name in ("credit-1", "credit-2"):
        page.get_by_role("checkbox", name=f"Compare {name}").check()
    page.locator("#compare button").click()
    page.wait_for_url("**/runs/compare?runs=*")
    page.locator('#chart[data-lines="4"] canvas').wait_for()
    settings = page.locator(".compared tbody").first.inner_text()
    assert "optimizer.lr" in settings and "0.03" in settings and "data.path" not in settings
    page.locator('[data-key="A"] input').uncheck()
    page.locator('#chart[data-lines="2"]').wait_for()
    page.locator("#curves").select_option("validation")
    page.locator('#chart[data-lines="1"]').wait_for()
    page.locator("#log-scale").check()
    page.locator(".behind > summary").click()
    assert page.locator("[data-part=numbers] tbody tr").count() > 4

    # one example, then the whole table
    page.locator(".compared thead a", has_text="credit-2").click()
    page.locator("#to-predict").click()
    page.get_by_label("income").fill("much")
    page.locator("#ask-one").click()
    page.locator("[aria-invalid=true]").wait_for()
    page.get_by_label("income").fill("1200")
    page.get_by_label("home").select_option("rent")
    page.locator("#ask-one").click()
    page.locator("#told .verdict").wait_for()
    assert page.locator("#told tbody tr").count() == 2
    assert page.locator("#told tbody th").first.inner_text() == "late", (
        "poor and renting: it has learned something"
    )
    page.locator("#table-file").set_input_files(tmp_path / "loans.csv")
    with page.expect_download() as download:
        page.locator("#table button").click()
    assert download.value.suggested_filename == "loans-predicted.csv"
    with download.value.path().open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 401
    right = sum(row["status"] == row["predicted"] for row in rows) / len(rows)
    assert right > 0.75, "far above the commoner class"

    # taken along
    page.goto(server.home + "/runs/credit-2")
    page.locator("#to-export").click()
    with page.expect_download() as download:
        page.locator("#form-own button").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert {"credit-2/model.safetensors", "credit-2/jinjie.json", "credit-2/features.json"} <= set(
            archive.namelist()
        )
