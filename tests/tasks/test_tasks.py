"""What each task computes, against numbers worked out another way."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from jinjie.base.errors import InvalidInput
from jinjie.data import digits, line, text
from jinjie.models import gpt, linear
from jinjie.tasks import classify, language, regress
from jinjie.tasks.task import Step

STEP = Step(seed=0, index=0)
TEXT = text.Config(block=16).load(None)


@pytest.fixture(autouse=True)
def no_gradients() -> Iterator[None]:
    """As the loop asks for metrics, samples and pictures."""
    with torch.no_grad():
        yield


class Fixed(nn.Module):
    """Gives the same logits for every place of every example."""

    def __init__(self, logits: torch.Tensor) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        places = x.shape if x.ndim == 2 and not x.is_floating_point() else x.shape[:1]
        return self.logits.expand(*places, len(self.logits))


def a_line(slope: float, intercept: float) -> nn.Module:
    network = linear.Config(inputs=1, outputs=1).build()
    with torch.no_grad():
        network.head.weight.fill_(slope)  # type: ignore[union-attr]
        network.head.bias.fill_(intercept)  # type: ignore[union-attr]
    return network


def test_the_generator_of_a_step_is_a_function_of_step_and_purpose() -> None:
    def numbers(step: Step, purpose: str = "noise") -> list[float]:
        return torch.randn(3, generator=step.generator(purpose)).tolist()

    assert numbers(Step(0, 5)) == numbers(Step(0, 5))
    others = [numbers(s) for s in (Step(1, 5), Step(0, 6), Step(0, 5, 1))] + [numbers(Step(0, 5), "mask")]
    assert all(other != numbers(Step(0, 5)) for other in others)


def test_regress_measures_squares_and_explained_variance() -> None:
    data = line.Config(slope=2.0, intercept=1.0, noise=0.0, examples=100).load(None)
    task = regress.Config().build()
    exact = task.metrics({"model": a_line(2.0, 1.0)}, data, "test", None)
    assert exact["loss"] < 1e-12 and exact["r2"] == pytest.approx(1.0)  # fp32's rounding of y: 1e-7, squared
    off = task.metrics({"model": a_line(2.0, 1.5)}, data, "test", None)
    y = data.splits["test"]["y"].astype(np.float64)
    assert off["loss"] == pytest.approx(0.25, rel=1e-5)
    assert off["r2"] == pytest.approx(1 - 0.25 / y.var(), rel=1e-4)
    (update,) = task.updates({"model": a_line(2.0, 1.5)}, tensors(data.batch(0, 0, 70)), STEP)
    assert float(update.loss) == pytest.approx(0.25, rel=1e-5) and update.optimizer == "model"


def test_regress_says_the_line_it_found() -> None:
    data = line.Config().load(None)
    task, models = regress.Config().build(), {"model": a_line(2.0, -1.0)}
    assert list(task.samples(models, data, STEP)) == ["y = 2.0000·x − 1.0000"]
    (picture,) = task.pictures(models, data, "validation")
    assert picture.name == "fit" and b"<svg" in picture.content
    answer = task.predict(models, data.processor, "0.5")
    assert answer.values == {"value": 0.0}
    with pytest.raises(InvalidInput, match="half"):
        task.predict(models, data.processor, "half")


def test_classify_measures_cross_entropy_and_accuracy() -> None:
    """Logits that know nothing cost ln 10 and are right as often as their first class comes."""
    data = digits.Config().load(None)
    task, models = classify.Config().build(), {"model": Fixed(torch.zeros(10))}
    scores = task.metrics(models, data, "test", None)
    assert scores["loss"] == pytest.approx(math.log(10), rel=1e-6)
    assert scores["accuracy"] == pytest.approx(float((data.splits["test"]["y"] == 0).mean()))
    assert task.best() == ("accuracy", True)
    sure = task.metrics({"model": Fixed(torch.arange(10.0))}, data, "test", None)
    assert sure["accuracy"] == pytest.approx(float((data.splits["test"]["y"] == 9).mean()))
    picture, examples = task.pictures(models, data, "validation")
    assert picture.name == "confusion" and b"<svg" in picture.content
    assert (examples.name, examples.suffix) == ("examples", ".png") and examples.content == data.picture()


def test_language_measures_nats_perplexity_and_bits() -> None:
    """A model that knows nothing: ln V nats, a perplexity of V, log₂ V bits where a token is a character."""
    task = language.Config().build()
    vocabulary = TEXT.facts["vocabulary"]
    scores = task.metrics({"model": Fixed(torch.zeros(vocabulary))}, TEXT, "validation", 3)
    assert scores["loss"] == pytest.approx(math.log(vocabulary), rel=1e-6)
    assert scores["perplexity"] == pytest.approx(vocabulary, rel=1e-5)
    assert scores["bits_per_character"] == pytest.approx(math.log2(vocabulary), rel=1e-6)


def test_language_learns_the_next_token_and_not_the_same() -> None:
    batch = TEXT.batch(0, 0, 4)
    assert np.array_equal(batch["x"][:, 1:], batch["y"][:, :-1])
    logits = torch.randn(TEXT.facts["vocabulary"], generator=torch.Generator().manual_seed(0))
    (update,) = language.Config().build().updates({"model": Fixed(logits)}, tensors(batch), STEP)
    expected = -np.mean(torch.log_softmax(logits.double(), 0).numpy()[batch["y"]])
    assert float(update.loss.detach()) == pytest.approx(expected, rel=1e-5)


def test_samples_are_the_same_for_the_same_seed_and_begin_with_their_prompt() -> None:
    config = gpt.Config(vocabulary=TEXT.facts["vocabulary"], block=16, layers=1, width=16, heads=2)
    torch.manual_seed(0)
    models = {"model": config.build().eval()}
    task = language.Config(prompts=("ROMEO:", ""), sample_tokens=8).build()
    with torch.no_grad():
        first, again, other = (list(task.samples(models, TEXT, Step(seed, 3))) for seed in (0, 0, 1))
    assert first == again != other
    assert first[0].startswith("ROMEO:") and len(first[0]) == len("ROMEO:") + 8


def test_samples_of_a_text_without_the_prompts_characters(tmp_path: Path) -> None:
    """gpt-shakespeare on a Chinese text of one's own failed at its first sample, since that lacks "ROMEO:"."""
    (tmp_path / "own.txt").write_text("春眠不觉晓，处处闻啼鸟: O\n" * 90, encoding="utf-8")
    own = text.Config(path=str(tmp_path / "own.txt"), block=16).load(None)
    network = (
        gpt.Config(vocabulary=own.facts["vocabulary"], block=16, layers=1, width=8, heads=1).build().eval()
    )
    task = language.Config(prompts=("ROMEO:", "春", ""), sample_tokens=3).build()
    written = list(task.samples({"model": network}, own, STEP))
    assert [len(one) for one in written] == [6, 4, 3] and written[0].startswith("OO:"), written


def test_classify_says_the_likeliest_first(tmp_path: Path) -> None:
    data, task = digits.Config().load(None), classify.Config().build()
    picture = tmp_path / "digit.png"
    pixels = (data.splits["test"]["x"][0].reshape(28, 28) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(picture)
    answer = task.predict({"model": Fixed(torch.arange(10.0))}, data.processor, str(picture))
    assert answer.values["label"] == "9"
    shares = answer.values["probabilities"]
    assert list(shares) == [str(digit) for digit in reversed(range(10))]
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-6)
    assert "63.2%" in answer.words  # (1 − 1/e) / (1 − e⁻¹⁰), worked out by hand


def tensors(arrays: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def test_nothing_is_predicted_where_nothing_is_to_be_predicted() -> None:
    """The same loss as torch's over the positions that are left, with packed documents, whether the model gives logits
    alone or is spared them. And the scores count those positions, and the bytes of their tokens."""
    vocabulary = TEXT.facts["vocabulary"]
    torch.manual_seed(0)
    network = gpt.Config(vocabulary=vocabulary, block=16, layers=1, width=16, heads=2).build().eval()
    arrays = {**TEXT.batch(0, 0, 4)}
    arrays["documents"] = np.repeat([[0, 1, 2]], 4, 0).repeat([5, 4, 7], 1)
    arrays["y"] = arrays["y"].copy()
    arrays["y"][:, [4, 8]] = language.IGNORED
    batch = tensors(arrays)
    with torch.no_grad():
        logits = network(batch["x"], documents=batch["documents"])
        kept = batch["y"] != language.IGNORED
        expected = torch.nn.functional.cross_entropy(logits[kept], batch["y"][kept])
        assert float(language.mean_nats(network, batch)) == pytest.approx(float(expected), rel=1e-5)
        assert float(language.mean_nats(LogitsOnly(network), batch)) == pytest.approx(
            float(expected), rel=1e-5
        )

    class Packed(type(TEXT)):  # type: ignore[misc]
        def batches(self, split: str, size: int, limit: int | None = None) -> Any:
            yield arrays

    data = Packed(TEXT.streams, TEXT.block, TEXT.about, TEXT.processor, TEXT.facts)
    with torch.no_grad():
        scores = language.Config().build().metrics({"model": network}, data, "validation", None)
    text = TEXT.processor.text(arrays["y"][arrays["y"] >= 0].tolist())
    bits = float(expected) / math.log(2) * kept.sum().item()
    assert scores["loss"] == pytest.approx(float(expected), rel=1e-5)
    assert scores["bits_per_byte"] == pytest.approx(bits / len(text.encode()), rel=1e-5)
    assert scores["bits_per_character"] == pytest.approx(bits / len(text), rel=1e-5)


class LogitsOnly(torch.nn.Module):
    """A language model that has no more to give than its scores."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor, **sight: torch.Tensor) -> torch.Tensor:
        return self.network(x, **sight)
