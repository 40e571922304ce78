"""Writes the files of this folder; needs numpy."""
import numpy as np

x = np.arange(-3, 3).reshape(1, 2, 3)
for order in "<>":
    for kind in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
        values = (abs(x) if kind[0] == "u" else x / 4 if kind[0] == "f" else x).astype(order + kind)
        if order == ">" and kind[1] == "1":
            continue
        np.save(f"{'little' if order == '<' else 'big'}-{kind}.npy", values)
np.save("fortran.npy", np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)))
np.save("scalar.npy", 2.5)
np.save("empty.npy", np.zeros((0, 3)))
np.save("huge-i8.npy", np.array([2**53, 2**53 + 1]))
np.save("text.npy", np.array("abc"))
np.save("halves.npy", np.array([0, 2**-24, 1023 * 2**-24, 2**-14, 65504, -1.5, np.inf, -np.inf], dtype=np.float16))
arrays = dict(l=0.25, W=np.arange(6.0).reshape(2, 3), task=np.frombuffer(b"{}", np.uint8))
np.savez("some.npz", **arrays)
np.savez_compressed("some-compressed.npz", **arrays)
