// The laboratory in a worker: loads the WebAssembly build and passes questions on.

const loaded = load();

async function load() {
  try {
    await import(new URL("wasm_exec.js", self.location.href).href);
    const go = new self.Go();
    const { instance } = await WebAssembly.instantiateStreaming(fetch("explorer.wasm"), go.importObject);
    go.run(instance); // sets self.markovicl before it returns to the event loop
    // The first answer is slow: it is asked while the page is being read.
    await self.markovicl.ask('{"command":"recover","d":2}', {}, "", () => {});
    postMessage({ ready: true });
  } catch (e) {
    postMessage({ failed: `the laboratory could not be loaded: ${e.message}` });
    throw e;
  }
}
loaded.catch(() => {}); // it was said above

onmessage = async ({ data: { id, question, files = {}, file = "" } }) => {
  try {
    await loaded;
    const answer = await self.markovicl.ask(question, files, file, (progress) => postMessage({ id, progress: JSON.parse(progress) }));
    postMessage(typeof answer === "string" ? { id, answer } : { id, bytes: answer });
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
