"""Straight lines: the smallest trainings there are."""

from jinjie.base.words import Text
from jinjie.data import line
from jinjie.models import linear
from jinjie.tasks import regress
from jinjie.training.optim import SGD
from jinjie.training.recipe import Budget, Recipe

STAGE = 1

RECIPES = [
    Recipe(
        name="line-1",
        title=Text(en="A line without noise", zh="没有噪声的直线"),
        teaches=Text(
            en="What a parameter, a loss and a gradient step are: y = 0.1x + 0.3 found again from points on it.",
            zh="什么是参数、损失与一步梯度下降：从直线上的点重新找回 y = 0.1x + 0.3。",
        ),
        expect=Text(
            en="Slope and intercept within 0.01 of 0.1 and 0.3.",
            zh="斜率与截距同 0.1、0.3 的误差都在 0.01 以内。",
        ),
        data=line.Config(slope=0.1, intercept=0.3, noise=0.0, examples=100),
        model=linear.Config(),
        task=regress.Config(),
        optimizer=SGD(lr=0.1),
        budget=Budget(steps=200, batch=70),
        precision="fp32",
    ),
    Recipe(
        name="line-2",
        title=Text(en="A noisy line, one example a step", zh="带噪声的直线，每步一个样本"),
        teaches=Text(
            en="Stochastic gradient descent in the strict sense: one example a step, 100 times through the data; why the parameters keep trembling.",
            zh="严格意义上的随机梯度下降：每步只看一个样本，把数据看 100 遍；为什么参数总在抖动。",
        ),
        expect=Text(
            en="Slope near 2 and intercept near 1; the loss stays at the noise's variance.",
            zh="斜率接近 2，截距接近 1；损失停在噪声方差附近。",
        ),
        data=line.Config(slope=2.0, intercept=1.0, noise=0.1, examples=100),
        model=linear.Config(),
        task=regress.Config(),
        optimizer=SGD(lr=0.01),
        budget=Budget(epochs=100, batch=1),
        precision="fp32",
    ),
]
