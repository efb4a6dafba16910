"""Adapters by themselves, in peft's layout: put on the start in transformers they give what the finished model gives.

peft's own arithmetic, W + (α/r)·BA for every target and the kept heads in the place of the start's, is done here by
hand, since peft is none of this project's packages. docs/log.md says which version opened these files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file
from toys import small

from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.models import bert, gpt
from jinjie.models.folder import save_model
from jinjie.training import adapter_files
from jinjie.training.networks import Networks
from jinjie.training.optim import AdamW
from jinjie.training.tuning import Tuning

BODY = bert.Config(vocabulary=20, block=8, layers=2, width=16, heads=2, types=2, dropout=0.0)
BERTS: dict[str, Any] = {
    "text": {"pooler": True, "head": "text", "outputs": 3},
    "tokens": {"head": "tokens", "outputs": 5},
    "span": {"head": "span"},
}
ROFORMER = BODY.model_copy(update={"positions": "rotary"})
GPT2 = gpt.Config(vocabulary=20, block=8, layers=2, width=16, heads=2)
LLAMA = GPT2.model_copy(
    update={
        "positions": "rotary",
        "norm": "rmsnorm",
        "activation": "silu",
        "gated": True,
        "bias": False,
        "tied": False,
        "feedforward": 24,
    }
)
CASES = [
    *(
        pytest.param(BODY, BODY.model_copy(update={"masked": False, **u}), id=f"bert, {h}")
        for h, u in BERTS.items()
    ),
    pytest.param(ROFORMER, ROFORMER.model_copy(update={"masked": False, **BERTS["tokens"]}), id="roformer"),
    pytest.param(GPT2, GPT2, id="gpt2"),
    pytest.param(LLAMA, LLAMA, id="llama"),
]
X = torch.tensor([[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]])


def learned(start: Any, config: Any, folder: Path) -> Networks:
    """A LoRA run that began from a model and whose every moving weight has moved."""
    torch.manual_seed(3)
    save_model(start.build(), start, folder / "start")
    recipe = small().model_copy(
        update={
            "model": config,
            "optimizer": AdamW(),
            "start": str(folder / "start"),
            "tuning": Tuning(body="lora", rank=2, alpha=6.0),
        }
    )
    networks = Networks(recipe, {}, "fp32", "cpu")
    with torch.no_grad():
        for weight in networks.models["model"].parameters():
            if weight.requires_grad:
                weight += 0.3 * torch.randn_like(weight)
    (folder / "adapters").mkdir()
    assert adapter_files.write(
        folder / "adapters", networks.weights("model"), config, recipe.tuning, recipe.start, "classify"
    )
    return networks


def theirs_of(folder: Path, config: Any) -> Any:
    kind = {"text": "SequenceClassification", "tokens": "TokenClassification", "span": "QuestionAnswering"}
    name = f"AutoModelFor{kind.get(getattr(config, 'head', ''), 'CausalLM')}"
    more = {"num_labels": config.outputs} if getattr(config, "outputs", None) else {}
    torch.manual_seed(5)
    return getattr(transformers, name).from_pretrained(folder, **more).eval()


@pytest.mark.parametrize(("start", "config"), CASES)
def test_the_start_with_the_adapters_is_the_finished_model(start: Any, config: Any, tmp_path: Path) -> None:
    """Largest difference 1e-4, in fp32, of scores near 1."""
    networks = learned(start, config, tmp_path)
    settings = json.loads((tmp_path / "adapters" / adapter_files.CONFIG).read_text())
    adapters = load_file(tmp_path / "adapters" / adapter_files.WEIGHTS)
    theirs = theirs_of(tmp_path / "start", config)
    state = theirs.state_dict()
    seen = set()
    for module in settings["target_modules"]:
        down, up = (adapters[f"base_model.model.{module}.lora_{side}.weight"] for side in "AB")
        product = settings["lora_alpha"] / settings["r"] * up @ down
        state[f"{module}.weight"] += product.T if settings["fan_in_fan_out"] else product
        seen |= {f"base_model.model.{module}.lora_{side}.weight" for side in "AB"}
    for module in settings["modules_to_save"] or ():
        for leaf in ("weight", "bias"):
            if (name := f"base_model.model.{module}.{leaf}") in adapters:
                state[f"{module}.{leaf}"] = adapters[name]
                seen.add(name)
    assert seen == set(adapters), "nothing is written that nobody reads"
    theirs.load_state_dict(state)
    save_model_of(networks, config, tmp_path / "merged")
    merged = theirs_of(tmp_path / "merged", config)
    with torch.no_grad():
        one, other = theirs(X), merged(X)
    for name in ("logits", "start_logits", "end_logits"):
        if name in one:
            assert (one[name] - other[name]).abs().max() < 1e-4
            assert one[name].std() > 1e-2


def save_model_of(networks: Networks, config: Any, folder: Path) -> None:
    network = config.build()
    network.load_state_dict(networks.finished("model"))
    save_model(network, config, folder)


def test_a_head_that_is_no_module_elsewhere_has_no_adapters(tmp_path: Path) -> None:
    """The head for gaps shares its matrix with the embedding; and our own layout is known to nobody else."""
    (tmp_path / "adapters").mkdir()
    for config in (
        BODY,
        BODY.model_copy(update={"masked": False, "head": "text", "outputs": 2, "pooler": False}),
    ):
        recipe = small().model_copy(update={"model": config, "tuning": Tuning(body="lora", rank=2)})
        networks = Networks(recipe, {}, "fp32", "cpu")
        made = adapter_files.write(
            tmp_path / "adapters", networks.weights("model"), config, recipe.tuning, None, "masked"
        )
        assert not made and not list((tmp_path / "adapters").iterdir())


def test_they_are_copied_whole_or_not_at_all(tmp_path: Path) -> None:
    config = BODY.model_copy(update={"masked": False, **BERTS["text"]})
    learned(BODY, config, tmp_path)
    made = adapter_files.export(tmp_path, tmp_path / "out" / "copy")
    assert set(made) == {adapter_files.CONFIG, adapter_files.WEIGHTS}
    with pytest.raises(InvalidInput, match="there already|already"):
        adapter_files.export(tmp_path, tmp_path / "out" / "copy")
    adapter_files.export(tmp_path, tmp_path / "out" / "copy", replace=True)
    with pytest.raises(InvalidInput, match="no adapters"):
        adapter_files.export(tmp_path, tmp_path / "start", replace=True)
    with pytest.raises(JinjieError, match="tuning.body=lora"):
        adapter_files.export(tmp_path / "start", tmp_path / "other")
