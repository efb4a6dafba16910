"""litgpt's model, with its own first weights and its own loss in pieces, in fp32 or wholly in bf16 ("bf16-true")."""

from importlib.metadata import version

import torch
from contest.contender import settings
from contest.windows import Windows, train
from litgpt.model import GPT, Config
from litgpt.utils import chunked_cross_entropy

given = settings()
shape = given["shape"]
windows = Windows(given)

torch.manual_seed(given["seed"])
torch.set_default_dtype(torch.bfloat16 if given["precision"] == "bf16" else torch.float32)
# Its shape is GPT-NeoX's: positions turn queries and keys, and the head is a matrix of its own.
model = GPT(
    Config(
        name="contest",
        block_size=shape["block"],
        vocab_size=shape["vocabulary"],
        padded_vocab_size=shape["vocabulary"],
        n_layer=shape["layers"],
        n_head=shape["heads"],
        n_embd=shape["width"],
        rotary_percentage=1.0,
        parallel_residual=False,
        gelu_approximate="tanh",
    )
)
for name, weight in model.named_parameters():  # as its own pretraining begins
    if weight.ndim == 2:
        added = name.endswith("attn.proj.weight")
        std = shape["width"] ** -0.5 / shape["layers"] if added else (2 / 5 / shape["width"]) ** 0.5
        torch.nn.init.normal_(weight, std=std)
    elif name.endswith("bias"):
        torch.nn.init.zeros_(weight)
optimizer = torch.optim.AdamW(
    model.parameters(), lr=given["lr"], betas=(0.9, 0.95), weight_decay=0.1, fused=True
)


def step(i: int) -> float:
    logits = model(torch.from_numpy(windows.x[i]))
    loss = chunked_cross_entropy(logits, torch.from_numpy(windows.y[i]))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.item()


@torch.no_grad()
def held_loss() -> float:
    logits = model(torch.from_numpy(windows.held_x)).float()
    return float(chunked_cross_entropy(logits, torch.from_numpy(windows.held_y)))


train(windows, step, held_loss, {"versions": f"litgpt {version('litgpt')}", "precision": given["precision"]})
