"""Quizzes: questions whose numbers and order are a function of a seed, and the judging of an answer.

asked = variant(library.quiz("gradient-descent"), "one-step", seed=7, lang="zh")
judged = judge(asked, "１．５")
"""

from jinjie.course.quizzes.judging import Judged, NotAChoice, judge
from jinjie.course.quizzes.reading import NotANumber
from jinjie.course.quizzes.variants import Variant, variant

__all__ = ["Judged", "NotAChoice", "NotANumber", "Variant", "judge", "variant"]
