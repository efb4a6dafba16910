"""Documents become the same shards on any number of processes, and come back out of them as they were."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokenizers
from memory import Given

from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.base.paths import data_home
from jinjie.data.corpus import Config, cutting, prepare, tokenizer, units
from jinjie.data.corpus.opening import opened
from jinjie.data.corpus.prepare import Settings, about, prepared, whole
from jinjie.data.corpus.splits import Shares
from jinjie.data.corpus.windows import Packed
from jinjie.data.dataset import SPLITS, About
from jinjie.data.text import packaged
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.data.tokenization.train import BPE, train_bpe

pytestmark = pytest.mark.usefixtures("empty")

POEMS = [
    "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。\n",
    "白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。\n",
]
SETTINGS = Settings(Shares(10, 10), True, 400)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Units of 4 KB, worth a process each."""
    monkeypatch.setattr(units, "SMALLEST", 4096)
    monkeypatch.setattr(prepare, "EACH", 4096)


def lines(count: int) -> list[str]:
    """Speeches of Shakespeare's and poems."""
    speeches = [part for part in packaged()[:400_000].split("\n\n") if part.strip()]
    return [POEMS[i % 2] + str(i) if i % 5 == 0 else speeches[i] for i in range(count)]


def files(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def documents(data: Packed) -> Iterator[tuple[str, str]]:
    """(split, text) of every document that the shards hold."""
    for split in SPLITS:
        stream = data.streams[split]
        ids = stream.tokens(0, len(stream))
        begins = stream.begins(0, len(stream)).tolist()
        assert len(begins) == data.documents[split]
        for first, last in zip(begins, [*begins[1:], len(ids)], strict=True):
            assert ids[last - 1] == data.end and data.end not in ids[first : last - 1]
            yield split, data.processor.text(ids[first : last - 1].tolist())  # type: ignore[attr-defined]


def ready() -> list[Path]:
    """The folders of tokenised corpora that are whole."""
    return [
        place for place in data_home().glob("corpus-*") if re.fullmatch("corpus-[0-9a-f]{16}", place.name)
    ]


def load(source: Given, settings: Settings = SETTINGS, block: int = 32) -> Packed:
    said = About(title=Config(path="x").about().title, real=True, source="", licence="")
    return opened("corpus", source, settings, block, said)


@pytest.mark.usefixtures("small")
def test_shards_are_equal_on_any_number_of_processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = []
    for processes in (1, 2, 5):
        monkeypatch.setenv("JINJIE_DATA", str(tmp_path / str(processes)))
        folder = prepared("corpus", Given(lines(300)), SETTINGS, processes=processes)
        found.append(files(folder))
        assert len(about(folder)["shards"]) > 5
        assert {file.name for file in folder.parent.iterdir()} == {folder.name, f"{folder.name}.lock"}
    assert found[0] == found[1] == found[2]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("processes", [1, 2])
def test_documents_come_out_as_they_went_in(processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long ones too, that come in pieces, several in a unit and one in several."""
    monkeypatch.setattr(prepare, "processors", lambda: processes)
    monkeypatch.setattr(cutting, "LONGEST", 500)
    monkeypatch.setattr(cutting, "_SEARCHED", 400)
    texts = [
        *lines(200),
        "what looks like <|endoftext|> is text",
        "\n".join(lines(20)),
        packaged()[:20_000],
        "\x00 \ufeff 🀄 \u2028",
        "   ",
        "",
        POEMS[0],
        POEMS[0],
        "\n\n a \n\n",
    ]
    data = load(Given(texts))
    kept = [text for text in dict.fromkeys(texts) if text.strip()]
    found = list(documents(data))
    assert sorted(text for _, text in found) == sorted(kept)
    assert data.about.counts == {split: data.count(split) for split in SPLITS}
    assert {split: sum(len(t.encode()) for s, t in found if s == split) for split in SPLITS} == data.bytes
    folder = ready()[0]
    assert data.dropped == about(folder)["dropped"] == {"empty": 2, "duplicates": len(texts) - 2 - len(kept)}
    spelled = data.processor.token_bytes()  # type: ignore[attr-defined]
    assert spelled[data.end] == 0
    for split in SPLITS:
        y = np.concatenate([batch["y"].ravel() for batch in data.batches(split, 4)])
        assert spelled[y[y >= 0]].sum() == data.bytes[split]


def test_a_long_document_has_the_tokens_of_the_whole(tmp_path: Path) -> None:
    """1.2 MB in one line-broken file: several pieces, several shards, and the ids that the tokenizer gives at once."""
    text = packaged() + POEMS[0] * 400
    (tmp_path / "book.txt").write_text(text, "utf-8")
    data = Config(path=str(tmp_path / "book.txt"), vocabulary=500, block=64).load()
    found = dict(documents(data))
    assert "".join(found[split] for split in SPLITS) == text
    for split in SPLITS:
        ids = data.streams[split].tokens(0, data.count(split) - 1)
        assert ids.tolist() == data.processor.ids(found[split])  # type: ignore[attr-defined]
    assert len(about(ready()[0])["shards"]) > 1


@pytest.mark.parametrize("name", ["gpt2", "ours"])
def test_no_token_is_lost_where_a_document_is_cut(
    name: str, data_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real text in pieces of 2,000 characters: the ids of the whole."""
    monkeypatch.setenv("JINJIE_DATA", str(data_home))
    monkeypatch.setattr(cutting, "LONGEST", 2000)
    monkeypatch.setattr(cutting, "_SEARCHED", 1500)
    found = tokenizer.given("gpt2") if name == "gpt2" else train_bpe(BPE(size=400), lines(100))
    text = packaged()[:200_000] + "\n" + "".join(POEMS) * 50
    parts = [piece.text for piece in cutting.pieces(text)]
    assert len(parts) > 90
    assert [i for part in parts for i in found.ids(part)] == found.ids(text)


def test_it_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    folder = prepared("corpus", Given(lines(50)), SETTINGS, lambda what, done, total: said.append(what))
    assert any("tokenising" in what for what in said)
    monkeypatch.setattr(prepare, "_prepare", None)
    said.clear()
    assert prepared("corpus", Given(lines(50)), SETTINGS, lambda *what: said.append(what[0])) == folder
    assert said == []


@pytest.mark.parametrize("damage", ["changed", "shorter", "gone", "about torn", "tokenizer"])
def test_a_damaged_copy_is_made_again(damage: str) -> None:
    folder = prepared("corpus", Given(lines(50)), SETTINGS)
    before = files(folder)
    shard = folder / "shard-00000.npy"
    match damage:
        case "changed":
            content = bytearray(shard.read_bytes())
            content[-1] ^= 1
            shard.write_bytes(content)
        case "shorter":
            shard.write_bytes(shard.read_bytes()[:-2])
        case "gone":
            (folder / "begins-00000.npy").unlink()
        case "about torn":
            (folder / "about.json").write_bytes((folder / "about.json").read_bytes()[:50])
        case "tokenizer":
            (folder / "tokenizer" / "tokenizer.json").write_text("{}")
    assert not whole(folder)
    said: list[str] = []
    assert prepared("corpus", Given(lines(50)), SETTINGS, lambda *what: said.append(what[0])) == folder
    assert any("damaged" in what for what in said)
    assert files(folder) == before


def test_other_settings_have_other_folders() -> None:
    source = Given(lines(40))
    settings = [
        SETTINGS,
        Settings(Shares(10, 11), True, 400),
        Settings(Shares(10, 10), False, 400),
        Settings(Shares(10, 10), True, 401),
    ]
    assert len({prepare.folder_of("corpus", source, s) for s in settings}) == 4
    assert prepare.folder_of("corpus", Given(lines(41)), SETTINGS) != prepare.folder_of(
        "corpus", source, SETTINGS
    )


def test_fingerprints_tell_training_data_apart() -> None:
    one, again = load(Given(lines(40))), load(Given(lines(40)))
    other = load(Given(lines(41)))
    assert one.fingerprint() == again.fingerprint() != other.fingerprint()


def wide(folder: Path) -> Path:
    """A tokenizer of more than 65,536 tokens, in which "you" is one of the last."""
    made = train_bpe(BPE(size=300), lines(40))
    made.tokenizer.add_special_tokens([f"<|{i}|>" for i in range(66_000)])
    made.tokenizer.add_tokens([tokenizers.AddedToken("you", normalized=False)])
    folder.mkdir()
    made.save(folder)
    return folder


def test_a_large_vocabulary_needs_larger_ids(tmp_path: Path) -> None:
    data = load(Given(lines(40)), Settings(Shares(10, 10), True, 0, str(wide(tmp_path / "wide"))))
    assert data.facts["vocabulary"] == 66_301
    ids = data.streams["train"].tokens(0, data.count("train"))
    assert ids.max() == 66_300
    assert sorted(text for _, text in documents(data)) == sorted(lines(40))


def test_a_tokenizer_that_is_there_is_used(tmp_path: Path) -> None:
    made = train_bpe(BPE(size=300), lines(40))
    (tmp_path / "tok").mkdir()
    made.save(tmp_path / "tok")
    data = load(Given(lines(60)), Settings(Shares(10, 10), True, 0, str(tmp_path / "tok")))
    assert data.facts["vocabulary"] == made.vocabulary
    assert data.processor.ids("to be") == made.ids("to be")  # type: ignore[attr-defined]
    # a prompt stands where a document begins in training: behind the end token
    assert data.processor.encode("to be")["x"][0].tolist() == [data.end, *made.ids("to be")]
    assert data.processor.encode("")["x"].tolist() == [[data.end]]


@pytest.mark.parametrize("around", [True, False])
def test_a_token_for_beginnings_stands_where_documents_begin(tmp_path: Path, around: bool) -> None:
    """As in Llama: <s> before a text, put there by the tokenizer itself or not, and </s> behind it."""
    made = train_bpe(BPE(size=300, special=("<s>", "</s>")), lines(40)).tokenizer
    begin, end = (made.token_to_id(token) for token in ("<s>", "</s>"))
    if around:
        made.post_processor = tokenizers.processors.TemplateProcessing(
            single="<s> $A", special_tokens=[("<s>", begin)]
        )
    (tmp_path / "llama").mkdir()
    TokenProcessor(made, special={"bos": "<s>", "eos": "</s>"}).save(tmp_path / "llama")
    data = load(Given(lines(60)), Settings(Shares(10, 10), True, 0, str(tmp_path / "llama")))
    assert (data.begin, data.end) == (begin, end)
    assert sorted(text for _, text in documents(data)) == sorted(lines(60))
    batches = list(data.batches("train", 4))
    x, y = (np.concatenate([batch[name].ravel() for batch in batches]) for name in ("x", "y"))
    read = x[y >= 0]  # without padding
    assert (read == begin).sum() == (y == end).sum() == data.documents["train"] and end not in read
    ids = data.processor.ids("to be")  # type: ignore[attr-defined]
    assert data.processor.encode("to be")["x"].tolist() == [[begin, *ids]]
    assert data.processor.encode("")["x"].tolist() == [[begin]]


def test_the_tokenizer_of_a_run_is_used_by_its_name(home: Path) -> None:
    model = home / "runs" / "gpt-1" / "model"
    model.mkdir(parents=True)
    train_bpe(BPE(size=300), lines(40)).save(model)
    assert tokenizer.given("gpt-1").vocabulary == tokenizer.given(str(model.parent)).vocabulary == 300
    assert tokenizer.given("gpt-1").start == "<|endoftext|>"


def test_a_published_tokenizer_is_used_by_its_name(data_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINJIE_DATA", str(data_home))
    found = tokenizer.given("gpt2")
    assert (found.vocabulary, found.ends, found.start) == (50_257, (50_256,), "<|endoftext|>")
    with pytest.raises(InvalidInput, match="gpt2"):
        tokenizer.given("gtp2")


def test_a_tokenizer_without_an_end_or_without_files_is_refused(tmp_path: Path) -> None:
    from jinjie.data.tokenization.characters import character_tokenizer, vocabulary_of

    (tmp_path / "letters").mkdir()
    TokenProcessor(character_tokenizer(vocabulary_of("abc"))).save(tmp_path / "letters")
    for name, said in (
        ("letters", "ends a document"),
        ("nothing", "data.tokenizer"),
        ("tok/en", "data.tokenizer"),
    ):
        with pytest.raises(InvalidInput, match=said):
            load(Given(lines(40)), Settings(Shares(10, 10), True, 0, str(tmp_path / name)))


@pytest.mark.parametrize(
    ("texts", "said"),
    [([], "no text"), (["", " \n"], "no text"), (["a"], "validation"), (["ab"], "validation")],
)
def test_too_little_text_is_said_so(texts: list[str], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        load(Given(texts))
    assert ready() == []


@pytest.mark.parametrize("texts", [["abc"], ["abcd", "efg"], ["a", "b", "c"]])
def test_the_smallest_corpora_work(texts: list[str]) -> None:
    data = load(Given(texts))
    assert "".join(sorted("".join(text for _, text in documents(data)))) == "".join(texts)
    batch = data.batch(0, 0, 3)
    assert batch["x"].shape == (3, 32)
    assert (batch["y"] >= 0).any(1).all()


def test_the_sample_is_bounded_and_does_not_depend_on_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """40,000 documents of 10 bytes at a tenth: within five deviations, and the same set backwards."""
    from jinjie.data.corpus.splits import Sorted, hash_of

    monkeypatch.setattr(tokenizer, "SAMPLE", 40_000)
    pieces = [Sorted(f"{i:010}", True, True, "train", hash_of(f"{i:010}")) for i in range(40_000)]
    found = list(tokenizer._sample(pieces, 400_000, lambda: None))
    assert abs(len(found) - 4000) < 300
    assert set(found) == set(tokenizer._sample(pieces[::-1], 400_000, lambda: None))
    held = [Sorted("x", True, True, "test", 1)]
    assert list(tokenizer._sample(held, 1, lambda: None)) == []


SCRIPT = """
import json, os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from memory import Given
from jinjie.data.corpus import prepare, units
from jinjie.data.corpus.prepare import Settings, prepared
from jinjie.data.corpus.splits import Shares
plan = json.loads(sys.argv[2])
units.SMALLEST = prepare.EACH = plan.get("unit", 4096)
if "limit" in plan:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (plan["limit"], resource.RLIM_INFINITY))
done = 0
def report(what, size, total):
    global done
    done += "tokenising" in what and size > 0
    if done and done == plan.get("kill"):
        os.kill(os.getpid(), signal.SIGKILL)
texts = json.loads(Path(plan["texts"]).read_text())
try:
    print(prepared("corpus", Given(texts), Settings(Shares(10, 10), True, 400), report, plan["processes"]))
except Exception as error:
    print(f"{type(error).__name__}: {error}")
    sys.exit(3)
"""


def run(tmp_path: Path, **plan: Any) -> subprocess.CompletedProcess[str]:
    texts = tmp_path / "texts.json"
    texts.write_text(json.dumps(lines(300)))
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, str(Path(__file__).parent), json.dumps({"texts": str(texts), **plan})],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("processes", "kill"), [(1, 3), (2, 1), (2, 8)])
def test_what_a_killed_process_finished_is_kept_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: int, kill: int
) -> None:
    assert run(tmp_path, processes=processes, kill=kill).returncode == -9
    (work,) = data_home().glob("*.unfinished")
    assert ready() == []
    kept = {file.name: file.stat().st_mtime_ns for file in work.glob("unit-*.json")}
    assert len(kept) >= kill
    torn = work / "shard-00000.npy"  # as a machine that lost power may leave it
    torn.write_bytes(torn.read_bytes()[:-1] + b"\xff")

    redone: list[int] = []
    tokenise = units.tokenise
    monkeypatch.setattr(
        prepare, "tokenise", lambda unit, *rest: (redone.append(unit.number), tokenise(unit, *rest))[1]
    )
    folder = prepared("corpus", Given(lines(300)), SETTINGS, processes=1)
    assert 0 in redone
    finished = {int(name[5:10]) for name in kept} - {0}
    assert not finished & set(redone)
    monkeypatch.setenv("JINJIE_DATA", str(tmp_path / "other"))
    assert files(prepared("corpus", Given(lines(300)), SETTINGS)) == files(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
@pytest.mark.usefixtures("small")
def test_shards_of_other_units_are_not_taken_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another version of this program, which cuts units elsewhere, may have left them."""
    assert run(tmp_path, processes=1, kill=2, unit=9000).returncode == -9
    folder = prepared("corpus", Given(lines(300)), SETTINGS, processes=1)
    monkeypatch.setenv("JINJIE_DATA", str(tmp_path / "other"))
    assert files(prepared("corpus", Given(lines(300)), SETTINGS, processes=1)) == files(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="limits files as POSIX does")
@pytest.mark.parametrize("processes", [1, 2])
def test_a_full_disk_is_said_in_words(tmp_path: Path, processes: int) -> None:
    """Files may not grow past 16 KB: the tokenizer's do not, a shard of 30 KB of text does."""
    told = run(tmp_path, processes=processes, limit=16_000, unit=30_000)
    assert told.returncode == 3, told.stderr
    assert "JinjieError: The disk is full" in told.stdout
    assert ready() == []
    assert run(tmp_path, processes=processes).returncode == 0


@pytest.mark.usefixtures("small")
def test_a_worker_that_dies_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    from jinjie.data.corpus.worker import Worker

    work = Worker.work

    def dies(self: Worker, unit: units.Unit) -> dict[str, Any]:
        if unit.number == 2:
            self._process.kill()
        return work(self, unit)

    monkeypatch.setattr(Worker, "work", dies)
    with pytest.raises(JinjieError, match="try again"):
        prepared("corpus", Given(lines(300)), SETTINGS, processes=2)
    monkeypatch.setattr(Worker, "work", work)
    assert whole(prepared("corpus", Given(lines(300)), SETTINGS, processes=2))


def test_files_that_change_meanwhile_are_noticed(tmp_path: Path) -> None:
    for i, text in enumerate(lines(30)):
        (tmp_path / "texts").mkdir(exist_ok=True)
        (tmp_path / "texts" / f"{i}.txt").write_text(text)

    def report(what: str, done: int, total: int | None) -> None:
        if "tokenising" in what:
            (tmp_path / "texts" / "3.txt").write_text("longer than it was before, and different from it " * 9)

    with pytest.raises(InvalidInput, match=r"3\.txt.*changed"):
        Config(path=str(tmp_path / "texts"), vocabulary=300, validation=10, test=10).load(report)


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="reads /proc")
def test_opening_and_reading_a_large_corpus_takes_no_memory(tmp_path: Path) -> None:
    """2 GB of tokens in a sparse file, and 8 MB of begins: 50 batches later less than 20 MB more are held.

    What is mapped and can be read again is the system's to keep or drop, and not counted.
    """
    code = """
import sys
from pathlib import Path
import numpy as np
sys.path.insert(0, sys.argv[2])
from test_windows import packed
from jinjie.data.corpus.shards import Stream
folder = Path(sys.argv[1])
T = 10**9
for name, dtype, size in (("shard", np.uint16, T), ("begins", np.uint32, 2 * 10**6)):
    array = np.lib.format.open_memmap(folder / f"{name}-00000.npy", "w+", dtype, (size,))
    if name == "begins":
        for i in range(0, size, 10**6):
            array[i : i + 10**6] = np.arange(i, i + 10**6) * 500
    del array
def held():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) / 1e3
before = held()
data = packed(Stream(folder, [(0, T)]), 256)
for step in range(50):
    batch = data.batch(0, step, 8)
print(data.count("train"), held() - before)
"""
    told = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    count, megabytes = told.stdout.split()
    assert int(count) == 10**9
    assert float(megabytes) < 20


def test_a_config_on_a_recipe(tmp_path: Path) -> None:
    from jinjie.recipes.language import RECIPES

    for i, text in enumerate(lines(60)):
        (tmp_path / "texts").mkdir(exist_ok=True)
        (tmp_path / "texts" / f"{i}.txt").write_text(text)
    for recipe in RECIPES:
        changes = {"data.kind": "corpus", "data.path": str(tmp_path / "texts"), "data.vocabulary": 300}
        changed = recipe.changed(changes)
        assert isinstance(changed.data, Config)
        data = changed.data.load()
        assert data.batch(0, 0, 2)["x"].shape == (2, changed.data.block)
        assert data.facts["vocabulary"] <= 300
    with pytest.raises(InvalidInput, match=r"data\.path"):
        RECIPES[1].changed({"data.kind": "corpus"})


def test_the_processor_travels(tmp_path: Path) -> None:
    data = load(Given(lines(40)))
    data.processor.save(tmp_path)
    again = Config(path="x").open_processor(tmp_path)
    assert again.ids("床前明月光 to be") == data.processor.ids("床前明月光 to be")  # type: ignore[attr-defined]
    assert (again.start, again.end, again.ends) == ("<|endoftext|>", "<|endoftext|>", (data.end,))
