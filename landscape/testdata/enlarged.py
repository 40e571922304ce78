"""Enlarged optima in exact fractions, from the definition alone.

    python3 enlarged.py > enlarged.json       # some minutes; numpy for loops over whole numbers

Two states with the embedding e(s) = s, kernels whose entries p01 and p11 are uniform
on [0, 1] and independent, chains of d + 1 states whose first is 1 with probability p,
the same for all. A prompt's loss is (X.(u (x) g) - y)^2 with g the upper triangle of
G = (1/n) sum of z z'; its mean over prompts is X'HX - 2h'X + c. Everything is a
polynomial in a = p01 and b = p11, whose monomials have the mean 1/((i+1)(j+1)).

The minimum c - h'X is found from a solution of HX = h, by lifting modulo a prime,
and the solution is checked in whole numbers: for a positive semidefinite H (it is a
mean of squares) that is the proof. It is the same for every solution.
"""
import json, sys
from fractions import Fraction
from math import lcm
import numpy as np

# A polynomial in a and b with whole coefficients over a common denominator is kept as a
# dict {(i, j): coefficient}.
def add(f, g):
    out = dict(f)
    for k, x in g.items():
        out[k] = out.get(k, 0) + x
    return out

def mul(f, g):
    out = {}
    for (i, j), x in f.items():
        for (k, l), y in g.items():
            out[i + k, j + l] = out.get((i + k, j + l), 0) + x * y
    return out

ONE, A, B_A = {(0, 0): Fraction(1)}, {(1, 0): Fraction(1)}, {(0, 1): Fraction(1), (1, 0): Fraction(-1)}

def mean(f):
    return sum((x / ((i + 1) * (j + 1)) for (i, j), x in f.items()), Fraction(0))

def moments(d, p):
    """E over a chain, given the kernel, of the product of the states at a set of times."""
    D = d + 1
    first = [{(0, 0): Fraction(p)}]   # P(x_t = 1)
    later = [ONE]                     # P(x_(t+k) = 1 | x_t = 1)
    for _ in range(D):
        first.append(add(A, mul(B_A, first[-1])))
        later.append(add(A, mul(B_A, later[-1])))
    def product(times):
        times = sorted(set(times))
        f = first[times[0]]
        for s, t in zip(times, times[1:]):
            f = mul(f, later[t - s])
        return f
    return product

def form(d, p, n):
    """H, h, c as fractions; n = None stands for infinity."""
    D, chain = d + 1, moments(d, p)
    pairs = [(i, k) for i in range(D) for k in range(i, D)]
    m = len(pairs)
    two = [chain(x) for x in pairs]                                         # E z_i z_k
    query = {(i, j): chain((i, j)) for i in range(d) for j in range(i, d)}  # E u_i u_j
    # The mean of f g is a bilinear form in their coefficients.
    def table(fs):
        keys = sorted({k for f in fs for k in f})
        den = 1
        for f in fs:
            for x in f.values():
                den = lcm(den, x.denominator)
        M = np.zeros((len(fs), len(keys)), dtype=object)
        place = {k: c for c, k in enumerate(keys)}
        for r, f in enumerate(fs):
            for k, x in f.items():
                M[r, place[k]] = int(x * den)
        return M, keys, den
    def means(fs, gs):
        F, fk, fd = table(fs)
        G, gk, gd = table(gs)
        top = 1
        for i in range(1, 4 * D + 2):
            top = lcm(top, i)
        T = np.array([[top // (i + k + 1) * (top // (j + l + 1)) for k, l in gk] for i, j in fk], dtype=object)
        return F.dot(T).dot(G.T), fd * gd * top * top
    qs = list(query)
    upper = [(r, s) for r in range(m) for s in range(r, m)]
    once, den1 = means([query[q] for q in qs], [chain(pairs[r] + pairs[s]) for r, s in upper])   # H4
    twice, den2 = means([query[q] for q in qs], [mul(two[r], two[s]) for r, s in upper])         # H22
    if n is None:
        H, den = twice, den2
    else:
        den = lcm(den1, den2) * n
        H = once * (den // n // den1) + twice * (den // n // den2 * (n - 1))
    full = np.zeros((d * m, d * m), dtype=object)
    for a, (i, j) in enumerate(qs):
        for c, (r, s) in enumerate(upper):
            for x, y in {(i, j), (j, i)}:
                full[x * m + r, y * m + s] = full[x * m + s, y * m + r] = H[a, c]
    lin, denl = means([chain((j, d)) for j in range(d)], two)               # E u_j y g
    h = [Fraction(int(x), denl) for x in lin.reshape(-1)]
    return full, den, h, mean(chain((d,)))                                  # y^2 = y

PRIME = 2147483629

def pivots(M, p):
    """Rows that are independent modulo p, by elimination."""
    M = np.array([[int(x) % p for x in row] for row in M], dtype=np.int64)
    n, rows, left = len(M), [], list(range(len(M)))
    for c in range(n):
        r = next((r for r in left if M[r, c]), None)
        if r is None:
            continue
        left.remove(r)
        rows.append(r)
        inv = pow(int(M[r, c]), p - 2, p)
        for s in left:
            if M[s, c]:
                M[s] = (M[s] - M[r] * (int(M[s, c]) * inv % p)) % p
    return sorted(rows)

def inverse(M, p):
    n = len(M)
    W = np.concatenate([np.array([[int(x) % p for x in row] for row in M], dtype=np.int64), np.eye(n, dtype=np.int64)], axis=1)
    for c in range(n):
        r = next(r for r in range(c, n) if W[r, c])
        if r != c:
            W[[c, r]] = W[[r, c]]
        W[c] = W[c] * pow(int(W[c, c]), p - 2, p) % p
        for s in range(n):
            if s != c and W[s, c]:
                W[s] = (W[s] - W[c] * W[s, c]) % p
    return W[:, n:]

def rational(x, modulus):
    """The fraction of small numerator and denominator that is x modulo modulus."""
    bound = 1 << (modulus.bit_length() // 2 - 1)
    r0, r1, s0, s1 = modulus, x % modulus, 0, 1
    while r1 > bound:
        q = r0 // r1
        r0, r1, s0, s1 = r1, r0 - q * r1, s1, s0 - q * s1
    return Fraction(r1, s1)

def solve(M, v, p=PRIME):
    """A solution of Mx = v in fractions, for whole numbers; checked."""
    C, n = inverse(M, p), len(v)
    r, x, power, steps = np.array(v, dtype=object), [0] * n, 1, 64
    while True:
        for _ in range(steps):
            low = np.array([int(t) % p for t in r], dtype=np.int64)
            digit = np.array([int(sum(int(t) for t in row)) % p for row in (C * low % p)], dtype=object)
            x = [a + int(b) * power for a, b in zip(x, digit)]
            r = r - M.dot(digit)
            r = np.array([t // p for t in r], dtype=object)
            power *= p
        out, den = [], 1
        for a in x:  # most denominators are one and the same
            f = rational(a * den % power, power) / den
            if f.denominator.bit_length() > 0.45 * power.bit_length():
                break  # a fraction that is not there yet
            den = lcm(den, f.denominator)
            out.append(f)
        nums = np.array([int(f * den) for f in out], dtype=object)
        if len(out) == n and all(int(a) == int(b) * den for a, b in zip(M.dot(nums), v)):
            return out
        steps *= 2

def optimum(d, p, n):
    H, den, h, c = form(d, p, n)
    rows = pivots(H, PRIME)
    top = den
    for x in h:
        top = lcm(top, x.denominator)
    right = [int(x * top) for x in h]
    sub = H[np.ix_(rows, rows)] * (top // den)
    x = solve(sub, [right[r] for r in rows])
    shared = 1
    for f in x:
        shared = lcm(shared, f.denominator)
    full = np.zeros(len(h), dtype=object)
    for r, f in zip(rows, x):
        full[r] = int(f * shared)
    left = (H * (top // den)).dot(full)
    assert all(int(a) == int(b) * shared for a, b in zip(left, right)), "HX = h"
    loss = c - sum((h[r] * f for r, f in zip(rows, x)), Fraction(0))
    return loss, len(rows), len(h)

def digits(x, n=20):
    return str(x.numerator * 10**n // x.denominator).rjust(n + 1, "0")  # floor, times 10^n

if __name__ == "__main__":
    cases = [(int(d), p, None if n == "inf" else int(n)) for d, p, n in (s.split(",") for s in sys.argv[1:])] or \
        [(d, p, n) for d in (1, 2, 3, 4, 5, 6) for p in ("1/2", "1/20") for n in (1, 10, 10**9, None)] + [(8, "1/20", 10**9), (8, "1/20", None)]
    out = []
    for d, p, n in cases:
        loss, rank, size = optimum(d, Fraction(p), n)
        t = digits(loss)
        out.append({"d": d, "p": p, "n": "inf" if n is None else n, "dimension": size, "rank": rank, "loss": t[:-20] + "." + t[-20:]})
        print(out[-1], file=sys.stderr, flush=True)
    print("[\n " + ",\n ".join(json.dumps(x) for x in out) + "\n]")
