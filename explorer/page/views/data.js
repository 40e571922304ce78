// Your data: a file of sequences, read in the page: chains, transitions, next
// states, predictors compared.

import { useMemo, useState } from "preact/hooks";
import { html } from "../html.js";
import { useAnswer } from "../hooks.js";
import { commandLine, flags } from "../state.js";
import { Commands, Slider, Status, Check } from "../controls.js";
import { Figure } from "../chart.js";
import { short } from "../numbers.js";

const sample = "the rain in spain stays mainly in the plain\nshe sells sea shells by the sea shore\npeter piper picked a peck of pickled peppers\nhow much wood would a woodchuck chuck\n";

export function Data() {
  const [file, setFile] = useState(null); // {name, data}
  const [classes, setClasses] = useState("");
  const files = useMemo(() => file && { [file.name]: file.data }, [file]);
  const take = async (f) => f && setFile({ name: f.name, data: new Uint8Array(await f.arrayBuffer()) });
  const base = file && { command: "predict", file: file.name, d: Number(flags.value.d ?? 2), n: Number(flags.value.n ?? 10), ...(classes && { classes }) };
  const next = useAnswer(base, files);
  const table = useAnswer(base && { ...base, transitions: true }, files);
  const scores = useAnswer(base && flags.value.evaluate === "true" ? { ...base, evaluate: true, prompts: 500 } : null, files);
  const drop = {
    onDragOver: (e) => e.preventDefault(),
    onDrop: (e) => {
      e.preventDefault();
      take(e.dataTransfer.files[0]);
    },
  };
  return html`<div class="split"><div class="controls">
      <div class="drop" ...${drop}>
        <label for="c-file">Drop a file here, or choose one: FASTA, text or CSV</label>
        <input id="c-file" type="file" onChange=${(e) => take(e.currentTarget.files[0])} />
        <button type="button" onClick=${() => { setFile({ name: "sample.txt", data: new TextEncoder().encode(sample) }); setClasses("vowel=aeiou,consonant=bcdfghjklmnpqrstvwxyz"); }}>Use a sample</button>
      </div>
      <${Slider} label="states given, d" name="d" values=${[1, 2, 3, 4, 5]} fallback="2" />
      <${Slider} label="chains in a prompt, n" name="n" values=${[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 30, 50, 100]} fallback="10" />
      <div class="control"><label for="c-classes">classes of characters</label><input id="c-classes" value=${classes} placeholder="vowel=aeiou,other=*" onChange=${(e) => setClasses(e.currentTarget.value)} /></div>
      <${Check} label="compare the predictors" name="evaluate" />
    </div><div>
    <${Status} of=${[next, table, scores]} />
    ${!file && html`<p>Nothing is loaded yet. The file stays on this machine.</p>`}
    ${next.answer && html`<${Next} answer=${next.answer} />`}
    ${table.answer?.transitions && html`<${Transitions} t=${table.answer.transitions} />`}
    ${scores.answer && html`<${Scores} answer=${scores.answer} />`}
    ${base && html`<${Commands} lines=${[commandLine({ ...base, file: undefined }, file.name), commandLine({ ...base, file: undefined, transitions: true }, file.name)]} />`}
  </div></div>`;
}

function Next({ answer }) {
  return html`<section><h3>After ${answer.query.join(" ")}</h3>
    <div class="scroll" tabindex="0" role="region" aria-label="table"><table><caption>What comes next, by each predictor</caption>
      <thead><tr><th scope="col">predictor</th><th scope="col">most likely</th><th scope="col">probabilities</th></tr></thead>
      <tbody>${answer.predictions.map((p) => {
        const entries = Object.entries(p.distribution ?? {}).sort((a, b) => b[1] - a[1]);
        return html`<tr key=${p.name}><th scope="row">${p.name}</th><td>${entries[0]?.[0] ?? "–"}</td>
          <td>${entries.length ? entries.slice(0, 6).map(([s, x]) => `${s} ${short(x)}`).join(", ") : p.expected != null ? `mean ${short(p.expected)}` : "–"}</td></tr>`;
      })}</tbody></table></div></section>`;
}

/** The transitions as a table and as a graph. */
function Transitions({ t }) {
  const n = t.states.length;
  const rows = t.states.flatMap((from, i) => t.states.map((to, k) => ({ from, to, count: t.counts[i][k], probability: t.probabilities[i][k], standard_error: t.standard_errors[i][k] })));
  const size = 360, centre = size / 2, radius = 125, node = 22;
  const place = (i) => [centre + radius * Math.sin((2 * Math.PI * i) / n), centre - radius * Math.cos((2 * Math.PI * i) / n)];
  return html`<section><h3>Transitions in the whole file</h3>
    ${n <= 12 && html`<${Figure} name="transitions" rows=${rows} caption="An arrow’s width is the probability of the transition.">
      <svg viewBox="0 0 ${size} ${size}" class="graph" role="img" aria-label="Graph of the transition probabilities; the table below has the numbers">
        <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="10" markerHeight="10" markerUnits="userSpaceOnUse" orient="auto"><path d="M0,0L8,4L0,8Z" class="tip" /></marker></defs>
        ${rows.filter((r) => r.probability > 0.02).map((r) => {
          const [i, k] = [t.states.indexOf(r.from), t.states.indexOf(r.to)];
          const [x0, y0] = place(i), [x1, y1] = place(k);
          const width = 0.5 + 5 * r.probability;
          if (i === k) {
            const [ux, uy] = [(x0 - centre) / radius, (y0 - centre) / radius];
            return html`<circle key=${r.from + r.to} cx=${x0 + ux * node * 1.1} cy=${y0 + uy * node * 1.1} r=${node * 0.75} class="edge" stroke-width=${width}><title>${r.from} → ${r.to}: ${short(r.probability)}</title></circle>`;
          }
          const [dx, dy] = [x1 - x0, y1 - y0], length = Math.hypot(dx, dy), [ux, uy] = [dx / length, dy / length];
          const bend = 0.12 * length;
          const [mx, my] = [(x0 + x1) / 2 - uy * bend, (y0 + y1) / 2 + ux * bend];
          return html`<path key=${r.from + r.to} d=${`M${x0 + ux * node},${y0 + uy * node}Q${mx},${my} ${x1 - ux * (node + 4)},${y1 - uy * (node + 4)}`} class="edge" stroke-width=${width} marker-end="url(#tip)"><title>${r.from} → ${r.to}: ${short(r.probability)}</title></path>`;
        })}
        ${t.states.map((s, i) => { const [x, y] = place(i); return html`<g key=${s}><circle cx=${x} cy=${y} r=${node} class="node" /><text x=${x} y=${y} class="centre middle small strong">${s.length > 6 ? s.slice(0, 5) + "…" : s}</text></g>`; })}
      </svg><//>`}
    <div class="scroll" tabindex="0" role="region" aria-label="table"><table><caption>Probability ± standard error (count)</caption>
      <thead><tr><th scope="col">from \\ to</th>${t.states.map((s) => html`<th key=${s} scope="col">${s}</th>`)}</tr></thead>
      <tbody>${t.states.map((s, i) => html`<tr key=${s}><th scope="row">${s}</th>${t.states.map((_, k) => html`<td key=${k}>${short(t.probabilities[i][k])} ± ${short(t.standard_errors[i][k], 2)} <small>(${t.counts[i][k]})</small></td>`)}</tr>`)}</tbody>
    </table></div></section>`;
}

function Scores({ answer }) {
  return html`<section><h3>Which predictor to trust</h3><div class="scroll" tabindex="0" role="region" aria-label="table"><table><caption>On ${answer.prompts} prompts from the file</caption>
    <thead><tr><th scope="col">predictor</th><th scope="col">squared error</th><th scope="col">accuracy</th><th scope="col">log loss</th></tr></thead>
    <tbody>${answer.predictors.map((p) => html`<tr key=${p.name}><th scope="row">${p.name}</th><td>${short(p.mse, 4)} ± ${short(p.mse_se, 2)}</td><td>${short(p.accuracy)}</td><td>${p.log_loss == null ? "–" : short(p.log_loss, 4)}</td></tr>`)}</tbody>
  </table></div></section>`;
}
