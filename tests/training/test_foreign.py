"""Folders made elsewhere are finished models: GPT-2's, Llama's and BERT's, with their tokenizers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from jinjie.base.errors import JinjieError, NotFound
from jinjie.data.pretrained import pretrained_folder
from jinjie.data.tokenization.published import published_folder
from jinjie.decoding.embedding import embed
from jinjie.models import bert, gpt
from jinjie.training import finished

transformers = pytest.importorskip("transformers")
transformers.utils.logging.disable_progress_bar()

PROMPT = "Machine learning is"


@pytest.fixture(scope="session")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GPT-2 of transformers' own making, small and with random weights, beside GPT-2's real vocabulary."""
    folder = tmp_path_factory.mktemp("gpt2")
    torch.manual_seed(3)
    config = transformers.GPT2Config(n_layer=2, n_head=4, n_embd=64, n_positions=96, initializer_range=0.2)
    transformers.GPT2LMHeadModel(config).save_pretrained(folder)
    vocabulary = published_folder("gpt2")
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        shutil.copy(vocabulary / name, folder / name)
    return folder


def jinjie(*words: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jinjie", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1", **changes},
    )


def test_gpt2_in_one_command(gpt2: Path) -> None:
    """Load GPT-2, encode a prompt, generate, decode: token for token what transformers writes."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(gpt2)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(gpt2).eval()
    ids = tokenizer(PROMPT, return_tensors="pt")
    expected = theirs.generate(**ids, max_new_tokens=80, do_sample=False, pad_token_id=50256)[0]
    done = jinjie("generate", str(gpt2), PROMPT, "--greedy", "--tokens", "80", "--json")
    assert done.returncode == 0, done.stderr
    text = json.loads(done.stdout)["samples"][0]["text"]
    assert text == tokenizer.decode(expected, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    assert len(tokenizer(text).input_ids) > 40


def test_it_ends_where_generation_config_says(gpt2: Path, tmp_path: Path) -> None:
    """The token that comes eleventh is named as an end: ten are written."""
    folder = shutil.copytree(gpt2, tmp_path / "m")
    model = finished.open_finished(folder)
    from jinjie.decoding.generate import generate
    from jinjie.decoding.sampling import Sampling

    processor = finished.text_processor(model)
    greedy = Sampling(temperature=0, max_tokens=40)
    written = list(generate(model.network, processor.prompt(PROMPT), greedy, stop=processor.ends))
    after = next(i for i in range(5, 40) if written[i] not in written[:i])
    told = json.loads((folder / "generation_config.json").read_text())
    (folder / "generation_config.json").write_text(
        json.dumps(told | {"eos_token_id": [50256, written[after]]})
    )
    processor = finished.text_processor(finished.open_finished(folder))
    again = list(generate(model.network, processor.prompt(PROMPT), greedy, stop=processor.ends))
    assert again == written[:after]


def test_what_a_foreign_folder_lacks_is_said(gpt2: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(gpt2, tmp_path / "m")
    (folder / "merges.txt").unlink()
    with pytest.raises(NotFound, match="merges.txt"):
        finished.open_finished(folder)
    torch.save({}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    shutil.copy(gpt2 / "merges.txt", folder)
    with pytest.raises(JinjieError, match="a pickle, which can run any program"):
        finished.open_finished(folder)
    done = jinjie("generate", str(folder), PROMPT)
    assert done.returncode == 1 and "pytorch_model.bin" in done.stderr
    for name in ("vocab.json", "merges.txt"):  # the pickle is what matters, whatever else is missing
        (folder / name).unlink()
    with pytest.raises(JinjieError, match="a pickle, which can run any program"):
        finished.open_finished(folder)
    (folder / "config.json").unlink()
    with pytest.raises(NotFound, match="config.json cannot be read"):
        finished.open_finished(finished.model_folder(str(folder)))


@pytest.fixture(scope="session")
def minilm(tmp_path_factory: pytest.TempPathFactory, data_home: Path) -> Path:
    """The real MiniLM, fetched once a machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        return pretrained_folder("minilm")


PAIRS = [
    ("A man is eating food.", "Someone eats a meal."),
    ("The weather is lovely today.", "It is so sunny outside!"),
]


def test_minilm_is_transformers_own(minilm: Path) -> None:
    """Real weights, 22.7 million of them, padded rows among them. fp32 sums of 384 to 1,536 terms through six layers on
    numbers of size 1 to 10: 1e-5, as for the random models. Measured: 1.6e-6."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm)
    theirs = transformers.BertModel.from_pretrained(minilm).eval()
    model = finished.open_finished(finished.model_folder("minilm"))
    assert isinstance(model.config, bert.Config)
    assert model.config.parameters() == 22_713_216
    texts = [text for pair in PAIRS for text in pair]
    batch = tokenizer(texts, return_tensors="pt", padding=True)
    with torch.no_grad():
        told = theirs(**batch)
        mask = batch["attention_mask"]
        made = model.network(batch["input_ids"], batch["token_type_ids"], 1 - mask)
    hidden = (made.hidden - told.last_hidden_state).abs()[mask.bool()].max()
    pooled = (made.pooled - told.pooler_output).abs().max()
    print(f"hidden {hidden:.1e}, pooled {pooled:.1e}")
    assert hidden < 1e-5 and pooled < 1e-5
    for text, ids, row in zip(texts, batch["input_ids"], mask, strict=True):
        assert model.processor.prompt(text) == ids[row.bool()].tolist()


def test_minilm_knows_paraphrases(minilm: Path) -> None:
    model = finished.open_finished(minilm)
    vectors = embed(model.network, model.processor, [text for pair in PAIRS for text in pair])
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(4))
    likeness = vectors @ vectors.T
    print(likeness)
    # Measured: 0.76 and 0.68 for the pairs, at most 0.10 across.
    assert likeness[0, 1] > 0.5 and likeness[2, 3] > 0.5
    assert likeness[:2, 2:].max() < 0.2
    alone = torch.cat([embed(model.network, model.processor, [text]) for pair in PAIRS for text in pair])
    torch.testing.assert_close(alone, vectors, rtol=0, atol=1e-6)  # whoever stands beside it in the batch
    long = embed(model.network, model.processor, ["many words " * 2000])
    assert torch.isfinite(long).all()


def test_asking_minilm(minilm: Path) -> None:
    done = jinjie("predict", "minilm", PAIRS[0][0], "--json")
    assert done.returncode == 0, done.stderr
    (answer,) = json.loads(done.stdout)
    assert len(answer["vector"]) == 384
    done = jinjie("generate", "minilm", "x")
    assert done.returncode == 1 and "does not write text" in done.stderr


def test_a_masked_model_fills_gaps(tmp_path: Path) -> None:
    """A BERT that knows one sentence by heart, which the task's own losses taught it, two hidden words at a time."""
    from jinjie.tasks.masked import Config
    from jinjie.tasks.task import Step

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "on", "mat"]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(0)
    small = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=16,
    )
    transformers.BertForMaskedLM(small).save_pretrained(tmp_path)
    model = finished.open_finished(tmp_path)
    ids = torch.tensor([model.processor.prompt("the cat sat on the mat")])
    gap = model.processor.special["mask"]
    optimizer = torch.optim.Adam(model.network.parameters(), lr=1e-2)
    task = Config().build()
    for step in range(60):
        places = 1 + torch.randperm(6)[:2]
        x, y = ids.clone(), torch.full_like(ids, -100)
        x[0, places], y[0, places] = gap, ids[0, places]
        (update,) = task.updates({"model": model.network}, {"x": x, "y": y}, Step(0, step))
        optimizer.zero_grad()
        update.loss.backward()
        optimizer.step()
    answer = model.task.predict({"model": model.network}, model.processor, "the [MASK] sat on the [MASK]")
    assert answer.values["text"] == "the cat sat on the mat"
    assert [gap[0]["token"] for gap in answer.values["gaps"]] == ["cat", "mat"]
    assert answer.words.splitlines()[0] == "the cat sat on the mat"
    with pytest.raises(JinjieError, match=r"write \[MASK\]"):
        model.task.predict({"model": model.network}, model.processor, "the cat")
    with pytest.raises(JinjieError, match="the model sees 16 at once"):
        model.task.predict({"model": model.network}, model.processor, "the [MASK] " * 20)


@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
def test_a_llama_with_its_tokenizer(dtype: Any, gpt2: Path, tmp_path: Path) -> None:
    """Any tokenizer goes with any layout; and a model opens in the precision that is asked for."""
    config = transformers.LlamaConfig(
        vocab_size=50257,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=1,
        num_attention_heads=4,
        num_key_value_heads=2,
        bos_token_id=50256,
        eos_token_id=50256,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(tmp_path)
    transformers.AutoTokenizer.from_pretrained(gpt2).save_pretrained(tmp_path)
    model = finished.open_finished(tmp_path, dtype)
    assert isinstance(model.config, gpt.Config) and model.config.positions == "rotary"
    assert {p.dtype for p in model.network.parameters()} == {dtype or torch.float32}
    assert finished.text_processor(model).ends == (50256,)
    assert model.card == {"task": {**model.card["task"], "kind": "language"}, "layout": "llama"}
