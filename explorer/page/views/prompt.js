// The prompt: one prompt drawn from the task, what a linear transformer sees of it,
// and what every predictor makes of it.

import { useState } from "preact/hooks";
import { html } from "../html.js";
import { useAnswer } from "../hooks.js";
import { set, task, whole } from "../state.js";
import { Status, TaskControls } from "../controls.js";
import { Take } from "../take.js";
import { Figure, SaveRows, Table } from "../chart.js";
import { short } from "../numbers.js";

const shown = 40; // columns of the prompt that are drawn

export function Prompt() {
  const q = task();
  if (q.n === "inf" || q.n > 200) q.n = 200;
  const index = whole("index", 0);
  const question = { command: "prompt", ...q, ...(index && { index }) };
  const a = useAnswer(question);
  const [lit, setLit] = useState(null); // {from, to} a transition, or {i, k} an entry of the Gram matrix
  return html`<div class="split"><${TaskControls} most=${5} /><div>
    <p><button type="button" onClick=${() => set({ index: String(index + 1) })}>Draw another prompt</button>${" "}${index > 0 && html`<button type="button" onClick=${() => set({ index: index > 1 ? String(index - 1) : "" })}>Back</button>`}</p>
    <${Status} of=${a} />
    ${a.answer && html`<${Show} p=${a.answer} lit=${lit} setLit=${setLit} />`}
    <${Take} parts=${[{ question, answer: a.current }]} />
  </div></div>`;
}

function Show({ p, lit, setLit }) {
  const d = p.query.length;
  const cell = 24;
  const chains = p.context.slice(0, shown);
  const columns = [...chains, [...p.query, null]];
  const bright = (chain, i) => lit?.from != null && ((i < chain.length - 1 && chain[i] === lit.from && chain[i + 1] === lit.to) || (i > 0 && chain[i - 1] === lit.from && chain[i] === lit.to));
  const rowLit = (i) => lit?.i != null && (p.rows[lit.i].position === i || p.rows[lit.k].position === i);
  const width = columns.length * (cell + 6) + 40;
  const all = [...p.context, [...p.query, null]].flatMap((chain, c) => chain.map((s, i) => ({ chain: c < p.context.length ? c + 1 : "query", position: i + 1, state: s })));
  const gram = p.gram.map((row, i) => ({ row: p.rows[i].name, ...Object.fromEntries(row.map((x, k) => [p.rows[k].name, x])) }));
  const counts = p.counts.map((row, i) => ({ from: i, ...Object.fromEntries(row.map((x, k) => [`to ${k}`, x])) }));
  const predictions = p.predictions.map((x) => ({ predictor: x.name, expected: x.expected, squared_error: (x.expected - p.label_value) ** 2, ...Object.fromEntries((x.distribution ?? p.oracle.map(() => null)).map((v, s) => [`probability of ${s}`, v])) }));
  const hover = (value) => ({ onPointerEnter: () => setLit(value), onPointerLeave: () => setLit(null), onFocus: () => setLit(value), onBlur: () => setLit(null), tabindex: 0 });
  return html`
    <${Figure} name="prompt" rows=${all} caption=${p.context.length > shown ? `The first ${shown} of ${p.context.length} chains, and the query; all count.` : "The chains as columns, and the query."}>
    <div class="scroll" tabindex="0" role="region" aria-label="the prompt"><svg viewBox="0 0 ${width} ${(d + 1) * cell + 30}" style=${`width:${width}px`} role="img" aria-label=${`A prompt of ${p.context.length} chains; the query is ${p.query.join(", ")}`}>
      ${columns.map((chain, c) => html`<g key=${c} transform="translate(${c * (cell + 6) + (c === columns.length - 1 ? 30 : 4)} 2)">
        ${chain.map((s, i) => html`<g key=${i} transform="translate(0 ${i * cell})"><rect width=${cell - 3} height=${cell - 3} rx="4" class=${`state s${s === null ? "ask" : s % 4} ${bright(chain, i) || rowLit(i) ? "lit" : ""}`} />
          <text x=${(cell - 3) / 2} y=${(cell - 3) / 2} class="centre middle small">${s === null ? "?" : s}</text></g>`)}
      </g>`)}
      <text x=${(columns.length - 1) * (cell + 6) + 26} y=${(d + 1) * cell + 18} class="small">query</text>
    </svg></div><//>
    <p>The kernel of this prompt, which nobody is shown, gives the query’s next state the probabilities
      ${p.oracle.map((x, s) => html` <strong>${s}</strong>: ${short(x)}`)}; it came out as <strong>${p.label}</strong>.</p>
    <div class="pair">
      <section><h3>Transitions seen</h3><table><caption>Hover a number to see where it comes from</caption>
        <thead><tr><th scope="col">from \\ to</th>${p.counts.map((_, k) => html`<th scope="col" key=${k}>${k}</th>`)}</tr></thead>
        <tbody>${p.counts.map((row, i) => html`<tr key=${i}><th scope="row">${i}</th>${row.map((c, k) => html`<td key=${k} class="hover" ...${hover({ from: i, to: k })}>${c}</td>`)}</tr>`)}</tbody></table><p class="save"><${SaveRows} name="counts" rows=${counts} /></p></section>
      <section><h3>All that linear attention sees</h3><table><caption>The Gram matrix G = (1/n) Σ z z′: means of products of two positions</caption>
        <thead><tr><td></td>${p.rows.map((r) => html`<th scope="col" key=${r.name}>${r.name}</th>`)}</tr></thead>
        <tbody>${p.gram.map((row, i) => html`<tr key=${i}><th scope="row">${p.rows[i].name}</th>${row.map((x, k) => html`<td key=${k} class="hover" ...${hover({ i, k })}>${short(x)}</td>`)}</tr>`)}</tbody></table><p class="save"><${SaveRows} name="gram" rows=${gram} /></p></section>
    </div>
    <section><h3>What each predictor says</h3><${Table} name="predictions" rows=${predictions}><table>
      <thead><tr><th scope="col">predictor</th><th scope="col">expects</th><th scope="col">probabilities</th><th scope="col">squared error here</th></tr></thead>
      <tbody>${p.predictions.map((x) => html`<tr key=${x.name}><th scope="row">${x.name}</th><td>${short(x.expected, 4)}</td><td>${x.distribution ? x.distribution.map((v, s) => `${s}: ${short(v)}`).join(", ") : "–"}</td><td>${short((x.expected - p.label_value) ** 2)}</td></tr>`)}</tbody></table><//></section>`;
}
