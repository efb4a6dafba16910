"""Runs broken on purpose, and healthy ones: real, tiny, each with what is wrong with it.

The pictures are MNIST's (real); tables and lines are synthetic.
"""

from __future__ import annotations

from patients import Patient, bent, copy, folder, linear, noise, outliers, product, table, weak

TEN = dict.fromkeys(range(10), 40)
SOME = dict.fromkeys(range(10), 100)
FEW = dict.fromkeys(range(10), 8)
SGD = {"optimizer.kind": "sgd"}
SHORT = {"budget.epochs": 3}

TUNED = [
    # rate too high
    Patient("line, rate 1.05", "rate_high", "line-1", {"optimizer.lr": 1.05}),
    Patient("line, one at a time, rate 1.5", "rate_high", "line-2", {"optimizer.lr": 1.5}),
    Patient("digits, Adam 1.0", "rate_high", changes={**SHORT, "optimizer.lr": 1.0}, also=("dead",)),
    Patient(
        "digits, Adam 0.1, no dropout",
        "rate_high",
        changes={**SHORT, "optimizer.lr": 0.1, "model.dropout": 0.0},
        also=("dead",),
    ),
    Patient("digits, SGD 10", "rate_high", changes={**SHORT, **SGD, "optimizer.lr": 10.0}, also=("dead",)),
    Patient(
        "table, SGD 3",
        "rate_high",
        "table",
        {**SGD, "optimizer.lr": 3.0},
        table(400, 5, bent),
        also=("dead",),
    ),
    # too low
    Patient("line, rate 1e-4", "rate_low", "line-1", {"optimizer.lr": 1e-4}),
    Patient("line, one at a time, rate 1e-6", "rate_low", "line-2", {"optimizer.lr": 1e-6}),
    Patient("digits, Adam 1e-6", "rate_low", changes={**SHORT, "optimizer.lr": 1e-6}),
    Patient("digits, SGD 1e-4", "rate_low", changes={**SHORT, **SGD, "optimizer.lr": 1e-4}),
    Patient("table, Adam 1e-6", "rate_low", "table", {"optimizer.lr": 1e-6}, table(400, 5, linear)),
    # over-fitting
    Patient(
        "200 pictures, 512 wide",
        "overfit",
        changes={"model.hidden": [512], "model.dropout": 0.0, "budget.epochs": 150},
        data=folder(dict.fromkeys(range(10), 28)),
        also=("little_data",),
    ),
    Patient(
        "120 pictures, 256 wide",
        "overfit",
        changes={"model.hidden": [256], "model.dropout": 0.0, "budget.epochs": 200},
        data=folder(dict.fromkeys(range(10), 12), seed=3),
        also=("little_data",),
    ),
    Patient(
        "table of 60 rows, 20 columns",
        "overfit",
        "table",
        {"model.hidden": [128]},
        table(90, 20, weak),
        also=("little_data",),
    ),
    Patient(
        "table of 140 rows, 10 columns",
        "overfit",
        "table",
        {"model.hidden": [256], "budget.steps": 1000},
        table(200, 10, weak),
        also=("little_data",),
    ),
    # too small a model
    Patient(
        "digits through 1 neuron",
        "too_small",
        changes={
            "model.hidden": [1],
            "model.activation": "tanh",
            "model.dropout": 0.0,
            "budget.epochs": 6,
            "optimizer.lr": 1e-2,
        },
    ),
    Patient(
        "digits through 2 neurons",
        "too_small",
        changes={"model.hidden": [2], "model.dropout": 0.0, "budget.epochs": 8, "optimizer.lr": 1e-2},
    ),
    Patient(
        "line through a product",
        "too_small",
        "table",
        {"model.kind": "linear", "optimizer.lr": 0.02},
        table(600, 2, product),
    ),
    Patient(
        "line through a curve",
        "too_small",
        "table",
        {"model.kind": "linear", "optimizer.lr": 0.02},
        table(600, 2, bent),
    ),
    # dead units
    Patient(
        "inputs around 2000",
        "dead",
        "table",
        {"data.standardise": False, "model.hidden": [64, 64]},
        table(400, 2, linear, middle=2000.0),
    ),
    Patient(
        "digits, Adam 0.05, three layers",
        "dead",
        changes={**SHORT, "optimizer.lr": 0.05, "model.hidden": [64, 64, 64], "model.dropout": 0.0},
        also=("rate_high",),
    ),
    Patient(
        "inputs around -500",
        "dead",
        "table",
        {"data.standardise": False, "model.hidden": [64, 64]},
        table(400, 3, linear, middle=-500.0),
    ),
    Patient(
        "digits, momentum 0.5",
        "dead",
        changes={
            **SHORT,
            "optimizer.kind": "momentum",
            "optimizer.lr": 0.5,
            "model.hidden": [64, 64],
            "model.dropout": 0.0,
        },
        also=("rate_high",),
    ),
    # leakage
    Patient("every picture thrice", "leak", data=folder(SOME, copies=3)),
    Patient("every picture twice", "leak", changes={"budget.epochs": 15}, data=folder(TEN, copies=2)),
    Patient("the class in the corner", "leak", data=folder(SOME, spot=True)),
    Patient(
        "the target among the columns",
        "leak",
        "table",
        {"model.kind": "linear", "optimizer.lr": 0.05},
        table(400, 4, copy),
    ),
    # imbalance
    Patient(
        "3 against 5, 97 %",
        "imbalance",
        changes={"budget.epochs": 2, "model.hidden": [8]},
        data=folder({3: 600, 5: 18}),
    ),
    Patient(
        "4 against 9, 95 %",
        "imbalance",
        changes={"budget.epochs": 3, "model.hidden": [8]},
        data=folder({4: 600, 9: 30}),
    ),
    Patient(
        "7 against 9, 96 %, linear",
        "imbalance",
        changes={"budget.epochs": 4, "model.kind": "linear"},
        data=folder({7: 500, 9: 20}),
    ),
    Patient(
        "8 and nine rare ones",
        "imbalance",
        changes={"budget.epochs": 3},
        data=folder({8: 600, **dict.fromkeys(range(8), 5)}),
    ),
    # labels without meaning
    Patient(
        "digits, labels dealt at random",
        "labels",
        changes={"budget.epochs": 6},
        data=folder(SOME, shuffled=True),
        also=("overfit",),
    ),
    Patient(
        "two digits, labels at random",
        "labels",
        changes={"budget.epochs": 10},
        data=folder({0: 200, 1: 200}, shuffled=True),
        also=("overfit",),
    ),
    Patient(
        "a target of noise",
        "labels",
        "table",
        {"model.hidden": [8]},
        table(3000, 4, noise),
    ),
    Patient(
        "a target of noise, network",
        "labels",
        "table",
        {"model.hidden": [16]},
        table(800, 4, noise),
        also=("overfit",),
    ),
    # ended while still falling
    Patient("digits, a sixth of an epoch", "unfinished", changes={"budget.steps": 40, "optimizer.lr": 3e-4}),
    Patient("line, 12 steps", "unfinished", "line-1", {"budget.steps": 15, "optimizer.lr": 0.05}),
    Patient(
        "digits, SGD 0.01, an epoch", "unfinished", changes={**SGD, "budget.epochs": 1, "optimizer.lr": 0.01}
    ),
    Patient("table, 60 steps", "unfinished", "table", {"budget.steps": 60}, table(600, 5, linear)),
    # nothing comes back to the first layers
    Patient(
        "digits, six sigmoids, SGD",
        "vanishing",
        changes={
            **SGD,
            "budget.epochs": 2,
            "optimizer.lr": 0.1,
            "model.hidden": [64] * 6,
            "model.activation": "sigmoid",
            "model.dropout": 0.0,
        },
    ),
    Patient(
        "digits, five sigmoids, SGD 0.5",
        "vanishing",
        changes={
            **SGD,
            "budget.epochs": 2,
            "optimizer.lr": 0.5,
            "model.hidden": [48] * 5,
            "model.activation": "sigmoid",
            "model.dropout": 0.0,
        },
    ),
    # gradients that leap
    Patient("targets with outliers", "exploding", "table", {}, table(800, 4, outliers)),
    Patient(
        "targets with outliers, SGD",
        "exploding",
        "table",
        {**SGD, "optimizer.lr": 1e-5},
        table(800, 4, outliers, seed=1),
    ),
    # a patience too short
    Patient(
        "patience 1",
        "impatient",
        changes={"budget.patience": 1, "budget.evaluate_every": 5, "optimizer.lr": 3e-4},
    ),
    Patient(
        "patience 1, 100 pictures",
        "impatient",
        changes={"budget.patience": 1, "budget.evaluate_every": 2, "optimizer.lr": 1e-4, "budget.epochs": 30},
        data=folder(TEN),
    ),
    # never looked at
    Patient(
        "one look at the end", "few_looks", changes={"budget.epochs": 2, "budget.evaluate_every": 100000}
    ),
    Patient(
        "table, one look", "few_looks", "table", {"budget.evaluate_every": 100000}, table(400, 5, linear)
    ),
]
"""What the thresholds were set on."""

HELD_OUT = [
    Patient("line, rate 2", "rate_high", "line-1", {"optimizer.lr": 2.0}),
    Patient(
        "digits, tanh, Adam 0.5",
        "rate_high",
        changes={**SHORT, "optimizer.lr": 0.5, "model.activation": "tanh", "model.dropout": 0.0},
    ),
    Patient(
        "table, Adam 1", "rate_high", "table", {"optimizer.lr": 1.0}, table(500, 4, bent, seed=7), ("dead",)
    ),
    Patient(
        "digits, momentum 1e-6",
        "rate_low",
        changes={**SHORT, "optimizer.kind": "momentum", "optimizer.lr": 1e-6},
    ),
    Patient(
        "table, linear, SGD 1e-6",
        "rate_low",
        "table",
        {**SGD, "optimizer.lr": 1e-6, "model.kind": "linear"},
        table(500, 6, linear, seed=7),
    ),
    Patient(
        "300 pictures, two layers of 256",
        "overfit",
        changes={"model.hidden": [256, 256], "model.dropout": 0.0, "budget.epochs": 100},
        data=folder(dict.fromkeys(range(10), 30), seed=7),
        also=("little_data",),
    ),
    Patient(
        "table of 105 rows, 15 columns",
        "overfit",
        "table",
        {"model.hidden": [64], "budget.steps": 1000},
        table(150, 15, weak, seed=7),
        ("little_data",),
    ),
    Patient(
        "three columns, a product, a linear model",
        "too_small",
        "table",
        {"model.kind": "linear", "optimizer.lr": 0.01},
        table(900, 3, product, seed=7),
    ),
    Patient(
        "digits through 2 neurons of tanh",
        "too_small",
        changes={
            "model.hidden": [2],
            "model.activation": "tanh",
            "model.dropout": 0.0,
            "budget.epochs": 8,
            "optimizer.lr": 1e-2,
        },
    ),
    Patient(
        "inputs around 300, three layers",
        "dead",
        "table",
        {"data.standardise": False, "model.hidden": [32, 32, 32]},
        table(500, 3, bent, seed=7, middle=300.0),
    ),
    Patient(
        "digits, RMSProp 0.05, two layers",
        "dead",
        changes={
            **SHORT,
            "optimizer.kind": "rmsprop",
            "optimizer.lr": 0.05,
            "model.hidden": [64, 64],
            "model.dropout": 0.0,
        },
        also=("rate_high",),
    ),
    Patient(
        "every picture twice, a linear model",
        "leak",
        changes={"model.kind": "linear", "budget.epochs": 8},
        data=folder(SOME, copies=2, seed=7),
    ),
    Patient("three digits, four copies", "leak", data=folder({2: 60, 3: 60, 7: 60}, copies=4, seed=7)),
    Patient(
        "2 against 7, 98 %",
        "imbalance",
        changes={"budget.epochs": 2, "model.hidden": [16]},
        data=folder({2: 700, 7: 15}, seed=7),
    ),
    Patient(
        "5 and four rare ones",
        "imbalance",
        changes={"budget.epochs": 2},
        data=folder({5: 500, 3: 10, 6: 10, 8: 10, 9: 10}, seed=7),
    ),
    Patient(
        "five digits, labels at random",
        "labels",
        changes={"budget.epochs": 6},
        data=folder(dict.fromkeys(range(5), 150), shuffled=True, seed=7),
    ),
    Patient(
        "a target of noise, two layers",
        "labels",
        "table",
        {"model.hidden": [32, 32], "optimizer.lr": 1e-3},
        table(2000, 6, noise, seed=7),
    ),
    Patient(
        "table, 100 small steps",
        "unfinished",
        "table",
        {"budget.steps": 100, "optimizer.lr": 2e-3},
        table(800, 4, linear, seed=7),
    ),
    Patient(
        "digits, tanh, SGD 0.02, an epoch",
        "unfinished",
        changes={**SGD, "budget.epochs": 1, "optimizer.lr": 0.02, "model.activation": "tanh"},
    ),
    Patient(
        "digits, five sigmoids, momentum",
        "vanishing",
        changes={
            "optimizer.kind": "momentum",
            "optimizer.lr": 0.01,
            "budget.epochs": 2,
            "model.hidden": [32] * 5,
            "model.activation": "sigmoid",
            "model.dropout": 0.0,
        },
    ),
    Patient("three columns with outliers", "exploding", "table", {}, table(1500, 3, outliers, seed=7)),
    Patient(
        "patience 1, SGD 0.05",
        "impatient",
        changes={**SGD, "budget.patience": 1, "budget.evaluate_every": 4, "optimizer.lr": 0.03},
    ),
    Patient(
        "digits, tanh, one look",
        "few_looks",
        changes={"budget.epochs": 2, "budget.evaluate_every": 100000, "model.activation": "tanh"},
    ),
]
"""Thought of after the thresholds were set, and not looked at before."""

HEALTHY = [
    Patient("line-1", None, "line-1"),
    Patient("line-2", None, "line-2"),
    Patient("line with noise, whole batches", None, "line-1", {"data.noise": 0.1}),
    Patient("mnist-mlp", None),
    Patient("digits, SGD 0.1", None, changes={**SGD, "optimizer.lr": 0.1, "budget.epochs": 6}),
    Patient(
        "digits, momentum 0.02",
        None,
        changes={"optimizer.kind": "momentum", "optimizer.lr": 0.02, "budget.epochs": 5},
    ),
    Patient("digits, linear", None, changes={"model.kind": "linear", "budget.epochs": 6}),
    Patient("digits, tanh", None, changes={"model.activation": "tanh", "budget.epochs": 5}),
    Patient("0 and 1", None, changes={"budget.epochs": 8}, data=folder({0: 400, 1: 400})),
    Patient("table, linear rule", None, "table", {}, table(800, 5, linear)),
    Patient("table, bent rule", None, "table", {"budget.steps": 1500}, table(1500, 2, bent)),
    Patient(
        "table, linear model",
        None,
        "table",
        {"model.kind": "linear", "optimizer.lr": 0.02},
        table(600, 5, linear),
    ),
]
