// One listener for the page: first in line, silent while somebody types, and Streamlit's own r and c stay its own.

const typing = (event) => {
  const target = event.composedPath()[0];
  return target instanceof Element && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
};

/** Listen until the returned function is called. `handle(key)` says whether the key was its. */
export function listen(handle) {
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
    if (!handle(event.key, event.repeat)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  window.addEventListener("keydown", onKey, { capture: true });
  return () => window.removeEventListener("keydown", onKey, { capture: true });
}
