"""Conversations: the package as it is, files of one's own with every fault named, and what a model is shown of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jinjie.base.errors import InvalidInput
from jinjie.data import dialogues
from jinjie.data.answer_form import closed, in_form, is_closed, language_of
from jinjie.data.corpus.tokenizer import given
from jinjie.data.corpus.windows import IGNORED
from jinjie.data.dataset import SPLITS, Split
from jinjie.data.packing import Dialogues, Windows
from jinjie.data.small_talk import question_key, read_split, sort
from jinjie.data.sources import CHATTERBOT, GPT2_VOCABULARY
from jinjie.data.tokenization.characters import train_characters
from jinjie.data.tokenization.conversing import ChatProcessor, Rendered
from jinjie.data.tokenization.train import Characters
from jinjie.training import finished

LANGUAGES: tuple[dialogues.Languages, ...] = ("both", "en", "zh")
TALK = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Who's there?"},
    {"role": "assistant", "content": "I."},
    {"role": "user", "content": "谁？"},
    {"role": "assistant", "content": "我。"},
]


@pytest.fixture(scope="module")
def loaded(data_home: Path) -> dict[dialogues.Languages, Dialogues]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        return {languages: dialogues.Config(languages=languages).load() for languages in LANGUAGES}


@pytest.fixture(scope="module")
def processor() -> ChatProcessor:
    return ChatProcessor.of(given(str(finished.packaged()["mix"])))


def own(tmp_path: Path, rows: list[Any]) -> str:
    file = tmp_path / "own.jsonl"
    file.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return str(file)


def talk(*turns: str) -> dict[str, Any]:
    return {"messages": dialogues.messages(turns)}


@pytest.mark.parametrize("languages", LANGUAGES)
def test_about_is_true_before_loading(
    loaded: dict[dialogues.Languages, Dialogues], languages: dialogues.Languages, data_home: Path
) -> None:
    data, about = loaded[languages], dialogues.Config(languages=languages).about()
    assert about.counts == {split: data.count(split) for split in SPLITS}
    assert about.facts == dict(data.facts)
    assert about.real and about.cached and about.licence
    assert about.download_bytes == CHATTERBOT.bytes + GPT2_VOCABULARY.bytes
    assert (data_home / "downloads" / CHATTERBOT.file).stat().st_size == CHATTERBOT.bytes


def test_every_answer_of_the_package_is_in_the_form_that_is_taught(data_home: Path) -> None:
    """But for its language, which a name or a quotation may decide: fewer than one in fifty."""
    other = total = 0
    for language in ("en", "zh"):
        for split in SPLITS:
            for turns in read_split(data_home / "data" / "dialogues-1", language, split):  # type: ignore[arg-type]
                assert len(turns) % 2 == 0 and turns
                for question, answer in zip(turns[::2], turns[1::2], strict=True):
                    assert is_closed(answer) and "\n" not in answer
                    total += 1
                    other += not in_form(question, answer, True)
    assert total > 1300 and other < total / 50


def test_no_conversation_is_there_twice_and_no_question_in_two_splits(
    loaded: dict[dialogues.Languages, Dialogues], data_home: Path
) -> None:
    where: dict[str, str] = {}
    for language in ("en", "zh"):
        seen = set()
        for split in SPLITS:
            for turns in read_split(data_home / "data" / "dialogues-1", language, split):  # type: ignore[arg-type]
                assert where.setdefault(question_key(turns[0]), split) == split
                assert turns not in seen
                seen.add(turns)
    learned = {
        question_key(turns[i])
        for language in ("en", "zh")
        for turns in read_split(data_home / "data" / "dialogues-1", language, "train")  # type: ignore[arg-type]
        for i in range(0, len(turns), 2)
    }
    for split in ("validation", "test"):
        held: Split = split  # type: ignore[assignment]
        questions = loaded["both"].questions[held]
        assert len(questions) > 80 and not learned & set(map(question_key, questions))


def test_a_question_that_differs_by_its_case_and_mark_is_the_same() -> None:
    rows = [("How are you?", "Fine."), ("how are you", "Well."), ("How  are you？", "Not well."), *MORE]
    found = sort(rows)
    assert found.duplicates == 0
    homes = {split for split, places in found.splits.items() if {0, 1, 2} & set(places)}
    assert len(homes) == 1
    assert sort([*rows, ("HOW ARE YOU?", "fine.")]).duplicates == 1


MORE = [(f"What is {n}?", f"{n}.") for n in range(20)]


def test_only_what_the_assistant_says_is_learned_its_end_among_it(processor: ChatProcessor) -> None:
    found = processor.rendered(TALK)
    assert processor.text(found.ids.tolist()) == (
        "<|endoftext|>Be brief.\nUser:\nWho's there?\nAssistant:\nI.<|endoftext|>\n"
        "User:\n谁？\nAssistant:\n我。<|endoftext|>"
    )
    assert processor.text(found.ids[found.spoken].tolist()) == "I.<|endoftext|>我。<|endoftext|>"
    windows = Windows.of([found], 100)
    x, y = windows.arrays["x"][0], windows.arrays["y"][0]
    learned = y != IGNORED
    assert learned.sum() == found.spoken.sum()
    # each is predicted from the token before it: the line break behind "Assistant:" predicts the first
    assert (y[learned] == found.ids[1:][found.spoken[1:]]).all()
    assert (x[np.flatnonzero(learned)[1:]] == found.ids[np.flatnonzero(found.spoken) - 1][1:]).all()
    # what is learned goes on from exactly what a model is given when it is asked
    asked = processor.form.ids(TALK[:2])
    assert (
        x[: len(asked)].tolist() == asked and learned[len(asked) - 1] and not learned[: len(asked) - 1].any()
    )


def test_windows_hold_whole_conversations_each_once() -> None:
    """First-fit decreasing, by hand: 6 + 4, 5 + 3 + 2 in windows of ten."""
    lengths = [3, 6, 2, 5, 4]
    made = [Rendered(np.arange(n + 1) + 100 * i, np.arange(n + 1) >= 2) for i, n in enumerate(lengths)]
    windows = Windows.of(made, 10)
    assert windows.arrays["documents"].tolist() == [[0] * 6 + [1] * 4, [0] * 5 + [1] * 3 + [2] * 2]
    assert windows.arrays["x"][1].tolist() == [300, 301, 302, 303, 304, 0, 1, 2, 200, 201]
    assert windows.arrays["y"][1].tolist() == [-100, 302, 303, 304, 305, -100, 2, 3, -100, 202]
    assert (windows.fill, windows.tokens, windows.conversations) == (1.0, 20, 5)
    assert windows.learned == pytest.approx((sum(lengths) - len(lengths)) / 20)
    with_rest = Windows.of(made[:1], 10)
    assert with_rest.arrays["documents"].tolist() == [[0] * 3 + [1] * 7]
    assert (with_rest.arrays["y"][0, 3:] == IGNORED).all() and with_rest.fill == 0.3


def test_an_epoch_takes_each_window_once_and_depends_on_the_seed(
    loaded: dict[dialogues.Languages, Dialogues],
) -> None:
    data = loaded["zh"]
    count = len(data.splits["train"])
    numbers = {row.tobytes(): i for i, row in enumerate(data.splits["train"].arrays["x"])}
    steps = data.steps_per_epoch(4)
    assert steps == -(-count // 4)

    def epoch(seed: int) -> list[int]:
        return [numbers[row.tobytes()] for i in range(steps) for row in data.batch(seed, i, 4)["x"]]

    first = epoch(0)
    assert sorted(first[:count]) == list(range(count))
    assert first == epoch(0) != epoch(1)


def test_the_template_travels_with_the_processor_and_speaks_transformers(
    processor: ChatProcessor, tmp_path: Path
) -> None:
    transformers = pytest.importorskip("transformers")
    processor.save(tmp_path)
    again = ChatProcessor.load(tmp_path)
    assert again.template == processor.template
    assert again.rendered(TALK).ids.tolist() == processor.rendered(TALK).ids.tolist()
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    for turns in (TALK[:2], TALK[:4]):
        said = theirs.apply_chat_template(turns, add_generation_prompt=True, return_dict=False)
        assert list(said) == processor.form.ids(turns)
    assert theirs.apply_chat_template(TALK, tokenize=False) == processor.form.text(TALK, answer=False)


def test_own_conversations_are_cut_and_counted(tmp_path: Path) -> None:
    rows = [
        {"messages": TALK},
        talk("one?", "Yes.", "two?", "a long answer " * 20),
        talk("three?", "another long answer " * 20),
        *(talk(f"What is {n}?", f"It is {n}.") for n in range(30)),
        talk("what is 3", "It is 3."),
        talk("What is 3?", "It  is 3."),
    ]
    told: list[str] = []
    data = dialogues.Config(path=own(tmp_path, rows), block=48).load(lambda what, *_: told.append(what))
    assert any("1 of 34 conversations lost their last turns, 1 were left out" in line for line in told), told
    assert any("left out: 1 conversations that are there already" in line for line in told), told
    assert sum(data.splits[split].conversations for split in SPLITS) == 33
    assert not data.formed and data.splits["train"].arrays["x"].shape[1] == 48


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "not JSON"),
        ("[1]", "list of messages"),
        ({"text": "a"}, "list of messages"),
        ({"messages": []}, "the conversation is empty"),
        ({"messages": [{"role": "user", "content": "a"}]}, "the assistant says nothing"),
        ({"messages": [{"role": "assistant", "content": "a"}]}, "before the user"),
        ({"messages": [{"role": "bot", "content": "a"}]}, 'came: "bot"'),
        ({"messages": ["a"]}, "came: null"),
        ({"messages": [{"role": "user", "content": " "}]}, "not empty"),
        ({"messages": [{"role": "user", "content": 3}]}, "must be text"),
        ('{"messages": [{"role": "user", "content": "\\ud800"}]}', "half of a character"),
    ],
)
def test_faults_of_a_file_are_named_by_their_line(row: Any, said: str, tmp_path: Path) -> None:
    path = own(tmp_path, [talk("a?", "B."), row, talk("c?", "D.")])
    with pytest.raises(InvalidInput) as caught:
        dialogues.Config(path=path).load()
    (problem,) = caught.value.problems
    assert problem.where.startswith(f"{path}:2") and said in problem.in_("en")
    assert problem.in_("zh") != problem.in_("en")


def test_what_no_model_can_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="at least 3"):
        dialogues.Config(path=own(tmp_path, [talk("a?", "B."), talk("A", "C.")])).load()
    rows = [talk(f"What is {n}?", "word " * 90) for n in range(9)]
    with pytest.raises(InvalidInput, match="does the first answer fit"):
        dialogues.Config(path=own(tmp_path, rows), block=50).load()
    # a model of poems' characters can spell neither "User:" nor an end
    with pytest.raises(InvalidInput, match="cannot hold a conversation"):
        dialogues.Config(tokenizer=str(finished.packaged()["poems"])).load()


def test_characters_that_the_vocabulary_lacks_are_named_by_line(tmp_path: Path) -> None:
    letters = train_characters(Characters(), ["User: Assistant:\n abcdefghijklmnopqrstuvwxyzUA?."])
    letters.save(tmp_path)
    rows = [talk(f"{c}?", "b.") for c in "abcdefghijklm"]
    data = dialogues.Config(path=own(tmp_path, rows), tokenizer=str(tmp_path)).load()
    said = data.splits["train"].arrays["y"][0]
    assert data.processor.text(said[said != IGNORED].tolist()).startswith("b.")
    path = own(tmp_path, [*rows, talk("谁?", "b.")])
    with pytest.raises(InvalidInput, match="谁") as caught:
        dialogues.Config(path=path, tokenizer=str(tmp_path)).load()
    assert caught.value.problems[0].where == f"{path}:14"


def test_a_template_that_rewrites_what_was_said_is_refused(processor: ChatProcessor) -> None:
    last = "{% for m in messages %}{{ m.content if loop.last else '…' }}\n{% endfor %}"
    with pytest.raises(InvalidInput, match="at turn 3"):
        ChatProcessor.of(processor, last).rendered(TALK)


def test_the_form_of_answers() -> None:
    assert in_form("Who?", "I.", True) and in_form("谁？", "我！", True)
    assert in_form("Who?", 'He said "I."', True) and in_form("How many?", "42.", True)
    assert not in_form("Who?", "I.", False)  # did not come to its end
    assert not in_form("Who?", "I", True)
    assert not in_form("Who?", "", True)
    assert not in_form("Who?", "I.\nAnd you.", True)
    assert not in_form("Who?", "I. User: and you.", True)
    assert not in_form("Who?", "我。", True) and not in_form("谁？", "I.", True)
    assert [language_of(text) for text in ("a", "我", "1963", "我是 GPT")] == ["en", "zh", None, "en"]
    assert [closed(text) for text in ("Blue", "好.", "好", "Sure!", "Well,", "好?")] == [
        "Blue.",
        "好。",
        "好。",
        "Sure!",
        "Well.",
        "好？",
    ]
