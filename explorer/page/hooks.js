// What views share in asking questions.

import { useEffect, useRef, useState } from "preact/hooks";
import { ask, askBoth } from "./client.js";

/**
 * The answer to a question, asked anew whenever it changes: {answer, question, current,
 * problem, progress, asking}. The last answer stays, with the question that it answers,
 * while the next is being worked on; current is the answer to the question of now, if
 * it is there. What is no longer wanted is cancelled. null asks nothing.
 */
export function useAnswer(question, files) {
  const [state, setState] = useState({ asking: false });
  const text = question && JSON.stringify(question);
  const latest = useRef(0);
  useEffect(() => {
    const turn = ++latest.current;
    if (!text) {
      setState({ asking: false });
      return;
    }
    const cancel = new AbortController();
    // A slider that is being dragged asks when it rests.
    const wait = setTimeout(async () => {
      setState((s) => ({ ...s, asking: true, progress: null }));
      const now = (next) => latest.current === turn && setState(next);
      try {
        const answer = await ask(JSON.parse(text), { files, signal: cancel.signal, onProgress: (progress) => now((s) => ({ ...s, progress })) });
        now({ answer, question: JSON.parse(text), of: text, with: files, asking: false });
      } catch (problem) {
        if (problem.name !== "AbortError") now({ problem, asking: false });
      }
    }, 40);
    return () => {
      clearTimeout(wait);
      cancel.abort();
    };
  }, [text, files]);
  return { ...state, current: state.of === text && state.with === files ? state.answer : undefined };
}

/**
 * A model that is trained for this question: {model: {name, data, answer}, asking,
 * progress, problem}; null trains none. It is trained anew whenever the question changes.
 */
export function useTrained(question) {
  const [state, setState] = useState({ asking: false });
  const text = question && JSON.stringify(question);
  useEffect(() => {
    setState({ asking: Boolean(text) });
    if (!text) return;
    const cancel = new AbortController();
    const wait = setTimeout(async () => {
      const options = { signal: cancel.signal, onProgress: (progress) => cancel.signal.aborted || setState({ asking: true, progress }) };
      try {
        const { answer, file } = await askBoth(JSON.parse(text), "params.safetensors", options);
        if (!cancel.signal.aborted) setState({ asking: false, model: { name: "params.safetensors", data: file, answer, of: text } });
      } catch (problem) {
        if (problem.name !== "AbortError") setState({ asking: false, problem });
      }
    }, 300); // a slider rests
    return () => {
      clearTimeout(wait);
      cancel.abort();
    };
  }, [text]);
  // Until the effect runs, the model is that of another question.
  return state.model && state.model.of !== text ? { asking: Boolean(text) } : state;
}
