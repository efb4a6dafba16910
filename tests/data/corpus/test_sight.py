"""A window of many documents means to a GPT what each of its documents means alone: nothing leaks across."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from memory import Given

from jinjie.data.corpus.config import Config
from jinjie.data.corpus.opening import opened
from jinjie.data.corpus.prepare import Settings
from jinjie.data.corpus.splits import Shares
from jinjie.data.text import packaged
from jinjie.models import gpt
from jinjie.models.gpt.network import GPT

BLOCK = 48


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("positions", ["learned", "rotary"])
def test_each_document_of_a_window_has_the_logits_that_it_has_alone(positions: str, tmp_path: Path) -> None:
    """To 1e-5 in fp32: sums over keys are taken in another order when the window is longer."""
    texts = [part for part in packaged()[:60_000].split("\n\n") if part.strip()]
    said = Config(path="x").about()
    data = opened("corpus", Given(texts), Settings(Shares(5, 5), True, 400), BLOCK, said)
    config = gpt.Config(
        vocabulary=data.facts["vocabulary"], block=BLOCK, layers=2, heads=2, width=32, positions=positions
    )
    torch.manual_seed(0)
    network = GPT(config).eval()
    seen = 0
    for batch in [data.batch(0, 0, 4), *data.batches("test", 4, 2)]:
        x, documents = torch.from_numpy(batch["x"]), torch.from_numpy(batch["documents"])
        with torch.no_grad():
            packed = network(x, documents=documents)
            for row in range(len(x)):
                for number in np.unique(batch["documents"][row]):
                    places = batch["documents"][row] == number
                    alone = network(x[row : row + 1, places])
                    torch.testing.assert_close(packed[row : row + 1, places], alone, atol=1e-5, rtol=0)
                    seen += 1
    assert seen > 12 + 4  # more documents than rows
