"""Pictures."""

from jinjie.base.words import Text
from jinjie.data import digits, emoji
from jinjie.data.augment import Augment
from jinjie.models import cnn, mlp, resnet
from jinjie.tasks import classify
from jinjie.training.optim import Adam, AdamW
from jinjie.training.recipe import Budget, Recipe
from jinjie.training.schedule import Cosine

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
    Recipe(
        name="mnist-cnn",
        title=Text(en="Handwritten digits with a convolutional network", zh="用卷积网络识别手写数字"),
        teaches=Text(
            en="Convolution, pooling and batch norm: a network that knows that a digit moved by two pixels is the same digit, and pictures shifted in training to tell it so.",
            zh="卷积、池化与批归一化：数字挪动两个像素仍是同一个数字，网络的结构和训练时的随机平移都在告诉它这一点。",
        ),
        expect=Text(
            en="About 98 % of the 2,000 test digits right, with fewer weights than the network without convolutions.",
            zh="2000 张测试图片约有 98% 识别正确，参数却比不用卷积的网络还少。",
        ),
        data=digits.Config(augment=Augment(shift=2, crop=0.8)),
        model=cnn.Config(filters=(16, 32, 64), kernel=5, dropout=0.3),
        task=classify.Config(),
        optimizer=AdamW(lr=3e-3, beta2=0.999, weight_decay=0.05),
        schedule=Cosine(warmup=50, final=0.01),
        budget=Budget(epochs=20, batch=64),
    ),
    Recipe(
        name="emoji-cnn",
        title=Text(en="Emoji in nine kinds with a convolutional network", zh="用卷积网络给表情符号分九类"),
        teaches=Text(
            en="Colour pictures, few of them: 1,254 to learn from. What augmentation, dropout and batch norm do against learning them by heart.",
            zh="彩色图片，而且很少：只有 1254 张可学。看数据增强、随机失活与批归一化怎样防止死记硬背。",
        ),
        expect=Text(
            en="About 65 % of the 359 test emoji right; a linear model on the same pictures gets a third.",
            zh="359 张测试图片约有 65% 分对；同样的图片，线性模型只能对三分之一。",
        ),
        data=emoji.Config(augment=Augment(shift=2, flip=True)),
        model=cnn.Config(filters=(32, 64, 128, 160), dropout=0.2),
        task=classify.Config(),
        optimizer=AdamW(lr=3e-3, beta2=0.999, weight_decay=0.05),
        schedule=Cosine(warmup=20, final=0.01),
        budget=Budget(epochs=40, batch=32),
    ),
    Recipe(
        name="emoji-resnet",
        title=Text(en="Emoji in nine kinds with a residual network", zh="用残差网络给表情符号分九类"),
        teaches=Text(
            en="Residual connections: deeper than emoji-cnn with as many weights; and what so few pictures ask of a training: a weight decay that is felt, softened targets, time. Train emoji-cnn that way too: which of the two did it?",
            zh="残差连接：参数与 emoji-cnn 相当，层数更多。图片这么少，训练还要讲究：权重衰减要足够强，标签要平滑，时间要给够。用同样的方法再训练 emoji-cnn，看看功劳是谁的。",
        ),
        expect=Text(
            en="About 66 % of the 359 test emoji right, as often as emoji-cnn or a little more, and far less sure of its mistakes.",
            zh="359 张测试图片约有 66% 分对，与 emoji-cnn 相当或略高，而且犯错时远没有那么自信。",
        ),
        data=emoji.Config(augment=Augment(shift=2, flip=True)),
        model=resnet.Config(stages=(64, 128), units=1, pool=True, halving="pool", dropout=0.3),
        task=classify.Config(smoothing=0.1),
        # Over 3,040 steps a decay of 0.05 takes a fifth off a weight in all, which batch norm hides; one of 0.5 is felt. 33 divides
        # the 1,254 pictures: a last batch of six has poor statistics to normalise with, just before every evaluation.
        optimizer=AdamW(lr=3e-3, beta2=0.999, weight_decay=0.5),
        schedule=Cosine(warmup=20, final=0.01),
        budget=Budget(epochs=80, batch=33),
    ),
]
