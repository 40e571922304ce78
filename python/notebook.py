"""Executes a notebook's cells without Jupyter and keeps what they print: text, and the
value of a last line (as text, or as SVG where it has _repr_svg_).

    python3 python/notebook.py python/laboratory.ipynb

The test of this folder executes it again and compares."""

import ast
import contextlib
import copy
import io
import json
import os
import re
import sys


def execute(notebook, folder):
    """A copy of the notebook with the outputs of its code cells, run in the folder."""
    notebook, names, count = copy.deepcopy(notebook), {"__name__": "__main__"}, 0
    before = os.getcwd()
    os.chdir(folder)
    try:
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                count += 1
                cell["execution_count"], cell["outputs"] = count, _outputs("".join(cell["source"]), names, count)
    finally:
        os.chdir(before)
    return notebook


def _outputs(source, names, count):
    tree, value, printed = ast.parse(source), None, io.StringIO()
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, f"cell {count}", "exec"), names)
        if last:
            value = eval(compile(ast.Expression(last.value), f"cell {count}", "eval"), names)
    outputs = []
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": printed.getvalue().splitlines(keepends=True)})
    if value is not None:
        data = {"text/plain": repr(value).splitlines(keepends=True)}
        if hasattr(value, "_repr_svg_"):
            data["image/svg+xml"] = value._repr_svg_().splitlines(keepends=True)
        outputs.append({"output_type": "execute_result", "execution_count": count, "metadata": {}, "data": data})
    return outputs


_number = re.compile(r"[-+]?\d+\.?\d*(?:e[-+]?\d+)?")


def compare(kept, fresh):
    """Raise an AssertionError where two notebooks' outputs differ: in words, or in numbers
    by more than 1e-5 of them or 1e-9. Returns the number of outputs compared."""
    compared = 0
    for old, new in zip(kept["cells"], fresh["cells"], strict=True):
        a, b = (json.dumps(c.get("outputs", []), sort_keys=True) for c in (old, new))
        if _number.split(a) != _number.split(b):
            raise AssertionError(f"cell\n{''.join(old['source'])}\nhas the output\n{a}\nand gave\n{b}")
        for x, y in zip(map(float, _number.findall(a)), map(float, _number.findall(b)), strict=True):
            if abs(x - y) > 1e-5 * abs(x) + 1e-9:
                raise AssertionError(f"cell\n{''.join(old['source'])}\nhas {x} and gave {y}")
        compared += len(old.get("outputs", []))
    return compared


if __name__ == "__main__":
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            done = execute(json.load(file), os.path.dirname(path) or ".")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(done, file, indent=1, ensure_ascii=False)
            file.write("\n")
