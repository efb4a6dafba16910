import torch
from torch.autograd import Variable
from torchtext.data import BucketIterator, Field, LabelField
from torchtext.datasets import IMDB

torch.manual_seed(0)
TEXT = Field(lower=True, batch_first=True)
LABEL = LabelField(dtype=torch.float)
train_data, test_data = IMDB.splits(TEXT, LABEL)
TEXT.build_vocab(train_data, max_size=20000)
LABEL.build_vocab(train_data)
train_iter, test_iter = BucketIterator.splits((train_data, test_data), batch_size=32)

for batch in train_iter:
    words = Variable(batch.text)
    print(words.shape, batch.label[:5])
    break
