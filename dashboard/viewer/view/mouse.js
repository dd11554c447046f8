// The mouse on a pane: drag windows, shift or the other buttons pan, the wheel zooms or scrolls a stack; a tool comes first.

export function mouse(pane, viewer) {
  const { node } = pane;
  let drag = null;
  const place = (event) => {
    const box = node.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const image = (event) => pane.toImage(place(event));

  node.addEventListener("pointerdown", (event) => {
    if (event.target.closest("input, button") || !pane.stack) return;
    viewer.activate(viewer.panes.indexOf(pane));
    const pans = event.button !== 0 || (pane.tool ? pane.tool.pans : event.shiftKey);
    drag = { kind: pans ? "pan" : pane.tool ? "tool" : "window", x: event.clientX, y: event.clientY };
    node.setPointerCapture(event.pointerId);
    node.focus({ preventScroll: true });
    event.preventDefault();
    if (drag.kind === "tool") pane.tool.down(event, image(event));
  });
  node.addEventListener("pointermove", (event) => {
    if (!pane.stack) return;
    pane.pointer = place(event);
    viewer.hover(pane);
    if (pane.tool && (!drag || drag.kind === "tool")) return pane.tool.move?.(event, image(event));
    if (!drag) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    [drag.x, drag.y] = [event.clientX, event.clientY];
    if (drag.kind === "pan") viewer.each((other) => other.pan(dx, dy), pane);
    else viewer.dragWindow(pane, dx, dy);
  });
  for (const end of ["pointerup", "pointercancel"])
    node.addEventListener(end, (event) => {
      if (drag?.kind === "tool" && pane.stack) pane.tool?.up?.(event, image(event));
      if (drag?.kind === "window") viewer.settle(pane);
      drag = null;
    });
  node.addEventListener("pointerleave", () => {
    pane.pointer = null;
    viewer.hover(pane);
  });
  node.addEventListener("contextmenu", (event) => event.preventDefault());
  node.addEventListener("dblclick", () => !pane.tool && viewer.fit());
  node.addEventListener("wheel", (event) => wheel(event, pane, viewer, place(event)), { passive: false });
}

function wheel(event, pane, viewer, place) {
  if (!pane.stack) return;
  event.preventDefault();
  viewer.activate(viewer.panes.indexOf(pane));
  if (pane.stack.slices.length > 1 && !event.ctrlKey) viewer.scroll(Math.sign(event.deltaY));
  else viewer.each((other) => other.zoom(Math.exp(-event.deltaY * 0.0015), place), pane);
}
