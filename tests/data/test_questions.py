"""Questions and passages: the made-up ones, and files of one's own, whose faults are named by line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jinjie.base.errors import InvalidInput
from jinjie.base.words import speaking
from jinjie.data import questions
from jinjie.data.dataset import SPLITS
from jinjie.data.questions.file import read_questions
from jinjie.data.questions.made import made
from jinjie.data.questions.pairs import AnswerProcessor, parted
from jinjie.data.questions.patterns import RELATIONS
from jinjie.data.questions.vocabulary import AREAS


@pytest.fixture(scope="module")
def data(data_home: Path) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        return questions.Config(examples=120).load()


def test_the_answer_stands_where_it_is_said_to() -> None:
    for split in SPLITS:
        for one in made(0, split, 300):
            (answer,) = one.texts
            assert one.context.count(answer) == 1, one
            assert one.context[one.answers[0][0] :].startswith(answer)
            assert "{" not in one.question + one.context and one.question.endswith("?")
            assert " a owl" not in one.context and one.context[-1] == "."


def test_they_are_a_function_of_the_seed_and_the_number() -> None:
    assert list(made(0, "test", 5)) == list(made(0, "test", 9))[:5]
    assert next(made(0, "test", 1)) != next(made(1, "test", 1)) != next(made(1, "train", 1))


def test_nothing_of_a_held_out_split_is_in_another() -> None:
    """Neither names nor things nor the wording of a question: what was learned by heart is of no use."""
    answers = {s: {w for q in made(0, s, 2000) for t in q.texts for w in t.split()} for s in SPLITS}
    answers = {s: {w for w in found if not w.isdigit()} - set(AREAS) for s, found in answers.items()}
    asks = {s: {q.question.split()[0] for q in made(0, s, 500)} for s in SPLITS}
    assert not answers["test"] & answers["train"] and not answers["test"] & answers["validation"]
    assert all(len(found) > 3 for found in asks.values())
    for relation in RELATIONS.values():
        assert len(set(relation.asks)) == 7 == len(set(relation.says))
        assert all("{who}" in one for one in relation.asks + relation.says)
        assert all("{what}" in one for one in relation.says)


def test_the_form_of_an_answer_does_not_tell_it() -> None:
    """What is asked for is told of two or three: knowing the kind of answer leaves a choice."""
    for one in made(0, "test", 300):
        sentences = one.context.split(". ")
        (answer,) = one.texts
        told = next(sentence for sentence in sentences if answer in sentence).split()[-3:]
        assert len(sentences) == 6
        assert sum(sentence.split()[:2] != told[:2] for sentence in sentences) >= 4


def test_pairs_as_the_model_reads_them(data: Any) -> None:
    rows, asked = data.splits["train"], data.asked["train"]
    words = data.processor
    assert dict(data.facts) == dict(questions.Config(examples=120).about().facts)
    for row in range(len(rows)):
        batch = rows.batch(np.array([row]), data.pad)
        places = data.places("train", row)
        first, last = int(batch["first"][0]), int(batch["last"][0])
        said = asked[row].context[places[first, 0] : places[last, 1]]
        assert said == asked[row].texts[0]
        tokens = [words.tokenizer.id_to_token(int(i)) for i in batch["x"][0]]
        second = tokens.index("[SEP]") + 1
        assert tokens[0] == "[CLS]" and tokens[-1] == "[SEP]"
        assert batch["types"][0].tolist() == [0] * second + [1] * (len(tokens) - second)
        assert (places[:second] == 0).all() and first >= second


def test_an_answer_that_does_not_fit_is_none(data: Any) -> None:
    short = questions.Config(examples=120, block=32).load()
    lost = [int(short.splits["train"].each["first"][i]) == 0 for i in range(120)]
    assert 30 < sum(lost) < 120 and short.splits["train"].shortened == 120
    for row, one in enumerate(lost):
        assert one == (short.splits["train"].each["last"][row] == 0)


def test_long_passages_are_read_in_stretches(data: Any) -> None:
    words = AnswerProcessor.answering(data.processor, 32, "en")
    context = " ".join(f"word{i}" for i in range(60))
    pairs = words.pairs("What is it?", context, whole=True)
    assert all(len(pair.ids) <= 32 for pair in pairs) and len(pairs) > 3
    covered = {int(a) for pair in pairs for a, b in pair.places if b > a}
    assert covered >= {context.index(f"word{i}") for i in range(60)}
    assert len(words.pairs("why " * 100, context)[0].ids) == 32  # the question leaves room for the passage


def test_it_travels_with_the_model(data: Any, tmp_path: Path) -> None:
    data.processor.save(tmp_path)
    again = questions.Config().open_processor(tmp_path)
    text = "Who is it?\nIt is Ada."
    assert (again.encode(text)["x"] == data.processor.encode(text)["x"]).all()
    for wrong in ("", "Who is it?", "\nIt is Ada."):
        with pytest.raises(InvalidInput, match="--context"):
            parted(wrong)


GOOD = {"question": "谁?", "context": "张三在北京。", "answers": [{"text": "张三", "answer_start": 0}]}


def lines(*rows: Any) -> str:
    return "\n".join(row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)


def test_own_files_as_squad_has_them(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    columns = {**GOOD, "answers": {"text": ["张三", "北京"], "answer_start": [0, 3]}}
    free = {**GOOD, "question": "哪?", "answers": [{"text": "北京"}]}
    file.write_text(lines(GOOD, columns, "", free, GOOD), "utf-8")
    found = read_questions(str(file))
    assert [one.texts for one in found] == [("张三",), ("张三", "北京"), ("北京",)]


def test_every_fault_is_named_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    moved = {**GOOD, "answers": [{"text": "北京", "answer_start": 0}]}
    gone = {**GOOD, "answers": [{"text": "上海", "answer_start": 0}]}
    file.write_text(
        lines(
            "no",
            "[1]",
            {"question": "a", "contex": "b", "answers": []},
            {**GOOD, "question": " "},
            {**GOOD, "context": 3},
            {**GOOD, "answers": []},
            {**GOOD, "answers": ["张三"]},
            moved,
            gone,
            GOOD,
        ),
        "utf-8",
    )
    with pytest.raises(InvalidInput) as caught, speaking("en"):
        read_questions(str(file))
    said = {problem.where.rpartition(":")[2]: problem.in_("en") for problem in caught.value.problems}
    assert sorted(map(int, said)) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert "context" in said["3"] and "3" in said["8"] and "does not stand" in said["9"]


def test_a_passage_stands_in_one_split(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    rows = [
        {"question": f"q{j}?", "context": f"Passage {i} is of item{i}.", "answers": [{"text": f"item{i}"}]}
        for i in range(60)
        for j in range(3)
    ]
    file.write_text(lines(*rows))
    data = questions.Config(path=str(file), block=64).load()
    contexts = [{one.context for one in data.asked[split]} for split in SPLITS]
    assert sum(map(len, contexts)) == 60 and all(contexts)
    assert sum(data.count(split) for split in SPLITS) == 180
    file.write_text(lines(*rows[:6]))
    with pytest.raises(InvalidInput, match="2 different passage"):
        questions.Config(path=str(file)).load()
