// The mouse: drag windows, shift or the other buttons pan, the wheel zooms or scrolls a stack.

export function mouse(screen, viewer) {
  let drag = null;
  screen.addEventListener("pointerdown", (event) => {
    const pans = event.button !== 0 || event.shiftKey;
    drag = { pans, x: event.clientX, y: event.clientY };
    screen.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  screen.addEventListener("pointermove", (event) => {
    viewer.hover(event.clientX, event.clientY);
    if (!drag) return;
    const dx = event.clientX - drag.x;
    const dy = event.clientY - drag.y;
    drag.x = event.clientX;
    drag.y = event.clientY;
    if (drag.pans) viewer.canvas.pan(dx, dy);
    else viewer.dragWindow(dx, dy);
  });
  for (const end of ["pointerup", "pointercancel"]) screen.addEventListener(end, () => (drag = null));
  screen.addEventListener("contextmenu", (event) => event.preventDefault());
  screen.addEventListener("dblclick", () => viewer.canvas.fit());
  screen.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      if (viewer.slices.length > 1 && !event.ctrlKey) viewer.scroll(Math.sign(event.deltaY));
      else viewer.canvas.zoomAt(Math.exp(-event.deltaY * 0.0015), event.clientX, event.clientY);
    },
    { passive: false },
  );
}
