"""Texts that belong to classes: fine-tuning a BERT that has read a great deal."""

from __future__ import annotations

from jinjie.base.words import Text
from jinjie.data import sentiment
from jinjie.models import bert
from jinjie.recipes.pretraining import OWN
from jinjie.tasks import classify
from jinjie.training.optim import AdamW
from jinjie.training.recipe import Budget, Recipe
from jinjie.training.schedule import Cosine
from jinjie.training.tuning import Tuning

STAGE = 5
"""Where these stand in the course."""

MINILM = bert.Config(
    vocabulary=30522,
    block=512,
    layers=6,
    width=384,
    heads=12,
    masked=False,
    pooler=True,
    head="text",
    dropout=0.1,
)

RECIPES = [
    Recipe(
        name="sentiment-en",
        title=Text(en="Praise or blame, from a BERT that has read before", zh="褒还是贬：微调读过书的 BERT"),
        teaches=Text(
            en="Fine-tuning: weights that know English learn a new question from 8,525 film reviews, with one new linear layer.",
            zh="微调：已经懂英文的权重，加一个新的线性层，从 8525 句影评里学会一个新问题。",
        ),
        expect=Text(
            en="About 84 % of the 1,039 test sentences right; a linear classifier of words and word pairs has 76.5 %.",
            zh="1039 句测试影评约有 84% 判断正确；只看词和词对的线性分类器是 76.5%。",
        ),
        data=sentiment.Config(),
        model=MINILM,
        start="minilm",
        task=classify.Config(),
        optimizer=AdamW(lr=5e-5, beta2=0.999, weight_decay=0.01),
        tuning=Tuning(layer_decay=0.9),
        schedule=Cosine(warmup=50, final=0.0),
        budget=Budget(epochs=3, batch=32, clip=1.0, evaluate_every=133),
    ),
    Recipe(
        name="sentiment-zh",
        title=Text(
            en="Praise or blame in Chinese, from a BERT of your own", zh="好评还是差评：微调自己预训练的 BERT"
        ),
        teaches=Text(
            en="What pre-training is for, and what it is not: the BERT that you made fill gaps reads 13,864 labelled reviews, "
            "and beside it a table counts words, pairs and triples.",
            zh="预训练有什么用，又有什么做不到：自己做过填空训练的 BERT 再读 13864 条带标签的评论，旁边一张表只数词、二元组和三元组。",
        ),
        expect=Text(
            en="About 86 % of the 1,778 test reviews right, where a linear classifier of characters and pairs has 85.9 %. The head "
            "alone has 84 %, the table alone 84 to 85 %: what one misses, the other often knows. From nothing "
            "(start=null) it is 84.9 %.",
            zh="1778 条测试评论约有 86% 判断正确，只看字和字对的线性分类器是 85.9%。单看输出头是 84%，单看表是 84% 到 85%："
            "一个看漏的，另一个往往知道。不从预训练开始（start=null）是 84.9%。",
        ),
        data=sentiment.Config(language="zh", hidden=0.15),
        model=OWN.model_copy(
            update={
                "masked": False,
                "next_sentence": False,
                "pooler": False,
                "pooling": "mean",
                "head": "text",
                "table": 2**18,
                "dropout": 0.2,
            }
        ),
        start="bert-pretrain",
        task=classify.Config(r_drop=3.0),
        optimizer=AdamW(lr=5e-4, beta2=0.999, weight_decay=0.0),
        tuning=Tuning(layer_decay=0.9, table_rate=40.0),
        schedule=Cosine(warmup=100, final=0.0),
        budget=Budget(epochs=4, batch=32, clip=1.0, evaluate_every=217),
    ),
]
