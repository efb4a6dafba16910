"""transformers' `generate` with GPT2LMHeadModel of random weights, nothing compiled."""

import resource
import sys
from typing import Any

import torch
import transformers
from contest.contender import Stopwatch, serve, settings
from contest.gpt2_peer import gpt2

given = settings()
model = gpt2(given)
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
