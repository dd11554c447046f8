// The frame goes first: what a reader waits for is drawn before anything else is begun.

const HIDDEN_MS = 200; // a page that is not on the screen draws no frames

/** Act once the next frame has been drawn. */
export function afterFrame(act) {
  let due = true;
  const once = () => {
    if (!due) return;
    due = false;
    clearTimeout(timer);
    act();
  };
  const timer = setTimeout(once, HIDDEN_MS);
  requestAnimationFrame(() => setTimeout(once));
}
