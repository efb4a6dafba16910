"""Names: the newspaper as it was tagged, its splits, and CoNLL files of one's own, whose faults are named by line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jinjie.base.errors import InvalidInput
from jinjie.base.words import speaking
from jinjie.data import cache, entities, people_daily
from jinjie.data.conll import read_conll
from jinjie.data.dataset import SPLITS
from jinjie.data.distinct import normal
from jinjie.data.people_daily import LISTED, LONGEST, Sentence, articles, read, sentences
from jinjie.data.spans import Span, placed
from jinjie.data.texts import NOTHING, Texts
from jinjie.data.tokenization.labels import LabelledProcessor


@pytest.fixture(scope="module")
def loaded(data_home: Path) -> Texts:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        return entities.Config().load()


@pytest.fixture(scope="module")
def parts(loaded: Texts, data_home: Path) -> dict[str, list[Sentence]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        folder = cache.folder_of("entities", people_daily.VERSION)
        return {split: people_daily.read_split(folder, split) for split in SPLITS}


def names(sentence: Sentence) -> list[str]:
    return [f"{sentence.text[s.start : s.end]}/{s.kind}" for s in sentence.spans]


def test_about_is_true_before_loading(loaded: Texts) -> None:
    about = entities.Config().about()
    assert about.counts == {split: loaded.count(split) for split in SPLITS}
    assert about.facts == dict(loaded.facts) and about.facts["outputs"] == 7
    assert about.cached and "not stated" in about.licence


def test_surname_and_given_name_are_one_person() -> None:
    words = "江/nr 泽民/nr 李/nr 鹏/nr 会见/v 欧阳/nr 山/nr 、/w 克林顿/nr 、/w 周/nr 总理/n 和/c 李/nr 、/w 王/nr"
    sentence = read([(w, t) for w, _, t in (part.rpartition("/") for part in words.split())])
    assert names(sentence) == [
        "江泽民/PER",
        "李鹏/PER",
        "欧阳山/PER",
        "克林顿/PER",
        "周/PER",
        "李/PER",
        "王/PER",
    ]


def test_full_width_letters_and_digits_are_written_as_today() -> None:
    sentence = read([("１２月", "t"), ("ＷＴＯ", "nt"), ("３．５％", "m"), ("，", "w"), ("北京", "ns")])
    assert sentence.text == "12月WTO3.5%，北京"
    assert names(sentence) == ["WTO/ORG", "北京/LOC"]


def test_places_side_by_side_are_two() -> None:
    assert names(read([("安徽省", "ns"), ("合肥市", "ns")])) == ["安徽省/LOC", "合肥市/LOC"]


def test_paragraphs_are_cut_behind_stops_with_their_quotes() -> None:
    text = "他说：“很好。”我来了！走；北京"
    cut = list(sentences(Sentence(text, (Span(14, 16, "LOC"),))))
    assert [s.text for s in cut] == ["他说：“很好。”", "我来了！", "走；", "北京"]
    assert [names(s) for s in cut] == [[], [], [], ["北京/LOC"]]


def test_long_sentences_are_cut_at_commas_and_never_in_a_name() -> None:
    text = "好" * 100 + "，" + "好" * 100
    assert [len(s.text) for s in sentences(Sentence(text, ()))] == [101, 100]
    bare = Sentence("好" * 120 + "北京上海天津重庆" + "好" * 20, (Span(120, 128, "LOC"),))
    cut = list(sentences(bare))
    assert [len(s.text) for s in cut] == [120, 28] and names(cut[1]) == ["北京上海天津重庆/LOC"]
    inside = Sentence("好" * 100 + "甲，乙" + "好" * 100, (Span(100, 103, "ORG"),))
    assert [names(s) for s in sentences(inside)] == [["甲，乙/ORG"], []]


def test_articles_begin_at_headlines() -> None:
    lines = ["大标题", "副标题", "正文一。", "正文二。", "另一标题", "正文。（记者某）", "结束语：", "末句。"]
    found = [[p.text for p in article] for article in articles(iter([Sentence(line, ()) for line in lines]))]
    assert found == [lines[:4], lines[4:]]


def test_no_sentence_is_there_twice_nor_in_two_splits(parts: dict[str, list[Sentence]]) -> None:
    where: dict[str, str] = {}
    for split, chosen in parts.items():
        for sentence in chosen:
            assert where.setdefault(normal(sentence.text), split) == split
    assert len(where) == sum(map(len, parts.values()))


def test_neighbours_stand_in_one_split(parts: dict[str, list[Sentence]]) -> None:
    """The same event is told again and again within an article: its sentences are not dealt one by one."""
    assert "新华社北京1月1日电" in "".join(s.text for s in parts["train"][:2000])
    for split, chosen in parts.items():
        said = "".join(sentence.text for sentence in chosen)
        inside = [
            "在１９９８年来临之际，我十分高兴地通过",
            "１９９７年，是中国发展历史上非常重要的很不平凡的一年。",
        ]
        found = [text.translate(people_daily._HALF) in said for text in inside]
        assert found in ([True, True], [False, False]), split


def test_splits_are_alike(parts: dict[str, list[Sentence]]) -> None:
    total = sum(map(len, parts.values()))
    for split, share in zip(SPLITS, (0.8, 0.1, 0.1), strict=True):
        # 2,896 articles, of which one is up to 71 paragraphs: shares of sentences spread more than those of articles
        assert abs(len(parts[split]) / total - share) < 0.02
        letters = sum(len(sentence.text) for sentence in parts[split])
        rate = {kind: 1000 * n / letters for kind, n in people_daily.counted(parts[split]).items()}
        assert 14 < rate["LOC"] < 17 and 8 < rate["PER"] < 11 and 1 < rate["ORG"] < 2.5, (split, rate)


def test_sentences_fit(parts: dict[str, list[Sentence]], loaded: Texts) -> None:
    for chosen in parts.values():
        for sentence in chosen:
            assert 0 < len(sentence.text) <= LONGEST and len(sentence.spans) <= LISTED
            ends = [0, *(place for span in sentence.spans for place in span[:2])]
            assert ends == sorted(ends) and ends[-1] <= len(sentence.text)
    assert loaded.shortened == dict.fromkeys(SPLITS, 0)


def test_tags_stand_where_names_do(parts: dict[str, list[Sentence]], loaded: Texts) -> None:
    """Back from the tags of tokens to the very names, for every sentence of the test split: Chinese stands alone."""
    processor, rows = loaded.processor, loaded.splits["test"]
    assert isinstance(processor, LabelledProcessor)
    assert processor.labels == ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"]
    framed = processor.framed_all(rows.texts)
    missed = 0
    for i, (row, sentence) in enumerate(zip(framed, parts["test"], strict=True)):
        y = rows.tokens["y"][rows.starts[i] :][: rows.lengths[i]]
        assert y[0] == y[-1] == NOTHING and (y[1:-1] != NOTHING).all()
        tags = [processor.labels[k] for k in y[1:-1]]
        missed += placed(tags, row.places[1:-1], sentence.text) != list(sentence.spans)
    assert missed == 0
    batch = loaded.batch(0, 0, 8)
    assert batch["y"].shape == batch["x"].shape
    assert (batch["y"][batch["documents"] == 1] == NOTHING).all()


def test_names_of_kinds(loaded: Texts, tmp_path: Path) -> None:
    loaded.processor.save(tmp_path)
    back = entities.Config().open_processor(tmp_path)
    with speaking("zh"):
        assert back.name("PER") == "人名"
    framed = back.framed("江泽民在北京")
    assert framed.places[1:-1].tolist() == [[i, i + 1] for i in range(6)]


# Files of one's own


def written(tmp_path: Path, content: str) -> str:
    file = tmp_path / "own.conll"
    file.write_text(content, encoding="utf-8")
    return str(file)


def own(count: int, documents: int = 1) -> str:
    parts = []
    for i in range(count):
        if documents > 1 and i % (count // documents) == 0:
            parts.append("-DOCSTART- -X- O\n\n")
        parts.append(f"Ann{i} NNP B-PER\nLee NNP I-PER\nsaw VBD O\nParis NNP B-LOC\n. . O\n\n")
    return "".join(parts)


def problems(path: str, **settings: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as failure:
        entities.Config(path=path, **settings).load()
    assert failure.value.in_("en") != failure.value.in_("zh")
    return [(problem.where.removeprefix(path), problem.key) for problem in failure.value.problems]


def test_conll_of_ones_own(tmp_path: Path) -> None:
    data = entities.Config(path=written(tmp_path, own(40)), language="en").load()
    assert data.processor.labels == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]  # type: ignore[attr-defined]
    assert sum(data.about.counts.values()) == 40 and all(data.about.counts.values())
    rows = data.splits["train"]
    assert rows.texts[0].endswith(" Lee saw Paris .")
    ids, y = (rows.tokens[name][: rows.lengths[0]] for name in ("x", "y"))
    spelt = [data.processor.tokenizer.id_to_token(int(i)) for i in ids]  # type: ignore[attr-defined]
    tags = dict(zip(spelt, y.tolist(), strict=True))
    assert tags["ann"] == 3 and tags["lee"] == 4 and tags["paris"] == 1 and tags["saw"] == 0
    assert tags["[CLS]"] == tags["[SEP]"] == NOTHING
    assert np.array_equal(
        entities.Config(path=data.about.source, language="en").load().splits["test"].lengths,
        data.splits["test"].lengths,
    )


def test_documents_are_dealt_whole(tmp_path: Path) -> None:
    path = written(tmp_path, own(60, documents=12))
    assert [len(document) for document in read_conll(path)] == [5] * 12
    data = entities.Config(path=path, language="en").load()
    for split in SPLITS:
        numbers = {int(text.split()[0][3:]) // 5 for text in data.splits[split].texts}
        assert len(numbers) * 5 == data.count(split) > 0


def test_other_schemes_and_chinese(tmp_path: Path) -> None:
    lines = ["江\tB-PER", "泽\tM-PER", "民\tE-PER", "在\tO", "京\tS-LOC", "说\tO", "OK\tO", "then\tO", "", ""]
    ((sentence,),) = read_conll(written(tmp_path, "\n".join(lines)))
    assert sentence.text == "江泽民在京说OK then" and names(sentence) == ["江泽民/PER", "京/LOC"]
    ((iob,),) = read_conll(written(tmp_path, "a I-P\nb I-P\nc B-P\nd O"))
    assert names(iob) == ["a b/P", "c/P"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "a O\nb\nc B-P x\nd PER\n",
            [(":2", "texts.no_tag"), (":3", "data.ragged"), (":4", "texts.bad_tag")],
        ),
        ("a\tB-P\n\tO\n", [(":2", "texts.no_word")]),
        ("a O\nb O\n", [("data.path", "texts.no_names")]),
        ("", [("data.path", "data.empty_file")]),
        ("-DOCSTART- O\n\n", [("data.path", "texts.no_names")]),
        ("a B-P\n\nA B-P\n\nb O\n", [("", "texts.too_few")]),
    ],
)
def test_faults_are_named_by_their_line(
    tmp_path: Path, content: str, expected: list[tuple[str, str]]
) -> None:
    assert problems(written(tmp_path, content)) == expected
