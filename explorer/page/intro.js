// The six words that one needs, with a moving picture of a prompt.

import { useEffect, useState } from "preact/hooks";
import { html } from "./html.js";

const chains = ["0110", "1101", "0100", "1111"];
const query = "101";

const words = [
  ["Kernel", "the probabilities that say which state follows which. It is drawn afresh for every prompt and never shown."],
  ["Chain", "a short walk of states by the kernel: d states that are given and the one that follows."],
  ["Prompt", "n chains that are shown whole, the context, and one more without its end, the query."],
  ["LSA", "linear self-attention: a transformer layer without softmax. It sees the context and predicts the query’s end."],
  ["Enlarged optimum", "the least loss in a space that contains every one-layer LSA. It is computed exactly, and nobody with one layer can do better."],
  ["Realisable", "whether some transformer attains that optimum. If none does, the best transformer lies above it, by a gap that can be proven."],
];

/** Whether the six words have not been read yet. */
export const newcomer = !remembered();

// A page may be without a memory.
function remembered() {
  try {
    return localStorage.getItem("read");
  } catch {
    return null;
  }
}

function remember() {
  try {
    localStorage.setItem("read", "1");
  } catch {
    // it will be explained again
  }
}

export function Intro() {
  const [open, setOpen] = useState(newcomer);
  return html`<details class=${`intro ${newcomer ? "first" : ""}`} open=${open} onToggle=${(e) => { setOpen(e.currentTarget.open); if (!e.currentTarget.open) remember(); }}>
    <summary>Six words, and a picture of a prompt</summary>
    <div class="lesson"><${Picture} />
    <dl>${words.map(([word, meaning]) => html`<div key=${word}><dt>${word}</dt><dd>${meaning}</dd></div>`)}</dl></div>
    <p class="formula">
      <math display="block"><mrow><msub><mi>Z</mi><mrow><mi>ℓ</mi><mo>+</mo><mn>1</mn></mrow></msub><mo>=</mo><msub><mi>Z</mi><mi>ℓ</mi></msub><mo>+</mo><mfrac><mn>1</mn><mi>n</mi></mfrac>
      <mi>P</mi><msub><mi>Z</mi><mi>ℓ</mi></msub><mi>M</mi><mo>(</mo><msubsup><mi>Z</mi><mi>ℓ</mi><mi mathvariant="normal">T</mi></msubsup><mi>Q</mi><msub><mi>Z</mi><mi>ℓ</mi></msub><mo>)</mo></mrow></math>
      is layer ℓ: the columns of Z are the chains, the last one is the query, and M hides it from the others. P and Q are what is learned.</p>
    ${newcomer && open && html`<p><button type="button" onClick=${() => setOpen(false)}>I know these now</button></p>`}
  </details>`;
}

/** Chains appear one after the other, then the query, then what is asked. */
function Picture() {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const last = chains.length + 2;
  const [step, setStep] = useState(still ? last : 0);
  useEffect(() => {
    if (still) return;
    const timer = setInterval(() => setStep((s) => (s > last + 2 ? 0 : s + 1)), 700);
    return () => clearInterval(timer);
  }, []);
  const cell = 34;
  const column = (states, x, shown, name) => html`<g key=${name} class=${shown ? "" : "unseen"} transform="translate(${x} 0)">
    ${[...states].map((s, i) => html`<g transform="translate(0 ${i * cell})">
      <rect width=${cell - 6} height=${cell - 6} rx="4" class=${s === "?" ? "ask" : s === "1" ? "one" : "zero"} />
      <text x=${(cell - 6) / 2} y=${(cell - 6) / 2 + 1} class="centre middle">${s}</text></g>`)}
    <text x=${(cell - 6) / 2} y=${states.length * cell + 14} class="centre small">${name}</text></g>`;
  return html`<svg viewBox="0 0 330 165" class="picture" role="img" aria-label="A prompt: four chains of four binary states as columns, and the query, three states and a question mark.">
    ${chains.map((c, i) => column(c, 20 + i * (cell + 14), step > i, `z${"₁₂₃₄"[i]}`))}
    ${column(query + (step > last - 1 ? "?" : " "), 40 + chains.length * (cell + 14), step > chains.length, "query")}
  </svg>`;
}
