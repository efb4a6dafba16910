"""Hugging Face's Trainer on BertForSequenceClassification: in fp32 or `bf16=True`, padded in one of three ways."""

import tempfile
from typing import Any

import numpy as np
import torch
import transformers
from contest.contender import Stopwatch, serve, settings
from contest.reviews import Reviews

given = settings()
reviews = Reviews(given["data"])
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
tokenizer = transformers.AutoTokenizer.from_pretrained(given["start"])
pad = (
    {"padding": "max_length", "max_length": given["block"]}
    if given["padded"] == "fixed"
    else {"padding": True}
)
collator = transformers.DataCollatorWithPadding(tokenizer, **pad)
rows = [
    {
        "input_ids": x.tolist(),
        "token_type_ids": [0] * len(x),
        "attention_mask": [1] * len(x),
        "labels": int(y),
    }
    for x, y in zip(reviews.rows["train"], reviews.y["train"], strict=True)
]
steps = -(-len(rows) // given["batch"])
bf16 = given["precision"] == "bf16"
seed = given["seed"]


class Watch(transformers.TrainerCallback):
    """The time from before the first step until after the last: what making a Trainer takes does not count."""

    taken: dict[str, float]

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self.watch = Stopwatch()

    def on_train_end(self, *_: Any, **__: Any) -> None:
        self.taken = self.watch.stop()


def run() -> dict[str, float]:
    """One epoch from the published weights, with another seed each round."""
    global seed
    transformers.set_seed(seed)
    config = transformers.AutoConfig.from_pretrained(given["start"], num_labels=2)
    config.attention_probs_dropout_prob = given["attention_dropout"]
    model = transformers.BertForSequenceClassification.from_pretrained(given["start"], config=config)
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        trainer = transformers.Trainer(
            model,
            transformers.TrainingArguments(
                folder,
                use_cpu=True,
                bf16=bf16,
                num_train_epochs=1,
                per_device_train_batch_size=given["batch"],
                train_sampling_strategy="group_by_length" if given["padded"] == "grouped" else "random",
                learning_rate=given["lr"],
                lr_scheduler_type="cosine",
                warmup_steps=given["warmup"],
                weight_decay=given["weight_decay"],
                max_grad_norm=1.0,
                optim="adamw_torch_fused",
                save_strategy="no",
                logging_strategy="no",
                report_to=[],
                disable_tqdm=True,
                seed=seed,
            ),
            train_dataset=rows,
            data_collator=collator,
            callbacks=[watch],
        )
        result = trainer.train()
    seed += 1
    assert trainer.state.global_step == steps
    model.eval()
    return {
        **watch.taken,
        "loss": result.training_loss,
        "accuracy": reviews.accuracy(lambda *x: told(model, *x)),
    }


@torch.no_grad()
def told(model: torch.nn.Module, x: np.ndarray[Any, Any], mask: np.ndarray[Any, Any]) -> Any:
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        logits = model(input_ids=torch.from_numpy(x), attention_mask=torch.from_numpy(mask)).logits
    return logits.argmax(1).numpy()


serve({"versions": f"transformers {transformers.__version__}", "precision": given["precision"]}, run)
