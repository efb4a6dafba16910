"""Files and texts that may run code when they are read."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from jinjie.audit.code.meaning import Meaning
from jinjie.audit.code.program import line_of
from jinjie.audit.code.rule import Rule
from jinjie.audit.code.syntax import argument, is_false, is_true, keyword, method
from jinjie.audit.finding import Finding, Severity
from jinjie.base.words import Text

RULE = Rule(
    "unsafe-load",
    Text("Reading this can run whatever its author wrote", "读取它等于运行对方写的任意代码"),
    Text(
        "{what} {from_en}: whoever made it can have this machine do anything the moment it is read.",
        "{what_zh}{from_zh}：文件的作者可以在读取的一瞬间让这台机器执行任何操作。",
    ),
    Text("{safe}", "{safe_zh}"),
    "medium",
)
PICKLES = {
    "pickle.load": "pickle", "pickle.loads": "pickle", "cPickle.load": "pickle", "dill.load": "pickle", "cloudpickle.load": "pickle",
    "joblib.load": "joblib", "pandas.read_pickle": "pickle", "pickle.Unpickler": "pickle",
}  # fmt: skip
_SAVES = {
    "pickle.dump",
    "joblib.dump",
    "torch.save",
    "numpy.save",
    "dill.dump",
    "cloudpickle.dump",
    "numpy.savez",
}
_FETCHES = (
    "urllib.request.",
    "requests.",
    "huggingface_hub.",
    "wget.",
    "gdown.",
    "tensorflow.keras.utils.get_file",
    "keras.utils.get_file",
    "urllib.urlretrieve",
)
_SAFE_YAML = ("SafeLoader", "CSafeLoader", "BaseLoader", "FullLoader")
_WHERE = {
    "high": ("from the net", "来自网络"),
    "medium": ("which comes from outside", "来自外部"),
    "low": ("that the program did not write itself", "并不是本程序自己写的"),
}
_WHAT = {
    "pickle": ("A pickle", "pickle 文件", "Safetensors, JSON, or parquet; a pickle only of your own making.", "用 safetensors、JSON 或 parquet；pickle 只读自己写的。"),
    "joblib": ("A joblib file (a pickle)", "joblib 文件（本质是 pickle）", "`skops.io.load`, or ONNX; a joblib file only of your own making.", "用 `skops.io.load` 或 ONNX；joblib 文件只读自己写的。"),
    "torch": ("A pickle, read with `weights_only=False`,", "用 `weights_only=False` 读取的 pickle ", "`torch.load(…, weights_only=True)` (the default since 2.6), or safetensors.", "用 `torch.load(…, weights_only=True)`（2.6 起为默认），或 safetensors。"),
    "numpy": ("An array of objects (a pickle)", "对象数组（本质是 pickle）", "Arrays of numbers need no `allow_pickle=True`.", "纯数值数组不需要 `allow_pickle=True`。"),
    "yaml": ("A YAML file, read with a loader that makes any object,", "用可构造任意对象的 Loader 读取的 YAML ", "`yaml.safe_load(…)`.", "用 `yaml.safe_load(…)`。"),
    "eval": ("A text, handed to `eval`,", "交给 `eval` 的文本", "`float(…)`, `json.loads(…)` or `ast.literal_eval(…)`.", "用 `float(…)`、`json.loads(…)` 或 `ast.literal_eval(…)`。"),
}  # fmt: skip


def find(m: Meaning) -> Iterator[Finding]:
    program = m.program
    fetches = any((m.dotted(c.func) or "").startswith(_FETCHES) for c in program.calls)
    fetches = fetches or any(word in program.text for word in ("wget http", "curl http"))
    saves = any(m.dotted(c.func) in _SAVES for c in program.calls)
    for call in program.calls:
        full = m.dotted(call.func) or ""
        kind: str | None = None
        severity: Severity = "high" if fetches else "low"
        if full in PICKLES:
            kind = PICKLES[full]
        elif full == "torch.load" and is_false(keyword(call, "weights_only")):
            kind = "torch"
        elif full == "numpy.load" and is_true(keyword(call, "allow_pickle")):
            kind, severity = "numpy", "medium" if fetches or _outside(m, call) else "low"
        elif full in ("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load_all"):
            loader = argument(call, 1, "Loader")
            name = ast.unparse(loader).rsplit(".", 1)[-1] if loader is not None else ""
            if full == "yaml.unsafe_load" or (loader is not None and name not in _SAFE_YAML):
                kind, severity = "yaml", "medium"
        elif isinstance(call.func, ast.Name) and call.func.id in ("eval", "exec") and _outside(m, call):
            kind, severity = "eval", "medium"
        if kind is None or (saves and kind in ("pickle", "joblib", "torch", "numpy")):
            continue
        what, where = _WHAT[kind], _WHERE[severity]
        yield RULE.at(
            program,
            call,
            severity=severity,
            what=what[0],
            what_zh=what[1],
            from_en=where[0],
            from_zh=where[1],
            safe=what[2],
            safe_zh=what[3],
        )


def _outside(m: Meaning, call: ast.Call) -> bool:
    """Whether what is read comes from a user, the command line or a file: seen in the call's own argument, or one name away."""
    todo: list[ast.AST] = [*call.args]
    for arg in list(todo):
        for name in (n for n in ast.walk(arg) if isinstance(n, ast.Name)):
            found = m.definition(name)
            if found is not None and found.value is not None and line_of(found.node):
                todo.append(found.value)
            elif found is not None and found.how == "argument" and m.dotted(call.func) == "numpy.load":
                return True
    for part in todo:
        for node in ast.walk(part):
            if isinstance(node, ast.Call):
                full = m.dotted(node.func) or ""
                if isinstance(node.func, ast.Name) and node.func.id in ("input", "open"):
                    return True
                if method(node) in ("read", "read_text", "readline") or full.startswith(_FETCHES):
                    return True
            if isinstance(node, ast.Attribute) and m.dotted(node) == "sys.argv":
                return True
    return False
