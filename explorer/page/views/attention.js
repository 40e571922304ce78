// Attention: the maps of a softmax transformer beside the similarity of chains.

import { useMemo, useState } from "preact/hooks";
import { html } from "../html.js";
import { useAnswer, useTrained } from "../hooks.js";
import { flags, set, whole } from "../state.js";
import { Drop, Slider, Status } from "../controls.js";
import { Take } from "../take.js";
import { Figure, Table, save } from "../chart.js";
import { short } from "../numbers.js";

export function Attention() {
  const [dropped, setDropped] = useState(null); // {name, data}
  const task = { d: whole("d", 2), n: whole("n", 12) };
  const groups = whole("groups", 2);
  const train = flags.value.train === "true" && !dropped;
  const training = { command: "train", model: "attention", width: 16, blocks: 2, "heads-per-block": 2, steps: 150, batch: 16, seeds: 1, "eval-prompts": 200, ...task };
  const trained = useTrained(train ? training : null);
  const model = dropped ?? (train ? trained.model : null);
  const files = useMemo(() => model && { [model.name]: model.data }, [model?.data]);
  const question = model && { command: "attention", params: model.name, groups, prompts: 20, maps: true, ...task };
  const a = useAnswer(question, files ?? undefined);
  const parts = [
    ...(train ? [{ question: { ...training, out: "run" }, answer: model?.answer }] : []),
    ...(question ? [{ question: { ...question, params: train ? "run/params.safetensors" : model.name }, answer: a.current }] : []),
  ];
  return html`<div class="split"><div class="controls">
      <${Slider} label="states given in a chain, d" name="d" values=${[1, 2, 3, 4, 5]} fallback="2" />
      <${Slider} label="chains, n" name="n" values=${[4, 8, 12, 16, 20, 24, 32, 48]} fallback="12" />
      <${Slider} label="groups of chains, each with a kernel of its own" name="groups" values=${[1, 2, 4]} fallback="2" />
      <button type="button" aria-pressed=${train} onClick=${() => { setDropped(null); set({ train: "true" }); }}>Train a small model here</button>
      <${Drop} id="c-model" label="or drop a model’s safetensors file" accept=".safetensors" take=${setDropped} />
    </div><div>
    <p>In a prompt whose chains come from several kernels, does a softmax transformer look at chains of the same kernel? Its attention by layer stands beside the similarity of the chains.</p>
    <${Status} of=${[trained, a]} />
    ${dropped && html`<p class="headline">The model of ${dropped.name}.</p>`}
    ${!model && !train && html`<p>No model is loaded yet. Train a small one here, or drop one.</p>`}
    ${a.answer && html`<${Maps} answer=${a.answer} />`}
    ${parts.length > 0 && html`<${Take} parts=${parts}>
      ${train && model && html`<button type="button" data-save="params.safetensors" onClick=${() => save("params.safetensors", model.data, "application/octet-stream")}>model (safetensors)</button>`}<//>`}
  </div></div>`;
}

function Maps({ answer }) {
  const { layers } = answer;
  const maps = [
    ...(answer.similarity_map ? [{ name: "similarity of chains", map: answer.similarity_map }] : []),
    ...layers.filter((l) => l.map).map((l) => ({ name: `layer ${l.layer}${l.head ? `, head ${l.head}` : ", mean"}`, map: l.map })),
  ];
  const entries = () => maps.flatMap(({ name, map }) => map.flatMap((row, i) => row.map((x, k) => ({ map: name, from: i + 1, to: k + 1, value: x }))));
  const table = layers.map((l) => ({ layer: l.layer, head: l.head || "mean", within: l.within, across: l.across, contrast: l.contrast, correlation: l.mantel, p: l.mantel_p }));
  const across = 3, size = 180, gap = 20, line = 22;
  const place = (i) => [(i % across) * (size + gap), Math.floor(i / across) * (size + line + gap)];
  const width = across * (size + gap) - gap, height = Math.ceil(maps.length / across) * (size + line + gap) - gap;
  return html`<${Figure} name="attention" rows=${entries} caption="From each chain (row) to each other one (column) of the first prompt; bright is much, each map on a scale of its own.">
      <svg viewBox="0 0 ${width} ${height}" class="maps" role="img" aria-label=${`Maps of ${maps.map((m) => m.name).join("; ")}. The table has their summary.`}>
        ${maps.map((m, i) => html`<g key=${m.name} transform=${`translate(${place(i)})`}>
          <image href=${painted(m.map)} width=${size} height=${size} class="pixels" /><text y=${size + 15} class="small">${m.name}</text></g>`)}
      </svg><//>
    <${Table} name="contrast" rows=${table}><table><caption>Mean attention within a group less across groups, and the rank correlation of attention with similarity</caption>
      <thead><tr><th scope="col">layer</th><th scope="col">head</th><th scope="col">within</th><th scope="col">across</th><th scope="col">contrast</th><th scope="col">correlation</th><th scope="col">p</th></tr></thead>
      <tbody>${table.map((l) => html`<tr key=${`${l.layer}-${l.head}`}><td>${l.layer}</td><td>${l.head}</td><td>${short(l.within)}</td><td>${short(l.across)}</td><td>${short(l.contrast)}</td><td>${short(l.correlation)}</td><td>${short(l.p, 2)}</td></tr>`)}</tbody></table><//>`;
}

/**
 * A square map as an image, dark where little. What a chain has with itself does not count
 * for the scale: it is all that the first one can see.
 */
function painted(map) {
  const n = map.length;
  const canvas = Object.assign(document.createElement("canvas"), { width: n, height: n });
  const context = canvas.getContext("2d"), image = context.createImageData(n, n);
  const most = Math.max(...map.flatMap((row, i) => row.filter((x, k) => x != null && i !== k))) || 1;
  map.forEach((row, i) => row.forEach((x, k) => {
    const t = Math.min(Math.max(0, x ?? 0) / most, 1);
    image.data.set([Math.round(20 + 235 * t), Math.round(24 + 180 * t ** 1.5), Math.round(60 + 60 * t), 255], 4 * (i * n + k));
  }));
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}
