"""The pages and the API as a browser and a program see them; one run is real, launched and trained."""

import subprocess
import sys
import time

import pytest

from jinjie.base.paths import runs_home


def bearer(client):
    return {"authorization": f"Bearer {client.cookies['jinjie']}"}


def test_an_empty_list_says_what_to_do_in_both_languages(client):
    english = client.get("/runs", headers={"accept-language": "en-GB,en;q=0.9"})
    assert 'lang="en"' in english.text and "Nothing has been trained" in english.text
    chinese = client.get("/runs", headers={"accept-language": "fr;q=0.9,zh-CN;q=0.8,en;q=0.1"})
    assert 'lang="zh-CN"' in chinese.text and "还没有训练过" in chinese.text


def test_a_chosen_language_and_theme_are_kept_and_lead_back(client):
    answer = client.post("/preferences", data={"lang": "zh", "theme": "dark", "back": "/runs/x"})
    assert answer.status_code == 303 and answer.headers["location"] == "/runs/x"
    page = client.get("/", headers={"accept-language": "en"})
    assert 'lang="zh-CN"' in page.text and 'data-theme="dark"' in page.text
    away = client.post("/preferences", data={"lang": "xx", "back": "//elsewhere.example"})
    assert away.headers["location"] == "/elsewhere.example"
    assert 'lang="zh-CN"' in client.get("/").text


def test_every_state_of_a_run_has_its_word(client, diary):
    for name, end in (("a-1", "finished"), ("a-2", "stopped"), ("a-3", "failed"), ("a-4", None)):
        run = diary(name)
        run.start()
        run.steps(1, 40)
        more = (
            {"error": {"en": "the loss is no number", "zh": "损失不是数"}}
            if end == "failed"
            else {"metrics": {"loss": 0.5}}
        )
        if end:
            run.write(end, step=40, **more)
    page = client.get("/runs").text
    for word in ("finished", "stopped", "failed", "interrupted"):
        assert f'<span class="state {word}">{word}</span>' in page
    assert "the loss is no number" in page
    assert "<path d=" in page
    client.cookies.set("lang", "zh")
    page = client.get("/runs").text
    assert all(word in page for word in ("已完成", "已停止", "失败", "意外中断", "损失不是数"))


def test_a_run_page_shows_what_its_folder_holds(client, diary):
    run = diary("line-1-7")
    run.start()
    run.steps(1, 30)
    (run.path / "pictures").mkdir()
    (run.path / "pictures" / "fit.svg").write_text(
        "<svg xmlns='http://www.w3.org/2000/svg'><text>our fit</text></svg>"
    )
    (run.path / "pictures" / "odd.svg").write_text(
        "<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"
    )
    for name in ("fit", "odd"):
        run.write("picture", step=30, name=name, file=f"pictures/{name}.svg")
    (run.path / "checkpoints" / "step-00000030").mkdir(parents=True)
    (run.path / "checkpoints" / "step-00000030" / "state.json").write_bytes(b"x" * 1500)
    (run.path / "console.log").write_text("step 30/100: <b>loss</b> 0.03\n")
    page = client.get("/runs/line-1-7").text
    assert "A line without noise" in page and "optimizer.lr" in page
    assert "<text>our fit</text></svg>" in page, "our drawings are part of the page and take its colours"
    assert "/runs/line-1-7/pictures/odd.svg?at=" in page and "<script>1" not in page
    assert "1.5 KB" in page
    assert "&lt;b&gt;loss" in page and "<b>loss" not in page, "what a run prints is text, never markup"
    picture = client.get("/runs/line-1-7/pictures/odd.svg")
    assert picture.headers["content-type"].startswith("image/svg")
    assert "sandbox" in picture.headers["content-security-policy"]
    told = client.get("/api/runs/line-1-7").json()
    assert told["step"] == 30 and len(told["chart"]["train"]) == 30
    assert told["checkpoints"] == [{"name": "step-00000030", "step": 30, "bytes": 1500}]


@pytest.mark.parametrize("name", ["%2e%2e", "..%2f..%2fetc", "no-such-run", "%00", "a%5cb", "-", "last"])
def test_a_name_never_leads_out_of_the_runs(client, diary, name):
    diary("line-1-1")
    (runs_home().parent / "recipe.json").write_text("{}")
    for path in (f"/runs/{name}", f"/api/runs/{name}", f"/runs/{name}/live", f"/runs/{name}/pictures/x.svg"):
        assert client.get(path).status_code == 404
    assert client.delete(f"/api/runs/{name}").status_code in (404, 405)
    assert (runs_home() / "line-1-1").is_dir()


@pytest.mark.parametrize("file", ["..%2frecipe.json", "recipe.json", "x.html"])
def test_a_picture_is_only_a_picture(client, diary, file):
    run = diary("line-1-1")
    (run.path / "pictures").mkdir()
    (run.path / "pictures" / "x.html").write_text("<script>1</script>")
    assert client.get(f"/runs/line-1-1/pictures/{file}").status_code == 404


@pytest.mark.parametrize("file", ["..%2fapp.py", "%2e%2e%2fapp.py", "app.py", "..%5capp.py"])
def test_static_files_are_the_built_ones_only(client, file):
    assert client.get(f"/static/{file}").status_code == 404


def test_an_unreadable_or_newer_run_does_not_break_the_list(client, diary):
    broken, newer = diary("a-1"), diary("a-2")
    (broken.path / "recipe.json").write_text("{")
    (newer.path / "recipe.json").write_text('{"schema": 99, "recipe": {}}')
    page = client.get("/runs")
    assert page.status_code == 200 and "cannot be read" in page.text and "newer Jinjie" in page.text
    assert client.get("/runs/a-1").status_code == 200
    assert client.get("/runs/a-1", headers={"accept-language": "zh"}).status_code == 200


def test_a_wrong_form_is_answered_with_its_problems_beside_the_fields(client):
    posted = {
        "recipe": "gpt-shakespeare",
        "size": "tiny",
        "shown": "tiny",
        "optimizer.lr": "-1",
        "model.layers": "x",
    }
    answer = client.post("/start", data=posted, headers={"hx-request": "true"})
    assert answer.status_code == 422
    assert answer.text.lstrip().startswith("<form")
    assert answer.text.count('aria-invalid="true"') == 2 and "must be &gt; 0" in answer.text
    whole = client.post("/start", data=posted)
    assert whole.status_code == 422 and "<html" in whole.text and "must be &gt; 0" in whole.text
    assert not runs_home().exists() or not list(runs_home().iterdir())


def test_errors_come_as_the_asker_can_read_them(client):
    page = client.get("/runs/nothing")
    assert page.status_code == 404 and "<html" in page.text
    piece = client.get("/runs/nothing", headers={"hx-request": "true"})
    assert piece.headers["hx-retarget"] == "#notice" and "<html" not in piece.text
    program = client.get("/api/runs/nothing", headers={"accept-language": "zh"})
    assert "nothing" in program.json()["error"] and "没有" in program.json()["error"]
    wrong = client.post("/api/runs", json={"recipe": "gpt-shakespear"})
    assert wrong.status_code == 404 and "gpt-shakespeare" in wrong.json()["error"]
    wrong = client.post(
        "/api/runs", json={"recipe": "line-1", "changes": {"optimizer.lrr": 1, "budget.batch": 0}}
    )
    assert wrong.status_code == 422
    assert {p["where"] for p in wrong.json()["problems"]} == {"optimizer.lrr", "budget.batch"}
    assert client.post("/api/runs", json={"recipes": "line-1"}).status_code == 422


def test_recipes_say_what_they_teach_and_where_their_data_is_from(client):
    cards = client.get("/api/recipes").json()
    assert {"line-1", "line-2", "mnist-mlp", "gpt-shakespeare", "gpt-poems"} <= {c["name"] for c in cards}
    assert all(c["teaches"]["zh"] and c["data"]["source"] for c in cards)
    one = client.get("/api/recipes/line-1").json()
    lr = next(s for s in one["settings"] if s["path"] == "optimizer.lr")
    assert lr["limits"] == {"gt": 0} and lr["hint"]["zh"]


def test_a_real_run_through_the_api_to_its_end_and_away(client):
    made = client.post("/api/runs", json={"recipe": "line-1", "changes": {"threads": 1}})
    assert made.status_code == 201
    name = made.json()["name"]
    deadline = time.monotonic() + 120  # a busy machine; 4 s on an idle one
    while (told := client.get(f"/api/runs/{name}").json())[
        "state"
    ] == "running" and time.monotonic() < deadline:
        time.sleep(0.2)
    assert told["state"] == "finished", told
    assert told["step"] == told["total"] == 200 and told["chart"]["train"][-1][0] == 200
    assert client.post(f"/api/runs/{name}/stop").json() == {"asked": False}
    assert client.post(f"/api/runs/{name}/resume").status_code == 409
    assert client.delete(f"/api/runs/{name}").json() == {"deleted": True}
    assert client.get(f"/api/runs/{name}").status_code == 404


def test_the_studio_imports_no_torch():
    code = (
        "import sys; from starlette.testclient import TestClient; from jinjie.studio.server import prepare;"
        "from jinjie.studio.app import make_app; c = TestClient(make_app('x' * 40), base_url='http://127.0.0.1');"
        "h = {'authorization': 'Bearer ' + 'x' * 40}; assert c.get('/', headers=h).status_code == 200;"
        "assert c.get('/api/recipes/gpt-shakespeare', headers=h).status_code == 200;"
        "print([m for m in ('torch', 'matplotlib', 'polars') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_what_is_unusual_stands_under_the_curve_once_a_run_has_ended(client, diary):
    """A run that fails on a rate too high says so, with the command to try; while it trains nothing is judged."""
    run = diary("line-1-1")
    run.start()
    run.steps(1, 40, lambda step: 2.0**step)
    assert "optimizer.lr=0.01" not in client.get("/runs/line-1-1").text
    run.write("failed", step=40, key="run.loss_not_finite", error={"en": "not finite", "zh": "不是有限数"})
    page = client.get("/runs/line-1-1").text
    assert "The learning rate is too high" in page and "jinjie run line-1 optimizer.lr=0.01" in page
