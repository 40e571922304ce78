// Charts as SVG: what is seen can be saved as it is.

import { useRef, useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { html } from "./html.js";
import { short, ticks } from "./numbers.js";

// One colour for each quantity, everywhere (Okabe and Ito, for all kinds of sight);
// --q-.. are set in style.css for light and dark.
export const colours = {
  zero: "var(--q-zero)",
  best: "var(--q-best)",
  enlarged: "var(--q-enlarged)",
  floor: "var(--q-floor)",
  bayes: "var(--q-bayes)",
  trained: "var(--q-trained)",
};

/**
 * A figure with its caption and buttons that save it. rows are its data, or a function
 * that makes them.
 */
export function Figure({ name, caption, rows, children }) {
  const ref = useRef();
  return html`<figure ref=${ref}>
    ${children}
    <figcaption>${caption}</figcaption>
    <p class="save">
      Save the figure “${name}” as${" "}
      <button type="button" data-save=${name + ".svg"} onClick=${() => saveSVG(ref.current, name)}>SVG</button>${" "}
      <button type="button" data-save=${name + ".png"} onClick=${() => savePNG(ref.current, name)}>PNG</button>${" "}
      ${rows && html`<${SaveRows} name=${name} rows=${rows} label="CSV" />`}
    </p>
  </figure>`;
}

/** A button that saves rows, or what a function gives, as CSV. */
export function SaveRows({ name, rows, label }) {
  const data = () => csv(typeof rows === "function" ? rows() : rows);
  return html`<button type="button" data-save=${name + ".csv"} onClick=${() => save(name + ".csv", data(), "text/csv")}>${label ?? `Save “${name}” as CSV`}</button>`;
}

/** A table that scrolls where it is wide, with a button that saves its rows. */
export function Table({ name, rows, children }) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${`table ${name}`}>${children}</div>
    ${rows && html`<p class="save"><${SaveRows} name=${name} rows=${rows} /></p>`}`;
}

export function save(name, data, type) {
  const url = URL.createObjectURL(new Blob([data], { type }));
  const a = Object.assign(document.createElement("a"), { href: url, download: name });
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function csv(rows) {
  const columns = Object.keys(rows[0] ?? {});
  const cell = (x) => (x == null ? "" : /[",\n]/.test(String(x)) ? `"${String(x).replaceAll('"', '""')}"` : String(x));
  return [columns, ...rows.map((r) => columns.map((c) => r[c]))].map((r) => r.map(cell).join(",")).join("\n") + "\n";
}

/** The SVG of a figure with the styles that it has on the page. */
function standalone(figure) {
  const svg = figure.querySelector("svg");
  const copy = svg.cloneNode(true);
  const from = [svg, ...svg.querySelectorAll("*")];
  const to = [copy, ...copy.querySelectorAll("*")];
  from.forEach((node, i) => {
    const style = getComputedStyle(node);
    for (const p of ["fill", "stroke", "image-rendering", "stroke-width", "stroke-dasharray", "opacity", "fill-opacity", "font-family", "font-size", "font-weight", "text-anchor", "dominant-baseline"])
      to[i].style.setProperty(p, style.getPropertyValue(p));
    to[i].removeAttribute("class");
  });
  const { width, height } = svg.viewBox.baseVal;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.style.background = getComputedStyle(document.body).backgroundColor;
  // What is painted lies under what is drawn.
  const canvas = figure.querySelector("canvas");
  if (canvas) {
    const image = document.createElementNS("http://www.w3.org/2000/svg", "image");
    for (const [key, value] of Object.entries({ href: canvas.toDataURL(), width, height })) image.setAttribute(key, value);
    copy.prepend(image);
  }
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

function saveSVG(figure, name) {
  save(name + ".svg", standalone(figure).text, "image/svg+xml");
}

function savePNG(figure, name) {
  const { text, width, height } = standalone(figure);
  const image = new Image();
  image.onload = () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
    canvas.getContext("2d").drawImage(image, 0, 0, 2 * width, 2 * height);
    canvas.toBlob((blob) => save(name + ".png", blob, "image/png"));
  };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
}

// On a telephone charts are drawn for its width, so that their words stay readable.
const small = matchMedia("(max-width: 560px)");
const narrow = signal(small.matches);
small.addEventListener("change", () => (narrow.value = small.matches));

/** Horizontal bars: [{label, value, error, colour, note}], from zero. */
export function Bars({ label, bars }) {
  const [width, left, right, row] = narrow.value ? [370, 4, 90, 52] : [640, 190, 90, 34];
  const lift = narrow.value ? 18 : 0; // of the label above its bar
  const shown = bars.filter((b) => b.value != null);
  const most = Math.max(...shown.map((b) => b.value + 2 * (b.error ?? 0)), 1e-12);
  const x = (v) => left + ((width - left - right) * v) / most;
  const height = row * shown.length + 8;
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label=${label}>
    ${shown.map((b, i) => html`<g key=${b.label} transform="translate(0 ${i * row + 4})">
      ${lift ? html`<text x=${left} y="12" class="middle">${b.label}</text>` : html`<text x=${left - 10} y=${row / 2} class="end middle">${b.label}</text>`}
      <rect x=${left} y=${6 + lift} width=${Math.max(0, x(b.value) - left)} height=${row - lift - 12} rx="2" fill=${b.colour} />
      ${b.error > 0 && html`<line x1=${x(b.value - 2 * b.error)} x2=${x(b.value + 2 * b.error)} y1=${(row + lift) / 2} y2=${(row + lift) / 2} class="error" />`}
      <text x=${x(b.value) + 8} y=${(row + lift) / 2} class="middle number">${b.value.toPrecision(6)}</text>
    </g>`)}
  </svg>`;
}

/**
 * Curves: series [{name, colour, points: [[x, y]], dashed}], drawn with their names
 * at their ends. log puts x on a logarithmic scale, whole marks whole x only; Infinity
 * stands at the right.
 */
export function Curves({ label, series, xLabel, yLabel, log = false, whole = false, at, onPick }) {
  const [near, setNear] = useState(null);
  const [width, height, left, right, top, bottom] = narrow.value ? [370, 300, 58, 118, 12, 44] : [640, 320, 64, 150, 12, 44];
  const points = series.flatMap((s) => s.points);
  if (points.length === 0) return null;
  const finite = points.map((p) => p[0]).filter(Number.isFinite);
  const infinite = points.some((p) => p[0] === Infinity);
  const scale = (v) => (log ? Math.log(v) : v);
  const [x0, x1] = [scale(Math.min(...finite)), scale(Math.max(...finite))];
  const inner = width - left - right - (infinite ? 40 : 0);
  const x = (v) => (v === Infinity ? width - right : left + (x1 > x0 ? ((scale(v) - x0) / (x1 - x0)) * inner : inner / 2));
  const ys = points.map((p) => p[1]);
  let [y0, y1] = [Math.min(...ys), Math.max(...ys)];
  const room = (y1 - y0) * 0.08 || Math.abs(y1) * 0.1 || 1;
  [y0, y1] = [y0 - room, y1 + room];
  const y = (v) => top + ((y1 - v) / (y1 - y0)) * (height - top - bottom);
  const xs = log ? (narrow.value ? [1, 10, 100, 1000] : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]).filter((v) => v >= Math.min(...finite) && v <= Math.max(...finite)) : ticks(x0, x1, 6).filter((v) => !whole || Number.isInteger(v));
  const path = (s) => "M" + s.points.map((p) => `${x(p[0]).toFixed(1)},${y(p[1]).toFixed(1)}`).join("L");
  // Names of series must not cover each other.
  const names = series.filter((s) => s.points.length).map((s) => ({ ...s, y: y(s.points.at(-1)[1]) })).sort((a, b) => a.y - b.y);
  for (let i = 1; i < names.length; i++) names[i].y = Math.max(names[i].y, names[i - 1].y + 16);
  const over = names.length ? Math.max(0, names.at(-1).y - (height - bottom)) : 0;
  for (const n of names) n.y -= over;
  const move = (e) => {
    const box = e.currentTarget.getBoundingClientRect();
    const [px, py] = [((e.clientX - box.left) / box.width) * width, ((e.clientY - box.top) / box.height) * height];
    let best = null, distance = 30;
    for (const s of series) for (const p of s.points) {
      const d = Math.hypot(x(p[0]) - px, y(p[1]) - py);
      if (d < distance) [best, distance] = [{ s, p }, d];
    }
    setNear(best);
  };
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label=${label} onPointerMove=${move} onPointerDown=${move} onPointerLeave=${() => setNear(null)}
      onClick=${() => near && onPick?.(near.p[0])}>
    ${ticks(y0, y1, 5).filter((v) => v >= y0 && v <= y1).map((v) => html`<g key=${"y" + v}>
      <line x1=${left} x2=${width - right} y1=${y(v)} y2=${y(v)} class="grid" />
      <text x=${left - 8} y=${y(v)} class="end middle small">${short(v, 4)}</text></g>`)}
    ${xs.map((v) => html`<g key=${"x" + v}><line x1=${x(v)} x2=${x(v)} y1=${height - bottom} y2=${height - bottom + 4} class="tick" />
      <text x=${x(v)} y=${height - bottom + 18} class="centre small">${v}</text></g>`)}
    ${infinite && html`<text x=${x(Infinity)} y=${height - bottom + 18} class="centre small">∞</text>`}
    ${at != null && html`<line x1=${x(at)} x2=${x(at)} y1=${top} y2=${height - bottom} class="cursor" />`}
    <text x=${(left + width - right) / 2} y=${height - 6} class="centre small">${xLabel}</text>
    <text transform="translate(14 ${(top + height - bottom) / 2}) rotate(-90)" class="centre small">${yLabel}</text>
    ${series.map((s) => html`<g key=${s.name}><path d=${path(s)} class="curve" stroke=${s.colour} stroke-dasharray=${s.dashed ? "5 4" : ""} />
      ${s.points.map((p) => html`<circle cx=${x(p[0])} cy=${y(p[1])} r="2.5" fill=${s.colour} />`)}</g>`)}
    ${names.map((s) => html`<text key=${s.name} x=${width - right + 8} y=${s.y} class="middle small" fill=${s.colour}>${s.name}</text>`)}
    ${near && html`<g class="near"><circle cx=${x(near.p[0])} cy=${y(near.p[1])} r="5" fill="none" stroke=${near.s.colour} />
      <text x=${Math.max(4, Math.min(x(near.p[0]) + 8, width - 240))} y=${Math.max(y(near.p[1]) - 10, 14)} class="small strong">${near.s.name}: ${near.p[1].toPrecision(6)} at ${near.p[0] === Infinity ? "∞" : near.p[0]}</text></g>`}
  </svg>`;
}
