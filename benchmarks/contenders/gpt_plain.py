"""A GPT as a tutorial trains it: plain PyTorch in fp32, torch's own attention, loss and AdamW, one loop."""

import math

import torch
from contest.contender import settings
from contest.windows import Windows, train
from torch import nn
from torch.nn import functional as F

given = settings()
shape = given["shape"]
windows = Windows(given)


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        width = shape["width"]
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, time, width = x.shape
        heads = (part.view(batch, time, shape["heads"], -1).transpose(1, 2) for part in self.project(x))
        mixed = F.scaled_dot_product_attention(*heads, is_causal=True)
        x = x + self.mix(mixed.transpose(1, 2).reshape(batch, time, width))
        return x + self.narrow(F.gelu(self.widen(self.norm_2(x)), approximate="tanh"))

    def project(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return self.qkv(self.norm_1(x)).chunk(3, -1)


class GPT(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Embedding(shape["vocabulary"], shape["width"])
        self.places = nn.Embedding(shape["block"], shape["width"])
        self.blocks = nn.Sequential(*(Block() for _ in range(shape["layers"])))
        self.norm = nn.LayerNorm(shape["width"])
        self.head = nn.Linear(shape["width"], shape["vocabulary"], bias=False)
        self.head.weight = self.tokens.weight
        for name, weight in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(weight)
            elif weight.ndim == 2:
                added = name.endswith(("mix.weight", "narrow.weight"))
                nn.init.normal_(weight, std=0.02 / (math.sqrt(2 * shape["layers"]) if added else 1))

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        hidden = self.tokens(x) + self.places(torch.arange(x.shape[1]))
        logits = self.head(self.norm(self.blocks(hidden)))
        return F.cross_entropy(logits.flatten(0, 1), y.flatten())


torch.manual_seed(given["seed"])
model = GPT()
decayed = [weight for weight in model.parameters() if weight.ndim >= 2]
others = [weight for weight in model.parameters() if weight.ndim < 2]
optimizer = torch.optim.AdamW(
    [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}],
    lr=given["lr"],
    betas=(0.9, 0.95),
)


def step(i: int) -> float:
    loss = model(torch.from_numpy(windows.x[i]), torch.from_numpy(windows.y[i]))
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.item()


@torch.no_grad()
def held_loss() -> float:
    return float(model(torch.from_numpy(windows.held_x), torch.from_numpy(windows.held_y)))


train(windows, step, held_loss, {"versions": f"torch {torch.__version__}", "precision": "fp32"})
