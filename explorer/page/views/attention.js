// Attention: the maps of a softmax transformer beside the similarity of chains.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { useAnswer } from "../hooks.js";
import { askFile } from "../client.js";
import { commandLine, flags } from "../state.js";
import { Commands, Slider, Status } from "../controls.js";
import { short } from "../numbers.js";

export function Attention() {
  const [model, setModel] = useState(null);
  const [busy, setBusy] = useState({ asking: false });
  const files = useMemo(() => model && { [model.name]: model.data }, [model]);
  const groups = Number(flags.value.groups ?? 2);
  const n = Number(flags.value.n ?? 12);
  const d = Number(flags.value.d ?? 2);
  const training = { command: "train", model: "attention", width: 16, blocks: 2, "heads-per-block": 2, steps: 150, batch: 16, seeds: 1, "eval-prompts": 200, d, n };
  const question = model && { command: "attention", params: model.name, groups, prompts: 20, maps: true, d, n };
  const a = useAnswer(question, files ?? undefined);
  const train = async () => {
    setBusy({ asking: true });
    try {
      setModel({ name: "params.safetensors", data: await askFile(training, "params.safetensors", { onProgress: (progress) => setBusy({ asking: true, progress }) }), trained: true });
      setBusy({ asking: false });
    } catch (problem) {
      setBusy({ asking: false, problem });
    }
  };
  const take = async (f) => f && setModel({ name: f.name, data: new Uint8Array(await f.arrayBuffer()) });
  return html`<div class="split"><div class="controls">
      <${Slider} label="states given in a chain, d" name="d" values=${[1, 2, 3, 4, 5]} fallback="2" />
      <${Slider} label="chains, n" name="n" values=${[4, 8, 12, 16, 20, 24, 32, 48]} fallback="12" />
      <${Slider} label="groups of chains, each with a kernel of its own" name="groups" values=${[1, 2, 4]} fallback="2" />
      <button type="button" onClick=${train}>Train a small model here</button>
      <div class="drop" onDragOver=${(e) => e.preventDefault()} onDrop=${(e) => { e.preventDefault(); take(e.dataTransfer.files[0]); }}>
        <label for="c-model">or drop a model’s safetensors file</label><input id="c-model" type="file" accept=".safetensors" onChange=${(e) => take(e.currentTarget.files[0])} /></div>
    </div><div>
    <p>In a prompt whose chains come from several kernels, does a softmax transformer look at chains of the same kernel? Its attention by layer stands beside the similarity of the chains.</p>
    <${Status} of=${[busy, a]} />
    ${!model && html`<p>No model is loaded yet.</p>`}
    ${a.answer && html`<${Maps} answer=${a.answer} />`}
    ${question && html`<${Commands} lines=${model.trained ? [commandLine({ ...training, out: "run" }), commandLine({ ...question, maps: undefined, params: "run/params.safetensors" })] : [commandLine({ ...question, maps: undefined })]} />`}
  </div></div>`;
}

function Maps({ answer }) {
  const layers = answer.layers;
  return html`<div class="maps">
      ${answer.similarity_map && html`<${Map} name="similarity of chains" map=${answer.similarity_map} />`}
      ${layers.filter((l) => l.map).map((l) => html`<${Map} key=${`${l.layer}-${l.head}`} name=${`layer ${l.layer}${l.head ? `, head ${l.head}` : ""}`} map=${l.map} />`)}
    </div>
    <div class="scroll" tabindex="0" role="region" aria-label="table"><table><caption>Mean attention within a group less across groups, and the rank correlation of attention with similarity</caption>
      <thead><tr><th scope="col">layer</th><th scope="col">head</th><th scope="col">within</th><th scope="col">across</th><th scope="col">contrast</th><th scope="col">correlation</th><th scope="col">p</th></tr></thead>
      <tbody>${layers.map((l) => html`<tr key=${`${l.layer}-${l.head}`}><td>${l.layer}</td><td>${l.head || "mean"}</td><td>${short(l.within)}</td><td>${short(l.across)}</td><td>${short(l.contrast)}</td><td>${short(l.mantel)}</td><td>${short(l.mantel_p, 2)}</td></tr>`)}</tbody></table></div>`;
}

/** A square map, dark where little. */
function Map({ name, map }) {
  const canvas = useRef();
  useEffect(() => {
    const n = map.length, context = canvas.current.getContext("2d"), image = context.createImageData(n, n);
    const most = Math.max(...map.flat().filter((x) => x != null)) || 1;
    map.forEach((row, i) => row.forEach((x, k) => {
      const t = (x ?? 0) / most;
      image.data.set([Math.round(20 + 235 * t), Math.round(24 + 180 * t ** 1.5), Math.round(60 + 60 * t), 255], 4 * (i * n + k));
    }));
    context.putImageData(image, 0, 0);
  }, [map]);
  return html`<figure><canvas ref=${canvas} width=${map.length} height=${map.length} role="img" aria-label=${name} /><figcaption>${name}</figcaption></figure>`;
}
