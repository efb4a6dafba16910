"""What a finished run is good for: links to play, one example, a whole table, and every form to take along."""

import csv
import html
import io
import json
import zipfile

import polars as pl
import pytest
import torch

from jinjie import recipes
from jinjie.analyse.predictions import predict_file
from jinjie.base.files import write_json
from jinjie.data import credit, labelled, line, sentiment
from jinjie.data.tokenization.labels import LabelledProcessor
from jinjie.data.tokenization.train import WordPiece, train_wordpiece
from jinjie.models import bert, gpt, linear, mlp
from jinjie.serve import asking, server
from jinjie.studio import export_pages, use_pages
from jinjie.tasks import classify, language, regress
from jinjie.training import finished


def model(diary, name, recipe, config, processor, task, data):
    """A run with a model that has learned nothing, as a training leaves it."""
    made = diary(name, recipe)
    made.start()
    made.write("finished", step=100, metrics={})
    folder = made.path / "model"
    folder.mkdir()
    torch.manual_seed(0)
    finished.write(folder, config.build().state_dict(), config, processor)
    card = {"run": name, "recipe": recipe, "step": 100, "task": task.model_dump(mode="json")}
    write_json(folder / "jinjie.json", {**card, "data": data.model_dump(mode="json")})
    return folder


@pytest.fixture
def loans(diary):
    """Of a table with a number, words, and holes."""
    rows = [(20 + i, ("rent", "own", None)[i % 3], "good" if i % 2 else "bad") for i in range(40)]
    frame = pl.DataFrame(rows, ["Age <years>", "Home", "Status"], orient="row")
    made = labelled.examples(credit.Config(), labelled.Table.of(frame, "Status"))
    config = mlp.Config(hidden=(), inputs=made.facts["inputs"], outputs=2)
    return model(diary, "credit-1", "credit", config, made.processor, classify.Config(), credit.Config())


@pytest.fixture
def reviews(diary):
    words = train_wordpiece(WordPiece(size=80), ["good bad film 好 坏 的 电 影"] * 20)
    processor = LabelledProcessor.of(words, ["0", "1"], 16, "en")
    config = bert.Config(
        vocabulary=processor.vocabulary, block=16, layers=1, width=16, heads=2, masked=False, head="text", outputs=2
    )  # fmt: skip
    return model(
        diary, "sentiment-en-1", "sentiment-en", config, processor, classify.Config(), sentiment.Config()
    )


def answered(folder, text):
    opened = finished.open_finished(folder)
    return opened.task.predict({"model": opened.network}, opened.processor, text).values


def test_one_example_is_answered_as_the_command_line_answers_it(client, loans):
    page = client.get("/runs/credit-1/predict").text
    assert "Age &lt;years&gt;</label>" in page and 'name="column-0"' in page and "Predicted: Status" in page
    assert '<option value="own">own</option>' in page and '<option value="">' in page
    answer = client.post("/runs/credit-1/predict", data={"column-0": "35", "column-1": "own"})
    said = answered(loans, json.dumps({"Age <years>": "35", "Home": "own"}))
    for label, share in said["probabilities"].items():
        assert f'<th scope="row">{label}</th><td><span class="share">{share:.2%}' in answer.text
    assert 'value="35"' in answer.text and "selected>own" in answer.text, "what was asked stays"
    part = client.post("/runs/credit-1/predict", data={"column-0": "35"}, headers={"hx-request": "true"}).text
    assert part.lstrip().startswith('<div id="one"') and "<html" not in part and said["label"] in part


def test_what_is_wrong_stands_beside_its_field(client, loans):
    answer = client.post("/runs/credit-1/predict", data={"column-0": "many", "column-1": "hut"})
    assert answer.status_code == 422
    assert 'id="column-0-wrong">expected a number' in answer.text and 'value="many"' in answer.text
    assert (
        'id="column-1-wrong">&#39;hut&#39; never stood' in answer.text
        and 'class="verdict"' not in answer.text
    )
    assert "at least one field" in client.post("/runs/credit-1/predict", data={}).text
    typical = client.get("/runs/credit-1/predict?example=true").text
    assert 'name="column-0" value="' in typical and "selected>own" in typical
    assert 'name="column-0" value=""' not in typical


def test_a_table_comes_back_with_the_same_answers_as_from_the_command_line(client, loans, tmp_path):
    content = "Home;备注;Age <years>\nown;甲;35\n;乙;60\n".encode("gb18030")
    answer = client.post(
        "/runs/credit-1/predict/table", files={"file": ("my loans.csv", io.BytesIO(content))}
    )
    assert answer.status_code == 200 and "my%20loans-predicted.csv" in answer.headers["content-disposition"]
    (tmp_path / "own.csv").write_bytes(content)
    predict_file(finished.open_finished(loans), str(tmp_path / "own.csv"), tmp_path / "out.csv")
    assert answer.content == (tmp_path / "out.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["备注"] for row in rows] == ["甲", "乙"] and {"predicted", "probability"} <= set(rows[0])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Home,Age <years>\nown,x\nhut,3\n", "own.csv:2 Age &lt;years&gt;: expected a number"),
        (b"Home\nown\n", "the table has no such column"),
        (b"Home,Age <years>\nown\n", "own.csv:2: 1 cells where the header has 2"),
        (b"PK\x03\x04" + bytes(60), "own.csv"),
        (b"", "holds no text"),
    ],
)
def test_a_table_that_cannot_be_answered_is_told_with_its_lines(client, loans, content, said):
    answer = client.post("/runs/credit-1/predict/table", files={"file": ("own.csv", io.BytesIO(content))})
    assert answer.status_code == 422 and said in answer.text and "jinjie-table-" not in answer.text
    assert "--file:" not in answer.text


def test_a_table_is_bounded(client, loans, reviews, monkeypatch):
    monkeypatch.setattr(use_pages, "LARGEST", 1000)
    monkeypatch.setattr(use_pages, "TEXTS", 1)
    large = {"file": ("own.csv", io.BytesIO(b"Home,Age <years>\n" + b"own,3\n" * 200))}
    answer = client.post("/runs/credit-1/predict/table", files=large)
    assert answer.status_code == 422 and "more than 1 KB" in answer.text
    many = {"file": ("own.csv", io.BytesIO(b"text\ngood\nbad\n"))}
    assert "2 rows of texts" in client.post("/runs/sentiment-en-1/predict/table", files=many).text
    none = client.post("/runs/credit-1/predict/table", files={"file": ("", io.BytesIO(b""))})
    assert "Choose a table first" in none.text


def test_a_text_is_answered_and_a_table_of_texts(client, reviews):
    page = client.get("/runs/sentiment-en-1/predict").text
    assert "<textarea" in page and "jsonl" in page and 'id="typical"' not in page
    said = answered(reviews, "good film")
    answer = client.post("/runs/sentiment-en-1/predict", data={"column-0": "good film"})
    assert (
        f"{max(said['probabilities'].values()):.2%}" in answer.text and "good film</textarea>" in answer.text
    )
    assert client.post("/runs/sentiment-en-1/predict", data={"column-0": "x" * 5001}).status_code == 422
    sent = {"file": ("own.csv", io.BytesIO(b"review\ngood film\n"))}
    made = client.post("/runs/sentiment-en-1/predict/table", files=sent, data={"column": "review"})
    (row,) = csv.DictReader(io.StringIO(made.text))
    assert row["predicted"] == said["label"]
    wrong = client.post("/runs/sentiment-en-1/predict/table", files=sent, data={"column": "reviw"})
    assert "Did you mean &#39;review&#39;?" in wrong.text and 'value="reviw"' in wrong.text


def test_a_number_is_predicted(client, diary):
    config = linear.Config(inputs=1, outputs=1)
    folder = model(
        diary, "line-1-1", "line-1", config, line.Config().load().processor, regress.Config(), line.Config()
    )
    value = answered(folder, "2.5")["value"]
    answer = client.post("/runs/line-1-1/predict", data={"column-0": "2.5"})
    assert f'id="told-value">{value:.4g}<' in answer.text
    assert client.post("/runs/line-1-1/predict", data={"column-0": ""}).status_code == 422


def test_a_runs_page_leads_to_what_its_model_can_do(client, loans, reviews, diary):
    page = client.get("/runs/credit-1").text
    assert 'href="/runs/credit-1/predict"' in page and 'href="/runs/credit-1/export"' in page
    assert "/play/" not in page.partition('data-part="use"')[2].partition("</section>")[0]
    page = client.get("/runs/sentiment-en-1").text
    assert 'href="/play/classify/sentiment-en-1"' in page and 'href="/runs/sentiment-en-1/predict"' in page
    diary("line-1-9").start()
    assert 'id="to-export"' not in client.get("/runs/line-1-9").text, "no model, nothing to use"
    for path in ("predict", "export", "export/own.zip"):
        assert client.get(f"/runs/line-1-9/{path}").status_code == 409
        assert client.get(f"/runs/nothing/{path}").status_code == 404
    assert client.get("/runs/credit-1/export/pickle.zip").status_code == 422


def unpacked(answer, folder):
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
        return archive.namelist()


def test_a_table_model_is_taken_along_and_opens_elsewhere(client, loans, tmp_path):
    page = client.get("/runs/credit-1/export").text
    assert "/runs/credit-1/export/own.zip" in page and "/runs/credit-1/export/published.zip" not in page
    assert "has no layout that is published" in page and "no place in a GGUF file" in page
    names = unpacked(client.get("/runs/credit-1/export/own.zip"), tmp_path)
    assert all(name.startswith("credit-1/") for name in names)
    said = '{"Age <years>": "35", "Home": "own"}'
    assert answered(tmp_path / "credit-1", said) == answered(loans, said)
    refused = client.get("/runs/credit-1/export/published.zip")
    assert refused.status_code == 409 and "no published layout" in refused.text


def test_a_gpt_is_taken_along_in_every_form(client, diary, tmp_path):
    packaged = finished.open_finished(finished.packaged()["poems"])
    config = gpt.Config(vocabulary=packaged.config.vocabulary, block=32, layers=1, width=16, heads=2)
    data = recipes.find("gpt-poems").data
    model(diary, "gpt-poems-1", "gpt-poems", config, packaged.processor, language.Config(), data)
    page = html.unescape(client.get("/runs/gpt-poems-1").text)
    asked = asking.asking("gpt-poems-1", f"http://127.0.0.1:{server.PORT}/v1", "TOKEN", writes=True)
    for words in ("jinjie serve gpt-poems-1", asked.curl, asked.python):
        assert f'<pre tabindex="0"><code>{words}</code></pre>' in page
    page = client.get("/runs/gpt-poems-1/export").text
    assert page.index("form-published") < page.index("form-own") and "form-adapters" not in page
    assert "token ids alone" in page and "--no-tokenizer" in page and "llama-cli" not in page, (
        "its words are its own"
    )
    names = unpacked(client.get("/runs/gpt-poems-1/export/published.zip?dtype=bf16"), tmp_path)
    assert {"gpt-poems-1/config.json", "gpt-poems-1/model.safetensors"} <= set(names)
    settings = json.loads((tmp_path / "gpt-poems-1" / "config.json").read_text())
    assert settings["model_type"] in ("gpt2", "llama") and settings["dtype"] == "bfloat16"
    assert unpacked(client.get("/runs/gpt-poems-1/export/gguf.zip"), tmp_path) == [
        "gpt-poems-1/gpt-poems-1.gguf"
    ]
    assert (tmp_path / "gpt-poems-1" / "gpt-poems-1.gguf").read_bytes()[:4] == b"GGUF"


def test_what_was_packed_is_gone_when_it_was_sent(client, loans, tmp_path, monkeypatch):
    monkeypatch.setattr(export_pages, "mkdtemp", lambda prefix: str(_made(tmp_path / "pack")))
    monkeypatch.setattr(use_pages, "mkdtemp", lambda prefix: str(_made(tmp_path / "table")))
    client.get("/runs/credit-1/export/own.zip")
    client.post(
        "/runs/credit-1/predict/table", files={"file": ("a.csv", io.BytesIO(b"Home,Age <years>\nown,3\n"))}
    )
    client.post("/runs/credit-1/predict/table", files={"file": ("a.csv", io.BytesIO(b"Home\nown\n"))})
    assert not (tmp_path / "pack").exists() and not (tmp_path / "table").exists()


def _made(folder):
    folder.mkdir()
    return folder
