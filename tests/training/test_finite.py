"""Where a number stopped being one."""

import pytest
import torch
from torch import nn

from jinjie.training.finite import NonFinite, check_scores, check_weights, explain_loss, gradient_norm

NAN, INF = float("nan"), float("inf")


class Two(nn.Module):
    """Two layers, of which the first divides by zero where its input is zero."""

    def __init__(self) -> None:
        super().__init__()
        self.first = Inverse()
        self.second = nn.Linear(2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x))


class Inverse(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 1 / x


def test_the_norm_is_that_of_all_gradients_together() -> None:
    assert gradient_norm({"a": torch.tensor([3.0]), "b": torch.tensor([[4.0]])}, 1) == 5.0
    assert gradient_norm({}, 1) == 0.0


@pytest.mark.parametrize("bad", [NAN, INF])
def test_the_first_bad_gradient_is_named(bad: float) -> None:
    gradients = {"a": torch.ones(2), "b": torch.tensor([1.0, bad]), "c": torch.tensor([bad])}
    with pytest.raises(NonFinite) as caught:
        gradient_norm(gradients, 7)
    assert caught.value.params == {"step": 7, "tensor": "b", "came": str(bad)}


def test_gradients_whose_squares_overflow() -> None:
    """Each is finite, their norm is not: clipping would scale everything to zero."""
    with pytest.raises(NonFinite) as caught:
        gradient_norm({"a": torch.ones(2), "b": torch.full((2,), 3e38)}, 1)
    assert caught.value.params["tensor"] == "b"


def test_a_bad_loss_is_traced_from_the_batch_on() -> None:
    model = Two()
    models = {"model": model}
    loss = torch.tensor(NAN)

    def tensor(batch: dict[str, torch.Tensor]) -> str:
        return str(explain_loss(loss, 3, models, batch, lambda: model(batch["x"])).params["tensor"])

    assert tensor({"x": torch.tensor([[NAN, 1.0]])}) == "batch['x']"
    assert tensor({"x": torch.tensor([[0.0, 1.0]])}) == "model.first"
    assert tensor({"x": torch.ones(1, 2)}) == "loss"  # only the loss itself, such as a log of 0
    with torch.no_grad():
        model.second.weight[0, 1] = INF
    assert tensor({"x": torch.ones(1, 2)}) == "model.second.weight"


def test_weights_are_checked_before_they_are_saved() -> None:
    check_weights({"model": {"w": torch.ones(2)}}, 1)
    with pytest.raises(NonFinite) as caught:
        check_weights({"model": {"w": torch.ones(2)}, "teacher": {"v": torch.tensor([NAN])}}, 5)
    assert caught.value.params == {"step": 5, "tensor": "teacher.v", "came": "nan"}


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_scores_that_are_no_numbers_are_never_written(bad: float) -> None:
    """Fault: NaN in events.jsonl is no JSON, and the studio's page could not read the run any more."""
    check_scores({"loss": 1.0, "r2": -3.0}, "validation", 7)
    with pytest.raises(NonFinite, match="step 7 r2 on the test split") as raised:
        check_scores({"loss": 1.0, "r2": bad}, "test", 7)
    assert raised.value.exit_code == 6
