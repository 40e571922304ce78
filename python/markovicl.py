"""The laboratory from Python: questions to the program markovicl, answers as Python values.

    import markovicl as mk
    best = mk.recover(d=3, n=100)
    best.loss, best.certified            # 0.20997..., True
    best.parameters.heads[0].A           # an array, where numpy is installed

One file and nothing to install beside it: copy it next to a notebook. It needs the program
``markovicl`` on the PATH, or its place in the environment variable MARKOVICL, or in
``mk.program`` (a string, or a list such as ``["go", "run", "./cmd/markovicl"]``).

Every command of the program is a function of this module, and its flags are keyword
arguments: ``_`` stands for ``-``, True for a flag without a value, and a list for values
separated by commas. Files and names without a flag come first. ``help(mk.recover)`` prints
what ``markovicl recover --help`` prints.

    mk.optimum(d=3, prior="beta:2,5", n=[10, 100, mk.inf], exact=True)
    mk.predict("genome.fa", d=3, n=50, evaluate=True)

Values that are no words are handed over as files, which are removed afterwards:

    task={"d": 2, "prior": {"rows": [[1, 2], [3, 4]]}}      a task file
    prior=[[[.9, .1], [.2, .8]], [[.5, .5], [.5, .5]]]      a mixture of these kernels
    prompt_file={"Z": Z, "y": y}, form={"H": H, "h": h, "c": c, "q": q},
    params={"b": b, "A": A}, x=X                            arrays (these need numpy)

An answer is a dict whose keys are attributes too. It is typed by the JSON Schema that
``markovicl schema COMMAND`` prints: a number is a float even where it came as 1, lists of
numbers are arrays where numpy is installed (lists elsewhere), and an answer that is not what
the schema says is an error. What goes wrong raises ``mk.Error``, with the ``kind`` and the ``field``
of the program's own error.
"""

import contextlib
import json
import os
import subprocess
import tempfile
import warnings

try:
    import numpy
except ImportError:  # everything but handing over arrays works without
    numpy = None

__all__ = ["Answer", "Error", "Picture", "ask", "inf", "picture", "program", "schema"]

inf = float("inf")
program = None  # the program to ask; None: $MARKOVICL, or markovicl on the PATH


class Error(Exception):
    """The program's error: kind ("input", "interrupted" or "failed"), field (the name of
    the argument at fault, or None), message, and the exit code."""

    def __init__(self, kind, message, field=None, code=1):
        super().__init__(message)
        self.kind, self.message, self.field, self.code = kind, message, field, code


class Answer(dict):
    """A JSON object whose keys are attributes too."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the answer has no {name!r}; it has {', '.join(self)}") from None

    def __dir__(self):
        return [*super().__dir__(), *self]


def ask(command, *arguments, **flags):
    """Ask the program and return its Answer. Where several are asked for at once, the
    answer has them as ``results``.

    An answer that comes with a warning, such as a time limit that ended without a proof,
    is returned, and the warning is given by ``warnings``."""
    with contextlib.ExitStack() as files:
        words = [command, *map(str, arguments)]
        for name, value in flags.items():
            words += _flag(name, value, files)
        code, out, err = _run([*words, "--json"])
    try:
        answer, _ = json.JSONDecoder().raw_decode(out.lstrip())
    except ValueError:
        raise Error("failed", err.strip() or f"exit code {code} without an answer", code=code) from None
    if "error" in answer:
        e = answer["error"]
        raise Error(e["kind"], e["message"], e.get("field"), code)
    if code != 0:
        warnings.warn(err.strip() or f"exit code {code}", stacklevel=2)
    try:
        return _typed(answer, schema(command), command)
    except _Mismatch as e:
        raise Error("failed", f"the answer is not what its schema says: {e}") from None


def picture(command, *arguments, flag="picture", **flags):
    """The picture that a command draws with --picture (or another flag), as SVG: a notebook
    shows it, ``str`` is its text.

        mk.picture("recover", d=2)"""
    with tempfile.TemporaryDirectory(prefix="markovicl-") as folder:
        path = os.path.join(folder, "picture.svg")
        ask(command, *arguments, **flags, **{flag: path})
        with open(path, encoding="utf-8") as file:
            return Picture(file.read())


class Picture(str):
    """A picture as SVG, which a notebook shows."""

    def _repr_svg_(self):
        return str(self)

    def __repr__(self):
        return f"<a picture of {len(self)} bytes of SVG>"


_schemas = {}


def schema(command):
    """The JSON Schema of a command's answers."""
    key = command, tuple(_program())
    if key not in _schemas:
        code, out, err = _run(["schema", command])
        if code != 0:
            raise Error("failed", err.strip(), code=code)
        _schemas[key] = json.loads(out)
    return _schemas[key]


def _program():
    chosen = program or os.environ.get("MARKOVICL") or "markovicl"
    return [chosen] if isinstance(chosen, str) else list(chosen)


def _run(words):
    try:
        done = subprocess.run([*_program(), *words], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False)
    except FileNotFoundError:
        raise Error(
            "failed", f"there is no program {_program()[0]!r}; put markovicl on the PATH, or its place into the environment variable MARKOVICL"
        ) from None
    return done.returncode, done.stdout, done.stderr


# Arguments


def _flag(name, value, files):
    """The words of one flag. files keeps temporary files until the program has ended."""
    flag = "--" + name.replace("_", "-")
    if value is None or value is False:
        return []
    if value is True:
        return [flag]
    if name == "task" and isinstance(value, dict):
        return [flag, _json_file(value, files)]
    if name == "prior" and not isinstance(value, str):
        return [flag, "kernels:" + _json_file(value, files)]
    if isinstance(value, dict):
        return [flag, _array_file(".npz", lambda file: numpy.savez(file, **value), flag, files)]
    if name == "x" and not isinstance(value, (str, os.PathLike)):
        return [flag, _array_file(".npy", lambda file: numpy.save(file, numpy.asarray(value, float)), flag, files)]
    if isinstance(value, (str, os.PathLike)):
        return [flag, os.fspath(value)]
    # "=" binds a value that begins with a minus to its flag.
    return [flag + "=" + ",".join(map(_word, value)) if hasattr(value, "__iter__") else flag + "=" + _word(value)]


def _word(value):
    if isinstance(value, float):  # numpy's too
        return "inf" if value == inf else repr(float(value))
    return str(value)


def _json_file(value, files):
    plain = lambda v: v.tolist() if hasattr(v, "tolist") else str(v)  # arrays, fractions
    return _file(".json", lambda file: file.write(json.dumps(value, default=plain).encode()), files)


def _array_file(suffix, save, flag, files):
    if numpy is None:
        raise Error("input", f"arrays for {flag} need numpy; give the name of a file instead", flag.lstrip("-").replace("-", "_"), 2)
    return _file(suffix, save, files)


def _file(suffix, save, files):
    folder = files.enter_context(tempfile.TemporaryDirectory(prefix="markovicl-"))
    path = os.path.join(folder, "given" + suffix)
    with open(path, "wb") as file:
        save(file)
    return path


# Answers


class _Mismatch(Exception):
    pass


_KINDS = {"string": str, "boolean": bool, "null": type(None), "object": dict, "array": list}


def _typed(value, s, place):
    """The value with the types of the schema s; a _Mismatch names the place where it is
    something else. The schema has the keywords that the program's schemas have."""
    if s is True:
        return _free(value)
    if s is False:
        raise _Mismatch(f"{place} is not expected")
    branches = s.get("anyOf") or s.get("oneOf")
    if branches:
        misfits = []
        for branch in branches:
            try:
                return _typed(value, branch, place)
            except _Mismatch as e:
                misfits.append(str(e))
        raise _Mismatch("; ".join(misfits))
    kind = s.get("type")
    if kind in ("number", "integer"):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or kind == "integer" and value != int(value):
            raise _Mismatch(f"{place} is no {kind}")
        return float(value) if kind == "number" else int(value)
    if kind and not isinstance(value, _KINDS[kind]):
        raise _Mismatch(f"{place} is no {kind}")
    if kind == "object":
        return _object(value, s, place)
    if kind == "array":
        items = [_typed(v, s.get("items", True), f"{place}[{i}]") for i, v in enumerate(value)]
        return _array(items, s)
    return _free(value) if kind is None else value


def _object(value, s, place):
    properties = s.get("properties", {})
    for name in s.get("required", []):
        if name not in value:
            raise _Mismatch(f"{place} has no {name!r}")
    rest = s.get("additionalProperties", True)
    return Answer((name, _typed(v, properties.get(name, rest), f"{place}.{name}")) for name, v in value.items())


def _free(value):
    """A value that the schema leaves free."""
    if isinstance(value, dict):
        return Answer((name, _free(v)) for name, v in value.items())
    return [_free(v) for v in value] if isinstance(value, list) else value


def _array(items, s):
    """Lists of numbers, and lists of those, as an array, if they have one shape."""
    leaf = s
    while isinstance(leaf, dict) and leaf.get("type") == "array":
        leaf = leaf.get("items")
    if numpy is None or not isinstance(leaf, dict) or leaf.get("type") not in ("number", "integer"):
        return items
    shapes = {None if isinstance(v, list) else numpy.shape(v) for v in items}
    if len(shapes) > 1 or None in shapes:
        return items  # ragged
    return numpy.array(items, dtype=float if leaf["type"] == "number" else int)


# Commands


def __getattr__(name):
    """The command of this name, asked for at its first use: the commands are the program's."""
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        schema(name)
    except Error as e:
        raise AttributeError(str(e)) from None

    def command(*arguments, **flags):
        return ask(name, *arguments, **flags)

    command.__name__ = command.__qualname__ = name
    command.__doc__ = _run([name, "--help"])[1]
    globals()[name] = command
    return command
