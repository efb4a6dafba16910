"""Runs side by side in the studio: chosen by ticking, named wrongly, live, and the same as `jinjie compare`."""

import json

import pytest

from jinjie.analyse import compare as side_by_side
from jinjie.analyse.evaluation import Evaluation, Note, Score
from jinjie.base.files import write_json
from jinjie.base.words import say, speaking
from jinjie.studio import compare_pages
from jinjie.studio.compare_live import ComparisonWatch
from jinjie.studio.story import Stories
from jinjie.training.runs import find


def looked(made, step, loss, split="validation"):
    made.write("evaluated", step=step, split=split, metrics={"loss": loss, "r2": 1 - loss})


@pytest.fixture
def two(diary):
    """Two lines: the second learned faster and got further down; only it is finished."""
    made = {}
    for name, lr, last in (("line-1-1", 0.1, 0.2), ("line-1-2", 0.5, 0.1)):
        made[name] = diary(name)
        content = json.loads((made[name].path / "recipe.json").read_text())
        content["recipe"]["optimizer"]["lr"] = lr
        (made[name].path / "recipe.json").write_text(json.dumps(content))
        made[name].start()
        made[name].steps(1, 50)
        looked(made[name], 25, last * 2)
        looked(made[name], 50, last)
    made["line-1-2"].write("finished", step=50, metrics={"loss": 0.11, "r2": 0.89})
    return made


def test_what_differs_is_told_as_the_command_line_tells_it(client, two):
    page = client.get("/runs/compare?runs=line-1-1,line-1-2").text
    rows = side_by_side.compare([find("line-1-1"), find("line-1-2")])
    for line in side_by_side.lines(rows):
        assert line.heading in page
    assert "<code>optimizer.lr</code>" in page and "learning rate" in page and "budget.steps" not in page
    assert "Best on the validation split: line-1-2, Loss 0.1, 0.1 ahead of line-1-1." in page
    assert page.count('class="key key-') == 2 and 'data-key="B"' in page and 'class="letter">B<' in page
    assert 'data-live="/runs/compare/live?runs=line-1-1%2Cline-1-2"' in page
    assert '<a href="/runs" aria-current="true">' in page, "the head marks the place"
    # the same by ticking, as a form without a script sends it
    assert 'data-key="B"' in client.get("/runs/compare?runs=line-1-1&runs=line-1-2").text


def test_the_table_behind_the_chart_has_the_curves(client, two):
    page = client.get("/runs/compare?runs=line-1-1,line-1-2").text
    numbers = page.partition('data-part="numbers"')[2].partition("</div>")[0]
    mean = sum(1 / step for step in range(1, 6)) / 5
    assert f'<th scope="row">5</th><td class="n">{mean:.4g}</td>' in numbers, "the mean of steps 1 to 5"
    later = sum(1 / step for step in range(6, 11)) / 5
    assert f'<th scope="row">10</th><td class="n">{later:.4g}</td>' in numbers, "and of no earlier ones"
    assert '<th scope="row">50</th><td class="n">0.2</td><td class="n">0.1</td>' in numbers
    assert '<th scope="row">20</th><td class="n">–</td>' not in numbers, "no row says nothing of all runs"
    drawn = client.get("/runs/compare.svg?runs=line-1-1,line-1-2")
    assert drawn.headers["content-type"].startswith("image/svg") and b"line-1-2" in drawn.content


def test_runs_are_ticked_in_the_list_and_on_a_runs_page(client, two):
    page = client.get("/runs").text
    assert page.count('name="runs"') == 2 and 'form="compare"' in page
    assert '<form id="compare" class="comparer" action="/runs/compare" method="get">' in page
    assert 'href="/runs/compare?runs=line-1-1"' in client.get("/runs/line-1-1").text
    one = client.get("/runs/compare?runs=line-1-1")
    assert one.status_code == 200 and 'id="comparison"' not in one.text, "one run asks for another"
    assert 'value="line-1-1" checked' in one.text and 'value="line-1-2">' in one.text
    assert client.get("/runs/compare").status_code == 200


def test_a_wrong_name_is_told_with_the_nearest_and_the_right_ones_stay_ticked(client, two):
    answer = client.get("/runs/compare?runs=line-1-1,line-1-3,../token")
    page = answer.text.replace("&#39;", "'")
    assert answer.status_code == 404 and "'line-1-3'" in page and "Did you mean 'line-1-" in page
    assert "'../token'" in page, "every wrong name is told"
    assert 'value="line-1-1" checked' in page and 'id="comparison"' not in page
    for path in ("/api/runs/compare", "/runs/compare.svg", "/runs/compare/live"):
        assert client.get(f"{path}?runs=line-1-1,line-1-3").status_code == 404
        assert client.get(f"{path}?runs=line-1-1").status_code == 422


def test_at_most_eight(client, diary):
    names = [f"line-1-{i}" for i in range(1, 10)]
    for name in names:
        diary(name).start()
    assert 'data-key="H"' in client.get(f"/runs/compare?runs={','.join(names[:8])}").text
    answer = client.get(f"/runs/compare?runs={','.join(names)}")
    assert answer.status_code == 422 and "9 runs were chosen; at most 8" in answer.text
    assert answer.text.count(" checked>") == 9, "one can be taken away"
    assert "at most 8" in client.get(f"/api/runs/compare?runs={','.join(names)}").json()["error"]


def test_the_api_answers_as_the_command_line_does(client, two):
    looked(two["line-1-1"], 50, float("nan"), split="test")
    made = client.get("/api/runs/compare?runs=line-1-1,line-1-2").json()
    first, second = made["runs"]
    assert (first["settings"], second["settings"]) == ({"optimizer.lr": 0.1}, {"optimizer.lr": 0.5})
    assert second["best"]["loss"] == 0.1 and second["best_step"] == 50 and "train_curve" not in second
    assert first["test"]["loss"] is None, "JSON has no word for what is no number"
    assert "line-1-2" in made["verdict"][0]


def evaluated(made, low, high):
    value = Evaluation(
        kind="regress",
        run=made.path.name,
        recipe="line-1",
        data=Note(en="x", zh="x"),
        split="test",
        step=50,
        examples=20,
        resamples=100,
        seed=0,
        trivial="0",
        scores={"loss": Score(value=(low + high) / 2, low=low, high=high)},
    )
    write_json(made.path / "evaluation" / "evaluation.json", value.model_dump(mode="json"))


def test_intervals_are_shown_where_they_are_known_and_say_what_a_difference_is_worth(client, two):
    for made in two.values():
        (made.path / "evaluation").mkdir()
    evaluated(two["line-1-1"], 0.1, 0.3)
    page = client.get("/runs/compare?runs=line-1-1,line-1-2").text
    assert "Loss 0.2 (0.1–0.3)" in page and "overlap" not in page, "one interval is not enough to judge"
    evaluated(two["line-1-2"], 0.05, 0.15)
    assert "may be chance" in client.get("/runs/compare?runs=line-1-1,line-1-2").text
    evaluated(two["line-1-2"], 0.05, 0.06)
    assert "unlikely to be chance" in client.get("/runs/compare?runs=line-1-1,line-1-2").text
    (two["line-1-1"].path / "model").mkdir()
    write_json(two["line-1-1"].path / "model" / "jinjie.json", {"step": 75})
    later = client.get("/runs/compare?runs=line-1-1,line-1-2").text
    assert "Loss 0.2 (0.1–0.3)" not in later, "there is a better model since"


def test_what_cannot_be_compared_has_no_best(client, two, diary):
    other = diary("cancer-1", "credit")
    other.start()
    other.write("evaluated", step=10, split="validation", metrics={"loss": 0.01})
    page = client.get("/runs/compare?runs=line-1-1,cancer-1").text
    assert 'data-key="B"' in page and "Best on the validation split" not in page
    (other.path / "recipe.json").write_text("{")
    broken = client.get("/runs/compare?runs=line-1-1,cancer-1")
    assert broken.status_code == 409 and "cancer-1" in broken.text


def test_the_page_hears_of_new_points_of_each_run_and_of_a_run_that_goes(two, monkeypatch):
    runs = [find("line-1-1"), find("line-1-2")]
    watch = ComparisonWatch(runs, Stories(), lambda: {"table": str(two["line-1-1"].path.stat().st_size)})
    first = watch.frames()
    assert [(f.event, f.data.get("run")) for f in first] == [("reset", 0), ("reset", 1), ("parts", None)]
    assert first[1].data["validation"] == [(25, 0.2), (50, 0.1)] and len(first[1].data["train"]) == 50
    assert watch.frames() == [], "nothing new, nothing said"
    two["line-1-1"].steps(51, 52)
    (news,) = watch.frames()
    assert news.event == "more" and news.data["run"] == 0
    assert [step for step, _ in news.data["train"]] == [51, 52]
    watch.next = 0.0
    watch.render = lambda: {"table": "other"}
    assert [f.data for f in watch.frames()] == [{"table": "other"}]
    find("line-1-2").delete()
    assert [f.event for f in watch.frames()] == ["gone"]


def test_both_languages(client, two):
    client.cookies.set("lang", "zh")
    page = client.get("/runs/compare?runs=line-1-1,line-1-2").text
    with speaking("zh"):
        assert say("compare.best") in page and say("studio.compare.set") in page and "学习率" in page
    assert len(compare_pages.LETTERS) == compare_pages.MOST
