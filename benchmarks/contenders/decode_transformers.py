"""transformers' `generate` with GPT2LMHeadModel of random weights, nothing compiled."""

import resource
import sys
from typing import Any

import torch
import transformers
from contest.contender import Stopwatch, serve, settings

given = settings()
shape = given["shape"]
transformers.logging.set_verbosity_error()
torch.manual_seed(0)
model = transformers.GPT2LMHeadModel(
    transformers.GPT2Config(
        vocab_size=shape["vocabulary"],
        n_positions=shape["block"],
        n_embd=shape["width"],
        n_layer=shape["layers"],
        n_head=shape["heads"],
    )
).eval()
if given["precision"] == "bf16":
    model = model.to(torch.bfloat16)
how: dict[str, Any] = {
    "do_sample": False,
    "max_new_tokens": given["tokens"],
    "min_new_tokens": given["tokens"],
    "pad_token_id": 0,
}
if given["cache"] == "static":
    how |= {"cache_implementation": "static", "disable_compile": True}
prompts = torch.tensor(given["prompts"])


@torch.no_grad()
def run() -> dict[str, Any]:
    watch = Stopwatch()
    made = model.generate(prompts, attention_mask=torch.ones_like(prompts), **how)
    taken = watch.stop()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e3 if sys.platform == "linux" else 1e6)
    return {**taken, "tokens": int(made[:, prompts.shape[1] :].numel()), "megabytes": peak}


serve({"versions": f"transformers {transformers.__version__}", "format": given["precision"]}, run)
