// The landscape: v(b), the least loss of a transformer whose b points in a
// direction, on the circle (d = 1) and on the projective plane (d = 2).

import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { useAnswer } from "../hooks.js";
import { flags, set, task } from "../state.js";
import { Status, TaskControls } from "../controls.js";
import { Take } from "../take.js";
import { Curves, Figure, Table, colours } from "../chart.js";
import { loss, short } from "../numbers.js";

export function Landscape() {
  const q = task();
  const dimension = (q.d ?? 2) + (q.bias ? 1 : 0) + 1; // of b
  const small = dimension <= 3 && (q.embedding ?? "index") !== "onehot";
  const at = flags.value.at;
  const map = { command: "landscape", ...q, points: dimension === 2 ? 361 : 90 };
  const here = { command: "landscape", ...q, points: 0, at };
  const m = useAnswer(small ? map : null);
  const p = useAnswer(small && at ? here : null);
  return html`<div class="split"><${TaskControls} most=${2} /><div>
    <p>A one-layer transformer is a vector b and a matrix A. For each direction of b the best A is known, and its loss, v(b), is a landscape over the directions; b and −b are the same model.</p>
    ${!small && html`<p class="notice">With d = 1 the directions of b are a circle and with d = 2 a plane that can be drawn; a constant coordinate takes one more, and the one-hot embedding many. Choose a smaller d, or another embedding.</p>`}
    <${Status} of=${[m, p]} />
    ${/* the last answer stays until the next one is there, and may be of another d */ ""}
    ${small && m.answer?.directions && html`<${Circle} answer=${m.answer} />`}
    ${small && m.answer?.map && html`<${Plane} answer=${m.answer} at=${p.answer?.at?.b.length === 3 ? p.answer.at : null} />`}
    ${small && m.answer && html`<${Minima} answer=${m.answer} />`}
    ${small && at && p.answer?.at && html`<${Here} at=${p.answer.at} />`}
    ${small && html`<${Take} parts=${[{ question: map, answer: m.current }, ...(at ? [{ question: here, answer: p.current }] : [])]} />`}
  </div></div>`;
}

const text = (b) => b.map((x) => Number(x.toPrecision(6))).join(",");

/** d = 1: v over the angle of b. */
function Circle({ answer }) {
  const rows = answer.directions.map((b, i) => ({ degrees: (180 * Math.atan2(b[1], b[0])) / Math.PI, loss: answer.loss[i] })).sort((x, y) => x.degrees - y.degrees);
  return html`<${Figure} name="landscape" rows=${rows} caption="Least loss by the angle of b; click a point to look at its A and to descend from there.">
    <${Curves} label="v(b) by angle" xLabel="angle of b, degrees" yLabel="loss" onPick=${(a) => set({ at: text([Math.cos((a * Math.PI) / 180), Math.sin((a * Math.PI) / 180)]) })}
      series=${[{ name: "best for this b", colour: colours.best, points: rows.map((r) => [r.degrees, r.loss]) },
        { name: "enlarged optimum", colour: colours.enlarged, dashed: true, points: [[rows[0].degrees, answer.loss_enlarged], [rows.at(-1).degrees, answer.loss_enlarged]] }]} /><//>`;
}

/** Where a direction stands in Lambert's equal-area map of a hemisphere. */
function place(b) {
  const s = b[2] < 0 ? -1 : 1;
  const k = s / Math.sqrt(1 + s * b[2]);
  return [b[0] * k, b[1] * k];
}

function direction(x, y) {
  const r = x * x + y * y;
  if (r > 1) return null;
  const s = Math.sqrt(2 - r);
  return [x * s, y * s, 1 - r];
}

// viridis at a few places, interpolated between: even steps in brightness.
const stops = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
function colour(t) {
  const at = Math.min(Math.max(t, 0), 1) * (stops.length - 1), i = Math.min(Math.floor(at), stops.length - 2);
  return stops[i].map((c, k) => Math.round(c + (at - i) * (stops[i + 1][k] - c)));
}

const viewed = 440; // units across the picture

/** d = 2: a map of all directions, or a ball that turns by dragging. */
function Plane({ answer, at }) {
  const canvas = useRef();
  // The address holds how the ball stands, from when it is let go.
  const standing = flags.value.turn?.split(",").map(Number);
  const ball = standing?.length === 2 && standing.every(Number.isFinite);
  const [dragged, setDragged] = useState(null);
  const turn = dragged ?? standing;
  const [near, setNear] = useState(null);
  const drag = useRef(null);
  const stand = (angles) => set({ turn: angles ? angles.map((x) => x.toFixed(2)).join(",") : "" });
  const n = answer.map.length; // [n][n] losses, null outside the disc
  const values = answer.map.flat().filter((x) => x != null);
  const low = Math.min(...values);
  const sorted = [...values].sort((a, b) => a - b);
  const high = sorted[Math.floor(0.9 * sorted.length)];
  const shade = (v) => colour(1 - (v - low) / (high - low || 1));
  const cell = (t) => Math.min(Math.max(Math.floor(((t + 1) / 2) * n), 0), n - 1);
  const lookUp = (b) => {
    const [x, y] = place(b);
    // Cells whose middle lies outside the disc are empty: at the rim the next one inwards.
    for (let k = 1; k > 0.9; k -= 1 / n) {
      const v = answer.map[cell(k * y)][cell(k * x)];
      if (v != null) return v;
    }
    return null;
  };
  // From the screen to a direction of b, and back.
  const rotate = ([x, y, z], back) => {
    const [a, c] = back ? [-turn[0], -turn[1]] : turn;
    const about = (p, q, t) => [p * Math.cos(t) - q * Math.sin(t), p * Math.sin(t) + q * Math.cos(t)];
    if (back) {
      [y, z] = about(y, z, c);
      [x, z] = about(x, z, a);
    } else {
      [x, z] = about(x, z, a);
      [y, z] = about(y, z, c);
    }
    return [x, y, z];
  };
  const from = (x, y) => {
    if (!ball) return direction(x, y);
    const r = x * x + y * y;
    return r > 1 ? null : rotate([x, y, Math.sqrt(1 - r)], true);
  };
  const to = (b) => {
    if (!ball) return place(b);
    const p = rotate(b, false);
    return p[2] < 0 ? [-p[0], -p[1]] : [p[0], p[1]];
  };
  useEffect(() => {
    const size = canvas.current.width;
    const image = canvas.current.getContext("2d").createImageData(size, size);
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) {
      const b = from((2 * j + 1) / size - 1, (2 * i + 1) / size - 1);
      const v = b && lookUp(b);
      if (v == null) continue;
      // The ball is lit from the viewer's side, so that it is seen as one.
      const light = ball ? 0.65 + 0.35 * Math.sqrt(Math.max(0, 1 - ((2 * j + 1) / size - 1) ** 2 - ((2 * i + 1) / size - 1) ** 2)) : 1;
      image.data.set([...shade(v).map((c) => c * light), 255], 4 * (i * size + j));
    }
    canvas.current.getContext("2d").putImageData(image, 0, 0);
  }, [answer, ball, ...(turn ?? [])]);
  const marks = [
    ...answer.minima.map((m, i) => ({ b: m.b, fill: i === 0 ? "#d55e00" : "#333", radius: i === 0 ? 8 : 5, name: `local minimum, loss ${loss(m.loss)}` })).reverse(),
    ...(at ? [{ b: at.b, fill: "#0072b2", radius: 7, name: `the chosen point, loss ${loss(at.loss)}` }] : []),
  ];
  const point = (e) => {
    const box = e.currentTarget.getBoundingClientRect();
    return [((e.clientX - box.left) / box.width) * 2 - 1, ((e.clientY - box.top) / box.height) * 2 - 1];
  };
  const pointer = {
    onPointerDown: (e) => {
      drag.current = { start: point(e), turn, moved: false };
      e.currentTarget.setPointerCapture(e.pointerId);
    },
    onPointerMove: (e) => {
      const p = point(e);
      const b = from(...p);
      setNear(b && { b, v: lookUp(b) });
      if (!drag.current || !ball) return;
      const [dx, dy] = [p[0] - drag.current.start[0], p[1] - drag.current.start[1]];
      if (Math.hypot(dx, dy) > 0.03) drag.current.moved = true;
      if (!drag.current.moved) return;
      drag.current.now = [drag.current.turn[0] + dx * 1.6, drag.current.turn[1] + dy * 1.6];
      setDragged(drag.current.now);
    },
    onPointerUp: (e) => {
      if (!drag.current) return;
      const b = !drag.current.moved && from(...point(e));
      if (drag.current.moved) stand(drag.current.now); // which need not have been drawn yet
      drag.current = null;
      setDragged(null);
      if (b) set({ at: text(b) });
    },
    onPointerCancel: () => {
      drag.current = null;
      setDragged(null);
    },
    onPointerLeave: () => setNear(null),
  };
  const keys = (e) => {
    const step = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] }[e.key];
    if (!step || !ball) return;
    e.preventDefault();
    stand([turn[0] + step[0], turn[1] + step[1]]);
  };
  const rows = () => answer.map.flatMap((row, i) => row.map((v, j) => ({ v, b: direction((2 * j + 1) / n - 1, (2 * i + 1) / n - 1) })))
    .filter(({ v, b }) => v != null && b).map(({ v, b }) => ({ b1: b[0], b2: b[1], b3: b[2], loss: v }));
  return html`<p class="save"><button type="button" aria-pressed=${ball} onClick=${() => stand(ball ? null : [0.5, -0.6])}>${ball ? "Show the map" : "Show the ball"}</button></p>
    <${Figure} name="landscape" rows=${rows} caption=${near?.v != null ? `b = (${near.b.map((x) => short(x)).join(", ")}): loss about ${short(near.v, 5)}` : `Bright is low. Orange: the best transformer; black: other local minima; blue: the point you chose. Click to choose one${ball ? "; drag, or the arrow keys, turn the ball" : ""}.`}>
      <div class="painted"><canvas ref=${canvas} width=${viewed} height=${viewed} aria-hidden="true" />
        <svg viewBox="0 0 ${viewed} ${viewed}" tabindex="0" role="img" class=${ball ? "ball" : ""} ...${pointer} onKeyDown=${keys}
          aria-label=${`Loss by direction of b: from ${loss(low)} upwards, with ${answer.minima.length} local minima, listed below. ${ball ? "Arrow keys turn the ball." : ""}`}>
          ${marks.map((m) => { const [x, y] = to(m.b); return html`<circle cx=${((x + 1) / 2) * viewed} cy=${((y + 1) / 2) * viewed} r=${m.radius} fill=${m.fill} stroke="#fff" stroke-width="2"><title>${m.name}</title></circle>`; })}
        </svg></div><//>`;
}

function Minima({ answer }) {
  const rows = answer.minima.map((m) => ({ loss: m.loss, ...Object.fromEntries(m.b.map((x, k) => [`b${k + 1}`, x])), hits: m.hits }));
  const [typed, setTyped] = useState("");
  return html`<section><h3>Local minima</h3><p>The enlarged optimum is ${loss(answer.loss_enlarged)}.</p><${Table} name="minima" rows=${rows}><table>
    <thead><tr><th scope="col">loss</th><th scope="col">b</th><th scope="col">starts that end here</th><th scope="col">look</th></tr></thead>
    <tbody>${answer.minima.slice(0, 8).map((m) => html`<tr key=${m.loss}><td>${m.loss.toPrecision(9)}</td><td>${m.b.map((x) => short(x, 4)).join(", ")}</td><td>${m.hits}</td>
      <td><button type="button" onClick=${() => set({ at: text(m.b) })}>Choose</button></td></tr>`)}</tbody></table><//>
    <form class="line" onSubmit=${(e) => { e.preventDefault(); if (typed.trim()) set({ at: typed.replaceAll(/\s+/g, "") }); }}><label for="c-at">or write b</label>
      <input id="c-at" value=${typed} placeholder=${text(answer.minima[0]?.b ?? [])} onInput=${(e) => setTyped(e.currentTarget.value)} /><button>Look there</button></form></section>`;
}

function Here({ at }) {
  const rows = at.A.map((row) => Object.fromEntries(row.map((x, k) => [`A${k + 1}`, x])));
  return html`<section><h3>The chosen point</h3>
    <p>b = (${at.b.map((x) => short(x, 4)).join(", ")}) has loss ${loss(at.loss)} with the best A:</p>
    <${Table} name="A" rows=${rows}><table><caption>A, one row for each entry of b</caption><tbody>${at.A.map((row, i) => html`<tr key=${i}>${row.map((x, k) => html`<td key=${k}>${short(x, 5)}</td>`)}</tr>`)}</tbody></table><//>
    <p>Descending from there ends at ${loss(at.descended.loss)}, b = (${at.descended.b.map((x) => short(x, 4)).join(", ")}).${" "}
      <button type="button" onClick=${() => set({ at: text(at.descended.b) })}>Go there</button></p></section>`;
}
