"""Exercises graded: cases and right answers from the exercise, the learner's code in the sandbox, judged out here.

grade(library.exercise("descent-step"), source)
"""

from jinjie.course.grading.marking import Grade, NoSandbox, grade
from jinjie.course.grading.parts import ExerciseBroken

__all__ = ["ExerciseBroken", "Grade", "NoSandbox", "grade"]
