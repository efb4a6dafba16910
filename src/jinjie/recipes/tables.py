"""Tables: logistic regression on real ones."""

from jinjie.base.words import Text
from jinjie.data import cancer, credit
from jinjie.models import mlp
from jinjie.tasks import classify
from jinjie.training.optim import Adam
from jinjie.training.recipe import Budget, Recipe

STAGE = 1

LOGISTIC = mlp.Config(hidden=(), dropout=0.0)
"""Without hidden layers: softmax over two linear scores, which is logistic regression in their difference."""

RECIPES = [
    Recipe(
        name="credit",
        title=Text(en="Who will not pay back? Logistic regression", zh="谁会还不上贷款？逻辑回归"),
        teaches=Text(
            en="A real table: holes filled and flagged, words as columns, L2, early stopping; and two classes of unequal size. Compare data.balance=weights, over, under and task.loss=focal.",
            zh="一张真实的表：缺失值填补并标记，文字变成列，L2 正则，早停；还有两个多少悬殊的类别。可比较 data.balance=weights、over、under 与 task.loss=focal。",
        ),
        expect=Text(
            en="An area under the ROC curve (AUC) of about 0.86 on 890 applicants it never saw. It finds 48 of 100 bad ones; balanced, about 75, with more false alarms.",
            zh="在没见过的 890 位申请人上，ROC 曲线下面积（AUC）约为 0.86。每 100 笔坏账约能找出 48 笔；做了平衡之后约 75 笔，但误报也更多。",
        ),
        data=credit.Config(),
        model=LOGISTIC,
        task=classify.Config(best="auc"),
        optimizer=Adam(lr=0.003, weight_decay=1e-3),
        budget=Budget(epochs=40, batch=64, evaluate_every=49, checkpoint_every=490, patience=10),
        precision="fp32",
    ),
    Recipe(
        name="cancer",
        title=Text(en="Benign or malignant? Logistic regression", zh="良性还是恶性？逻辑回归"),
        teaches=Text(
            en="Thirty measures, 400 patients, one linear layer: why inputs are standardised, what L2 holds back, and when to stop.",
            zh="30 项测量、400 位患者、一个线性层：为什么要标准化输入，L2 约束了什么，什么时候该停。",
        ),
        expect=Text(
            en="About 97 % of the 113 test patients right.",
            zh="113 位测试患者约有 97% 判断正确。",
        ),
        data=cancer.Config(),
        model=LOGISTIC,
        task=classify.Config(best="loss"),
        optimizer=Adam(lr=0.01, weight_decay=1e-3),
        budget=Budget(epochs=60, batch=32, evaluate_every=26, checkpoint_every=260, patience=10),
        precision="fp32",
    ),
]
