import { h } from "preact";
import htm from "htm";

/** Templates in place of a compiler for JSX. */
export const html = htm.bind(h);
