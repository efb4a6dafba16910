"""The course: its formulas, and later its lessons, exercises and quizzes."""
