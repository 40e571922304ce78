// Layers: a model traced layer by layer, as descent on several objectives.

import { useMemo, useState } from "preact/hooks";
import { html } from "../html.js";
import { useAnswer } from "../hooks.js";
import { ask, askFile } from "../client.js";
import { commandLine, flags, task } from "../state.js";
import { Choice, Commands, Slider, Status, TaskControls } from "../controls.js";
import { Curves, Figure, colours } from "../chart.js";
import { loss, short } from "../numbers.js";

export function Layers() {
  const q = task();
  if (q.n === "inf") q.n = 1000;
  const layers = Number(flags.value.layers ?? 3);
  const [model, setModel] = useState(null); // {name, data, loss, of}
  const [busy, setBusy] = useState({ asking: false });
  const files = useMemo(() => model && { [model.name]: model.data }, [model]);
  const training = { command: "train", layers, steps: 400, batch: 500, seeds: 1, "eval-prompts": 5000, ...q };
  const pareto = flags.value.pareto === "true";
  const trace = model ? { command: "trace", params: model.name, prompts: 100, ...q, ...(pareto && { pareto: true, prompts: 10 }) } : { command: "trace", random: layers, prompts: 100, ...q, ...(pareto && { pareto: true, prompts: 10 }) };
  const t = useAnswer(trace, model ? files : undefined);
  const train = async () => {
    setBusy({ asking: true });
    try {
      const onProgress = (progress) => setBusy({ asking: true, progress });
      const data = await askFile(training, "params.safetensors", { onProgress });
      const answer = await ask(training, { onProgress });
      setModel({ name: "params.safetensors", data, loss: answer.seeds[0].loss_fresh, of: answer });
      setBusy({ asking: false });
    } catch (problem) {
      setBusy({ asking: false, problem });
    }
  };
  const take = async (f) => f && setModel({ name: f.name, data: new Uint8Array(await f.arrayBuffer()) });
  return html`<div class="split"><div>
      <${TaskControls} most=${5} />
      <div class="controls more"><${Slider} label="layers" name="layers" values=${[1, 2, 3, 4, 6, 8, 10]} fallback="3" />
        <button type="button" onClick=${train}>Train one here (seconds)</button>
        <button type="button" onClick=${() => setModel(null)}>Random parameters</button>
        <div class="drop" onDragOver=${(e) => e.preventDefault()} onDrop=${(e) => { e.preventDefault(); take(e.dataTransfer.files[0]); }}>
          <label for="c-params">or drop a safetensors file</label><input id="c-params" type="file" accept=".safetensors,.npz" onChange=${(e) => take(e.currentTarget.files[0])} /></div>
        <${Choice} label="Pareto front" name="pareto" fallback="" options=${[["", "leave out"], ["true", "measure the distance (slow)"]]} />
      </div>
    </div><div>
    <p>Each layer of a linear transformer moves a vector θ, and the model predicts θ′u for a query u. The move is a step of preconditioned descent on several objectives of the prompt at once.</p>
    <${Status} of=${[busy, t]} />
    ${model?.of && html`<p class="headline">Trained here: loss ${loss(model.loss)} on fresh prompts; one layer cannot have less than ${loss(model.of.enlarged_optimum)}, and Bayes has ${loss(model.of.bayes_risk)}.</p>`}
    ${t.answer && html`<${Trace} answer=${t.answer} />`}
    <${Commands} lines=${model?.of ? [commandLine({ ...training, out: "run" }), commandLine({ ...trace, params: "run/params.safetensors" })] : [commandLine(trace)]} />
  </div></div>`;
}

function Trace({ answer }) {
  const rows = answer.layers.map((l) => ({ layer: l.layer, query_loss: l.query_loss, gd: l.gd, ...Object.fromEntries((l.r1 ?? []).map((x, k) => [`r1_${k + 1}`, x])), ...Object.fromEntries((l.r2 ?? []).map((x, k) => [`r2_${k + 1}`, x])) }));
  const series = [{ name: "loss at the query", colour: colours.trained, points: answer.layers.map((l) => [l.layer, l.query_loss]) }];
  const last = answer.layers[0]?.r1?.length;
  if (last) series.push({ name: "half mean r²", colour: colours.enlarged, dashed: true, points: answer.layers.map((l) => [l.layer, l.r1[last - 1]]) });
  const gd = answer.layers.filter((l) => l.gd != null);
  return html`
    <${Figure} name="layers" rows=${rows} caption="Loss of the prediction after each layer, and the mean squared residual of the in-context labels, which is what the last objective measures.">
      <${Curves} label="Loss by layer" xLabel="layer" yLabel="mean" series=${series} /><//>
    ${gd.length > 1 && html`<${Figure} name="front" rows=${rows} caption="Distance to the Pareto front of all objectives, by layer.">
      <${Curves} label="Distance to the front by layer" xLabel="layer" yLabel="distance" series=${[{ name: "distance", colour: colours.best, points: gd.map((l) => [l.layer, l.gd]) }]} /><//>`}
    <section><h3>Objectives, means over prompts</h3><div class="scroll" tabindex="0" role="region" aria-label="table"><table><thead><tr>${Object.keys(rows[0]).map((c) => html`<th scope="col" key=${c}>${c}</th>`)}</tr></thead>
      <tbody>${rows.map((r) => html`<tr key=${r.layer}>${Object.entries(r).map(([c, x]) => html`<td key=${c}>${c === "layer" ? x : short(x, 4)}</td>`)}</tr>`)}</tbody></table></div>
      <p><small>The layers are the steps of the theorem up to a relative ${short(answer.identity_error, 2)}.</small></p></section>`;
}
