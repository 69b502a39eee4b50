// The page: follows the simulator's state and hands it to the phones and the controls.
import { renderPhones } from "./phone.js";
import { renderControls } from "./controls.js";

/** Makes an element. Text is always text: nothing a message contains becomes markup. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") element.className = value;
    else if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export async function post(path, body) {
  const answer = await fetch(`/simulator/api/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return explain(answer);
}

export async function postFile(phone, file) {
  const query = new URLSearchParams({ account: phone.account, number: phone.number, name: file.name });
  const answer = await fetch(`/simulator/api/file?${query}`, {
    method: "POST",
    headers: { "Content-Type": file.type || "application/octet-stream", "X-Simulator": "1" },
    body: file,
  });
  return explain(answer);
}

/** Says what went wrong; a webhook the product refused is worth knowing too. */
async function explain(answer) {
  const body = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (!answer.ok) notify(body.error || `The simulator answered ${answer.status}.`);
  else if (body.product_status === null) notify("The inbox did not answer the callback. The provider tries again.");
  else if (body.product_status >= 300) notify(`The inbox answered ${body.product_status} to the callback.`);
  return answer.ok ? body : null;
}

let hiding = 0;
export function notify(text) {
  const notice = document.getElementById("notice");
  notice.textContent = text;
  clearTimeout(hiding);
  hiding = setTimeout(() => (notice.textContent = ""), 8000);
}

let loading = false;
let again = false;
async function load() {
  if (loading) {
    again = true;
    return;
  }
  loading = true;
  try {
    const answer = await fetch("/simulator/api/state");
    const state = await answer.json();
    renderPhones(state);
    renderControls(state);
  } catch {
    notify("The simulator does not answer.");
  }
  loading = false;
  if (again) {
    again = false;
    load();
  }
}

const events = new EventSource("/simulator/api/events");
events.addEventListener("changed", load);
load();
