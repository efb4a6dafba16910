"""The playground: the packaged models with no run at all, and two real runs that are trained once for this file."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from jinjie import recipes
from jinjie.analyse.choices import choices
from jinjie.analyse.explain import explain
from jinjie.base.errors import JinjieError, NotFound
from jinjie.base.paths import runs_home
from jinjie.data import digits
from jinjie.data.tokenization.chat_template import FILE
from jinjie.decoding.sampling import Sampling
from jinjie.decoding.text import write
from jinjie.studio import play_writing
from jinjie.studio.playing import Playing, players
from jinjie.training import finished, launch, worker

TINY = {"threads": 1, "precision": "fp32", "budget.evaluate_every": 1000, "budget.log_every": 1000}
RUNS: dict[str, dict[str, Any]] = {
    "mnist-mlp": {**TINY, "budget.epochs": None, "budget.steps": 40, "model.hidden": [32]},
    "sentiment-zh": {
        **TINY,
        "start": None,
        "budget.epochs": None,
        "budget.steps": 30,
        "model.layers": 1,
        "model.width": 32,
        "model.heads": 2,
    },
}

REVIEWS = "text,label\n" + "".join(
    f"{place}{praise}，第 {number} 次来,{label}\n"
    for number in range(8)
    for place in ("房间", "书", "电脑")
    for praise, label in (("很好", "好评"), ("太差", "差评"))
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, data_home: Path) -> Path:
    """A folder of runs: a small reader of digits and a smaller one of reviews, trained here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_HOME", str(tmp_path_factory.mktemp("trained")))
        patch.setenv("JINJIE_DATA", str(data_home))
        reviews = tmp_path_factory.mktemp("reviews") / "reviews.csv"
        reviews.write_text(REVIEWS, "utf-8")
        RUNS["sentiment-zh"]["data.path"] = str(reviews)
        for name, changes in RUNS.items():
            assert worker.main(launch.create(recipes.find(name).changed(changes)).path) == 0
        return runs_home()


@pytest.fixture
def runs(home: Path, trained: Path) -> Path:
    """Those runs in the home of one test."""
    return Path(shutil.copytree(trained, runs_home()))


@pytest.fixture(scope="module")
def poems() -> finished.Finished:
    return finished.open_finished(finished.packaged()["poems"])


def frames(answer: Any) -> list[tuple[str, Any]]:
    """A stream's events by name, with their data."""
    parts = [part.split("\n") for part in answer.text.split("\n\n") if part]
    return [(event.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for event, data in parts]


def shares(html: str) -> dict[str, list[float]]:
    """The rows of a table of probabilities: what stands in front, and the numbers."""
    rows = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', html, re.S)
    return {
        unescape(re.sub(r"\s*<span.*", "", name, flags=re.S)).strip(): [
            float(share) for share in re.findall(r'class="share">([\d.]+)%', rest)
        ]
        for name, rest in rows
    }


# The list


def test_without_a_run_the_packaged_models_are_there_and_the_way_to_others(client: TestClient) -> None:
    page = client.get("/play").text
    assert page.index('href="/play/write/poems"') < page.index('href="/play/write/mix"')
    assert 'href="/play/inside/poems"' in page
    for recipe in ("sentiment-en", "sentiment-zh", "mnist-cnn"):
        assert f'href="/runs?recipe={recipe}"' in page
    assert "jinjie run mnist-cnn" in page
    assert 'href="/play" aria-current="page"' in page
    client.cookies.set("lang", "zh")
    assert "写唐诗的 GPT" in client.get("/play").text


def test_a_run_stands_under_what_it_does_with_its_score(client: TestClient, runs: Path) -> None:
    page = client.get("/play").text
    assert 'href="/play/draw/mnist-mlp-1"' in page and 'href="/play/classify/sentiment-zh-1"' in page
    card = json.loads((runs / "mnist-mlp-1" / "model" / "jinjie.json").read_text())
    assert f"Accuracy {card['test']['accuracy']:.1%}" in page
    assert "jinjie run mnist-cnn" not in page
    (runs / "mnist-mlp-1" / "model" / "jinjie.json").write_text("{")
    assert [one.name for one in players()] == ["poems", "mix", "sentiment-zh-1"]


def test_a_run_of_tables_is_no_player(client: TestClient, diary: Callable[..., Any]) -> None:
    model = diary("cancer-1", "cancer").path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (model / "jinjie.json").write_text(json.dumps({"task": {"kind": "classify"}}))
    assert "cancer-1" not in client.get("/play").text


@pytest.mark.parametrize("name", ["nothing", "minilm", "..%2f..%2fetc", "gpt2", "%2e%2e"])
@pytest.mark.parametrize("deed", ["write", "inside", "classify", "draw"])
def test_a_name_leads_to_packaged_models_and_runs_alone(client: TestClient, deed: str, name: str) -> None:
    assert client.get(f"/play/{deed}/{name}").status_code == 404


def test_a_model_that_does_something_else_says_so(client: TestClient, runs: Path) -> None:
    for address in ("/play/draw/poems", "/play/classify/poems", "/play/write/mnist-mlp-1"):
        answer = client.get(address)
        assert answer.status_code == 409 and "does something else" in answer.text


# Models kept


def test_two_models_are_kept_and_a_better_one_is_opened_anew(runs: Path) -> None:
    playing = Playing()
    poems = playing.open("poems")
    assert playing.open("poems") is poems
    digits = playing.open("mnist-mlp-1")
    assert playing.open("poems") is poems
    playing.open("sentiment-zh-1")
    assert len(playing) == 2
    assert playing.open("poems") is poems, "the one used last stays"
    assert playing.open("mnist-mlp-1") is not digits
    before = playing.open("mnist-mlp-1")
    (runs / "mnist-mlp-1" / "model" / "config.json").touch()
    assert playing.open("mnist-mlp-1") is not before and len(playing) == 2
    with pytest.raises(NotFound):
        playing.open("none")
    (runs / "mnist-mlp-1" / "model" / "config.json").unlink()
    with pytest.raises(JinjieError, match="no model yet"):
        playing.open("mnist-mlp-1")


# Writing


def test_a_text_is_the_one_that_generate_writes_and_each_token_tells_its_rivals(
    client: TestClient, poems: finished.Finished
) -> None:
    form = {"prompt": "明月", "temperature": "0.7", "top_k": "20", "seed": "3", "tokens": "60"}
    answer = client.post("/play/write/poems", data=form)
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = frames(answer)
    sampling = Sampling(temperature=0.7, top_k=20, seed=3, max_tokens=60)
    processor = finished.text_processor(poems)
    written = "".join(write(poems.network, processor, "明月", sampling))
    assert "明月" + "".join(data["text"] for event, data in told if event == "token") == written
    assert told[-1][0] == "end" and "ended its text itself" in told[-1][1]["said"]
    assert [data["number"] for event, data in told[:-1]] == list(range(len(told) - 1))
    expected = explain(poems.network, processor, processor.prompt("明月"), sampling)
    rivals = shares(told[0][1]["choices"])
    assert len(rivals) >= 10
    for one in expected.likeliest:
        assert rivals[one.label.replace("·", " ")][:2] == pytest.approx(
            [100 * one.before, 100 * one.after], abs=0.006
        )


def test_without_a_script_the_page_writes_too(client: TestClient) -> None:
    page = client.get("/play/write/poems").text
    assert 'class="token' not in page and 'value="0.8"' in page
    page = client.get("/play/write/poems?prompt=月&seed=5&tokens=12&at=2").text
    buttons = re.findall(r'name="at" value="(\d+)".*?aria-pressed="(\w+)"', page)
    assert [int(number) for number, _ in buttons] == list(range(12))
    assert [number for number, pressed in buttons if pressed == "true"] == ["2"]
    assert "12 tokens, as many as were asked for" in page
    table = page[page.index('<section id="choices"') :]
    assert len(shares(table)) >= 10 and 'class="drawn"' in table


def test_every_wrong_field_is_told_at_once_and_nothing_is_written(client: TestClient) -> None:
    form = {"prompt": "月" * 200, "temperature": "hot", "top_p": "2", "tokens": "9999", "seed": "-1"}
    answer = client.post("/play/write/poems", data=form)
    assert answer.status_code == 422
    said = {problem["where"]: problem["message"] for problem in answer.json()["problems"]}
    assert set(said) == {"prompt", "temperature", "top_p", "tokens", "seed"}
    assert "201 tokens" in said["prompt"] and "128" in said["prompt"]
    page = client.get("/play/write/poems", params=form)
    assert page.status_code == 422 and page.text.count('aria-invalid="true"') == 5
    assert "龘" in client.post("/play/write/poems", data={"prompt": "龘"}).json()["problems"][0]["message"]
    long = client.post("/play/write/poems", data={"prompt": "月" * 30_000}).json()["problems"][0]
    assert long["where"] == "prompt" and "30000" in long["message"]


def test_who_leaves_stops_the_writing() -> None:
    kept, stop = Playing().open("poems"), threading.Event()
    wanted = play_writing.asked(kept, {"prompt": "月", "tokens": "400", "temperature": "5"})
    news = play_writing.frames(kept, wanted, stop)
    assert [next(news).event for _ in range(3)] == ["token"] * 3
    stop.set()
    assert [frame.event for frame in news] == ["end"]
    assert not kept.lock.locked()


def test_two_pages_take_turns() -> None:
    kept, stop = Playing().open("poems"), threading.Event()
    wanted = play_writing.asked(kept, {"prompt": "月", "tokens": "5"})
    one, other = play_writing.tokens(kept, wanted, stop), play_writing.tokens(kept, wanted, stop)
    pairs = [(next(one), next(other)) for _ in range(5)]
    assert all(a.choice == b.choice for a, b in pairs)


@pytest.fixture
def talker(diary: Callable[..., Any]) -> str:
    """The packaged bilingual model with a template, as a run that was taught to chat leaves it."""
    path = diary("gpt-chat-1", "gpt-chat").path
    shutil.copytree(finished.packaged()["mix"], path / "model")
    template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:"
    (path / "model" / FILE).write_text(template)
    card = json.loads((path / "model" / "jinjie.json").read_text())
    (path / "model" / "jinjie.json").write_text(json.dumps({**card, "task": {"kind": "chat"}}))
    return "gpt-chat-1"


def test_a_conversation_goes_on_from_all_that_was_said(client: TestClient, talker: str) -> None:
    assert f'href="/play/chat/{talker}"' in client.get("/play").text
    assert f'href="/play/chat/{talker}"' in client.get(f"/play/write/{talker}").text
    assert client.get(f"/play/chat/{talker}").status_code == 200
    turns = [{"role": "user", "content": "Who is there?"}, {"role": "assistant", "content": "A king."}]
    form = {"said": "What king?", "turns": json.dumps(turns), "tokens": "8", "seed": "1"}
    told = frames(client.post(f"/play/chat/{talker}", data=form))
    assert told[-1][0] == "end" and len(told) <= 9
    model = finished.open_finished(runs_home() / talker / "model")
    processor = finished.text_processor(model)
    asked = "user: Who is there?\nassistant: A king.\nuser: What king?\nassistant:"
    sampling = Sampling(temperature=0.8, max_tokens=8, seed=1)
    expected = [one.text for one in choices(model.network, processor, processor.ids(asked), sampling)]
    assert [data["text"] for event, data in told if event == "token"] == expected
    for wrong in ({"said": " "}, {"said": "a", "turns": "{"}, {"said": "a", "turns": json.dumps(turns[:1])}):
        answer = client.post(f"/play/chat/{talker}", data=wrong)
        assert answer.status_code == 422 and answer.json()["problems"][0]["where"] == "said"
    long = client.post(f"/play/chat/{talker}", data={"said": "word " * 500}).json()["problems"][0]
    assert "256" in long["message"]


# Inside


def test_the_attention_of_a_head_is_drawn_and_stands_in_a_table(client: TestClient) -> None:
    page = client.get("/play/inside/poems?text=明月松间照&layer=2&head=3").text
    assert '<figure class="attention"><svg' in page and "layer 2, head 3" in page
    table = page[page.index('class="table dense"') : page.index("</details>")]
    rows = [re.findall(r">([^<>\s]+)</t[hd]>", row) for row in table.split("<tr>")[2:]]
    weights = np.array([[float(cell) for cell in row[1:]] for row in rows])
    assert weights.shape == (6, 6) and np.allclose(weights.sum(1), 1, atol=0.02)
    assert not np.triu(weights, 1).any(), "the mask hides what comes later"
    assert "style=" not in page, "the page's policy forbids styles of elements"


def test_without_the_mask_tokens_look_ahead_and_both_losses_are_told(client: TestClient) -> None:
    address = "/play/inside/poems?text=明月松间照，清泉石上流&open=1"
    page = client.get(address, headers={"hx-request": "true"}).text
    assert "<html" not in page and page.lstrip().startswith('<div id="inside">')
    table = page[page.index('class="table losses"') :]
    table = table[: table.index("</table>")]
    rows = re.findall(r'<th scope="row">(.)</th>(.*?)</tr>', table, re.S)
    losses = [tuple(map(float, re.findall(r'"share">([\d.]+)<', rest))) for _, rest in rows]
    assert "".join(label for label, _ in rows) == "明月松间照，清泉石上流"
    assert any(abs(masked - seen) > 0.5 for masked, seen in losses)
    means = re.search(r"Loss a token in nats: ([\d.]+) with the mask, ([\d.]+) without", page)
    assert means is not None
    for place in (0, 1):
        mean = sum(pair[place] for pair in losses) / len(losses)
        assert float(means[place + 1]) == pytest.approx(mean, abs=0.011)
    assert page.count("<dd>") == 2 and "<dd></dd>" not in page
    closed = client.get(address.replace("&open=1", "")).text
    assert 'class="table losses"' not in closed


def test_one_token_is_followed_with_numbers_that_add_up(client: TestClient) -> None:
    page = client.get("/play/inside/poems?text=白日依山尽，黄河入海流&at=7").text
    table = page[page.index('class="table steps"') :]
    table = table[: table.index("</table>")]
    assert "Following ， through the model" in page
    pushes = [float(n.replace("−", "-")) for n in re.findall(r'"share">([+−][\d.]+)<', table)]
    assert len(pushes) == 2 + 2 * 6 + 1 + 1
    assert sum(pushes[:-1]) == pytest.approx(pushes[-1], abs=0.1)
    score, mean = re.search(r"score of \S+ ([\d.]+), mean of all (−?[\d.]+)", table).groups()  # type: ignore[union-attr]
    assert float(score) - float(mean.replace("−", "-")) == pytest.approx(pushes[-1], abs=0.02)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"text": "月" * 60}, "61 tokens"),
        ({"text": "月" * 5000}, "too long"),
        ({"text": "龘"}, "龘"),
        ({"text": "月", "layer": "7"}, "1 … 6"),
        ({"text": "月", "head": "x"}, "1 … 6"),
    ],
)
def test_what_cannot_be_looked_into_is_told(client: TestClient, query: dict[str, str], said: str) -> None:
    answer = client.get("/play/inside/poems", params=query)
    assert answer.status_code == 422 and said in answer.text and "<svg" not in answer.text


def test_an_empty_text_is_an_example_in_the_viewers_language(client: TestClient) -> None:
    assert "To be, or not to" in client.get("/play/inside/mix").text
    assert "白日依山尽" in client.get("/play/inside/poems").text, "all that this model can read"
    client.cookies.set("lang", "zh")
    assert "白日依山尽" in client.get("/play/inside/mix").text


# Classes


def test_a_text_is_told_its_class(client: TestClient, runs: Path) -> None:
    page = client.get("/play/classify/sentiment-zh-1").text
    assert 'class="verdict"' not in page
    text = "房间干净，服务热情，还会再来"
    model = finished.open_finished(runs / "sentiment-zh-1" / "model")
    expected = model.task.predict({"model": model.network}, model.processor, text).values
    answer = client.get("/play/classify/sentiment-zh-1", params={"text": text}).text
    processor: Any = model.processor
    wanted = {processor.name(k): [round(100 * v, 2)] for k, v in expected["probabilities"].items()}
    assert shares(answer) == wanted
    part = client.get(
        "/play/classify/sentiment-zh-1", params={"text": "好" * 400}, headers={"hx-request": "true"}
    ).text
    assert "<html" not in part and "were not read" in part
    for wrong in ("", "字" * 6000):
        assert client.get("/play/classify/sentiment-zh-1", params={"text": wrong}).status_code == 422


def sent(client: TestClient, content: bytes | None, **headers: str) -> Any:
    files = {"file": ("drawing.png", content or b"", "image/png")} if content is not None else {}
    return client.post("/play/draw/mnist-mlp-1", files=files or None, headers=headers)


def png(pixels: np.ndarray[Any, Any]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def digit(data_home: Path) -> Iterator[np.ndarray[Any, Any]]:
    """A test digit of MNIST, dark on light paper, twenty times as large."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        batch = next(iter(digits.Config().load().batches("test", 10)))
    pixels = (255 - 255 * batch["x"][3].reshape(28, 28)).astype(np.uint8)
    yield np.kron(pixels, np.ones((20, 20), np.uint8))


def test_a_drawing_is_read_and_the_picture_that_the_model_saw_is_shown(
    client: TestClient, runs: Path, digit: np.ndarray[Any, Any], tmp_path: Path
) -> None:
    page = client.get("/play/draw/mnist-mlp-1").text
    assert 'id="paper"' in page and 'type="file"' in page
    answer = sent(client, png(digit), **{"hx-request": "true"})
    assert answer.status_code == 200 and "<html" not in answer.text
    file = tmp_path / "digit.png"
    file.write_bytes(png(digit))
    model = finished.open_finished(runs / "mnist-mlp-1" / "model")
    expected = model.task.predict({"model": model.network}, model.processor, str(file)).values
    assert shares(answer.text) == {k: [round(100 * v, 2)] for k, v in expected["probabilities"].items()}
    shown = re.search(r'src="data:image/png;base64,([^"]+)"', answer.text)
    assert shown is not None
    seen = np.asarray(Image.open(io.BytesIO(base64.b64decode(shown[1]))).convert("L"))[::5, ::5]
    assert np.array_equal(seen, np.rint(model.processor.encode(str(file))["x"].reshape(28, 28) * 255))
    assert "<html" in sent(client, png(digit)).text, "without a script the whole page comes"


def test_what_is_no_drawing_says_why(client: TestClient, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for content, said in (
        (png(np.full((280, 280), 255, np.uint8)), "no ink"),
        (b"no picture", "drawing.png"),
        (None, "Choose a picture first"),
    ):
        answer = sent(client, content)
        assert answer.status_code == 422 and said in answer.text and "jinjie-drawing-" not in answer.text
    monkeypatch.setattr("jinjie.studio.play_pages.LARGEST", 1000)
    answer = sent(client, bytes(5000))
    assert answer.status_code == 422 and "more than 1" in answer.text
