"""The recipe: one complete, named, reproducible training, put together from configs and nothing else."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import SerializeAsAny, model_validator

from jinjie.base.config import Config, OfKind, Wrong, option, override
from jinjie.base.errors import InvalidInput, Problem, did_you_mean
from jinjie.base.words import Text
from jinjie.data.dataset import DataConfig
from jinjie.models.model import ModelConfig
from jinjie.tasks.task import TaskConfig
from jinjie.training.optim import AnyOptimizer
from jinjie.training.schedule import AnySchedule, Constant
from jinjie.training.tuning import Tuning

Data = Annotated[SerializeAsAny[DataConfig], OfKind("data")]
Model = Annotated[SerializeAsAny[ModelConfig], OfKind("models")]
Task = Annotated[SerializeAsAny[TaskConfig], OfKind("tasks")]


class Budget(Config):
    """How long to train, and how often to look."""

    steps: int | None = option(None, "optimiser steps in all", "优化步总数", ge=1)
    epochs: int | None = option(
        None, "times through the training data, instead of steps", "训练数据遍历次数，代替步数", ge=1
    )
    batch: int = option(32, "examples in one optimiser step", "每个优化步的样本数", ge=1)
    accumulate: int = option(
        1, "pieces a batch is worked through in, to save memory", "为省内存把一个批次分成几份计算", ge=1
    )
    clip: float | None = option(
        None, "largest gradient norm; larger ones are scaled down", "梯度范数上限，超出则按比例缩小", gt=0
    )
    log_every: int | None = option(
        None, "steps between two points of the loss curve", "每隔多少步记一个损失点", ge=1
    )
    evaluate_every: int | None = option(
        None, "steps between two looks at the validation split", "每隔多少步在验证集上评估", ge=1
    )
    evaluate_batches: int | None = option(
        None,
        "batches looked at in each evaluation; all of them when empty",
        "每次评估的批次数，留空为全部",
        ge=1,
    )
    checkpoint_every: int | None = option(
        None, "steps between two checkpoints", "每隔多少步存一个检查点", ge=1
    )
    keep: int = option(2, "newest checkpoints kept", "保留最近几个检查点", ge=2)
    patience: int | None = option(
        None,
        "evaluations without a better score before training ends early; never when empty",
        "连续多少次评估没有进步就提前结束；留空则不提前结束",
        ge=1,
    )

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if (self.steps is None) == (self.epochs is None):
            raise Wrong("problem.steps_or_epochs")
        if self.batch % self.accumulate:
            raise Wrong("problem.accumulate", batch=self.batch, accumulate=self.accumulate)
        return self

    def total(self, steps_per_epoch: int) -> int:
        """Optimiser steps in the whole run."""
        return self.steps if self.steps is not None else (self.epochs or 0) * steps_per_epoch


class Other(Config):
    """A further model beside the one that is finished: a GAN's discriminator, a teacher, a DPO reference."""

    model: Model
    trainable: bool = option(True, "whether its weights move", "权重是否参与训练")
    start: str | None = option(
        None,
        "a run or model folder its weights come from; 'model' copies the main one's",
        "初始权重来自的训练或模型文件夹；“model”表示复制主模型",
    )


class Recipe(Config):
    """A complete training. `recipe.json` in a run folder is this, every field written out."""

    name: str = option(..., "the recipe's name", "配方名")
    title: Text = option(..., "what it is", "标题")
    teaches: Text = option(..., "what one learns by running it", "运行它能学到什么")
    expect: Text = option(..., "what to expect at the end", "结束时应看到什么")
    size: str | None = option(
        None, "one dial for width, depth, rate and length", "一个旋钮：同时设定宽度、深度、学习率与步数"
    )
    sizes: dict[str, dict[str, Any]] = option({}, "what each setting of the dial sets", "各档位设定的内容")
    data: Data
    model: Model
    start: str | None = option(
        None,
        "a run, folder or published model whose weights it begins from; the model has its shape then",
        "从哪个训练、文件夹或已发布模型的权重开始；模型形状随之而定",
    )
    tuning: Tuning = option(
        Tuning(), "what moves, and how fast in which layer", "哪些部分参与训练，各层学习率如何"
    )
    others: dict[str, Other] = option({}, "further models the task needs", "任务需要的其他模型")
    task: Task
    optimizer: AnyOptimizer
    optimizers: dict[str, AnyOptimizer] = option({}, "optimisers of the further models", "其他模型的优化器")
    schedule: AnySchedule = Constant()
    average: float = option(
        0.0,
        "evaluate and keep the average of the weights over the steps, one n steps ago counting this to the power of n; "
        "0 is the last weights alone",
        "评估并保留各步权重的平均，n 步之前的权重按此值的 n 次方计；0 表示只用最后的权重",
        ge=0,
        lt=1,
    )
    budget: Budget
    precision: Literal["auto", "fp32", "bf16"] = option(
        "auto", "number format of the arithmetic; auto picks by machine", "计算精度；auto 按机器选择"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = option("auto", "where the arithmetic runs", "计算设备")
    threads: int | None = option(None, "threads; picked by size when empty", "线程数；留空则按规模选择", ge=1)
    seed: int = option(0, "decides every random choice of the run", "决定全部随机选择的种子", ge=0)

    @model_validator(mode="after")
    def _data_for_the_task(self) -> Self:
        """Raises where the data says which tasks can learn from it, and this is none of them."""
        able = self.data.tasks
        if able and self.task.kind not in able:
            raise Wrong("recipe.other_task", task=self.task.kind, data=self.data.kind, able=", ".join(able))
        return self

    def changed(self, changes: dict[str, Any]) -> Recipe:
        """This recipe with dotted paths changed; `size` is applied first and the rest on top of it.

        Raises InvalidInput naming every problem at once.
        """
        dial: dict[str, Any] = {}
        if "size" in changes:
            size = str(changes["size"])
            if size not in self.sizes:
                names = did_you_mean(size, self.sizes)
                raise InvalidInput(
                    [
                        Problem(
                            "size",
                            "problem.no_such_size" if self.sizes else "problem.no_sizes",
                            came=size,
                            suggestion=names,
                        )
                    ]
                )
            dial = self.sizes[size]
        if "budget.steps" in changes and "budget.epochs" not in changes:
            dial = {**dial, "budget.epochs": None}
        if "budget.epochs" in changes and "budget.steps" not in changes:
            dial = {**dial, "budget.steps": None}
        return override(self, {**dial, **changes})
