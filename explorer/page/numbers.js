// Numbers as people read them.

/** A loss to six digits. */
export function loss(x) {
  return x == null ? "–" : x.toPrecision(6);
}

/** A number to some digits, without an exponent where that can be read. */
export function short(x, digits = 3) {
  if (x == null) return "–";
  if (x === 0) return "0";
  const size = Math.abs(x);
  if (size >= 1e5 || size < 1e-4) {
    const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
    return `${Number(mantissa)}·10${[...String(Number(exponent))].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻").join("")}`;
  }
  return String(Number(x.toPrecision(digits))).replace("-", "−");
}

/** A share as percent. */
export function percent(x) {
  return `${short(100 * x, 2)} %`;
}

/** Ticks at round numbers: about count of them in [low, high]. */
export function ticks(low, high, count = 5) {
  const raw = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999);
  const out = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) out.push(Number((i * step).toPrecision(12)));
  return out;
}
