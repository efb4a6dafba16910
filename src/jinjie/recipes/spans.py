"""Names and answers in texts: a class for each token, and the two ends of a span."""

from __future__ import annotations

from jinjie.base.words import Text
from jinjie.data import entities, questions
from jinjie.models import bert
from jinjie.recipes.texts import MINILM
from jinjie.tasks import answer, tag
from jinjie.training.optim import AdamW
from jinjie.training.recipe import Budget, Recipe
from jinjie.training.schedule import Cosine
from jinjie.training.tuning import Tuning

STAGE = 5
"""Where these stand in the course."""

RECIPES = [
    Recipe(
        name="entities-zh",
        title=Text(
            en="Names in the newspaper: persons, places, organisations", zh="报纸里的人名、地名、机构名"
        ),
        teaches=Text(
            en="A class for each token: a small BERT reads a sentence from both sides and marks the names in it.",
            zh="给每个词元分类：小 BERT 从两边读一句话，标出其中的名称。",
        ),
        expect=Text(
            en="F1 of about 0.85 over the names of 4,461 held-out sentences, borders and kind exact; a linear tagger of "
            "neighbouring characters has 0.82.",
            zh="4461 句测试文本里的名称，边界与类别都对才算，F1 约 0.85；只看相邻字的线性标注器是 0.82。",
        ),
        data=entities.Config(),
        model=bert.Config(
            layers=2, width=128, heads=4, positions="rotary", masked=False, head="tokens", dropout=0.2
        ),
        task=tag.Config(),
        optimizer=AdamW(lr=2e-3, beta2=0.99),
        schedule=Cosine(warmup=100, final=0.0),
        budget=Budget(epochs=4, batch=32, clip=1.0, evaluate_every=1156),
    ),
    Recipe(
        name="answers",
        title=Text(
            en="Answers that stand in a passage (synthetic questions)", zh="在短文里找答案（合成问答，英文）"
        ),
        teaches=Text(
            en="The two ends of a span: a BERT that has read before learns to find the answer to a question in a passage. "
            "Passages and questions are made up from patterns, and so easier than real ones.",
            zh="一段的首尾：读过书的 BERT 学习在短文里找出问题的答案。短文和问题由句型合成，比真实的容易。",
        ),
        expect=Text(
            en="About 90 % of 1,000 held-out questions answered word for word, all about names, things and wordings "
            "that training lacks; a reader that compares words finds 26 %.",
            zh="1000 个测试问题约有 90% 回答得一字不差，其中的人名、事物和句型都没在训练中出现过；只比较词语的办法能答对 26%。",
        ),
        data=questions.Config(),
        model=MINILM.model_copy(update={"head": "span", "pooler": False}),
        start="minilm",
        task=answer.Config(),
        optimizer=AdamW(lr=2e-4, beta2=0.999, weight_decay=0.01),
        tuning=Tuning(layer_decay=0.9),
        schedule=Cosine(warmup=30, final=0.0),
        budget=Budget(epochs=1, batch=16, clip=1.0, evaluate_every=94, evaluate_batches=1),
    ),
]
