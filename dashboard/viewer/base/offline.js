// A server that is away: the viewer goes on with what it has, and says so itself.

/** Close Streamlit's own dialog about it, which makes the whole page inert. Until the returned function is called. */
export function staysUsable() {
  const close = () => {
    for (const dialog of document.querySelectorAll(".stDialog"))
      if (dialog.textContent.startsWith("Connection error")) dialog.querySelector("button")?.click();
  };
  const observer = new MutationObserver(close);
  observer.observe(document.body, { childList: true });
  return () => observer.disconnect();
}
