// Layers: a model traced layer by layer, as descent on several objectives.

import { useMemo, useState } from "preact/hooks";
import { html } from "../html.js";
import { useAnswer, useTrained } from "../hooks.js";
import { flags, set, task, whole } from "../state.js";
import { Choice, Drop, Slider, Status, TaskControls } from "../controls.js";
import { Take } from "../take.js";
import { Curves, Figure, Table, colours, save } from "../chart.js";
import { loss, short } from "../numbers.js";

export function Layers() {
  const q = task();
  if (q.n === "inf") q.n = 1000;
  const layers = whole("layers", 3);
  const [dropped, setDropped] = useState(null); // {name, data}
  const training = { command: "train", layers, steps: 400, batch: 500, seeds: 1, "eval-prompts": 5000, ...q };
  const pareto = flags.value.pareto === "true";
  const train = flags.value.train === "true" && !dropped;
  const trained = useTrained(train ? training : null);
  const model = dropped ?? (train ? trained.model : null);
  const files = useMemo(() => model && { [model.name]: model.data }, [model?.data]);
  const front = { ...q, ...(pareto ? { pareto: true, prompts: 10 } : { prompts: 100 }) };
  const trace = model ? { command: "trace", params: model.name, ...front } : { command: "trace", random: layers, ...front };
  // While one is being trained there is nothing to trace.
  const t = useAnswer(train && !model ? null : trace, model ? files : undefined);
  const a = model?.answer;
  return html`<div class="split"><div>
      <${TaskControls} most=${5} />
      <div class="controls more"><${Slider} label="layers" name="layers" values=${[1, 2, 3, 4, 6, 8, 10]} fallback="3" />
        <button type="button" aria-pressed=${train} onClick=${() => { setDropped(null); set({ train: "true" }); }}>Train one here (seconds)</button>
        <button type="button" aria-pressed=${!train && !dropped} onClick=${() => { setDropped(null); set({ train: "" }); }}>Random parameters</button>
        <${Drop} id="c-params" label="or drop a safetensors file" accept=".safetensors,.npz,.json" take=${setDropped} />
        <${Choice} label="Pareto front" name="pareto" fallback="" options=${[["", "leave out"], ["true", "measure the distance (slow)"]]} />
      </div>
    </div><div>
    <p>Each layer of a linear transformer moves a vector w, from 0, and the model predicts −w′u for a query u. The move is a step of preconditioned descent on several objectives of the prompt at once.</p>
    <${Status} of=${[trained, t]} />
    ${dropped && html`<p class="headline">The model of ${dropped.name}.</p>`}
    ${train && a && html`<p class="headline">Trained here: loss ${loss(a.seeds[0].loss_fresh)} on fresh prompts; one layer cannot have less than ${loss(a.enlarged_optimum)}, and Bayes has ${loss(a.bayes_risk)}.</p>`}
    ${!train && !dropped && html`<p class="headline">A model with random parameters: train one, or drop one, to see what descent looks like.</p>`}
    ${t.answer && html`<${Trace} answer=${t.answer} />`}
    <${Take} parts=${train ? [{ question: { ...training, out: "run" }, answer: a }, { question: { ...trace, random: undefined, params: "run/params.safetensors" }, answer: t.current }] : [{ question: trace, answer: t.current }]}>
      ${train && model && html`<button type="button" data-save="params.safetensors" onClick=${() => save("params.safetensors", model.data, "application/octet-stream")}>model (safetensors)</button>`}<//>
  </div></div>`;
}

function Trace({ answer }) {
  const rows = answer.layers.map((l) => ({ layer: l.layer, query_loss: l.query_loss, gd: l.gd, ...Object.fromEntries(l.w.map((x, k) => [`w_${k + 1}`, x])), ...Object.fromEntries((l.r1 ?? []).map((x, k) => [`r1_${k + 1}`, x])), ...Object.fromEntries((l.r2 ?? []).map((x, k) => [`r2_${k + 1}`, x])) }));
  const series = [{ name: "loss at the query", colour: colours.trained, points: answer.layers.map((l) => [l.layer, l.query_loss]) }];
  const last = answer.layers[0]?.r1?.length;
  if (last) series.push({ name: "half mean r²", colour: colours.enlarged, dashed: true, points: answer.layers.map((l) => [l.layer, l.r1[last - 1]]) });
  const gd = answer.layers.filter((l) => l.gd != null);
  const w = answer.layers[0].w.map((_, k) => ({ name: `w${k + 1}`, colour: [colours.best, colours.enlarged, colours.floor, colours.bayes, colours.trained, colours.zero][k % 6], points: answer.layers.map((l) => [l.layer, l.w[k]]) }));
  return html`
    <${Figure} name="layers" rows=${rows} caption="Squared error of the prediction −w′u after each layer, and the last objective of R1: half the mean squared residual of the context, y − w′x, which is small where w, and not −w, fits.">
      <${Curves} label="Loss by layer" whole xLabel="layer" yLabel="mean" series=${series} /><//>
    ${gd.length > 1 && html`<${Figure} name="front" rows=${rows} caption="Distance to the Pareto front of all objectives, by layer.">
      <${Curves} label="Distance to the front by layer" whole xLabel="layer" yLabel="distance" series=${[{ name: "distance", colour: colours.best, points: gd.map((l) => [l.layer, l.gd]) }]} /><//>`}
    <${Figure} name="w" rows=${rows} caption="The vector w after each layer, mean over prompts; the prediction of layer l is −w′u.">
      <${Curves} label="The entries of w by layer" whole xLabel="layer" yLabel="mean" series=${w} /><//>
    <section><h3>Objectives, means over prompts</h3><${Table} name="objectives" rows=${rows}><table><thead><tr>${Object.keys(rows[0]).map((c) => html`<th scope="col" key=${c}>${c}</th>`)}</tr></thead>
      <tbody>${rows.map((r) => html`<tr key=${r.layer}>${Object.entries(r).map(([c, x]) => html`<td key=${c}>${c === "layer" ? x : short(x, 4)}</td>`)}</tr>`)}</tbody></table><//>
      <p><small>The layers are the steps of the theorem up to a relative ${short(answer.identity_error, 2)}.</small></p></section>`;
}
