"""Search over the course: lessons, concepts, formulas, exercises, quizzes, resources, recipes, commands."""

from jinjie.course.find.kinds import KINDS
from jinjie.course.find.search import Found, Hit, find

__all__ = ["KINDS", "Found", "Hit", "find"]
