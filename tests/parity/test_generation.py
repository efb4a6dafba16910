"""What we write against what transformers' `generate` writes with the same weights: token for token.

Greedy with and without penalties, and beam search over its settings, on random small GPT-2s and Llamas. In fp32 the
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from jinjie.decoding.beam import beam_search
from jinjie.decoding.generate import generate
from jinjie.decoding.sampling import Sampling
from jinjie.models.folder import open_model
from sampled import sampled

transformers = pytest.importorskip("transformers")

PROMPT = [5, 3, 7, 3]
BLOCK = 40


def pair(family: str, seed: int, folder: Path) -> tuple[nn.Module, Any]:
    """Ours and theirs with the same weights, which are large: the text does not settle into a loop at once."""
    if family == "gpt2":
        config = transformers.GPT2Config(
            vocab_size=23 + seed, n_positions=BLOCK, n_embd=24, n_layer=2, n_head=3, bos_token_id=None
        )
        made = transformers.GPT2LMHeadModel(config)
    else:
        config = transformers.LlamaConfig(
            vocab_size=23 + seed,
            hidden_size=24,
            intermediate_size=40,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=BLOCK,
            tie_word_embeddings=False,
            bos_token_id=None,
            eos_token_id=None,
        )
        made = transformers.LlamaForCausalLM(config)
    torch.manual_seed(seed)
    for name, parameter in made.named_parameters():
        nn.init.normal_(parameter, std=0.3)
        if parameter.ndim == 1 and "weight" in name:
            parameter.data += 1
    theirs = made.eval()
    theirs.save_pretrained(folder)
    _, ours = open_model(folder)
    return ours, theirs


def theirs_write(theirs: Any, **settings: Any) -> Any:
    ids = torch.tensor([PROMPT])
    return theirs.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        pad_token_id=0,
        return_dict_in_generate=True,
        output_scores=True,
        **settings,
    )


@pytest.mark.parametrize("family", ["gpt2", "llama"])
@pytest.mark.parametrize("penalty", [1.0, 1.3, 0.9])
@pytest.mark.parametrize("seed", range(3))
def test_greedy(family: str, penalty: float, seed: int, tmp_path: Path) -> None:
    ours, theirs = pair(family, seed, tmp_path)
    stop = 11
    expected = theirs_write(theirs, max_new_tokens=30, repetition_penalty=penalty, eos_token_id=stop)
    sampling = Sampling(temperature=0, max_tokens=30, repetition_penalty=penalty)
    written = list(generate(ours, PROMPT, sampling, stop={stop}))
    assert len(written) < 30 or stop not in written
    assert written == [token for token in expected.sequences[0, len(PROMPT) :].tolist() if token != stop]


SETTINGS: list[dict[str, Any]] = [
    {"beams": 2},
    {"beams": 3, "early_stopping": True},
    {"beams": 4, "length_penalty": 0.0},
    {"beams": 4, "length_penalty": 2.0, "early_stopping": True},
    {"beams": 5, "length_penalty": -1.0},
    {"beams": 3, "repetition_penalty": 1.4},
    {"beams": 20},
    {"beams": 1},
]


@pytest.mark.parametrize("family", ["gpt2", "llama"])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("seed", sampled(range(2), 2))
def test_beam_search(family: str, settings: dict[str, Any], seed: int, tmp_path: Path) -> None:
    """All beams, their order and their scores; scores of 20 tokens add up to 20 times the rounding."""
    ours, theirs = pair(family, seed, tmp_path)
    for stop in ([], [4], [2, 9, 17], list(range(4, 20))):
        for most in (1, 20):
            expected = theirs_write(
                theirs,
                max_new_tokens=most,
                num_beams=settings["beams"],
                num_return_sequences=settings["beams"],
                length_penalty=settings.get("length_penalty", 1.0),
                early_stopping=settings.get("early_stopping", False),
                repetition_penalty=settings.get("repetition_penalty", 1.0),
                eos_token_id=stop or None,
            )
            found = beam_search(ours, PROMPT, Sampling(max_tokens=most, **settings), stop=stop)
            texts = [tokens_of(row, stop, most) for row in expected.sequences[:, len(PROMPT) :].tolist()]
            assert [beam.tokens for beam in found] == texts[: len(found)]
            if settings["beams"] == 1:
                continue  # greedy: no scores there
            assert len(found) == settings["beams"]
            scores = expected.sequences_scores.tolist()
            assert [beam.score for beam in found] == pytest.approx(scores, rel=1e-4, abs=1e-4)
            for beam in found:
                assert (beam.ended == "length") == (len(beam.tokens) == most)


def tokens_of(row: list[int], stop: list[int], most: int) -> list[int]:
    """What transformers gives, without the token that ended it and the padding behind."""
    for place, token in enumerate(row):
        if token in stop:
            return row[:place]
    return row[:most]


def test_more_beams_find_a_likelier_text(tmp_path: Path) -> None:
    """What beam search is for: with all texts of two tokens followed, the likeliest of them all is found."""
    ours, _ = pair("gpt2", 0, tmp_path)
    vocabulary = 23
    best = beam_search(ours, PROMPT, Sampling(beams=vocabulary, max_tokens=2))[0]
    with torch.no_grad():
        first = ours(torch.tensor([PROMPT]))[0, -1].log_softmax(-1)
        every = torch.tensor([[*PROMPT, token] for token in range(vocabulary)])
        second = ours(every)[:, -1].log_softmax(-1)
    whole = first[:, None] + second
    place = int(whole.argmax())
    assert best.tokens == [place // vocabulary, place % vocabulary]
    assert best.score == pytest.approx(float(whole.max()) / 2, abs=1e-5)
