"""Which question is meant: every way of every question, people who had not seen them, what nobody here answers."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from jinjie.course.content.library import Library, load
from jinjie.course.find.fold import fold
from jinjie.path import asking
from jinjie.path.asking import Questions, made, meanings, of_library, terms


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


@pytest.fixture(scope="module")
def questions(library: Library) -> Questions:
    return made({id_: written.entry for id_, written in library.questions.items()})


def test_every_way_finds_its_question(library: Library, questions: Questions) -> None:
    for id_, written in library.questions.items():
        entry = written.entry
        for way in (entry.question.en, entry.question.zh, *entry.aliases.en, *entry.aliases.zh):
            assert questions.nearest(way)[0].question.id == id_, way


def test_no_way_is_that_of_two_questions(library: Library) -> None:
    seen: dict[str, str] = {}
    for id_, written in library.questions.items():
        for way in (*written.entry.aliases.en, *written.entry.aliases.zh):
            assert seen.setdefault(asking._bare(way), id_) == id_, way


@pytest.mark.parametrize(
    ("asked", "id_"),
    [
        ("WHY IS MY LOSS NAN??", "loss-is-nan"),
        ("how do i choose between pytroch and tensorflow", "choose-a-framework"),  # misspelt on purpose
        ("過擬合怎麼辦", "overfitting"),  # traditional characters
        ("記憶體不夠", "out-of-memory"),
        ("ＧＰＵ一定要买吗", "do-i-need-a-gpu"),  # full width
        ("没有网 no internet 怎么学大模型", "without-a-gpu"),
    ],
)
def test_written_otherwise(questions: Questions, asked: str, id_: str) -> None:
    assert questions.nearest(asked)[0].question.id == id_


PLAINLY = {
    "choose-a-framework": [
        "How do I choose a suitable deep learning framework?",
        "怎么选择合适的深度学习框架？",
    ],
    "overfitting": ["How do I deal with overfitting?", "大模型过拟合了如何解决？"],
    "how-good-is-my-model": ["How do I evaluate a model's performance?", "模型的性能如何评估？"],
    "missing-values": ["How are missing values handled?", "缺失值如何处理？"],
    "class-imbalance": ["How do I handle class imbalance?", "类别不平衡问题如何处理？"],
    "choose-courses": [
        "How do I choose online courses and lectures that suit me?",
        "如何挑选适合自己的在线课程？",
    ],
    "learn-fast": ["How can I quickly master large models?", "怎样快速掌握大模型的学习技巧？"],
    "general-trouble": [
        "How do I solve problems in the training of large models?",
        "训练过程中遇到问题如何解决？",
    ],
    "security-and-privacy": [
        "How are security and privacy of large models handled?",
        "如何应对大模型的安全与隐私问题？",
    ],
    "how-much-compute": [
        "How much computing power does a large model's training need?",
        "大模型训练要多少计算资源？",
    ],
    "choose-a-model": ["How do I choose a suitable large model?", "如何选择合适的 AI 大模型？"],
    "train-faster": ["How can training of large models be made faster?", "怎样提高大模型的训练速度？"],
    "what-is-a-large-model": ["What is a large AI model?", "AI 大模型是什么？"],
    "why-larger-does-more": [
        "Why can large models handle harder problems?",
        "为什么大模型能处理更复杂的问题？",
    ],
    "where-are-they-used": ["In which fields are large models applied?", "大模型有哪些应用领域？"],
    "what-comes-next": ["What are the future trends of large models?", "大模型未来的发展趋势是什么？"],
    "bert-or-gpt": ["What is the difference between BERT and GPT?", "BERT 与 GPT 的区别是什么？"],
}
"""Questions put plainly: the first answer has to be the right one."""


@pytest.mark.parametrize("id_", PLAINLY)
def test_put_plainly(questions: Questions, id_: str) -> None:
    for asked in PLAINLY[id_]:
        nearest = questions.nearest(asked)[0]
        assert nearest.question.id == id_ and nearest.sure, asked


def test_people_who_had_not_seen_the_aliases(questions: Questions) -> None:
    """324 ways to ask and 40 questions of other matters (`asked.yaml`), written by somebody who knew the 81 questions'
    titles alone. Measured: 0.90 first and 0.98 among three, 4 of the 40 answered for sure."""
    told = yaml.safe_load((Path(__file__).parent / "asked.yaml").read_text(encoding="utf-8"))
    ranks = []
    for one in told["asked"]:
        for asked in (*one["en"], *one["zh"]):
            near = [found.question.id for found in questions.nearest(asked)]
            ranks.append(near.index(one["id"]) if one["id"] in near else len(near))
    first, three = sum(rank == 0 for rank in ranks), sum(rank < 3 for rank in ranks)
    sure = sum(any(near.sure for near in questions.nearest(asked)[:1]) for asked in told["other"])
    print(f"{first} and {three} of {len(ranks)}; {sure} of {len(told['other'])} of other matters")
    assert first >= 0.85 * len(ranks) and three >= 0.95 * len(ranks)
    assert sure <= 0.15 * len(told["other"])


@pytest.mark.parametrize("asked", ["", "   ", "?!。", "𓀀", "\0", "x" * 100_000])
def test_what_is_no_question_finds_nothing_sure(questions: Questions, asked: str) -> None:
    assert not any(near.sure for near in questions.nearest(asked))


def test_groups_of_meaning_reach_across_languages() -> None:
    assert set(meanings("not enough memory")) & set(meanings("内存不够"))
    assert set(meanings("the corpus")) & set(meanings("语料"))
    assert "≈oom" in set(meanings("it runs out of memory")), "three words of one meaning"
    assert not set(meanings("a cat sat"))


def test_chinese_words_of_a_meaning_are_written_as_questions_are_folded() -> None:
    """They are looked for as they stand: one in traditional characters would never be found."""
    _, chinese = asking._groups()
    assert len(chinese) > 300
    assert [word for word in chinese if fold(word).text != word] == []


def test_beside_a_question_are_those_most_like_it(library: Library, questions: Questions) -> None:
    assert {"memory-to-run", "out-of-memory"} <= {
        one.question.id for one in questions.beside("memory-to-train")[:4]
    }
    near = questions.beside("overfitting")
    assert "overfitting" not in {one.question.id for one in near} and len(near) == len(library.questions) - 1
    assert all(0 <= one.likeness < 1 for one in near)


def test_likeness_is_a_cosine(questions: Questions) -> None:
    squares: dict[str, float] = defaultdict(float)
    for _, weights in questions.index.terms.values():
        for id_, weight in weights.items():
            squares[id_] += weight**2
    # 1e-9: a sum of thousands of squares in double precision
    assert squares == {id_: pytest.approx(1, abs=1e-9) for id_ in questions._questions}
    assert all(0 < near.likeness <= 1 for near in questions.nearest("how much memory for training"))
    assert all(weight > 0 for weight in terms("怎么 how 内存 memory").values())


def test_the_index_is_kept_and_made_again(
    library: Library, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = of_library(library)
    file = home / "find" / "questions.jsonl"
    whole = file.read_bytes()

    def never(questions: object) -> Questions:
        raise AssertionError("made again")

    with monkeypatch.context() as patch:
        patch.setattr(asking, "made", never)
        assert _plain(of_library(library)) == _plain(first)
    for damaged in (b"", b"{", whole[: len(whole) // 2], b'{"of": 1}', b"[]", b"null", whole[:-9] + b"?" * 9):
        file.write_bytes(damaged)
        assert _plain(of_library(library)) == _plain(first)
        assert file.read_bytes() == whole
    # other questions than those that it was made of: their index is another
    fewer = load()
    del fewer.questions["overfitting"]
    assert all("overfitting" not in weights for _, weights in of_library(fewer).index.terms.values())
    assert file.read_bytes().partition(b"\n")[0] != whole.partition(b"\n")[0]


def _plain(questions: Questions) -> tuple[dict[str, str], dict[str, tuple[float, dict[str, float]]]]:
    return questions.index.said, dict(questions.index.terms.items())


def test_where_nothing_can_be_written_it_answers_all_the_same(
    library: Library, home: Path, questions: Questions
) -> None:
    (home / "find").write_text("a file where the folder would be")
    assert of_library(library).nearest("oom")[0].question.id == questions.nearest("oom")[0].question.id
