// The state of the page is its address: #/view?flag=value&.. with the flags of the
// command line, so that every state has a permanent link.

import { signal, computed } from "@preact/signals";

function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  return { view: path || "good", flags: Object.fromEntries(new URLSearchParams(query)) };
}

const location_ = signal(parse(location.hash));

addEventListener("hashchange", () => {
  clearTimeout(writing);
  writing = 0;
  known = location.hash;
  location_.value = parse(known);
});

/** Name of the view that is shown. */
export const view = computed(() => location_.value.view);

/** Flags in the address, all of them strings. */
export const flags = computed(() => location_.value.flags);

/** The address of a view with these flags. */
export function link(name, values = flags.value) {
  const query = new URLSearchParams(Object.entries(values).filter(([, v]) => v !== "" && v != null)).toString();
  return `#/${name}${query && "?" + query}`;
}

let writing = 0; // a timer
let known = location.hash; // as it was last read or written here

/** Changes flags of the current view; "" takes one away. */
export function set(changes) {
  const values = { ...flags.value, ...changes };
  for (const k of Object.keys(values)) if (values[k] === "" || values[k] == null) delete values[k];
  location_.value = parse(link(view.value, values));
  // Browsers let a page write its address some times a second only.
  clearTimeout(writing);
  writing = setTimeout(writeAddress, 100);
}

function writeAddress() {
  clearTimeout(writing);
  writing = 0;
  if (location.hash !== known) return; // somebody has gone elsewhere, of which the event is on its way
  history.replaceState(null, "", link(view.value));
  known = location.hash;
}

/** The address of what is shown. */
export function address() {
  if (writing) writeAddress();
  return location.href;
}

// The flags of a task, in the order in which a command line has them.
export const taskFlags = ["states", "d", "n", "order", "prior", "start", "embedding", "bias"];

/** The task of the address as fields of a question, with some changed. */
export function task(changes = {}) {
  const from = { d: "2", n: "10", ...flags.value, ...changes };
  const q = {};
  for (const name of taskFlags) {
    const value = from[name];
    if (value == null || value === "") continue;
    q[name] = name === "bias" ? value === true || value === "true" : /^\d+$/.test(value) ? Number(value) : value;
  }
  if (q.bias === false) delete q.bias;
  if (q.order === 1) delete q.order;
  return q;
}

/** Whether two questions are about the same task. */
export function sameTask(a, b) {
  return taskFlags.every((name) => a?.[name] === b?.[name]);
}

/** A flag of the address as a whole number, or what stands for it. */
export function whole(name, fallback) {
  const value = flags.value[name] ?? "";
  return /^\d{1,9}$/.test(value) ? Number(value) : fallback;
}

/** The command line that asks a question. */
export function commandLine({ command, file, ...rest }) {
  const words = ["markovicl", command];
  if (file) words.push(quote(file));
  for (const [name, value] of Object.entries(rest)) {
    if (value === true) words.push(`--${name}`);
    else if (value !== false && value != null && value !== "") {
      const text = Array.isArray(value) ? value.join(",") : String(value);
      if (text.startsWith("-")) words.push(`--${name}=${quote(text)}`);
      else words.push(`--${name}`, quote(text));
    }
  }
  return words.join(" ");
}

function quote(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
