// Asks questions: of the server that the page came from, or, where there is none,
// of the WebAssembly build in a worker. Both take a question as JSON and answer
// with the JSON that the command line prints.

import { signal } from "@preact/signals";

/** "connecting", "server", "browser" or "failed". */
export const mode = signal("connecting");

/** What is wrong, where mode is "failed". */
export const failure = signal("");

// Questions wait until it is known who answers.
const connection = Promise.withResolvers();
connection.promise.catch(() => {}); // whoever asks is told

function connected(by) {
  mode.value = by;
  connection.resolve();
}

function failed(message) {
  mode.value = "failed";
  failure.value = message;
  connection.reject(new Problem({ message }));
  for (const job of local.queue.splice(0)) job.reject(new Problem({ message }));
}

/** An error of a question: message and, where known, the field that is wrong. */
export class Problem extends Error {
  constructor({ kind = "failed", field = "", message }) {
    super(message);
    this.kind = kind;
    this.field = field;
  }
}

const local = {
  worker: null,
  packed: [], // [[file, format]]: how the site has the laboratory beside explorer.wasm
  module: null, // compiled WebAssembly, kept for the next worker
  next: 0,
  queue: [], // jobs, the first of which the worker is at
};

function startWorker() {
  const worker = new Worker("worker.js", { type: "module" });
  worker.onmessage = ({ data }) => {
    // What the laboratory occupies, for who wants to know.
    if (data.memory) document.documentElement.dataset.memory = data.memory;
    if (data.ready) {
      local.module = data.module;
      return connected("browser");
    }
    if (data.failed) return failed(data.failed);
    if (data.gone) return replaceWorker(new Problem({ message: "the laboratory in this page ran out of memory, or hit a bug; it was started anew. The command line can do more" }));
    const job = local.queue[0];
    if (!job || job.id !== data.id) return;
    if (data.progress) {
      job.onProgress?.(data.progress);
      return;
    }
    clearTimeout(job.deadline);
    local.queue.shift();
    if (data.problem) job.reject(new Problem(data.problem.error));
    else job.resolve(data.reply);
    sendNext();
  };
  worker.onerror = (e) => failed(e.message || "the worker could not be started");
  worker.postMessage({ module: local.module, packed: local.packed });
  local.worker = worker;
}

function sendNext() {
  const job = local.queue[0];
  if (job) local.worker.postMessage({ id: job.id, question: job.question, files: job.files, file: job.file });
}

// A worker that computes hears nothing: to cancel, it is ended and a new one takes the
// jobs that wait. Most answers come sooner than a new worker would.
const patience = 300; // ms

function cancelLocal(job) {
  const at = local.queue.indexOf(job);
  if (at < 0) return;
  job.reject(new DOMException("cancelled", "AbortError"));
  job.onProgress = null;
  if (at > 0) {
    local.queue.splice(at, 1);
    return;
  }
  job.deadline = setTimeout(replaceWorker, patience);
}

/** Ends the worker and what it is at, and goes on with the other jobs in a new one. */
function replaceWorker(problem) {
  const job = local.queue.shift();
  clearTimeout(job?.deadline);
  job?.reject(problem);
  local.worker.terminate();
  startWorker();
  sendNext();
}

function askLocal(question, { files, file, onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const job = { id: local.next++, question, files, file, onProgress, resolve, reject };
    if (signal?.aborted) {
      reject(new DOMException("cancelled", "AbortError"));
      return;
    }
    signal?.addEventListener("abort", () => cancelLocal(job), { once: true });
    local.queue.push(job);
    if (local.queue.length === 1) sendNext();
  });
}

async function askServer(question, { files, file, onProgress, signal }) {
  const headers = { Accept: "text/event-stream" };
  let body = question;
  if (files && Object.keys(files).length > 0) {
    body = new FormData();
    body.append("question", new Blob([question], { type: "application/json" }));
    for (const [name, data] of Object.entries(files)) body.append("file", new Blob([data]), name);
  } else {
    headers["Content-Type"] = "application/json";
  }
  const path = file ? `ask?file=${encodeURIComponent(file)}` : "ask";
  let response;
  try {
    response = await fetch(path, { method: "POST", headers, body, signal });
  } catch (e) {
    if (e.name === "AbortError") throw e;
    throw new Problem({ message: "the program that serves this page does not answer; is it still running?" });
  }
  if (!response.ok) throw new Problem((await response.json().catch(() => ({ error: { message: `the server says ${response.status} ${response.statusText}` } }))).error);
  const reply = {};
  for await (const { name, data } of events(response.body)) {
    if (name === "progress") onProgress?.(JSON.parse(data));
    if (name === "file") reply.file = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    if (name === "answer") return { ...reply, answer: data + "\n" };
    if (name === "problem") throw new Problem(JSON.parse(data).error);
  }
  throw new Problem({ message: "the server ended before it answered" });
}

/** The server-sent events of a response body. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
        const event = { name: "message", data: [] };
        for (const line of text.slice(0, end).split("\n")) {
          if (line.startsWith("event: ")) event.name = line.slice(7);
          if (line.startsWith("data: ")) event.data.push(line.slice(6));
        }
        yield { name: event.name, data: event.data.join("\n") };
      }
    }
  } finally {
    reader.cancel().catch(() => {}); // a browser has few connections to a server
  }
}

/** Finds out who answers. */
export async function connect() {
  try {
    const response = await fetch("mode");
    const { mode, packed = [] } = response.ok ? await response.json() : {};
    if (mode === "server") {
      connected("server");
      return;
    }
    local.packed = packed;
  } catch {
    // static files of which one is missing
  }
  startWorker();
}

const cache = new Map(); // question -> answer text

/**
 * Asks a question (an object with "command" and flags) and returns the answer.
 * options: files {name: Uint8Array}, onProgress, signal (of an AbortController).
 */
export async function ask(question, options = {}) {
  const known = !options.files && cache.get(JSON.stringify(question));
  return known ? JSON.parse(known) : (await askBoth(question, "", options)).answer;
}

/** Asks a question and returns {answer, file}, with one of the files that come with the answer. */
export async function askBoth(question, file, options = {}) {
  const text = JSON.stringify(question);
  await connection.promise;
  options.signal?.throwIfAborted();
  const reply = await (mode.value === "server" ? askServer : askLocal)(text, { ...options, file });
  if (!options.files) {
    if (cache.size > 200) cache.delete(cache.keys().next().value);
    cache.set(text, reply.answer);
  }
  return { ...reply, answer: JSON.parse(reply.answer) };
}
