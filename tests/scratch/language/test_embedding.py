import numpy as np
import pytest
import torch

from jinjie.scratch.foundations.encoding import one_hot
from jinjie.scratch.language.embedding import embed


def test_looking_up_is_multiplying_one_hot_rows_and_is_pytorchs():
    rng = np.random.default_rng(0)
    E = rng.normal(size=(7, 3))
    ids = np.array([6, 0, 6, 2])
    x = embed(ids, E)
    assert np.array_equal(x, one_hot(ids, K=7) @ E)
    table = torch.nn.Embedding.from_pretrained(torch.tensor(E))
    assert np.array_equal(x, table(torch.tensor(ids)).numpy())


@pytest.mark.parametrize("i", [-1, 3])
def test_a_token_that_the_table_does_not_have_is_told(i):
    with pytest.raises(ValueError, match="expected ids from 0 to 2"):
        embed(np.array([0, i]), np.zeros((3, 2)))


def test_the_table_is_not_handed_out():
    E = np.zeros((3, 2))
    embed(np.array([1]), E)[0] = 5.0
    assert not E.any()
