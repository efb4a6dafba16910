"""Hugging Face's Trainer on GPT2LMHeadModel, in fp32 or with `bf16=True` (autocast)."""

import tempfile
from typing import Any

import torch
import transformers
from contest.contender import Turns, settings
from contest.windows import Windows, at_the_end

given = settings()
shape = given["shape"]
windows = Windows(given)
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

transformers.set_seed(given["seed"])
model = transformers.GPT2LMHeadModel(
    transformers.GPT2Config(
        vocab_size=shape["vocabulary"],
        n_positions=shape["block"],
        n_embd=shape["width"],
        n_layer=shape["layers"],
        n_head=shape["heads"],
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        use_cache=False,
        loss_type="ForCausalLM",
    )
)
turns = Turns({"versions": f"transformers {transformers.__version__}", "precision": given["precision"]})
# The model shifts its labels itself, and so predicts all tokens of a window but the first.
rows = [{"input_ids": row, "labels": row} for batch in windows.x for row in torch.from_numpy(batch)]


@torch.no_grad()
def held_loss() -> float:
    with torch.autocast("cpu", torch.bfloat16, enabled=given["precision"] == "bf16"):
        logits = model(input_ids=torch.from_numpy(windows.held_x)).logits
    targets = torch.from_numpy(windows.held_y)
    return float(torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten()))


class Rounds(transformers.TrainerCallback):
    """Stops the Trainer's loop at the end of each round until another is asked for."""

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        windows.done = state.global_step
        if windows.done % windows.steps == 0:
            control.should_training_stop = not turns.over(lambda: at_the_end(windows, held_loss))
        return control


with tempfile.TemporaryDirectory() as folder:
    trainer = transformers.Trainer(
        model,
        transformers.TrainingArguments(
            folder,
            use_cpu=True,
            bf16=given["precision"] == "bf16",
            max_steps=len(windows.x),
            per_device_train_batch_size=windows.x.shape[1],
            train_sampling_strategy="sequential",
            learning_rate=given["lr"],
            lr_scheduler_type="constant",
            weight_decay=0.1,
            adam_beta2=0.95,
            max_grad_norm=1.0,
            optim="adamw_torch_fused",
            save_strategy="no",
            logging_strategy="no",
            report_to=[],
            disable_tqdm=True,
        ),
        train_dataset=rows,
        data_collator=transformers.default_data_collator,
        callbacks=[Rounds()],
    )
    trainer.train()
