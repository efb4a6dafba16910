"""The story of one run: batch, losses, gradients, step; now and then log, evaluate, show, save; and the end.

Nothing here knows a model or a task by name.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from jinjie.base.errors import JinjieError
from jinjie.base.files import write_whole
from jinjie.base.seeds import seed_torch
from jinjie.base.system import peak_memory
from jinjie.data.dataset import Arrays, Dataset
from jinjie.tasks.task import Batch, Step, Task, Update
from jinjie.training import checkpoint, finished, vitals
from jinjie.training.cadence import Cadence
from jinjie.training.events import Writer, unwritable
from jinjie.training.finite import check_scores, check_weights, explain_loss, gradient_norm
from jinjie.training.networks import Networks
from jinjie.training.recipe import Recipe


@dataclass
class Session:
    """All that one run works with, and how far it is."""

    run: Path
    recipe: Recipe
    data: Dataset
    task: Task
    networks: Networks
    events: Writer
    versions: dict[str, Any]
    stop_asked: Callable[[], bool]
    step: int = 0
    """Optimiser steps done."""
    best: float | None = None
    """The best validation score so far, of the metric that the task names."""
    waited: int = 0
    """Evaluations since then; `budget.patience` of them end the run."""
    saved: int | None = None
    """The step of the newest checkpoint."""


def train(session: Session) -> bool:
    """Train from `session.step` to the end or until patience is out. True when finished, False when stopped.

    Raises NonFinite before the optimiser step that would have used a bad number, DiskFull and RunGone.
    """
    budget = session.recipe.budget
    cadence = Cadence.of(budget, session.data.steps_per_epoch(budget.batch))
    clock = Clock(cadence.total, session.step)
    if session.step == 0:
        evaluate(session)
    while session.step < cadence.total and not out_of_patience(session):
        if session.stop_asked():
            if session.saved != session.step:
                save(session)
            session.events.write("stopped", step=session.step)
            return False
        last = session.step + 1 == cadence.total
        looks = last or (session.step + 1) % cadence.evaluate == 0
        before = vitals.copied(session.networks.masters["model"]) if looks else None
        learned = one_step(session, cadence.total)
        session.step += 1
        clock.count(learned["examples"])
        if session.step % cadence.log == 0 or session.step == 1 or last:
            session.events.write("step", step=session.step, **learned["shown"], **clock.read(session.step))
            note(line(session.step, cadence.total, learned["shown"]))
        if looks:
            with clock.paused():
                evaluate(session, before)
        if session.step % cadence.checkpoint == 0 or last:
            with clock.paused():
                save(session)
    if session.saved != session.step:  # patience ran out between two checkpoints
        save(session)
    finish(session, early=session.step < cadence.total)
    return True


def out_of_patience(session: Session) -> bool:
    """Whether the score has not risen for as many evaluations as the budget grants (early stopping; Prechelt 1998)."""
    patience = session.recipe.budget.patience
    return patience is not None and session.waited >= patience


def one_step(session: Session, total: int) -> dict[str, Any]:
    """One optimiser step (for each optimiser): what was learned of it for the log."""
    recipe, networks = session.recipe, session.networks
    seed_torch(networks.device, recipe.seed, "step", session.step)  # what dropout draws from
    arrays = session.data.batch(recipe.seed, session.step, recipe.budget.batch)
    parts = cut(arrays, recipe.budget.accumulate)
    pieces = [tensors(session.data.trimmed(part), networks) for part in parts]
    factor = recipe.schedule.factor(session.step, total)
    rounds = [
        session.task.updates(networks.models, piece, Step(recipe.seed, session.step, i))
        for i, piece in enumerate(pieces)
    ]
    losses: dict[str, float] = {}
    metrics: dict[str, float] = {}
    norm = 0.0
    while True:
        name = None
        for i, updates in enumerate(rounds):
            update = next(updates, None)
            if update is None:
                break
            name = update.optimizer
            losses[name] = losses.get(name, 0.0) + check(session, update, pieces[i], i) / len(pieces)
            for key, value in update.metrics.items():
                metrics[key] = metrics.get(key, 0.0) + value / len(pieces)
            networks.backward(update, 1 / len(pieces))
        if name is None:
            break
        gradients = networks.gradients(name)
        norm = gradient_norm(gradients, session.step + 1)
        if recipe.budget.clip is not None and norm > recipe.budget.clip:
            torch._foreach_mul_(list(gradients.values()), recipe.budget.clip / norm)
        networks.step(name, factor)
    networks.count(session.step + 1)
    first = losses.pop("model") if "model" in losses else losses.pop(next(iter(losses)))
    shown = {
        "loss": first,
        "lr": recipe.optimizer.lr * factor,
        "norm": norm,
        "metrics": {**{f"loss_{n}": v for n, v in losses.items()}, **metrics},
    }
    return {"shown": shown, "examples": len(next(iter(arrays.values())))}


def check(session: Session, update: Update, piece: Batch, part: int) -> float:
    """The loss as a number. Raises NonFinite, with the first bad tensor found, when it is none."""
    value = float(update.loss.detach())
    if math.isfinite(value):
        return value
    step = Step(session.recipe.seed, session.step, part)

    def again() -> None:
        seed_torch(session.networks.device, session.recipe.seed, "step", session.step)
        for other in session.task.updates(session.networks.models, piece, step):
            if other.optimizer == update.optimizer:
                return

    raise explain_loss(update.loss, session.step + 1, session.networks.models, piece, again)


def evaluate(session: Session, before: list[torch.Tensor] | None = None) -> None:
    """Look at the validation split, show samples and pictures, and keep the model when it is the best so far.

    `before` are the weights as they were before the last step: how far it moved them is noted beside the scores. What
    is looked at and kept is the average of the weights where the recipe asks for one.
    """
    networks = session.networks
    update = {} if before is None else {"update": vitals.moved(before, networks.masters["model"])}
    networks.train(False)
    with networks.averaged():
        metrics = look(session, update)
        name, higher = session.task.best()
        score = metrics[name]
        session.waited += 1
        if session.best is None or (score > session.best if higher else score < session.best):
            session.best, session.waited = score, 0
            finished.save(
                session.run, session.recipe, networks, session.data.processor, session.step, metrics
            )
    networks.train(True)


def look(session: Session, seen: Mapping[str, Any]) -> dict[str, float]:
    """The scores on the validation split; they are noted with what else was `seen`, and so are samples and pictures."""
    networks, task = session.networks, session.task
    with torch.no_grad():
        metrics = task.metrics(
            networks.models, session.data, "validation", session.recipe.budget.evaluate_batches
        )
        check_scores(metrics, "validation", session.step)
        seen = {**seen, **look_back(session)}
        session.events.write("evaluated", step=session.step, split="validation", metrics=metrics, **seen)
        note(f"step {session.step}: validation " + ", ".join(f"{k} {v:.4g}" for k, v in metrics.items()))
        for text in task.samples(networks.models, session.data, Step(session.recipe.seed, session.step)):
            session.events.write("sample", step=session.step, text=text)
        for picture in task.pictures(networks.models, session.data, "validation"):
            file = session.run / "pictures" / f"{picture.name}{picture.suffix}"
            try:
                file.parent.mkdir(exist_ok=True)
                write_whole(file, picture.content)
            except OSError as error:
                raise unwritable(session.run, file, error) from error
            session.events.write(
                "picture", step=session.step, name=picture.name, file=f"pictures/{file.name}"
            )
    return metrics


def look_back(session: Session) -> dict[str, Any]:
    """For a diagnosis: the same scores on a small part of the training split (`train`), and what the units did on it.

    One batch of the task's own size, or a fifth of what the budget grants an evaluation.
    """
    networks = session.networks
    limit = max(1, (session.recipe.budget.evaluate_batches or 1) // 5)
    scores: dict[str, float] = {}
    with vitals.watched(networks.models["model"]) as units, suppress(JinjieError):  # a part may lack a class
        scores = session.task.metrics(networks.models, session.data, "train", limit)
    return {"train": {n: v for n, v in scores.items() if math.isfinite(v)}, **units.shares()}


def save(session: Session) -> None:
    """Write a checkpoint, after the events up to it are safe on the disk.

    Raises NonFinite, and writes none, when a weight is not finite.
    """
    networks = session.networks
    check_weights({name: networks.weights(name) for name in networks.models}, session.step)
    session.events.sync()
    state = {
        **session.versions,
        "best": session.best,
        "waited": session.waited,
        "fingerprint": session.data.fingerprint(),
    }
    folder = checkpoint.save(session.run, networks, session.step, state, session.recipe.budget.keep)
    session.saved = session.step
    session.events.write("checkpoint", step=session.step, file=f"checkpoints/{folder.name}")


def finish(session: Session, early: bool) -> None:
    """Score the kept model, the one that was best on validation, on the test split."""
    model = finished.open_finished(session.run / "model", session.networks.dtype, session.networks.device)
    models = {**session.networks.models, "model": model.network}
    session.networks.train(False)
    with torch.no_grad():
        metrics = session.task.metrics(models, session.data, "test", None)
    check_scores(metrics, "test", session.step)
    session.events.write("evaluated", step=session.step, split="test", metrics=metrics)
    finished.add_scores(session.run / "model", metrics)
    session.events.write("finished", step=session.step, metrics=metrics, early=early, memory=peak_memory())
    session.events.sync()
    note("test " + json.dumps(metrics))


def cut(arrays: Arrays, pieces: int) -> list[Arrays]:
    """A batch in equal pieces along B; the last batch of an epoch may give fewer, never an empty one."""
    count = len(next(iter(arrays.values())))
    if pieces == 1 or count % pieces:
        return [arrays]
    size = count // pieces
    return [{n: a[i * size : (i + 1) * size] for n, a in arrays.items()} for i in range(pieces)]


def tensors(arrays: Arrays, networks: Networks) -> Batch:
    """A batch as tensors on the device, floats in the arithmetic's precision."""
    made = {}
    for name, array in arrays.items():
        tensor = torch.from_numpy(array)
        dtype = networks.dtype if tensor.is_floating_point() else tensor.dtype
        made[name] = tensor.to(networks.device, dtype)
    return made


def line(step: int, total: int, shown: Mapping[str, Any]) -> str:
    """A step for the console."""
    return f"step {step}/{total}: loss {shown['loss']:.4g}, rate {shown['lr']:.3g}, gradient norm {shown['norm']:.3g}"


def note(text: str) -> None:
    """A line for the console. A full disk is not told of here: the next event says it."""
    with suppress(OSError):
        print(text, flush=True)


class Clock:
    """Examples per second and seconds left, over training alone: pauses for evaluation are counted apart."""

    def __init__(self, total: int, step: int) -> None:
        self.total = total
        self.begin = step
        self.started = time.perf_counter()
        self.away = 0.0
        self.examples = 0
        self._mark = (self.started, 0.0, 0)
        self._pause = 0.0

    def count(self, examples: int) -> None:
        self.examples += examples

    def paused(self) -> Clock:
        return self

    def __enter__(self) -> None:
        self._pause = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.away += time.perf_counter() - self._pause

    def read(self, step: int) -> dict[str, float]:
        """The rate since the last reading, and the time left at the mean pace so far, pauses included."""
        now = time.perf_counter()
        then, away, examples = self._mark
        busy = max(1e-9, (now - then) - (self.away - away))
        self._mark = (now, self.away, self.examples)
        pace = (now - self.started) / max(1, step - self.begin)
        return {"rate": (self.examples - examples) / busy, "left": pace * (self.total - step)}
