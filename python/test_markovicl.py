"""Tests of the module against the program that MARKOVICL names (.ci/run builds it):

    MARKOVICL=./markovicl python3 -m unittest discover -s python

They need no numpy; what is about arrays runs where it is installed. Numbers are fractions that can be
had by hand or that the Go tests hold."""

import json
import pathlib
import unittest
from fractions import Fraction

import markovicl as mk
import notebook

numpy = mk.numpy
here = pathlib.Path(__file__).parent


class Questions(unittest.TestCase):
    def test_optimum(self):
        a = mk.optimum(d=2, n=mk.inf, bias=True, exact=True)
        self.assertEqual(a.loss_exact, "1/6")  # the risk of an oracle
        self.assertEqual(a["task"]["n"], "inf")
        self.assertIsInstance(a.label_power, float)

    def test_several(self):
        a = mk.optimum(d=1, n=[5, 10, mk.inf])
        self.assertEqual([r.task.n for r in a.results], [5, 10, "inf"])

    def test_values(self):
        words = mk.ask("optimum", p=Fraction(1, 3), n=[10], d=2, bias=False, exact=None)
        self.assertEqual(words.task.start, "bernoulli:1/3")
        self.assertFalse(words.task.bias)

    def test_task(self):
        rows = [[1, 2], ["1/2", 3]]
        a = mk.optimum(task={"d": 1, "n": 4, "prior": {"rows": rows}})
        b = mk.optimum(task={"d": 1, "n": 4, "prior": {"rows": [[1, 2], [Fraction(1, 2), 3]]}})
        self.assertEqual(a.loss, b.loss)
        self.assertNotEqual(a.loss, mk.optimum(d=1, n=4).loss)

    def test_one_kernel(self):
        # With one kernel and a constant coordinate the best is to know it: E[Var(y|x)] = (.9*.1 + .3*.7)/2.
        a = mk.optimum(d=1, prior=[[[0.9, 0.1], [0.3, 0.7]]], bias=True)
        self.assertAlmostEqual(a.loss, 0.15, places=12)

    def test_file(self):
        a = mk.predict(here.parent / "examples" / "collatz.csv", transitions=True)
        self.assertTrue(json.dumps(a, default=str))

    def test_picture(self):
        self.assertTrue(mk.picture("recover", d=1, n=5)._repr_svg_().startswith(("<svg", "<?xml")))

    def test_help(self):
        self.assertIn("--heads", mk.recover.__doc__)
        with self.assertRaises(AttributeError):
            mk.nonesuch


class Errors(unittest.TestCase):
    def test_input(self):
        with self.assertRaises(mk.Error) as caught:
            mk.optimum(d=0)
        e = caught.exception
        self.assertEqual((e.kind, e.field, e.code), ("input", "d", 2))
        self.assertIn("from 1 to 1000", str(e))

    def test_unknown_flag(self):
        with self.assertRaises(mk.Error) as caught:
            mk.optimum(dd=3)
        self.assertEqual(caught.exception.code, 2)

    def test_no_program(self):
        before = mk.program
        mk.program = "no-such-program-here"
        try:
            with self.assertRaisesRegex(mk.Error, "MARKOVICL"):
                mk.ask("optimum")
        finally:
            mk.program = before


class Types(unittest.TestCase):
    """What the schema says is held, whatever the program says."""

    def test_mismatch(self):
        s = {"type": "object", "required": ["a"], "additionalProperties": False, "properties": {"a": {"anyOf": [{"type": "number"}, {"type": "null"}]}}}
        self.assertEqual(mk._typed({"a": 1}, s, "x").a, 1.0)
        self.assertIsNone(mk._typed({"a": None}, s, "x").a)
        for wrong in ({}, {"a": "1"}, {"a": True}, {"a": 1, "b": 2}, []):
            with self.assertRaises(mk._Mismatch, msg=wrong):
                mk._typed(wrong, s, "x")

    @unittest.skipIf(numpy is None, "numpy is not installed")
    def test_arrays(self):
        numbers = {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}
        self.assertEqual(mk._typed([[1, 2], [3, 4]], numbers, "x").dtype, float)
        ragged = mk._typed([[1, 2], [3]], numbers, "x")
        self.assertEqual([v.tolist() for v in ragged], [[1, 2], [3]])
        self.assertEqual(mk._typed([], numbers, "x").shape, (0,))

    @unittest.skipIf(numpy is None, "numpy is not installed")
    def test_parameters_come_back(self):
        best = mk.recover(d=2)
        head = best.parameters.heads[0]
        self.assertEqual((head.b.shape, head.A.shape), ((3,), (3, 2)))
        scored = mk.score(d=2, params={"b": head.b[None, None], "A": head.A[None, None]}, prompts=100)
        self.assertAlmostEqual(scored.loss, best.loss, places=12)

    @unittest.skipIf(numpy is None, "numpy is not installed")
    def test_prompts(self):
        Z = numpy.random.default_rng(1).integers(0, 2, (300, 2, 6)).astype(float)
        y = Z[:, -1, -1].copy()
        Z[:, -1, -1] = 0
        a = mk.optimum(prompt_file={"Z": Z, "y": y})
        # The same by least squares on the features u (x) g of Eq. 8.
        G = Z[:, :, :-1] @ Z[:, :, :-1].transpose(0, 2, 1) / 5
        features = Z[:, :1, -1] * numpy.stack([G[:, 0, 0], G[:, 0, 1], G[:, 1, 1]], 1)
        x, *_ = numpy.linalg.lstsq(features, y, rcond=None)
        self.assertAlmostEqual(a.loss, numpy.mean((features @ x - y) ** 2), places=10)


class Notebooks(unittest.TestCase):
    @unittest.skipIf(numpy is None, "numpy is not installed")
    def test_executed(self):
        """The notebook's outputs are what its cells print."""
        paths = sorted(here.glob("*.ipynb"))
        self.assertTrue(paths)
        for path in paths:
            kept = json.loads(path.read_text())
            self.assertGreater(notebook.compare(kept, notebook.execute(kept, here)), 3, path)


if __name__ == "__main__":
    unittest.main()
