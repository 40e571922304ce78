// How good can it be? The enlarged optimum, the best transformer with its proof, the
// floor of every depth and Bayes, for one task and over n.

import { html } from "../html.js";
import { useAnswer } from "../hooks.js";
import { askBoth } from "../client.js";
import { sameTask, set, task } from "../state.js";
import { Status, TaskControls, contexts } from "../controls.js";
import { Take } from "../take.js";
import { Bars, Curves, Figure, colours, save } from "../chart.js";
import { loss, percent, short } from "../numbers.js";

const curveN = ["1", "2", "5", "10", "20", "50", "100", "200", "500", "1000", "inf"];

export function Good() {
  const q = task();
  const singular = q.bias || (q.embedding ?? "index") !== "index";
  const optimum = { command: "optimum", ...q };
  const recover = { command: "recover", ...q, ...(singular && { level: 1 }) };
  const floor = { command: "optimum", ...q, floor: true, contexts: 500 };
  const curve = { command: "optimum", ...q, n: curveN.join(",") };
  const bayes = q.n === "inf" ? null : { command: "predict", simulate: true, evaluate: true, prompts: 4000, predictors: "bayes", ...q };
  const d = q.d ?? 2;
  const o = useAnswer(optimum);
  const asked = d <= (singular ? 3 : 6);
  const r = useAnswer(asked ? recover : null);
  const f = useAnswer(floor);
  const b = useAnswer(bayes);
  const c = useAnswer(curve); // the longest, behind what the bars need
  // What is shown together is about one task, the last one until the optimum of the next is there.
  const [a, best, least, known] = [o, r, f, b].map((x) => (sameTask(x.question, o.question) ? x.answer : null));
  const mse = known?.predictors?.find((p) => p.name === "bayes");
  const bars = [
    { label: "always predicting 0", value: a?.label_power, colour: colours.zero },
    { label: "best transformer", value: best?.loss, colour: colours.best },
    { label: "enlarged optimum", value: a?.loss, colour: colours.enlarged },
    { label: "floor of every depth", value: least?.floor, error: least?.floor_se, colour: colours.floor },
    { label: "Bayes, knowing the prior", value: mse?.mse, error: mse?.mse_se, colour: colours.bayes },
  ];
  const rows = bars.filter((x) => x.value != null).map((x) => ({ quantity: x.label, loss: x.value, standard_error: x.error ?? 0 }));
  const results = (sameTask({ ...c.question, n: o.question?.n }, o.question) && c.answer?.results) || []; // of its own n
  const points = results.map((x) => [x.task.n === "inf" ? Infinity : x.task.n, x.loss]);
  return html`<div class="split">
    <${TaskControls} />
    <div>
      <${Status} of=${[o, r, c, f, b]} />
      ${a && html`<p class="headline">${sentence(a, best, least)}</p>`}
      ${a && html`<${Figure} name="losses" rows=${rows} caption="Mean squared error of the predicted state; bars from 0. Error bars: two standard errors, where a number is sampled.">
        <${Bars} label="Losses, from predicting 0 to Bayes" bars=${bars} /><//>`}
      ${points.length > 1 && html`<${Figure} name="loss-by-n" rows=${results.map((x) => ({ n: x.task.n, enlarged_optimum: x.loss }))}
          caption="The enlarged optimum by the number of chains in the context; click to choose n.">
        <${Curves} label="Enlarged optimum by n" log xLabel="chains in the context, n" yLabel="loss" at=${q.n === "inf" ? Infinity : q.n}
          onPick=${(n) => set({ n: n === Infinity ? "inf" : contexts.includes(String(n)) ? String(n) : "" })}
          series=${[{ name: "enlarged optimum", colour: colours.enlarged, points }]} /><//>`}
      ${a && html`<h3>Why</h3><ul class="why">${why(a, best, least).map((line) => html`<li key=${line}>${line}</li>`)}</ul>`}
      <${Take} parts=${[[optimum, o], [asked && recover, r], [floor, f], [bayes, b], [curve, c]].filter(([question]) => question).map(([question, { current }]) => ({ question, answer: current }))}>
        ${best?.certified && best.method === "sdp" && html`<button type="button" data-save="certificate.npz" onClick=${async () => save("certificate.npz", (await askBoth(recover, "certificate.npz")).file, "application/octet-stream")}>certificate (NPZ)</button>`}<//>
    </div>
  </div>`;
}

function sentence(a, best, floor) {
  const parts = [`No one-layer linear transformer has a loss below ${loss(a.loss)}`];
  if (best?.realisable) parts.push("and one attains it");
  else if (best) parts.push(`and the best that was found has ${loss(best.loss)}${best.certified ? ", proven best" : ""}`);
  let text = parts.join(", ") + ".";
  if (floor?.floor != null) text += ` No depth and no number of heads gets below ${loss(floor.floor)}${floor.floor_se > 0 ? ` ± ${short(floor.floor_se, 2)}` : ""}: depth can gain ${percent(Math.max(0, floor.floor_gain ?? 0))} at most.`;
  return text;
}

function why(a, best, floor) {
  const lines = [];
  const o = a.obstruction ?? best?.decision?.obstruction;
  if (best?.realisable === true || a.realisable === true) lines.push("Realisable: some transformer’s point in the enlarged space is the optimum itself.");
  else if (o?.kind === "rank") lines.push(`Not realisable: block ${o.block} of the optimum has rank above 2, and a transformer’s blocks have rank 2 at most.`);
  else if (o?.kind === "sign") lines.push(`Not realisable: block ${o.block} of the optimum has two eigenvalues of one sign (${o.eigenvalues.map((x) => short(x)).join(", ")}), and a transformer’s block of rank 2 has one of each.`);
  else if (o) lines.push(`Not realisable: block ${o.block} of the optimum leaves two directions for b, and each fails at another block.`);
  else if (best?.realisable === false) lines.push("Not realisable: the proven bound for transformers lies above the enlarged optimum.");
  else if (a.reason) lines.push(`Undecided: ${a.reason}.`);
  if (best?.certified) lines.push(`Proven: no transformer with one head is better than ${best.lower_bound.toPrecision(10)}; the gap is ${short(best.relative_gap, 2)} of the loss.`);
  else if (best) lines.push(best.lower_bound == null ? "Nothing is proven about the best transformer here." : `The best transformer lies between ${best.lower_bound.toPrecision(6)} and ${best.loss.toPrecision(6)}.`);
  if (!a.unique) lines.push(`The optimum is not unique: H has rank ${a.rank} of ${a.dimension}, since some features depend on others.`);
  if (floor?.floor != null && a.loss - floor.floor < 0.03 * a.loss) lines.push("Depth buys little here: every deeper model still predicts by a vector that depends on the context only, and one layer nearly has the best such vector.");
  return lines;
}
