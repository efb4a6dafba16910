"""Every model family through the one harness."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import harness
import pytest
import torch
from harness import CASES, Case

from jinjie.base.config import kinds
from jinjie.models.folder import open_model, save_model

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def test_every_kind_has_a_case() -> None:
    assert {case.config.kind for case in CASES} == set(kinds("models"))


@every_case
@pytest.mark.parametrize(
    "does",
    [
        harness.gives_shape_and_dtype,
        harness.counts_its_parameters,
        harness.is_the_same_under_a_seed,
        harness.reaches_every_parameter,
        harness.learns_from_one_step,
        harness.computes_in_bf16,
        harness.survives_json,
        harness.estimates_its_activations,
    ],
    ids=lambda does: does.__name__,
)
def test_family(case: Case, does: harness.Callable[[Case], None]) -> None:
    does(case)


@every_case
def test_saved_and_opened_it_gives_the_same(case: Case, tmp_path: Path) -> None:
    model = harness.built(case.config).eval()
    save_model(model, case.config, tmp_path / "model")
    config, opened = open_model(tmp_path / "model")
    assert config == case.config
    assert not opened.training
    batch = case.batch()
    with torch.no_grad():
        assert torch.equal(batch.seen(opened(batch.x)), batch.seen(model(batch.x)))


def test_configs_import_no_torch_and_networks_nothing_heavier() -> None:
    """In a fresh interpreter: looking up every kind stays clear of torch, and building every network of what is
    not needed for it. torch._dynamo alone takes three seconds."""
    code = f"""
import sys
from jinjie.base.config import OfKind, kinds
import jinjie.models.folder
found = kinds("models")
early = {{"torch", "numpy", "safetensors", "transformers"}} & set(sys.modules)
assert not early, early
for values in {[case.config.model_dump(mode="json") for case in CASES]!r}:
    OfKind("models").resolve(values).build()
late = {{"torch._dynamo", "torch._inductor", "transformers", "sklearn", "polars", "matplotlib"}} & set(sys.modules)
assert not late, late
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
