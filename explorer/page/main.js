// The page: a view for each question, chosen by the address.

import { render } from "preact";
import { useEffect } from "preact/hooks";
import { html } from "./html.js";
import { connect, failure, mode } from "./client.js";
import { flags, link, view } from "./state.js";
import { Intro, newcomer } from "./intro.js";
import { Good } from "./views/good.js";
import { Landscape } from "./views/landscape.js";
import { Prompt } from "./views/prompt.js";
import { Layers } from "./views/layers.js";
import { Attention } from "./views/attention.js";
import { Data } from "./views/data.js";

const views = [
  { name: "good", title: "How good can it be?", show: Good },
  { name: "landscape", title: "The landscape", show: Landscape },
  { name: "prompt", title: "The prompt", show: Prompt },
  { name: "layers", title: "Layers", show: Layers },
  { name: "attention", title: "Attention", show: Attention },
  { name: "data", title: "Your data", show: Data },
];

function App() {
  const current = views.find((v) => v.name === view.value) ?? views[0];
  useEffect(() => {
    document.title = `${current.title} – markovicl`;
  }, [current]);
  return html`
    <nav aria-label="Views">
      ${views.map((v) => html`<a key=${v.name} href=${link(v.name)} aria-current=${v === current ? "page" : undefined}>${v.title}</a>`)}
    </nav>
    <main id="main" tabindex="-1">
      <${Connection} />
      ${newcomer && html`<${Intro} />`}
      <h2>${current.title}</h2>
      <${current.show} key=${current.name} />
      ${!newcomer && html`<${Intro} />`}
    </main>
    <footer>
      <p>The same numbers come from the command line; every view shows the command. A question is answered
      ${mode.value === "server" ? " by the program that serves this page." : " in this page: nothing is sent anywhere."}${" "}
      <a href="LICENCES.txt">Licences of the page’s libraries</a></p>
    </footer>`;
}

function Connection() {
  if (mode.value === "connecting") return html`<p role="status" class="notice">The laboratory is being loaded…</p>`;
  if (mode.value === "failed") return html`<p role="alert" class="notice bad">${failure.value}. Reload the page to try again.</p>`;
  return null;
}

connect();
render(html`<${App} />`, document.getElementById("app"));
