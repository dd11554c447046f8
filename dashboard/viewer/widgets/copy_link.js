// A button that copies the address of the page; it says whether it did, for two seconds.

const SAID_MS = 2000;

async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea"); // over plain HTTP browsers have no clipboard but this
  field.value = text;
  field.style.position = "fixed";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (!copied) throw new Error("not copied");
}

export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  const say = (text) => {
    button.textContent = text;
    setTimeout(() => (button.textContent = "Copy link"), SAID_MS);
  };
  button.onclick = () => copy(window.location.href).then(
    () => say("Link copied"),
    () => say("Not copied: copy the address bar"),
  );
}
