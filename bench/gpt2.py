"""Steps of training a GPT-2 on sequences of numbers in PyTorch: see bench/README.md.

    python gpt2.py WIDTH BLOCKS HEADS BATCH TOKENS FEATURES STEPS

prints the seconds of each step, on the clock and of processor time, and the peak
memory as JSON. A step is forward,
backward, clipping and Adam, in float32, as package transformer takes it: pre-norm
blocks, causal softmax attention, GELU (tanh), learned positions, the loss at every
other token.
"""

import json
import math
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, C, H, T):
        super().__init__()
        self.H = H
        self.ln_1, self.ln_2 = nn.LayerNorm(C), nn.LayerNorm(C)
        self.c_attn, self.c_proj = nn.Linear(C, 3 * C), nn.Linear(C, C)
        self.c_fc, self.down = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)
        self.register_buffer("mask", torch.tril(torch.ones(T, T)).view(1, 1, T, T) == 0)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.c_attn(self.ln_1(x)).split(C, dim=2)
        q, k, v = (y.view(B, T, self.H, C // self.H).transpose(1, 2) for y in (q, k, v))
        w = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(C // self.H))
        w = F.softmax(w.masked_fill(self.mask[:, :, :T, :T], float("-inf")), dim=-1)
        x = x + self.c_proj((w @ v).transpose(1, 2).contiguous().view(B, T, C))
        return x + self.down(F.gelu(self.c_fc(self.ln_2(x)), approximate="tanh"))


class GPT2(nn.Module):
    def __init__(self, C, L, H, T, features):
        super().__init__()
        self.read_in, self.wpe = nn.Linear(features, C), nn.Embedding(T, C)
        self.h = nn.Sequential(*[Block(C, H, T) for _ in range(L)])
        self.ln_f, self.read_out = nn.LayerNorm(C), nn.Linear(C, 1)

    def forward(self, x):
        h = self.read_in(x) + self.wpe(torch.arange(x.shape[1]))
        return self.read_out(self.ln_f(self.h(h)))[:, ::2, 0]


def main():
    C, L, H, B, T, features, steps = map(int, sys.argv[1:])
    torch.manual_seed(1)
    model = GPT2(C, L, H, T, features)
    adam = torch.optim.Adam(model.parameters(), lr=1e-4)
    x, y = torch.randint(0, 2, (B, T, features)).float(), torch.randint(0, 2, (B, (T + 1) // 2)).float()
    seconds, processor = [], []
    for _ in range(steps):
        start, used = time.perf_counter(), time.process_time()
        adam.zero_grad(set_to_none=True)
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        seconds.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "processor": processor, "megabytes": peak, "torch": torch.__version__, "threads": torch.get_num_threads()}))


if __name__ == "__main__":
    main()
