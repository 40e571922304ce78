// Controls of a task: each is a flag of the command line.

import { useState } from "preact/hooks";
import { html } from "./html.js";
import { flags, set } from "./state.js";

/** Where a value stands among those of a slider, or about where it would. */
function nearest(values, value) {
  const at = values.map(String).indexOf(String(value));
  const sizes = values.map((v) => (v === "inf" ? Infinity : Number(v)));
  return at >= 0 ? at : Math.max(0, sizes.findLastIndex((v) => v <= Number(value)));
}

/** A slider over given values. */
export function Slider({ label, name, values, fallback, hint }) {
  const value = String(flags.value[name] ?? fallback);
  const at = nearest(values, value);
  const id = `c-${name}`;
  return html`<div class="control">
    <label for=${id}>${label} <output>${value === "inf" ? "∞" : value}</output></label>
    <input id=${id} type="range" min="0" max=${values.length - 1} value=${at} aria-valuetext=${value}
      onInput=${(e) => set({ [name]: String(values[e.currentTarget.value]) === String(fallback) ? "" : String(values[e.currentTarget.value]) })} />
    ${hint && html`<small>${hint}</small>`}
  </div>`;
}

export function Choice({ label, name, options, fallback, changes = {} }) {
  const value = flags.value[name] ?? fallback;
  const id = `c-${name}`;
  return html`<div class="control"><label for=${id}>${label}</label>
    <select id=${id} value=${value} onChange=${(e) => set({ ...changes, [name]: e.currentTarget.value === fallback ? "" : e.currentTarget.value })}>
      ${options.map(([v, text]) => html`<option key=${v} value=${v} selected=${v === value}>${text}</option>`)}
    </select></div>`;
}

export function Check({ label, name }) {
  const id = `c-${name}`;
  return html`<div class="control check"><input id=${id} type="checkbox" checked=${flags.value[name] === "true"} onChange=${(e) => set({ [name]: e.currentTarget.checked ? "true" : "" })} />
    <label for=${id}>${label}</label></div>`;
}

const half = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];
const shapes = [0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 20, 50];
export const contexts = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "12", "15", "20", "30", "50", "70", "100", "200", "500", "1000", "inf"];

/** Parts of prior=beta:a,b or dirichlet:alpha; [1, 1] where it is uniform or no prior. */
function shapeOf(prior = "") {
  const [kind, numbers = ""] = prior.split(":");
  const [a, b = a] = numbers.split(",").map(Number);
  return (kind === "beta" || kind === "dirichlet") && a > 0 && b > 0 ? [a, b] : [1, 1];
}

/** The controls of a task. most is the largest d. */
export function TaskControls({ most = 6, context = true }) {
  const states = Number(flags.value.states ?? 2);
  const [a, b] = shapeOf(flags.value.prior);
  const prior = (a, b) => set({ prior: states > 2 ? (a === 1 ? "" : `dirichlet:${a}`) : a === 1 && b === 1 ? "" : `beta:${a},${b}` });
  const start = flags.value.start ?? "";
  const slider = (label, id, values, value, change) => html`<div class="control"><label for=${id}>${label} <output>${value}</output></label>
    <input id=${id} type="range" min="0" max=${values.length - 1} value=${nearest(values, value)} aria-valuetext=${value} onInput=${(e) => change(values[e.currentTarget.value])} /></div>`;
  return html`<form class="controls" aria-label="The task" onSubmit=${(e) => e.preventDefault()}>
    <${Slider} label="states given in a chain, d" name="d" values=${Array.from({ length: most }, (_, i) => i + 1)} fallback="2" />
    ${context && html`<${Slider} label="chains in the context, n" name="n" values=${contexts} fallback="10" />`}
    <${Choice} label="states" name="states" fallback="2" options=${[["2", "2"], ["3", "3"], ["4", "4"]]} changes=${{ prior: "", start: "", embedding: "" }} />
    ${states === 2
      ? html`<fieldset><legend>kernels: p01 and p11 ~ Beta(a, b)</legend>
          ${slider("a", "c-a", shapes, a, (v) => prior(v, b))}${slider("b", "c-b", shapes, b, (v) => prior(a, v))}<${Density} a=${a} b=${b} /></fieldset>`
      : html`<fieldset><legend>kernels: rows ~ Dirichlet(α)</legend>${slider("α", "c-a", shapes, a, (v) => prior(v, v))}</fieldset>`}
    <${Choice} label="first states" name="start" fallback="" options=${states === 2
      ? [["", "independent, p = 1/2"], ...half.filter((p) => p !== 0.5).map((p) => [`bernoulli:${p}`, `independent, p = ${p}`]), ["stationary", "stationary"], ["correlated:0.5,0.25,0.75", "correlated with the query’s"]]
      : [["", "uniform"], ["stationary", "stationary"]]} />
    <${Choice} label="embedding" name="embedding" fallback="" options=${[["", "index: 0, 1, .."], ...(states === 2 ? [["sign", "sign: −1, +1"]] : []), ["onehot", "one-hot"]]} />
    <${Check} label="a constant coordinate (bias)" name="bias" />
    <button type="button" onClick=${() => set(Object.fromEntries(Object.keys(flags.value).map((k) => [k, ""])))}>Reset</button>
  </form>`;
}

/** The density of Beta(a, b). */
function Density({ a, b }) {
  const width = 220, height = 60;
  const xs = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
  const logs = xs.map((x) => (a - 1) * Math.log(x) + (b - 1) * Math.log(1 - x));
  const top = Math.max(...logs);
  const points = xs.map((x, i) => `${(x * width).toFixed(1)},${(height - 4 - Math.exp(logs[i] - top) * (height - 10)).toFixed(1)}`);
  return html`<svg viewBox="0 0 ${width} ${height + 14}" class="density" role="img" aria-label=${`density of Beta(${a}, ${b}) on 0 to 1`}>
    <path d=${`M0,${height}L${points.join("L")}L${width},${height}Z`} />
    <text x="0" y=${height + 12} class="small">0</text><text x=${width} y=${height + 12} class="end small">1</text></svg>`;
}

/** What is going on with a question: progress, or what is wrong. */
export function Status({ of }) {
  const list = Array.isArray(of) ? of : [of];
  const problem = list.find((s) => s.problem)?.problem;
  const asking = list.find((s) => s.asking);
  return html`<p role="status" class="status">
    ${problem ? html`<span class="bad">${problem.field ? `${problem.field}: ` : ""}${problem.message.replaceAll("`", "")}</span>`
      : asking ? html`<span class="working">working… ${asking.progress?.stage ?? ""} ${asking.progress?.upper != null && asking.progress?.lower != null ? `between ${asking.progress.lower.toPrecision(6)} and ${asking.progress.upper.toPrecision(6)}` : asking.progress?.total ? `${asking.progress.done} of ${asking.progress.total}` : ""}</span>` : ""}
  </p>`;
}

/** A place to drop a file, or to choose one: take gets {name, data}. */
export function Drop({ id, label, accept, take, children }) {
  const [over, setOver] = useState(false);
  const read = async (f) => f && take({ name: f.name, data: new Uint8Array(await f.arrayBuffer()) });
  return html`<div class=${`drop ${over ? "over" : ""}`} onDragOver=${(e) => { e.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)}
      onDrop=${(e) => { e.preventDefault(); setOver(false); read(e.dataTransfer.files[0]); }}>
    <label for=${id}>${label}</label>
    <input id=${id} type="file" accept=${accept} onChange=${(e) => { read(e.currentTarget.files[0]); e.currentTarget.value = ""; }} />
    ${children}</div>`;
}
