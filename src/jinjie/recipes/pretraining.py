"""Pre-training a BERT of one's own: filling gaps in texts that nobody has labelled."""

from __future__ import annotations

from jinjie.base.words import Text
from jinjie.data import pairs
from jinjie.data.pairs.config import VOCABULARY
from jinjie.models import bert
from jinjie.tasks import masked
from jinjie.training.optim import Muon
from jinjie.training.recipe import Budget, Recipe
from jinjie.training.schedule import Cosine

STAGE = 5
"""Where these stand in the course."""

OWN = bert.Config(
    vocabulary=VOCABULARY,
    block=128,
    layers=3,
    width=160,
    heads=5,
    positions="rotary",
    dropout=0.1,
    pooler=True,
    next_sentence=True,
)

RECIPES = [
    Recipe(
        name="bert-pretrain",
        title=Text(en="A BERT of your own, from gaps in texts", zh="自己的 BERT：从文本的空缺中学习"),
        teaches=Text(
            en="Pre-training without labels: hide 15 % of the tokens and find them from both sides, and tell whether a stretch follows another.",
            zh="无标注的预训练：掩盖 15% 的词元，从两侧的上下文把它们找回来；再判断一段文字是否紧接另一段。",
        ),
        expect=Text(
            en="About 41 % of the hidden tokens of held-out texts found, where a bigram model of both neighbours finds 30 %; "
            "whether a stretch follows is told in 61 % of the pairs: so small a body learns that slowly.",
            zh="测试文本里被掩盖的词元约有 41% 能找回，用左右两邻的二元模型只有 30%；是否紧接能判对 61%：这么小的模型学这件事很慢。",
        ),
        data=pairs.Config(),
        model=OWN,
        task=masked.Config(),
        optimizer=Muon(lr=0.01, adam_lr=3e-3, weight_decay=0.1),
        schedule=Cosine(warmup=100, final=0.0),
        budget=Budget(epochs=4, batch=32, clip=1.0, evaluate_every=690, evaluate_batches=48),
    ),
]
