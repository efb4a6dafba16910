import torch
import torch.nn.functional as F


def sample(logits: torch.Tensor, temperature: float = 1.0) -> int:
    """The next token; logits of one place, of shape (V,)."""
    probabilities = F.softmax(logits / temperature, dim=0)
    return int(torch.multinomial(probabilities, 1))


def viterbi(emissions, transitions):
    """The best path of tags; emissions of shape (T, K)."""
    score, back = emissions[0], []
    for emission in emissions[1:]:
        total = score.unsqueeze(1) + transitions + emission
        back.append(total.argmax(dim=0))
        score = total.max(dim=0).values
    path = [int(score.argmax(dim=0))]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    return path[::-1]


def vote(all_logits):
    """Mean over the members of an ensemble, of shape (members, B, K)."""
    return torch.stack(all_logits).mean(dim=0).argmax(dim=-1)
