"""The operations of bench/lapack.go in OpenBLAS, its LAPACK included: see bench/README.md.

    python lapack.py LIBRARY

Reads requests from standard input, one JSON object a line, and answers each with a
line of JSON. A request is {"what": .., "file": .., "n": .., "k": .., "threads": ..}: the
file holds the n x n float64 numbers of the matrix. The answer has the seconds of the
operation, on the clock and of processor time, and a number that the other side must
have, too.

  product      A A with dgemm: its trace
  cholesky     dpotrf: the trace of the factor
  tridiagonal  dsytrd: the norm of the tridiagonal matrix
  lowest       dsyevr for the k lowest eigenvalues with vectors: the sum of the values
"""

import ctypes
import json
import sys
import time

import numpy as np

library = ctypes.CDLL(sys.argv[1])
library.openblas_get_config.restype = ctypes.c_char_p
library.openblas_get_corename.restype = ctypes.c_char_p


def number(x):
    return ctypes.byref(ctypes.c_int(x))


def pointer(x):
    return x.ctypes.data_as(ctypes.c_void_p)


def real(x):
    return ctypes.byref(ctypes.c_double(x))


def product(A, n, k):
    C = np.empty((n, n))
    call = library.cblas_dgemm

    def run():
        call(101, 111, 111, n, n, n, ctypes.c_double(1), pointer(A), n, pointer(A), n, ctypes.c_double(0), pointer(C), n)

    return run, lambda: np.trace(C)


def cholesky(A, n, k):
    X, info = A.copy(), ctypes.c_int()

    def run():
        library.dpotrf_(b"L", number(n), pointer(X), number(n), ctypes.byref(info))
        assert info.value == 0

    return run, lambda: np.trace(X)


def tridiagonal(A, n, k):
    X, info, size = A.copy(), ctypes.c_int(), np.empty(1)
    d, e, tau = np.empty(n), np.empty(n - 1), np.empty(n - 1)

    def call(work, length):
        library.dsytrd_(b"L", number(n), pointer(X), number(n), pointer(d), pointer(e), pointer(tau), pointer(work), number(length), ctypes.byref(info))
        assert info.value == 0

    call(size, -1)
    work = np.empty(int(size[0]))
    return lambda: call(work, len(work)), lambda: np.sqrt(d @ d + 2 * e @ e)


def lowest(A, n, k):
    X, info, found = A.copy(), ctypes.c_int(), ctypes.c_int()
    w, Z, support = np.empty(n), np.empty((k, n)), np.empty(2 * n, np.int32)

    def call(work, length, iwork, ilength):
        library.dsyevr_(
            b"V", b"I", b"L", number(n), pointer(X), number(n), real(0), real(0), number(1), number(k), real(0), ctypes.byref(found),
            pointer(w), pointer(Z), number(n), pointer(support), pointer(work), number(length), pointer(iwork), number(ilength), ctypes.byref(info),
        )
        assert info.value == 0

    size, isize = np.empty(1), np.empty(1, np.int32)
    call(size, -1, isize, -1)
    work, iwork = np.empty(int(size[0])), np.empty(isize[0], np.int32)
    return lambda: call(work, len(work), iwork, len(iwork)), lambda: w[:k].sum()


def main():
    config, core = library.openblas_get_config().decode(), library.openblas_get_corename().decode()
    print(json.dumps({"config": config, "core": core}), flush=True)
    matrices = {}
    for line in sys.stdin:
        r = json.loads(line)
        n = r["n"]
        if r["file"] not in matrices:
            matrices[r["file"]] = np.fromfile(r["file"]).reshape(n, n)
        library.openblas_set_num_threads(r["threads"])
        run, result = {f.__name__: f for f in (product, cholesky, tridiagonal, lowest)}[r["what"]](matrices[r["file"]], n, r["k"])
        start, used = time.perf_counter(), time.process_time()
        run()
        seconds, processor = time.perf_counter() - start, time.process_time() - used
        print(json.dumps({"seconds": seconds, "processor": processor, "result": result()}), flush=True)


if __name__ == "__main__":
    main()
