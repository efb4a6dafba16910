"""Exercises graded: cases and right answers from the exercise, the learner's code in the sandbox, judged out here.

marking.grade(library.exercise("descent-step"), source)
"""
