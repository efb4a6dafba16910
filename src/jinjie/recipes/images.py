"""Pictures."""

from jinjie.base.words import Text
from jinjie.data import digits
from jinjie.models import mlp
from jinjie.tasks import classify
from jinjie.training.optim import Adam
from jinjie.training.recipe import Budget, Recipe

STAGE = 2

RECIPES = [
    Recipe(
        name="mnist-mlp",
        title=Text(en="Handwritten digits with a small network", zh="用小型网络识别手写数字"),
        teaches=Text(
            en="The first real network: 784 pixels, 128 hidden units, 10 digits; dropout, Adam, and accuracy on images it never saw.",
            zh="第一个真正的网络：784 个像素、128 个隐藏单元、10 个数字；随机失活、Adam，以及在没见过的图片上的准确率。",
        ),
        expect=Text(
            en="About 95 % of the 2,000 test digits right after 10 epochs.",
            zh="10 轮之后，2000 张测试图片约有 95% 识别正确。",
        ),
        data=digits.Config(),
        model=mlp.Config(hidden=(128,), dropout=0.2),
        task=classify.Config(),
        optimizer=Adam(lr=1e-3),
        budget=Budget(epochs=10, batch=32),
        precision="fp32",
    ),
]
