// What a view can be taken along as: the command lines that give its numbers, the
// numbers, and the address.

import { useState } from "preact/hooks";
import { html } from "./html.js";
import { save } from "./chart.js";
import { address, commandLine, view } from "./state.js";

/**
 * parts are what was asked: {question, answer, name}, where answer may not be there yet,
 * and the question stands as one would ask it at a command line. children are buttons
 * for more files.
 */
export function Take({ parts, children }) {
  const answered = parts.filter((p) => p.answer);
  const numbers = () => ({ address: address(), answers: answered.map((p) => ({ command: commandLine(p.question), answer: p.answer })) });
  return html`<section class="commands" data-open=${parts.length - answered.length} aria-label="The same from the command line"><h3>The same from the command line</h3>
    ${parts.map((p) => html`<${Line} key=${commandLine(p.question)} text=${commandLine(p.question)} />`)}
    <p class="save">Take along:${" "}
      ${answered.length > 0 && html`<button type="button" data-save=${view.value + ".json"} onClick=${() => save(view.value + ".json", JSON.stringify(numbers(), null, 2) + "\n", "application/json")}>all numbers (JSON)</button>`}${" "}
      ${children}${" "}
      <${Copy} label="copy the link to this view" text=${address} /></p>
  </section>`;
}

function Line({ text }) {
  return html`<p><code>${text}</code>${" "}<${Copy} label="Copy" about=${text} text=${() => text} /></p>`;
}

/** A button that copies a text, and says whether it did. */
function Copy({ label, about, text }) {
  const [said, setSaid] = useState("");
  const copy = async () => {
    setSaid((await toClipboard(text())) ? "Copied" : "Not allowed here: select it and copy");
    setTimeout(() => setSaid(""), 2000);
  };
  return html`<button type="button" class="copy" aria-label=${about && !said ? `Copy: ${about}` : undefined} aria-live="polite" onClick=${copy}>${said || label}</button>`;
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without https a page has no clipboard but for what is selected.
    const area = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
