"""Losses and scores of classifiers, against scikit-learn and their definitions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score, log_loss, roc_auc_score
from torch import nn

from jinjie.base.errors import JinjieError
from jinjie.base.words import Text
from jinjie.data.batching import Examples
from jinjie.data.dataset import SPLITS, About
from jinjie.data.table import NumbersProcessor
from jinjie.tasks import classify
from jinjie.tasks.task import Step

LOGITS = torch.tensor([[2.0, -1.0, 0.5], [0.1, 0.2, 0.3], [-3.0, 4.0, 1.0], [1.0, 1.0, -2.0]])
Y = torch.tensor([0, 1, 2, 1])
STEP = Step(0, 0)
ABOUT = About(title=Text(en="a", zh="a"), real=False, source="a", licence="a")


def loss(batch, **settings):
    task = classify.Config(**settings).build()
    (update,) = task.updates({"model": nn.Identity()}, batch, STEP)
    return float(update.loss)


def true_shares():
    return torch.softmax(LOGITS, 1)[torch.arange(4), Y].numpy()


def test_the_loss_is_cross_entropy_over_logits():
    assert loss({"x": LOGITS, "y": Y}) == pytest.approx(-np.log(true_shares()).mean(), rel=1e-6)


def test_focal_turns_away_from_what_is_easy():
    p = true_shares()
    focal = loss({"x": LOGITS, "y": Y}, loss="focal", gamma=2.0)
    assert focal == pytest.approx((-((1 - p) ** 2) * np.log(p)).mean(), rel=1e-6)
    plain = loss({"x": LOGITS, "y": Y})
    assert loss({"x": LOGITS, "y": Y}, loss="focal", gamma=0.0) == pytest.approx(plain, rel=1e-6)


def test_weights_multiply_either_loss():
    weight = torch.tensor([1.0, 0.0, 3.0, 0.5])
    p = true_shares()
    weighed = loss({"x": LOGITS, "y": Y, "weight": weight})
    assert weighed == pytest.approx((-np.log(p) * weight.numpy()).mean(), rel=1e-6)
    focal = loss({"x": LOGITS, "y": Y, "weight": weight}, loss="focal", gamma=1.0)
    assert focal == pytest.approx((-(1 - p) * np.log(p) * weight.numpy()).mean(), rel=1e-6)


def test_a_mixed_example_is_paid_for_in_shares():
    share = torch.tensor([1.0, 0.75, 0.0, 0.5])
    other = torch.tensor([2, 2, 1, 0])
    mixed = loss({"x": LOGITS, "y": Y, "y_other": other, "share": share})
    one = -np.log(torch.softmax(LOGITS, 1)[torch.arange(4), Y].numpy())
    two = -np.log(torch.softmax(LOGITS, 1)[torch.arange(4), other].numpy())
    assert mixed == pytest.approx((share.numpy() * one + (1 - share.numpy()) * two).mean(), rel=1e-6)


def test_smoothing_is_pytorchs():
    expected = nn.functional.cross_entropy(LOGITS, Y, label_smoothing=0.2)
    assert loss({"x": LOGITS, "y": Y}, smoothing=0.2) == pytest.approx(float(expected), rel=1e-6)


def twice(network, batch, **settings):
    """The update of one step, dropout drawn from a seed."""
    torch.manual_seed(0)
    (update,) = classify.Config(**settings).build().updates({"model": network}, batch, STEP)
    return update


def test_r_drop_is_the_articles_formula():
    """Liang et al. 2021, eq. 1 to 4, halved: the answers of two passes written out in NumPy."""
    answers = [LOGITS, LOGITS.flip(0)]
    network = nn.Module()
    network.forward = lambda x: answers[int(x[0])]
    batch = {"x": torch.zeros(4), "x_other": torch.ones(4), "y": Y}
    p, q = (torch.softmax(a, 1).double().numpy() for a in answers)
    surprise = -(np.log(p[np.arange(4), Y]) + np.log(q[np.arange(4), Y])) / 2
    apart = ((p * np.log(p / q)).sum(1) + (q * np.log(q / p)).sum(1)) / 2
    update = twice(network, batch, r_drop=3.0)
    assert float(update.loss) == pytest.approx((surprise + 3 * apart).mean(), rel=1e-5)
    assert update.metrics["apart"] == pytest.approx(apart.mean(), rel=1e-5)
    weight = torch.tensor([1.0, 0.0, 3.0, 0.5])
    weighed = twice(network, batch | {"weight": weight}, r_drop=3.0)
    assert float(weighed.loss) == pytest.approx(((surprise + 3 * apart) * weight.numpy()).mean(), rel=1e-5)


def test_r_drop_of_weight_0_is_the_plain_loss():
    network = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 3))
    batch = {"x": LOGITS, "y": Y}
    plain, off = twice(network, batch), twice(network, batch, r_drop=0.0)
    assert torch.equal(plain.loss, off.loss) and dict(off.metrics) == {}


def test_r_drop_without_dropout_disagrees_in_nothing():
    network = nn.Linear(3, 3)
    update = twice(network, {"x": LOGITS, "y": Y}, r_drop=3.0)
    assert update.metrics["apart"] == 0
    assert float(update.loss.detach()) == pytest.approx(
        float(twice(network, {"x": LOGITS, "y": Y}).loss.detach()), rel=1e-6
    )


def test_r_drop_draws_both_passes_towards_each_other():
    """The gradient of the disagreement alone reaches the weights through either pass, and one step lessens it."""
    torch.manual_seed(1)
    one, other = (torch.randn(5, 3).requires_grad_() for _ in range(2))
    apart = classify.disagreement(one, other).mean()
    apart.backward()
    assert (one.grad.abs().sum(1) > 0).all() and (other.grad.abs().sum(1) > 0).all()
    moved = classify.disagreement(one - one.grad, other - other.grad).mean()
    assert float(moved.detach()) < float(apart.detach())
    network = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 3))
    gradients = []
    for weight in (0.0, 3.0):
        network.zero_grad()
        twice(network, {"x": LOGITS, "y": Y}, r_drop=weight).loss.backward()
        gradients.append(network[1].weight.grad.clone())
    assert float(twice(network, {"x": LOGITS, "y": Y}, r_drop=3.0).metrics["apart"]) > 0
    assert not torch.allclose(*gradients)


@pytest.mark.parametrize("classes", [2, 5])
def test_scores_are_scikit_learns(classes):
    rng = np.random.default_rng(classes)
    logits = rng.normal(size=(300, classes)).round(1)  # rounded, so that there are ties
    y = rng.integers(0, classes, 300)
    scores = classify.scores(torch.from_numpy(logits), torch.from_numpy(y))
    guess = logits.argmax(1)
    shares = torch.softmax(torch.from_numpy(logits), 1).numpy()
    assert scores["accuracy"] == pytest.approx((guess == y).mean())
    assert scores["loss"] == pytest.approx(log_loss(y, shares), rel=1e-9)
    average = "binary" if classes == 2 else "macro"
    assert scores["f1"] == pytest.approx(f1_score(y, guess, average=average), rel=1e-9)
    if classes == 2:
        assert scores["auc"] == pytest.approx(roc_auc_score(y, logits[:, 1] - logits[:, 0]), rel=1e-9)
    else:
        assert "auc" not in scores


def test_one_class_alone_has_no_area_and_absent_classes_do_not_count():
    logits = torch.tensor([[2.0, 1.0], [0.0, 1.0]])
    assert "auc" not in classify.scores(logits, torch.tensor([1, 1]))
    three = torch.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    assert classify.scores(three, torch.tensor([0, 1]))["f1"] == 1.0


def test_a_best_score_that_there_is_not_is_refused_with_the_remedy():
    """Fault: a KeyError at the first evaluation, of a table of three classes whose recipe goes by AUC."""
    y = np.array([0, 1, 2] * 4)
    arrays = {"x": np.eye(3, dtype=np.float32)[y], "y": y}
    data = Examples(dict.fromkeys(SPLITS, arrays), ABOUT, NumbersProcessor(("a", "b", "c")), {})
    network = nn.Linear(3, 3)
    task = classify.Config(best="auc").build()
    with torch.no_grad():
        with pytest.raises(
            JinjieError, match=r"there are 3, of which the test split has 3.*task.best=accuracy"
        ):
            task.metrics({"model": network}, data, "test", None)
        assert "accuracy" in classify.Config().build().metrics({"model": network}, data, "test", None)


@pytest.mark.parametrize(
    ("best", "higher"), [("accuracy", True), ("auc", True), ("f1", True), ("loss", False)]
)
def test_the_recipe_says_which_score_decides(best, higher):
    assert classify.Config(best=best).build().best() == (best, higher)


@pytest.mark.parametrize(("facts", "most"), [({}, 300), ({"height": 2}, 64)], ids=["rows", "pictures"])
def test_pictures_are_looked_at_a_few_at_a_time(facts, most):
    """A thousand pictures at once took 300 MB in a small convolutional network; what is told of them is the same."""
    y = np.arange(300) % 2
    x = np.eye(2, dtype=np.float32)[y]
    data = Examples(dict.fromkeys(SPLITS, {"x": x, "y": y}), ABOUT, NumbersProcessor(("a", "b")), facts)
    seen = []

    class Counting(nn.Linear):
        def forward(self, input):
            seen.append(len(input))
            return super().forward(input)

    with torch.no_grad():
        logits, true = classify.Config().build().outputs({"model": Counting(2, 2)}, data, "test", None)
    assert (max(seen), sum(seen), len(logits)) == (most, 300, 300)
    assert true.tolist() == y.tolist()
