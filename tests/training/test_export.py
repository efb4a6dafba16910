"""Runs and folders as other programs open them: the same logits, the same ids, or the reason why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tokenizers
import torch
from test_foreign import jinjie

from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.data.tokenization.characters import character_tokenizer, vocabulary_of
from jinjie.data.tokenization.labels import LabelledProcessor
from jinjie.data.tokenization.opening import as_bert
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.data.tokenization.train import BPE, END, train_bpe
from jinjie.models import bert, gpt, mlp
from jinjie.models.folder import open_model, save_weights
from jinjie.training import finished
from jinjie.training.export import export

transformers = pytest.importorskip("transformers")
transformers.utils.logging.disable_progress_bar()

TEXT = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。\n"
VOCABULARY = vocabulary_of(TEXT)
BASE: dict[str, Any] = {"vocabulary": len(VOCABULARY), "block": 24, "layers": 2, "width": 32, "heads": 4}
LLAMA: dict[str, Any] = {
    **BASE,
    "positions": "rotary",
    "norm": "rmsnorm",
    "activation": "silu",
    "gated": True,
    "bias": False,
}
SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "gpt2": ("GPT2LMHeadModel", BASE),
    "llama": ("LlamaForCausalLM", {**LLAMA, "kv_heads": 2, "tied": False}),
    "llama, as Qwen2": ("LlamaForCausalLM", {**LLAMA, "biased": "qkv", "activation": "relu2"}),
    "qwen3": ("Qwen3ForCausalLM", {**LLAMA, "qk_norm": True, "head_width": 6}),
    "mistral": ("MistralForCausalLM", {**LLAMA, "heads": 3, "head_width": 6}),
}


def a_run(folder: Path, settings: dict[str, Any]) -> Path:
    """The model folder of a run on poems, one token a character, with random weights."""
    config = gpt.Config(**settings)
    torch.manual_seed(0)
    network = config.build()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    processor = TokenProcessor(character_tokenizer(VOCABULARY), start="\n", end="\n\n")
    folder.mkdir()
    finished.write(folder, network.state_dict(), config, processor)
    (folder / "jinjie.json").write_text(
        json.dumps({"task": {"kind": "language"}, "data": {"kind": "poems"}, "run": "moon"})
    )
    return folder


@pytest.mark.parametrize("name", SHAPES)
def test_transformers_opens_it(name: str, tmp_path: Path) -> None:
    architecture, settings = SHAPES[name]
    source = a_run(tmp_path / "run", settings)
    made = export(source, tmp_path / "new" / "out", shard_bytes=20_000)
    assert (made.model_type, made.architecture, made.dtype) == (name.split(",")[0], architecture, "fp32")
    assert sum(file.startswith("model-") for file in made.files) > 1
    theirs = transformers.AutoModelForCausalLM.from_pretrained(made.folder).eval()
    assert type(theirs).__name__ == architecture
    tokenizer = transformers.AutoTokenizer.from_pretrained(made.folder)
    ours = finished.open_finished(source)
    ids = finished.text_processor(ours).ids(TEXT[:20])
    assert tokenizer(TEXT[:20]).input_ids == ids
    assert tokenizer.decode(ids) == TEXT[:20]
    with torch.no_grad():
        difference = (theirs(torch.tensor([ids])).logits - ours.network(torch.tensor([ids]))).abs().max()
    assert difference < 1e-5
    # And it is a finished model here, without the run's card.
    back = finished.open_finished(made.folder)
    assert back.config == ours.config and finished.text_processor(back).end == "\n\n"


@pytest.mark.parametrize("byte_level", [False, True])
def test_transformers_begins_a_text_as_training_did(byte_level: bool, tmp_path: Path) -> None:
    """Documents stood behind <|endoftext|>, which `generate` puts before a prompt: so does the exported tokenizer,
    with or without a post-processor of its own. Otherwise the two write different texts."""
    made = train_bpe(BPE(size=300), [TEXT, "the quick brown fox jumps over the lazy dog"])
    if byte_level:
        made.tokenizer.post_processor = tokenizers.processors.ByteLevel(trim_offsets=False)
    processor = TokenProcessor(made.tokenizer, start=END, end=END, special=made.special_tokens)
    config = gpt.Config(**{**LLAMA, "vocabulary": processor.vocabulary})
    torch.manual_seed(1)
    network = config.build()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    folder = tmp_path / "run"
    folder.mkdir()
    finished.write(folder, network.state_dict(), config, processor)
    (folder / "jinjie.json").write_text(
        json.dumps({"task": {"kind": "language"}, "data": {"kind": "corpus", "path": "x"}, "run": "fox"})
    )
    ours = finished.text_processor(finished.open_finished(folder))
    place = export(folder, tmp_path / "out").folder
    tokenizer = transformers.AutoTokenizer.from_pretrained(place)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(place).eval()
    again = finished.text_processor(finished.open_finished(place))
    for text in ("the fox", "  月光\n", "a<|endoftext|>b", ""):
        expected = [0, *processor.ids(text)]
        assert tokenizer(text).input_ids == processor.prompt(text) == expected
        assert ours.prompt(text) == again.prompt(text) == expected
        assert again.ids(text) == processor.ids(text)
        assert tokenizer.decode(expected, skip_special_tokens=True) == text.replace(END, "")
    written = theirs.generate(
        **tokenizer("the fox", return_tensors="pt"), max_new_tokens=15, do_sample=False, pad_token_id=0
    )[0]
    done = jinjie("generate", str(folder), "the fox", "--greedy", "--tokens", "15", "--json")
    text = json.loads(done.stdout)["samples"][0]["text"]
    assert tokenizer.decode(written, skip_special_tokens=True) == text and len(text) > 10


@pytest.mark.parametrize("biased", [None, "qkv"])
def test_a_gpt_without_constants_is_a_gpt2_whose_constants_are_zero(
    biased: str | None, tmp_path: Path
) -> None:
    """GPT-2's layout has no word for leaving them out, as nanoGPT does."""
    source = a_run(tmp_path / "run", {**BASE, "bias": False, "biased": biased})
    for layout in (None, "gpt2"):
        made = export(source, tmp_path / f"out {layout}", layout=layout)
        assert made.architecture == "GPT2LMHeadModel"
        theirs = transformers.AutoModelForCausalLM.from_pretrained(made.folder).eval()
        _, ours = open_model(source)
        x = torch.arange(20)[None] % BASE["vocabulary"]
        with torch.no_grad():
            assert (theirs(x).logits - ours(x)).abs().max() < 1e-5
    with pytest.raises(InvalidInput, match="positions"):
        export(source, tmp_path / "llama", layout="llama")
    assert export(source, tmp_path / "own", layout="jinjie").model_type == "jinjie"
    with pytest.raises(InvalidInput, match="model.norm"):
        export(a_run(tmp_path / "rms", {**BASE, "bias": False, "norm": "rmsnorm"}), tmp_path / "none")


def test_qwen2_stays_one_with_its_own_tokenizer(tmp_path: Path) -> None:
    """transformers reads any folder of type qwen2 with Qwen2's rules, so only a tokenizer of these rules goes there."""
    config = transformers.Qwen2Config(
        vocab_size=300,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=1,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {word: i for i, word in enumerate(["<|endoftext|>", *letters, "Ġt", "Ġth"])}
    transformers.Qwen2ForCausalLM(config).save_pretrained(tmp_path / "theirs")
    (tmp_path / "theirs" / "vocab.json").write_text(json.dumps(vocabulary))
    (tmp_path / "theirs" / "merges.txt").write_text("Ġ t\nĠt h\n")
    (tmp_path / "theirs" / "tokenizer_config.json").write_text('{"tokenizer_class": "Qwen2Tokenizer"}')
    made = export(tmp_path / "theirs", tmp_path / "out")
    assert made.model_type == "qwen2"
    text = "this 2024 thing's  that\n\n月"
    ids = transformers.AutoTokenizer.from_pretrained(made.folder)(text).input_ids
    assert ids == transformers.AutoTokenizer.from_pretrained(tmp_path / "theirs")(text).input_ids
    assert ids == finished.text_processor(finished.open_finished(made.folder)).ids(text)


@pytest.mark.parametrize(("dtype", "kept"), [("bf16", torch.bfloat16), ("fp16", torch.float16)])
def test_in_another_precision(dtype: Any, kept: torch.dtype, tmp_path: Path) -> None:
    source = a_run(tmp_path / "run", BASE)
    made = export(source, tmp_path / "out", dtype=dtype)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(made.folder, dtype="auto")
    assert theirs.dtype == kept
    _, exact = open_model(source)
    assert torch.equal(theirs.transformer.wte.weight, exact.embed.weight.to(kept))
    # Exported once more, it stays in the precision it has.
    assert export(made.folder, tmp_path / "again").dtype == dtype
    assert (tmp_path / "again" / "model.safetensors").read_bytes() == (
        made.folder / "model.safetensors"
    ).read_bytes()


def test_fp16_that_would_overflow_is_refused(tmp_path: Path) -> None:
    source = a_run(tmp_path / "run", BASE)
    config, network = open_model(source)
    network.state_dict()["norm.weight"][3] = 1e5
    save_weights(network.state_dict(), config, source)
    with pytest.raises(InvalidInput, match="norm.weight reaches 1e\\+05, and fp16 ends at 65504"):
        export(source, tmp_path / "out", dtype="fp16")
    assert not (tmp_path / "out").exists()


def test_what_stands_in_the_way_is_named(tmp_path: Path) -> None:
    """relu² with rotary positions, ungated: neither a GPT-2 nor a Llama."""
    source = a_run(tmp_path / "run", {**BASE, "positions": "rotary", "activation": "relu2"})
    with pytest.raises(InvalidInput) as caught:
        export(source, tmp_path / "out")
    assert [(p.where, p.params.get("layout")) for p in caught.value.problems] == [
        ("model.positions", "gpt2"),
        ("model.norm", "llama"),
        ("model.gated", "llama"),
        ("", None),
    ]
    with pytest.raises(InvalidInput, match="model.gated: is false; the layout llama has true"):
        export(source, tmp_path / "out", layout="llama")
    with pytest.raises(InvalidInput, match="no layout 'lama' for such a model. Did you mean 'llama'"):
        export(source, tmp_path / "out", layout="lama")
    made = export(source, tmp_path / "out", layout="jinjie")
    assert made.architecture is None
    assert finished.open_finished(made.folder).card["run"] == "moon"


def test_other_families_say_what_there_is(tmp_path: Path) -> None:
    config = mlp.Config(inputs=3, outputs=2)
    (tmp_path / "m").mkdir()
    save_weights(config.build().state_dict(), config, tmp_path / "m")
    with pytest.raises(JinjieError, match="kind 'mlp' has no published layout .*bert, gpt.*--layout jinjie"):
        export(tmp_path / "m", tmp_path / "out")


def test_nothing_of_someone_elses_is_replaced(tmp_path: Path) -> None:
    source = a_run(tmp_path / "run", BASE)
    (tmp_path / "out").mkdir()
    export(source, tmp_path / "out")  # an empty folder is as good as none
    with pytest.raises(InvalidInput, match="is there already"):
        export(source, tmp_path / "out")
    export(source, tmp_path / "out", replace=True, dtype="bf16")
    with pytest.raises(InvalidInput, match="the folder of the model itself"):
        export(source, source, replace=True)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.tex").write_text("years of work")
    with pytest.raises(InvalidInput, match="holds no model, and is not replaced"):
        export(source, tmp_path / "thesis", replace=True)
    assert (tmp_path / "thesis" / "thesis.tex").read_text() == "years of work"


def test_the_command(tmp_path: Path) -> None:
    """The GPT that travels in the package, as one command, and what transformers then writes with it."""
    done = jinjie(
        "export", "poems", str(tmp_path / "out"), "--dtype", "bf16", "--shard-size", "1MB", "--json"
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["layout"], told["dtype"], told["architecture"]) == ("gpt2", "bf16", "GPT2LMHeadModel")
    assert "model.safetensors.index.json" in told["files"]
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out", dtype=torch.float32).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "out")
    prompt = tokenizer("\n明月", return_tensors="pt")
    written = theirs.generate(**prompt, max_new_tokens=20, do_sample=False, pad_token_id=0)[0]
    done = jinjie("generate", str(tmp_path / "out"), "明月", "-t", "0", "-n", "20", "--json")
    assert done.returncode == 0, done.stderr
    ours = json.loads(done.stdout)["samples"][0]["text"]
    assert tokenizer.decode(written).startswith("\n" + ours.rstrip("\n")) and len(ours) > 10

    done = jinjie("export", "poems", str(tmp_path / "out"))
    assert done.returncode == 2 and "--replace" in done.stderr
    done = jinjie("export", "poems", str(tmp_path / "b"), "--dtype", "fp8", "--shard-size", "much")
    assert done.returncode == 2 and "fp8" in done.stderr and "much" in done.stderr
    done = jinjie("export", "poems", str(tmp_path / "b"))
    assert done.returncode == 0, done.stderr
    assert "transformers.GPT2LMHeadModel.from_pretrained" in done.stdout


def test_a_foreign_folder_keeps_what_it_came_with(tmp_path: Path) -> None:
    """A Llama that was taught to chat: template, token ids and settings of generation are the same after an export."""
    config = transformers.LlamaConfig(
        vocab_size=60,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=1,
        num_attention_heads=4,
        bos_token_id=1,
        eos_token_id=[2, 5],
        pad_token_id=3,
    )
    source = tmp_path / "theirs"
    transformers.LlamaForCausalLM(config).save_pretrained(source)
    TokenProcessor(character_tokenizer(VOCABULARY)).save(source)
    (source / "documents.json").unlink()
    settings = json.loads((source / "tokenizer_config.json").read_text())
    settings |= {
        "chat_template": "{% for m in messages %}{{ m['content'] }}{% endfor %}",
        "model_max_length": 99,
    }
    (source / "tokenizer_config.json").write_text(json.dumps(settings))
    (source / "generation_config.json").write_text(
        '{"eos_token_id": [2, 5], "temperature": 0.7, "do_sample": true}'
    )
    made = export(source, tmp_path / "out")
    for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
        assert (made.folder / name).read_bytes() == (source / name).read_bytes()
    told = json.loads((made.folder / "config.json").read_text())
    assert [told[f"{role}_token_id"] for role in ("bos", "eos", "pad")] == [1, [2, 5], 3]
    copy = export(source, tmp_path / "own", layout="jinjie")
    ours = finished.open_finished(copy.folder)
    assert finished.text_processor(ours).ends == (2, 5)
    x = torch.arange(20)[None]
    with torch.no_grad():
        theirs = transformers.AutoModelForCausalLM.from_pretrained(made.folder).eval()(x).logits
        assert (ours.network(x) - theirs).abs().max() < 1e-5


def test_a_classifier_of_texts_goes_out_and_comes_back(tmp_path: Path) -> None:
    """transformers gives the same scores (1e-5 in fp32) and names the classes; without our card it answers here."""
    words = tokenizers.models.WordPiece(
        {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "good": 4, "bad": 5}, unk_token="[UNK]"
    )
    made = tokenizers.Tokenizer(words)
    as_bert(made, lower=True, accents=None)
    made.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    roles = {"unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "pad": "[PAD]"}
    processor = LabelledProcessor.of(TokenProcessor(made, special=roles), ["blame", "praise"], 12)
    config = bert.Config(
        vocabulary=6, block=12, layers=1, width=16, heads=2, masked=False, pooler=True, head="text", outputs=2
    )
    torch.manual_seed(0)
    network = config.build().eval()
    (tmp_path / "out").mkdir()
    finished.write(tmp_path / "out", network.state_dict(), config, processor)
    theirs = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "out").eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "out")
    assert theirs.config.id2label == {0: "blame", 1: "praise"}
    model = finished.open_finished(tmp_path / "out")
    for text in ("good bad", "bad bad good"):
        with torch.no_grad():
            told = torch.softmax(theirs(**tokenizer(text, return_tensors="pt")).logits[0], 0)
        said = model.task.predict({"model": model.network}, model.processor, text).values["probabilities"]
        assert abs(said["praise"] - float(told[1])) < 1e-5
