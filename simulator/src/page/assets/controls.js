// The clock, the form for a new phone, and the switches of every account.
import { el, notify, post } from "./simulator.js";

const SWITCHES = [
  ["down", "Down: every request is answered 503"],
  ["throttle_every", "Refuse every n-th send with 429"],
  ["fail_every", "Refuse every n-th send with 500"],
  ["hang_every", "Accept every n-th send, but never answer it"],
  ["answer_delay_ms", "Delay answers (ms)"],
  ["callback_delay_ms", "Delay callbacks (ms)"],
  ["duplicates", "Extra copies of every callback"],
  ["reorder", "Shuffle callbacks, statuses before messages"],
  ["status_first", "First status arrives before the answer"],
  ["no_receipts", "No delivery receipts"],
  ["files_gone", "Files cannot be fetched"],
  ["refuse_at_once", "Refuse undeliverable messages at once", "wa"],
  ["read_at_once", "All customers read at once", "wa"],
];

const NAMES = { cloud_api: "WhatsApp Cloud API", dialog360: "WhatsApp through 360dialog", twilio: "Twilio SMS", vonage: "Vonage SMS", http_sms: "SMS gateway" };
const clock = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const panels = new Map();
let ahead = 0;
let accounts = [];

export function renderControls(state) {
  ahead = state.offset_seconds;
  showClock();
  accounts = state.accounts;
  fillAccounts();
  for (const account of accounts) {
    if (!panels.has(account.key)) {
      panels.set(account.key, panel(account));
      document.getElementById("faults").append(panels.get(account.key).element);
    }
    panels.get(account.key).update(account);
  }
  const { posted, refused, given_up, pending } = state.callbacks;
  document.getElementById("counts").textContent =
    `Messages accepted: ${state.accepted}. Callbacks: ${posted} posted, ${refused} not accepted, ${given_up} given up, ${pending} waiting.`;
}

function showClock() {
  const hours = Math.floor(ahead / 3600);
  const text = `${clock.format(Date.now() + ahead * 1000)} (${ahead ? `${hours} h ahead of this computer` : "the same as this computer"})`;
  const place = document.getElementById("clock-now");
  if (place.textContent !== text) place.textContent = text;
}

function fillAccounts() {
  const select = document.getElementById("add-account");
  if (select.options.length === accounts.length) return;
  select.replaceChildren(...accounts.map((one) => el("option", { value: one.key }, `${NAMES[one.provider]} ${one.number}`)));
}

const STATES = ["APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED"];

// One list per template; choosing a state tells the product as Meta would.
function showTemplates(place, account, known) {
  if (place.childElementCount !== known.length) {
    place.replaceChildren(...known.map(({ name, language }) => {
      const select = el("select", {}, ...STATES.map((state) => el("option", { value: state }, state)));
      select.addEventListener("change", () => post("template", { account, name, language, status: select.value }));
      return el("label", { class: "number" }, select, el("span", {}, `${name} (${language})`));
    }));
  }
  known.forEach(({ status }, at) => {
    const select = place.children[at].querySelector("select");
    if (document.activeElement !== select) select.value = status;
  });
}

function panel(account) {
  const kind = ["twilio", "vonage", "http_sms"].includes(account.provider) ? "sms" : "wa";
  const offered = SWITCHES.filter(([, , only]) => !only || only === kind);
  let current = account.switches;
  const inputs = new Map();
  const rows = offered.map(([name, label]) => {
    const flag = typeof current[name] === "boolean";
    const input = el("input", flag ? { type: "checkbox" } : { type: "number", min: 0, max: 60000, inputMode: "numeric" });
    inputs.set(name, input);
    input.addEventListener("change", () => {
      const value = flag ? input.checked : Math.max(0, Math.trunc(Number(input.value)) || 0);
      current = { ...current, [name]: value };
      post("switches", { account: account.key, switches: current });
    });
    return el("label", { class: flag ? "check" : "number" }, input, el("span", {}, label));
  });
  const templates = el("div", {});
  const active = el("span", { class: "active" });
  const element = el("details", { class: "card" },
    el("summary", {}, `${NAMES[account.provider]} ${account.number}`, active),
    el("fieldset", {}, el("legend", { class: "quiet" }, `Switches of ${account.number}`), ...rows),
    ...(kind === "wa" ? [el("fieldset", {}, el("legend", { class: "quiet" }, `Templates of ${account.number}`), templates)] : []));
  function update({ switches, templates: known = [] }) {
    current = switches;
    showTemplates(templates, account.key, known);
    let on = 0;
    for (const [name, input] of inputs) {
      if (input.type === "checkbox") input.checked = switches[name];
      else if (document.activeElement !== input) input.value = switches[name];
      if (switches[name]) on += 1;
    }
    active.textContent = on ? ` ${on} on` : "";
  }
  return { element, update };
}

for (const button of document.querySelectorAll("[data-push]")) {
  button.addEventListener("click", () => post("clock", { advance_seconds: Number(button.dataset.push) }));
}
setInterval(showClock, 5000);

document.getElementById("add-phone").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = (name) => document.getElementById(`add-${name}`);
  const added = await post("phones", { account: field("account").value, number: field("number").value, name: field("name").value });
  if (!added) return;
  notify(`${field("name").value || "The new phone"} is on ${added.number}.`);
  event.target.reset();
});

/** Customers for whoever wants to see the inbox at work without typing. */
const CUSTOMERS = [
  ["cloud_api", "Jo Patel", "+44 7700 900123", ["Hello, where is my order #1187?", "It was due yesterday 🙈"]],
  ["cloud_api", "Ben Okafor", "+44 7700 900172", ["The leaves of my monstera turn yellow. What can I do?"]],
  ["dialog360", "Maria Silva", "+351 912 345 678", ["Olá! Do you deliver to Porto?"]],
  ["twilio", "", "+44 7700 900161", ["Are you open on Sunday?"]],
  ["http_sms", "", "+44 7700 900184", ["The plants arrived safely, thank you!"]],
];

document.getElementById("customers").addEventListener("click", async (event) => {
  event.target.disabled = true;
  for (const [provider, name, number, texts] of CUSTOMERS) {
    const account = accounts.find((one) => one.provider === provider)?.key;
    if (!account || !(await post("phones", { account, number, name }))) continue;
    for (const body of texts) await post("text", { account, number, body });
  }
  event.target.disabled = false;
  notify("They wrote: look into the inbox.");
});
