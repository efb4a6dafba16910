"""用 BERT 做抽取式问答,以及几个 pipeline"""
import torch
from torch.utils.data import DataLoader
from transformers import AutoModelForQuestionAnswering, AutoTokenizer, get_linear_schedule_with_warmup, pipeline

classifier = pipeline("sentiment-analysis", model="uer/roberta-base-finetuned-jd-binary-chinese")
print(classifier(["这家店的东西很好", "物流太慢了"]))
ner = pipeline("token-classification", model="dslim/bert-base-NER", aggregation_strategy="simple")
print(ner("Hugging Face is based in New York City."))

torch.manual_seed(0)
device = "cuda" if torch.cuda.is_available() else "cpu"
name = "bert-base-uncased"
tokenizer = AutoTokenizer.from_pretrained(name)
model = AutoModelForQuestionAnswering.from_pretrained(name).to(device)


def train(model, dataset, epochs=2, accum=4):
    loader = DataLoader(dataset, batch_size=8, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-5)
    total = epochs * (len(loader) // accum)
    scheduler = get_linear_schedule_with_warmup(optimizer, num_warmup_steps=int(0.1 * total), num_training_steps=total)
    model.train()
    for epoch in range(epochs):
        for step, batch in enumerate(loader):
            batch = {k: v.to(device) for k, v in batch.items()}
            outputs = model(**batch)
            loss = outputs.loss / accum
            loss.backward()
            if (step + 1) % accum == 0:
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                scheduler.step()
                optimizer.zero_grad()


@torch.no_grad()
def answer(question, context):
    model.eval()
    inputs = tokenizer(question, context, truncation="only_second", max_length=384, return_tensors="pt").to(device)
    outputs = model(**inputs)
    start = outputs.start_logits.argmax(dim=-1).item()
    end = outputs.end_logits.argmax(dim=-1).item()
    return tokenizer.decode(inputs["input_ids"][0, start : end + 1])


train(model, squad_train)
print(answer("Where do I live?", "My name is Sarah and I live in London."))
