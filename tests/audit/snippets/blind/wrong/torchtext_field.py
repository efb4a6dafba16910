import torch
from torchtext.data import Field, BucketIterator
from torchtext.datasets import Multi30k

SRC = Field(tokenize="spacy", tokenizer_language="de_core_news_sm", init_token="<sos>",
            eos_token="<eos>", lower=True)
TRG = Field(tokenize="spacy", tokenizer_language="en_core_web_sm", init_token="<sos>",
            eos_token="<eos>", lower=True)

train_data, valid_data, test_data = Multi30k.splits(exts=(".de", ".en"), fields=(SRC, TRG))
SRC.build_vocab(train_data, min_freq=2)
TRG.build_vocab(train_data, min_freq=2)

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
train_it, valid_it, test_it = BucketIterator.splits(
    (train_data, valid_data, test_data), batch_size=128, device=device)
