"""What there is to find. Imports nothing heavy: a search that finds its index ready needs no more."""

from __future__ import annotations

from jinjie.base.words import Text

KINDS = {
    "lesson": Text("lesson", "课"),
    "concept": Text("concept", "概念"),
    "formula": Text("formula", "公式"),
    "exercise": Text("exercise", "练习"),
    "quiz": Text("question", "题目"),
    "experiment": Text("experiment", "实验"),
    "recipe": Text("recipe", "配方"),
    "answer": Text("answer", "问答"),
    "role": Text("role", "职业"),
    "system": Text("system", "系统"),
    "resource": Text("resource", "资源"),
    "command": Text("command", "命令"),
}
"""What can be found, and how it is called."""
COMMANDS = {
    "recipes": "cli.recipes.help",
    "show": "cli.show.help",
    "run": "cli.run.help",
    "runs": "cli.runs.help",
    "resume": "cli.resume.help",
    "stop": "cli.stop.help",
    "compare": "compare.help",
    "evaluate": "evaluate.help",
    "diagnose": "cli.diagnose.help",
    "predict": "cli.predict.help",
    "generate": "cli.generate.help",
    "chat": "cli.chat.help",
    "export": "cli.export.help",
    "serve": "cli.serve.help",
    "formula": "cli.formula.help",
    "find": "cli.find.help",
    "ask": "cli.ask.help",
    "lesson": "cli.lesson.help",
    "exercise": "cli.exercise.help",
    "quiz": "cli.quiz.help",
    "place": "cli.place.help",
    "plan": "cli.plan.help",
    "career": "cli.career.help",
    "review": "cli.review.help",
    "next": "cli.next.help",
    "experiment": "cli.experiment.help",
    "resources": "cli.resources.help",
    "progress": "cli.progress.help",
    "portfolio": "cli.portfolio.help",
    "content": "cli.content.help",
    "data": "cli.data.help",
    "clean": "cli.clean.help",
    "audit": "cli.audit.help",
    "tokenize": "cli.tokenize.help",
    "doctor": "machine.help",
    "studio": "studio.server.help",
}
"""The commands and the sentence that says what each does; a test holds them to the command line."""
