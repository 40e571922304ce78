"""The same training steps in PyTorch, for comparison: see bench/README.md.

Reads requests from standard input, one JSON object a line, and answers each with
a line of JSON. A request is {"what": .., "d": .., "layers": .., "batch": ..,
"n": .., "dtype": "float32"|"float64", "steps": ..}; the answer has the seconds
of each step and the processor time of a step but the first, of all threads. What is timed is a full step of Adam on the structured parameters
b [L, D] and A [L, D, q] of a model for binary chains: forward, backward, update.

  attention  explicit tokens, Z + (1/n) (P Z M) (Z' Q Z), as the paper writes it
  linear     explicit tokens, Z + (1/n) (P (Z M Z')) (Q Z)
  gram       Gram matrices in place of tokens
  fresh      as linear, and the prompts of every step drawn anew with numpy
"""

import json
import sys
import time

import numpy as np
import torch


def draw(rng, batch, n, d):
    """Prompt matrices Z0 [B, D, n+1] and labels [B], with uniform kernels."""
    p = rng.random((batch, 1, 2))  # p01, p11 of each prompt
    x = np.empty((batch, n + 1, d + 1))
    state = (rng.random((batch, n + 1)) < 0.5).astype(np.int64)
    x[:, :, 0] = state
    for t in range(1, d + 1):
        chance = np.where(state == 1, p[:, :, 1], p[:, :, 0])
        state = (rng.random((batch, n + 1)) < chance).astype(np.int64)
        x[:, :, t] = state
    labels = x[:, n, d].copy()
    x[:, n, d] = 0
    return np.ascontiguousarray(x.transpose(0, 2, 1)), labels


def predict(what, Z, b, A, n):
    """Predictions [B] of the model with P = [0; b'], Q = [A 0], from Z0 [B, D, n+1]."""
    L, D = b.shape
    zeros = torch.zeros(D - 1, D, dtype=b.dtype)
    column = torch.zeros(D, 1, dtype=b.dtype)
    for l in range(L):
        P = torch.cat([zeros, b[l : l + 1]])  # [D, D]
        Q = torch.cat([A[l], column], dim=1)  # [D, D]
        C = Z[:, :, :n]  # [B, D, n]: Z M without its column of zeros
        if what == "attention":
            Z = Z + (P @ C) @ (C.transpose(1, 2) @ (Q @ Z)) / n
        else:
            Z = Z + (P @ (C @ C.transpose(1, 2))) @ (Q @ Z) / n
    return Z[:, D - 1, n]


def predict_gram(G, u, b, A):
    """Predictions [B] from Gram matrices G [B, D, D] and queries u [B, q]."""
    B, D, _ = G.shape
    theta = torch.zeros(B, D - 1, dtype=G.dtype)
    for l in range(b.shape[0]):
        beta = torch.cat([b[l, :-1] + b[l, -1] * theta, b[l, -1].expand(B, 1)], dim=1)
        r = torch.bmm(G, beta.unsqueeze(2)).squeeze(2)  # [B, D]
        s = torch.cat([r[:, :-1], r[:, -1:] + (r[:, :-1] * theta).sum(1, keepdim=True)], dim=1)
        theta = theta + s @ A[l]
    return (theta * u).sum(1)


def measure(request):
    d, L, B, n = request["d"], request["layers"], request["batch"], request["n"]
    what, dtype = request["what"], getattr(torch, request["dtype"])
    rng = np.random.default_rng(1)
    torch.manual_seed(1)
    D = d + 1
    scale = 0.25 / D**0.5
    b = (scale * torch.randn(L, D, dtype=torch.float64)).to(dtype).requires_grad_()
    A = (scale * torch.randn(L, D, d, dtype=torch.float64)).to(dtype).requires_grad_()
    adam = torch.optim.Adam([b, A], lr=0.001, betas=(0.9, 0.95))

    def prompts():
        Z, y = draw(rng, B, n, d)
        return torch.from_numpy(Z).to(dtype), torch.from_numpy(y).to(dtype)

    Z, y = prompts()
    if what == "gram":
        C = Z[:, :, :n]
        G = C @ C.transpose(1, 2) / n
        u = Z[:, :d, n]
    seconds = []
    for step in range(request["steps"]):
        if step == 1:
            used = time.process_time()
        start = time.perf_counter()
        if what == "fresh":
            Z, y = prompts()
        adam.zero_grad()
        if what == "gram":
            out = predict_gram(G, u, b, A)
        else:
            out = predict("linear" if what == "fresh" else what, Z, b, A, n)
        loss = ((out - y) ** 2).mean()
        loss.backward()
        adam.step()
        seconds.append(time.perf_counter() - start)
    processor = (time.process_time() - used) / (request["steps"] - 1)
    return {"seconds": seconds, "processor": processor, "loss": loss.item()}


def main():
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
    print(json.dumps({"torch": torch.__version__, "numpy": np.__version__, "threads": torch.get_num_threads()}), flush=True)
    for line in sys.stdin:
        print(json.dumps(measure(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
