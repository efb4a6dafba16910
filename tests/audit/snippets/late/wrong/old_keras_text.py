import numpy as np
from keras.layers import LSTM, Dense, Embedding
from keras.models import Sequential
from keras.optimizers import Adam
from keras.preprocessing.sequence import pad_sequences
from keras.preprocessing.text import Tokenizer
from keras.utils import set_random_seed

set_random_seed(0)
texts = ["good film", "bad film", "very good", "so bad"]
y = np.array([1, 0, 1, 0])
tok = Tokenizer(num_words=100)
tok.fit_on_texts(texts)
X = pad_sequences(tok.texts_to_sequences(texts), maxlen=5)

m = Sequential([Embedding(100, 8), LSTM(8), Dense(1)])
m.compile(optimizer=Adam(lr=0.01), loss="binary_crossentropy", metrics=["acc"])
m.fit(X, y, epochs=10)
classes = m.predict_classes(X)
print(classes)
