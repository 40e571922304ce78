// Your data: a file of sequences, read in the page: chains, transitions, next
// states, predictors compared.

import { useMemo, useState } from "preact/hooks";
import { html } from "../html.js";
import { useAnswer } from "../hooks.js";
import { flags, set, whole } from "../state.js";
import { Check, Drop, Slider, Status } from "../controls.js";
import { Take } from "../take.js";
import { Figure, Table } from "../chart.js";
import { mode } from "../client.js";
import { short } from "../numbers.js";

const sample = "the rain in spain stays mainly in the plain\nshe sells sea shells by the sea shore\npeter piper picked a peck of pickled peppers\nhow much wood would a woodchuck chuck\n";

const sampleClasses = "vowel=aeiou,consonant=bcdfghjklmnpqrstvwxyz";

// How a file is read where it does not say so itself: flags of the command line.
const readingTexts = {
  classes: ["classes of characters", "vowel=aeiou,other=*"],
  merge: ["states under one name", "wet=rain+drizzle,dry=sun"],
  alphabet: ["the states, in order", "ACGT"],
  column: ["column with the states", "weather"],
  columns: ["columns whose rows are chains", "3:10"],
  id: ["columns that name the sequences", "customer"],
  time: ["column that orders the rows", "day"],
  separator: ["what separates symbols or cells", "comma"],
  missing: ["what stands for a missing value", "NA,?"],
};
const readingChecks = { "skip-unknown": "cut at unknown symbols", "join-lines": "lines are one sequence", ragged: "rows may differ in length" };

export function Data() {
  const [dropped, setDropped] = useState(null); // {name, data}
  // The address holds the name of a file, and not what is in it.
  const { file: named, classes } = flags.value;
  const file = useMemo(() => dropped ?? (named === "sample.txt" ? { name: named, data: new TextEncoder().encode(sample) } : null), [dropped, named]);
  const files = useMemo(() => file && { [file.name]: file.data }, [file]);
  const take = (f) => {
    setDropped(f);
    set({ file: f.name, classes: named === "sample.txt" && classes === sampleClasses ? "" : classes });
  };
  const reading = Object.fromEntries([...Object.keys(readingTexts), ...Object.keys(readingChecks)].filter((name) => flags.value[name]).map((name) => [name, name in readingChecks ? true : flags.value[name]]));
  const base = file && { command: "predict", file: file.name, d: whole("d", 2), n: whole("n", 10), ...reading };
  const evaluate = base && flags.value.evaluate === "true" ? { ...base, evaluate: true, prompts: 500 } : null;
  const transitions = file && { command: "predict", file: file.name, ...reading, transitions: true };
  const next = useAnswer(base, files);
  const table = useAnswer(transitions, files);
  const scores = useAnswer(evaluate, files);
  return html`<div class="split"><div class="controls">
      <${Drop} id="c-file" label="Drop a file here, or choose one: FASTA, FASTQ, text, CSV or JSON" take=${take}>
        <button type="button" onClick=${() => { setDropped(null); set({ file: "sample.txt", classes: sampleClasses }); }}>Use a sample</button><//>
      <${Slider} label="states given, d" name="d" values=${[1, 2, 3, 4, 5]} fallback="2" />
      <${Slider} label="chains in a prompt, n" name="n" values=${[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 30, 50, 100]} fallback="10" />
      <details open=${Object.keys(reading).length > 0}><summary>How the file is read</summary>
        ${Object.entries(readingTexts).map(([name, [label, example]]) => html`<div class="control" key=${name}><label for=${`c-${name}`}>${label}</label>
          <input id=${`c-${name}`} value=${flags.value[name] ?? ""} placeholder=${example} onChange=${(e) => set({ [name]: e.currentTarget.value.trim() })} /></div>`)}
        ${Object.entries(readingChecks).map(([name, label]) => html`<${Check} key=${name} name=${name} label=${label} />`)}</details>
      <${Check} label="compare the predictors" name="evaluate" />
    </div><div>
    <${Status} of=${[next, table, scores]} />
    ${!file && named && html`<p class="notice">This link is about the file ${named}, which is not part of it: drop the file here.</p>`}
    ${!file && html`<p>Nothing is loaded yet. ${mode.value === "server" ? "A file goes to the program that serves this page, and is kept nowhere." : "A file is read in this page and sent nowhere."}</p>`}
    ${file && html`<${About} name=${file.name} bytes=${file.data.length} report=${next.answer?.file ?? table.answer?.file} />`}
    ${file && next.answer && html`<${Next} answer=${next.answer} />`}
    ${file && table.answer?.transitions && html`<${Transitions} t=${table.answer.transitions} />`}
    ${file && scores.answer && html`<${Scores} answer=${scores.answer} />`}
    ${base && html`<${Take} parts=${[{ question: base, answer: next.current }, { question: transitions, answer: table.current }, ...(evaluate ? [{ question: evaluate, answer: scores.current }] : [])]} />`}
  </div></div>`;
}

function About({ name, bytes, report }) {
  return html`<section><h3>${name}</h3><p>${bytes.toLocaleString("en")} bytes${report ? `: ${report.sequences} ${report.sequences === 1 ? "sequence" : "sequences"}, ${report.symbols.toLocaleString("en")} states. Read as ${report.reading}.` : "."}</p>
    ${report?.notes?.length > 0 && html`<ul>${report.notes.map((n) => html`<li key=${n}>${n.replaceAll("`", "")}</li>`)}</ul>`}</section>`;
}

function Next({ answer }) {
  const states = [...new Set(answer.predictions.flatMap((p) => Object.keys(p.distribution ?? {})))].sort();
  const rows = answer.predictions.map((p) => ({ predictor: p.name, expected: p.expected, ...Object.fromEntries(states.map((s) => [`probability of ${s}`, p.distribution ? (p.distribution[s] ?? 0) : null])) }));
  return html`<section><h3>After ${answer.query.join(" ")}</h3>
    <${Table} name="next" rows=${rows}><table><caption>What comes next, by each predictor</caption>
      <thead><tr><th scope="col">predictor</th><th scope="col">most likely</th><th scope="col">probabilities</th></tr></thead>
      <tbody>${answer.predictions.map((p) => {
        const entries = Object.entries(p.distribution ?? {}).sort((a, b) => b[1] - a[1]);
        return html`<tr key=${p.name}><th scope="row">${p.name}</th><td>${entries[0]?.[0] ?? "–"}</td>
          <td>${entries.length ? entries.slice(0, 6).map(([s, x]) => `${s} ${short(x)}`).join(", ") : p.expected != null ? `mean ${short(p.expected)}` : "–"}</td></tr>`;
      })}</tbody></table><//></section>`;
}

/** The transitions as a table and as a graph. */
function Transitions({ t }) {
  const n = t.states.length;
  const rows = t.states.flatMap((from, i) => t.states.map((to, k) => ({ from, to, count: t.counts[i][k], probability: t.probabilities[i][k], standard_error: t.standard_errors[i][k] })));
  const size = 360, centre = size / 2, radius = 125, node = 22;
  const place = (i) => [centre + radius * Math.sin((2 * Math.PI * i) / n), centre - radius * Math.cos((2 * Math.PI * i) / n)];
  return html`<section><h3>Transitions in the whole file</h3>
    ${n > 12 && html`<${Figure} name="transitions" rows=${rows} caption="From each state (row) to each (column); dark is likely.">
      <svg viewBox=${`-40 -24 ${18 * n + 44} ${18 * n + 28}`} role="img" aria-label="Map of the transition probabilities; the table below has the numbers">
        ${t.states.map((s, i) => html`<text x="-6" y=${18 * i + 9} class="end middle small">${brief(s)}</text><text x=${18 * i + 9} y="-8" class="centre small">${brief(s)}</text>`)}
        ${rows.map((r, at) => html`<rect key=${at} x=${18 * (at % n)} y=${18 * Math.floor(at / n)} width="17" height="17" class="shade" fill-opacity=${r.probability}><title>${r.from} → ${r.to}: ${short(r.probability)}</title></rect>`)}
      </svg><//>`}
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
        ${t.states.map((s, i) => { const [x, y] = place(i); return html`<g key=${s}><circle cx=${x} cy=${y} r=${node} class="node" /><text x=${x} y=${y} class="centre middle small strong">${brief(s)}</text></g>`; })}
      </svg><//>`}
    <${Table} name="matrix" rows=${rows}><table><caption>Probability ± standard error (count)</caption>
      <thead><tr><th scope="col">from \\ to</th>${t.states.map((s) => html`<th key=${s} scope="col">${s}</th>`)}</tr></thead>
      <tbody>${t.states.map((s, i) => html`<tr key=${s}><th scope="row">${s}</th>${t.states.map((_, k) => html`<td key=${k}>${short(t.probabilities[i][k])} ± ${short(t.standard_errors[i][k], 2)} <small>(${t.counts[i][k]})</small></td>`)}</tr>`)}</tbody>
    </table><//></section>`;
}

const brief = (s) => (s.length > 6 ? s.slice(0, 5) + "…" : s);

function Scores({ answer }) {
  return html`<section><h3>Which predictor to trust</h3><${Table} name="scores" rows=${answer.predictors.map((p) => ({ predictor: p.name, squared_error: p.mse, standard_error: p.mse_se, accuracy: p.accuracy, log_loss: p.log_loss }))}><table><caption>On ${answer.prompts} prompts from the file</caption>
    <thead><tr><th scope="col">predictor</th><th scope="col">squared error</th><th scope="col">accuracy</th><th scope="col">log loss</th></tr></thead>
    <tbody>${answer.predictors.map((p) => html`<tr key=${p.name}><th scope="row">${p.name}</th><td>${short(p.mse, 4)} ± ${short(p.mse_se, 2)}</td><td>${short(p.accuracy)}</td><td>${p.log_loss == null ? "–" : short(p.log_loss, 4)}</td></tr>`)}</tbody>
  </table><//></section>`;
}
