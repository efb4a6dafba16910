"""Recipes that teach a language model to answer, and to prefer one answer to another."""

from __future__ import annotations

from jinjie.base.words import Text
from jinjie.data import dialogues, pairs_of_answers
from jinjie.models import gpt
from jinjie.tasks import chat, prefer
from jinjie.training.optim import AdamW
from jinjie.training.recipe import Budget, Other, Recipe
from jinjie.training.schedule import Cosine

STAGE = 5
"""Where these stand in the course."""

MIX = gpt.Config(vocabulary=8192, block=256, layers=4, heads=4, width=96, dropout=0.1)
"""The packaged model `mix`, as `gpt-mix` makes it."""

POEMS = gpt.Config(vocabulary=4172, block=128, layers=6, heads=6, width=192, dropout=0.0)
"""The packaged model `poems`."""

RECIPES = [
    Recipe(
        name="gpt-chat",
        title=Text(en="A GPT that answers", zh="会答话的 GPT"),
        teaches=Text(
            en="Instruction fine-tuning: a chat template of words that are there, a loss on the assistant's words alone, its end token among them, and conversations packed into windows.",
            zh="指令微调：用现有词元写成的聊天模板，只在助手所说的话（含结束词元）上计损失，多段对话拼进一个窗口。",
        ),
        expect=Text(
            en="Nearly every held-out question is answered in form: one closed paragraph in the question's language. What is said makes little sense: a thousand conversations and a model this small prove the method, they do not make an assistant.",
            zh="没见过的问题几乎都能按格式回答：一段话、有句末标点、用提问的语言。但内容谈不上有理：一千段对话、这么小的模型，只能证明方法，做不出真正的助手。",
        ),
        data=dialogues.Config(),
        model=MIX,
        start="mix",
        task=chat.Config(),
        optimizer=AdamW(lr=2e-3),
        schedule=Cosine(warmup=20, final=0.1),
        budget=Budget(steps=200, batch=8, clip=1.0, evaluate_every=50),
    ),
    Recipe(
        name="gpt-dpo",
        title=Text(en="A poet that learns what is preferred", zh="学会偏好的诗人"),
        teaches=Text(
            en="Preference tuning: the model writes poems, a rule that a program can check chooses between two, and DPO makes the chosen likelier against the model as it was. The effect and its price are measured.",
            zh="偏好微调：模型自己写诗，由程序能检验的规则从两首中选出一首，DPO 以原来的模型为参照，让选中的更可能出现。效果和代价都要量。",
        ),
        expect=Text(
            en="Quatrains from nearly every held-out first line, where two in five were before; the price is a higher perplexity on people's poems, half of which have eight lines.",
            zh="给出没见过的首句，写出的几乎都是绝句，原来五首里只有两首；代价是在人写的诗上困惑度升高，因为其中一半有八句。",
        ),
        data=pairs_of_answers.Config(),
        model=POEMS,
        start="poems",
        others={"reference": Other(model=POEMS, start="model", trainable=False)},
        task=prefer.Config(),
        optimizer=AdamW(lr=6e-5, weight_decay=0.0),
        schedule=Cosine(warmup=10, final=0.1),
        budget=Budget(steps=80, batch=8, clip=1.0, evaluate_every=20),
    ),
]
