// One listener for the page: first in line, silent while somebody types, and Streamlit's own r and c stay its own.

const MOVES = /^(Arrow.*|Home|End|Page.*|Enter| )$/;
const NOT_TYPED_INTO = /^(button|checkbox|radio|range)$/;

/** Whether the key is for the control that has the focus: a field takes all keys, a slider or a choice those that move it. */
function taken(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return false;
  if (target.tagName === "BUTTON") return event.key === " " || event.key === "Enter"; // it is being pressed
  if (target.tagName === "INPUT" && NOT_TYPED_INTO.test(target.type)) return MOVES.test(event.key);
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** Listen until the returned function is called. `handle(key, repeat, event)` says whether the key was its. */
export function listen(handle) {
  const onKey = (event) => {
    if (taken(event)) return;
    if (!handle(event.key, event.repeat, event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  window.addEventListener("keydown", onKey, { capture: true });
  return () => window.removeEventListener("keydown", onKey, { capture: true });
}
