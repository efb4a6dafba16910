"""Asking the benchmark: the sums are transformers' on an exported model, and accuracies are what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from jinjie.analyse.benchmark.asking import Answer, ask, ask_all, summed
from jinjie.analyse.benchmark.items import Item, items
from jinjie.data.tokenization.characters import character_tokenizer, vocabulary_of
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.models import gpt
from jinjie.models.folder import save_model
from jinjie.training.finished import model_folder, open_finished, packaged, text_processor

LETTERS = "".join(sorted({c for item in items("en") for c in item.context + "".join(item.continuations)}))


def small(block: int = 64) -> tuple[Any, TokenProcessor, gpt.Config]:
    """A random GPT over the letters of the English questions, whose scores are far from even."""
    vocabulary = vocabulary_of(LETTERS)
    config = gpt.Config(vocabulary=len(vocabulary), block=block, layers=2, width=32, heads=2, dropout=0.0)
    torch.manual_seed(0)
    network = config.build().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return network, TokenProcessor(character_tokenizer(vocabulary), start="\n"), config


def test_sums_are_transformers(tmp_path: Path) -> None:
    """1e-4 nats: both add up some 20 terms in fp32."""
    transformers = pytest.importorskip("transformers")
    network, processor, config = small(96)
    save_model(network, config, tmp_path / "m")
    theirs = transformers.GPT2LMHeadModel.from_pretrained(tmp_path / "m").eval()
    asked = items("en")[::7]
    answers = ask(network, processor, asked)
    for item, answer in zip(asked, answers, strict=True):
        assert answer.sums is not None
        for continuation, total in zip(item.continuations, answer.sums, strict=True):
            context, whole = processor.prompt(item.context), processor.prompt(item.context + continuation)
            with torch.no_grad():
                logits = theirs(torch.tensor([whole])).logits[0].log_softmax(-1)
            wanted = sum(float(logits[t - 1, whole[t]]) for t in range(len(context), len(whole)))
            assert total == pytest.approx(wanted, abs=1e-4)


def test_a_context_that_is_too_long_loses_its_front_and_a_continuation_that_is_is_left_out() -> None:
    network, processor, _ = small(block=16)
    long = Item("sense", "The fire was so hot that the ice", " melted.", (" froze.",))
    (answer,) = ask(network, processor, [long])
    assert answer.sums is not None
    whole = processor.prompt(long.context + long.right)[-17:]
    with torch.no_grad():
        shares = network(torch.tensor([whole[:-1]]))[0].log_softmax(-1)
    wanted = sum(float(shares[t - 1, whole[t]]) for t in range(17 - len(long.right), 17))
    assert answer.sums[0] == pytest.approx(wanted, abs=1e-4)
    (none,) = ask(network, processor, [Item("sense", "It", " was much too long for it.", (" is.",))])
    assert none.sums is None


def test_what_a_vocabulary_lacks_is_left_out_and_a_language_that_it_cannot_read_is_not_asked() -> None:
    network, processor, _ = small()
    assert [made.language for made in ask_all(network, processor)] == ["en"]
    answers = ask(network, processor, [Item("measure", "山下来了一", "匹马。", ("本马。",))])
    assert answers[0].sums is None and summed("zh", answers).all.left_out == 1


def test_ties_count_as_shares_and_bytes_divide() -> None:
    item = Item("sense", "a", " bb", (" c", " dddd"))
    assert Answer(item, (-1.0, -1.0, -2.0)).share() == 0.5
    assert Answer(item, (-1.0, -2.0, -3.0)).share() == 1
    assert Answer(item, (-2.0, -1.5, -1.0)).share() == 0
    assert Answer(item, (-3.0, -2.2, -5.5)).share(per_byte=True) == 1  # −1, −1.1, −1.1 a byte
    made = summed("en", [Answer(item, (-1.0, -1.0, -2.0)), Answer(item, None)])
    assert (made.all.count, made.all.left_out, made.all.accuracy) == (1, 1, 0.5)
    assert made.all.chance == pytest.approx(1 / 3)


def test_a_tokenizer_that_joins_over_the_border_scores_the_joined_token() -> None:
    """GPT-2's own way of cutting would join `wal` and `ked`: what is common to all is what is not scored."""
    from jinjie.analyse.benchmark.asking import _cut

    class Joining(TokenProcessor):
        def prompt(self, text: str) -> list[int]:
            return self.ids(text.replace("ab", "z"))

    processor = Joining(character_tokenizer(vocabulary_of("xyzabc")))
    cut = _cut(processor, Item("tense", "xya", "b", ("c",)))
    assert cut is not None and [(len(ids), shared) for ids, shared in cut] == [(3, 2), (4, 2)]


def test_the_packaged_model_knows_verse_and_a_random_one_is_at_chance() -> None:
    model = open_finished(model_folder("poems"))
    assert "poems" in packaged()
    (made,) = ask_all(model.network, text_processor(model))
    kinds = {kind.name: kind for kind in made.kinds}
    assert made.language == "zh" and made.all.left_out < 50
    for kind in ("verse_next", "verse_order", "verse_rhyme"):
        assert kinds[kind].low is not None and kinds[kind].low > kinds[kind].chance, kind
    network, processor, _ = small()
    (drawn,) = ask_all(network, processor)
    assert drawn.all.low is not None and drawn.all.high is not None
    assert drawn.all.low < drawn.all.chance < drawn.all.high
