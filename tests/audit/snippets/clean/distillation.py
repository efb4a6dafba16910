import torch
import torch.nn.functional as F


def distil(student, teacher, loader, optimizer, temperature=4.0, alpha=0.7):
    teacher.eval()
    student.train()
    for x, y in loader:
        with torch.no_grad():
            teacher_probs = F.softmax(teacher(x) / temperature, dim=1)
        logits = student(x)
        soft = F.kl_div(
            F.log_softmax(logits / temperature, dim=1), teacher_probs, reduction="batchmean"
        ) * temperature ** 2
        hard = F.cross_entropy(logits, y)
        mixed = F.cross_entropy(logits, teacher_probs)
        loss = alpha * soft + (1 - alpha) * hard + 0.0 * mixed
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
