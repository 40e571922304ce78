// The laboratory in a worker: loads the WebAssembly build and passes questions on.

let start; // called with what was compiled already, or how the laboratory is packed
const loaded = new Promise((resolve) => (start = resolve)).then(load);
let memory; // of the laboratory, a WebAssembly.Memory

async function load({ module, packed }) {
  try {
    await import(new URL("wasm_exec.js", self.location.href).href);
    const go = new self.Go();
    const fresh = !module;
    module ??= await compiled(packed);
    const instance = await WebAssembly.instantiate(module, go.importObject);
    memory = instance.exports.mem;
    // It sets self.markovicl before it returns to the event loop, and ends only if it
    // has no memory left, or a bug.
    go.run(instance).finally(() => postMessage({ gone: true }));
    // The first answer is slow: it is asked while the page is being read.
    if (fresh) await self.markovicl.ask('{"command":"recover","d":2}', {}, "", () => {});
    postMessage({ ready: true, module, memory: memory.buffer.byteLength });
  } catch (e) {
    postMessage({ failed: `the laboratory could not be loaded: ${e.message}` });
    throw e;
  }
}
loaded.catch(() => {}); // it was said above

/**
 * The laboratory, compressed on its way here: by the server, or, where it does not, as one
 * of the packed files, the smallest first.
 */
async function compiled(packed) {
  const cancel = new AbortController();
  const plain = await fetch("explorer.wasm", { signal: cancel.signal });
  const packing = plain.ok && !plain.headers.get("Content-Encoding") && packed.find(([, format]) => unpacks(format));
  if (packing) {
    cancel.abort();
    const [name, format] = packing;
    const file = await fetch(name);
    if (!file.ok) throw new Error(`${name}: ${file.status} ${file.statusText}`);
    // A server that declares the file as encoded has it unpacked by the browser.
    const body = file.headers.get("Content-Encoding") ? file.body : file.body.pipeThrough(new DecompressionStream(format));
    return WebAssembly.compileStreaming(new Response(body, { headers: { "Content-Type": "application/wasm" } }));
  }
  if (!plain.ok) throw new Error(`explorer.wasm: ${plain.status} ${plain.statusText}`);
  const typed = plain.headers.get("Content-Type") === "application/wasm";
  return WebAssembly.compileStreaming(typed ? plain : new Response(plain.body, { headers: { "Content-Type": "application/wasm" } }));
}

function unpacks(format) {
  try {
    return Boolean(new DecompressionStream(format));
  } catch {
    return false; // this browser does not
  }
}

onmessage = async ({ data }) => {
  const { id, question, files = {}, file = "" } = data;
  if (!question) return start(data);
  try {
    await loaded;
    const reply = await self.markovicl.ask(question, files, file, (progress) => postMessage({ id, progress: JSON.parse(progress) }));
    postMessage({ id, reply, memory: memory.buffer.byteLength });
  } catch (e) {
    postMessage({ id, problem: asProblem(e.message) });
  }
};

/** Errors of the laboratory are JSON; others are bugs. */
function asProblem(message) {
  try {
    const problem = JSON.parse(message);
    if (problem.error) return problem;
  } catch {
    // not JSON
  }
  return { error: { kind: "failed", message } };
}
