"""What a linear classifier makes of texts without knowing a language: the mark that a fine-tuned model has to pass.

TF-IDF of words and pairs of words (of one to three characters for Chinese, which writes no blanks), and logistic
regression. It learns from the same training rows, and takes of some strengths of regularisation the one that does best
on the validation rows.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinjie.analyse import measures
from jinjie.base.lazy import lazy
from jinjie.base.words import Language, say
from jinjie.data.dataset import Report, Split
from jinjie.data.fetch import tell
from jinjie.data.texts import Texts

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

STRENGTHS = (1.0, 3.0, 10.0)
"""What is tried of C, the inverse of the regularisation (scikit-learn's unit)."""

_NEVER = -50.0
"""The logit of a class that no training row has."""

_FEW = 200
"""Training texts below which what occurs once is kept: of so few, nothing occurs often."""


@dataclass(frozen=True)
class Linear:
    """A linear classifier's answers for a split, in its order, and what it is."""

    made: measures.Predictions
    features: int
    """Words and pairs, or runs of characters, that it weighs."""
    strength: float
    """C, chosen on the validation split."""

    @property
    def accuracy(self) -> float:
        return float(self.made.hit.mean())


def linear(data: Texts, split: Split = "test", report: Report | None = None) -> Linear | None:
    """Fitted on the training rows of `data`, asked for those of `split`. Equal data give equal answers.

    None where there is nothing to fit: texts were not kept, rows have no class each, or no text holds a word.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    train, rows = data.splits["train"], data.splits[split]
    if not train.texts or not rows.texts or "y" not in train.each:
        return None
    tell(report, say("evaluate.fitting_linear"), 0, None)
    language: Language = getattr(data.processor, "language", "en")
    weigh = TfidfVectorizer(
        **_pieces(language), sublinear_tf=True, min_df=2 if len(train) >= _FEW else 1, dtype=np.float32
    )
    try:
        x = weigh.fit_transform(_clean(train.texts, language))
    except ValueError:  # an empty vocabulary
        return None
    y = train.each["y"]
    held, truth = (
        weigh.transform(_clean(data.splits["validation"].texts, language)),
        data.splits["validation"].each["y"],
    )
    fitted = [LogisticRegression(C=strength, max_iter=1000).fit(x, y) for strength in STRENGTHS]
    right = [float((model.predict(held) == truth).mean()) for model in fitted]
    best = int(np.argmax(right))  # of equals the strictest
    # logits and no probabilities, of which the smallest are 0: of two classes it gives the log-odds of the second alone
    answers: Any = fitted[best].decision_function(weigh.transform(_clean(rows.texts, language)))
    if answers.ndim == 1:
        answers = np.stack([np.zeros_like(answers), answers], axis=1)
    logits = np.full((len(rows), int(data.facts["outputs"])), _NEVER)
    logits[:, fitted[best].classes_] = answers
    return Linear(measures.predictions(logits, rows.each["y"]), x.shape[1], STRENGTHS[best])


def _pieces(language: Language) -> dict[str, Any]:
    if language == "zh":
        return {"analyzer": "char", "ngram_range": (1, 3)}
    return {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"\w+"}


def _clean(texts: Sequence[str], language: Language) -> list[str]:
    """Full-width letters as half-width ones; Chinese without blanks."""
    plain = (unicodedata.normalize("NFKC", text) for text in texts)
    return ["".join(text.split()) if language == "zh" else text for text in plain]
