"""`jinjie predict` on tables of texts, as users run it."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch

from invoked import invoke
from jinjie.base.files import write_json
from jinjie.data import questions
from jinjie.data.questions.pairs import AnswerProcessor
from jinjie.data.tokenization.train import WordPiece, train_wordpiece
from jinjie.models import bert
from jinjie.tasks import answer
from jinjie.training import finished

WORDS = ["where is ada ? ada is in oslo . bob is in rio ."] * 9


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished model that answers, though it has learned nothing."""
    folder = tmp_path_factory.mktemp("predict") / "model"
    folder.mkdir()
    words = AnswerProcessor.answering(train_wordpiece(WordPiece(size=80), WORDS), 48, "en")
    config = bert.Config(
        vocabulary=words.vocabulary, block=48, layers=1, width=16, heads=2, masked=False, head="span"
    )
    torch.manual_seed(0)
    finished.write(folder, config.build().state_dict(), config, words)
    task, data = answer.Config().model_dump(mode="json"), questions.Config().model_dump(mode="json")
    write_json(folder / "jinjie.json", {"task": task, "data": data})
    return folder


def jinjie(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "JINJIE_HOME": str(folder / "home"),
        "JINJIE_LANG": "en",
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "200",
    }
    return invoke(*words, environment=environment, folder=folder)


def test_a_table_a_question_and_what_is_wrong(model: Path, tmp_path: Path) -> None:
    table = tmp_path / "own.tsv"
    passage = "ada is in oslo . bob is in rio ."
    table.write_text(f"ask\tcontext\tn\nwhere is ada ?\t{passage}\t1\n\t{passage}\t2\n")
    asked = ["predict", str(model), "--file", "own.tsv", "--question", "ask"]
    came = jinjie(tmp_path, *asked, "--json")
    assert came.returncode == 0, came.stderr
    told = json.loads(came.stdout)
    assert told["rows"] == 2 and told["empty"] == 1
    with Path(told["file"]).open(newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    assert Path(told["file"]).name == "predictions.csv" and [row["n"] for row in rows] == ["1", "2"]
    assert passage[int(rows[0]["start"]) : int(rows[0]["end"])] == rows[0]["predicted"] != ""
    assert rows[1]["predicted"] == ""

    again = jinjie(tmp_path, *asked)
    assert again.returncode != 0 and "--replace" in again.stderr
    assert "1 rows got no answer" in jinjie(tmp_path, *asked, "--replace").stderr
    missing = jinjie(tmp_path, "predict", str(model), "--file", "own.tsv", "--replace")
    assert missing.returncode != 0 and "ask, context, n" in missing.stderr

    one = jinjie(tmp_path, "predict", str(model), "where is ada ?", "--context", passage, "--json")
    (said,) = json.loads(one.stdout)
    assert said["input"] == "where is ada ?" and said["answer"] == rows[0]["predicted"]
    for words in ([], ["where is ada ?", "--file", "own.tsv"]):
        wrong = jinjie(tmp_path, "predict", str(model), *words)
        assert wrong.returncode != 0 and "--file" in wrong.stderr
