"""The packaged readers are what their page says: shapes, labels, accuracies, and what padding did to them."""

import numpy as np
import pytest

from jinjie.scratch.transformers import readers
from jinjie.scratch.transformers.bert_heads import best_span, mean_pooling


def accuracy(X, y, X_test, y_test, penalty):
    """Of the least-squares line between the classes, held out."""
    centre, deviation = X.mean(axis=0), X.std(axis=0)
    A = np.column_stack([(X - centre) / deviation, np.ones(len(X))])
    w = np.linalg.solve(A.T @ A + penalty * np.eye(A.shape[1]), A.T @ (2 * y - 1))
    B = np.column_stack([(X_test - centre) / deviation, np.ones(len(X_test))])
    return ((B @ w > 0) == y_test).mean()


@pytest.mark.parametrize(
    ("made", "least", "most"), [("mean", 0.69, 0.75), ("first", 0.62, 0.68), ("tuned", 0.83, 0.85)]
)
def test_what_a_head_can_make_of_the_reviews(made, least, most):
    X, y = readers.reviews("train", made)
    X_test, y_test = readers.reviews("test", made)
    assert len(y) == 1600 and len(y_test) == 1039 and set(y) == {0, 1}
    assert least < accuracy(X, y, X_test, y_test, penalty=1000) < most


def test_the_bags_are_of_the_same_reviews():
    words, test_words = readers.word_table(1600)
    _, y = readers.reviews("train")
    _, y_test = readers.reviews("test")
    assert set(np.unique(words)) == {0.0, 1.0} and (words.sum(axis=0) >= 2).all()
    assert 0.66 < accuracy(words, y, test_words, y_test, penalty=3000) < 0.74
    assert readers.word_table(50, twice=False)[0].any(axis=0).all()
    with pytest.raises(ValueError, match="from 1 to 1600"):
        readers.word_table(1601)


def test_masked_padding_leaves_a_sentence_as_it_was():
    tokens, alone = readers.sentence("alone")
    longer, masked = readers.sentence("masked")
    assert longer[:8] == tokens and longer[8:] == ["[PAD]"] * 8
    real = np.array([token != "[PAD]" for token in longer])
    np.testing.assert_allclose(mean_pooling(masked, real), alone.mean(axis=0), atol=1e-3)
    unmasked = readers.sentence("unmasked")[1]
    assert np.abs(unmasked[:8] - alone).max() > 0.5


def test_padded_reviews_are_rows_of_the_test_split():
    for masked in (True, False):
        X, rows = readers.padded_reviews(masked)
        assert X.shape == (300, 384) and len(set(rows)) == 300 and rows.max() < 1039


def test_questions_and_names_have_the_scores_of_their_models():
    asked = readers.question("met")
    i, j = best_span(asked.first, asked.last, asked.inside)
    assert asked.tokens[i : j + 1] == ["lu", "##oya", "##ng"]
    born = readers.question("born")
    assert born.first.argmax() > born.last.argmax()
    tokens, z = readers.names("poets")
    assert [readers.TAGS[k] for k in z.argmax(axis=1)][1:3] == ["B-PER", "I-PER"] and tokens[1:3] == [
        "杜",
        "甫",
    ]


@pytest.mark.slow
def test_the_vectors_of_the_reviews_are_minilms():
    import tokenizers
    import torch

    from jinjie.data.pretrained import pretrained_folder
    from jinjie.data.sentiment import Config
    from jinjie.models.folder import open_model

    folder = pretrained_folder("minilm")
    _, network = open_model(folder)
    reading = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    reading.no_padding()
    texts = Config().load().splits["test"].texts
    kept = readers.everything()
    for row in range(0, 1039, 104):
        with torch.no_grad():
            h = network.hidden(torch.tensor(reading.encode(texts[row]).ids)[None])[0].numpy()
        for made, expected in (("mean", h.mean(axis=0)), ("first", h[0])):
            whole = np.clip(np.rint(expected / kept[f"{made}_scale"]), -127, 127)
            assert np.abs(whole - kept[f"{made}_test"][row]).max() <= 1
