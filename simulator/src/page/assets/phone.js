// One customer's phone: a thread, a line to type on, and what the customer can do besides.
import { el, post, postFile } from "./simulator.js";

const phones = new Map();
const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });

export function renderPhones(state) {
  const place = document.getElementById("phones");
  const seen = new Set();
  for (const account of state.accounts) {
    for (const data of account.phones) {
      const key = `${account.key} ${data.number}`;
      seen.add(key);
      if (!phones.has(key)) {
        phones.set(key, build(account, data));
        place.append(phones.get(key).element);
      }
      phones.get(key).update(data, state.now_ms);
    }
  }
  for (const [key, phone] of phones) {
    if (!seen.has(key)) {
      phone.element.remove();
      phones.delete(key);
    }
  }
}

function build(account, first) {
  const sms = ["twilio", "vonage", "http_sms"].includes(account.provider);
  const whose = { account: account.key, number: first.number };
  const title = el("h3", {});
  const unread = el("span", { class: "unread" });
  const state = el("p", { class: "state" });
  const list = el("ol", {});
  const log = el("div", { class: "thread", role: "log", tabIndex: 0, "aria-label": `Messages of ${first.name}` }, list);
  const line = el("textarea", { rows: 1, "aria-label": `Message from ${first.name}`, placeholder: sms ? "Text message" : "Message" });
  const file = el("input", { type: "file", "aria-label": `Send a picture or document from ${first.name}` });
  const send = el("button", { type: "submit" }, "Send");
  const form = el("form", { class: "composer" }, line, send);
  const look = el("button", { type: "button", class: "plain" }, "Look at the phone");
  const autoRead = toggle("Reads everything at once", (on) => post("settings", { ...whose, auto_read: on }));
  const reachable = toggle("On the network", (on) => post("settings", { ...whose, reachable: on }));
  const attach = el("label", { class: "file" }, el("span", {}, "Picture or document"), file);
  const tools = el("div", { class: "tools" }, attach, sms ? null : look, sms ? null : autoRead.element, reachable.element);
  const sub = el("p", { class: "sub" }, `${sms ? "SMS" : "WhatsApp"} to ${account.number}`);
  const head = el("div", { class: "head" }, el("div", {}, title, sub), unread);
  const element = el("section", { class: `phone ${sms ? "sms" : "wa"}`, "aria-label": `${first.name}, ${sms ? "SMS" : "WhatsApp"}` },
    head, state, log, form, tools);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = line.value.trim();
    if (!body) return;
    line.value = "";
    // What could not be handed over comes back to the line, unless something else was typed meanwhile.
    if (!(await post("text", { ...whose, body })) && !line.value) line.value = body;
  });
  line.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  file.addEventListener("change", async () => {
    if (file.files[0]) await postFile(whose, file.files[0]);
    file.value = "";
  });
  look.addEventListener("click", () => post("look", whose));

  let shown = "";
  function update(data, now) {
    title.textContent = `${data.name} ${data.number}`;
    unread.textContent = !sms && data.unread > 0 ? `${data.unread} unread` : "";
    state.textContent = describe(data, now);
    autoRead.set(data.auto_read);
    reachable.set(data.reachable);
    const next = JSON.stringify(data.thread);
    if (next === shown) return;
    shown = next;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    list.replaceChildren(...data.thread.map((message) => bubble(message, whose, sms)));
    if (atEnd || !log.dataset.seen) log.scrollTop = log.scrollHeight;
    log.dataset.seen = "1";
  }
  return { element, update };
}

function describe(data, now) {
  if (data.typing) return "typing…";
  if (!data.reachable) return "No network: messages cannot be delivered";
  if (data.opted_out) return "Opted out with STOP";
  if (data.window_ends_ms === null) return "Online";
  if (data.window_ends_ms === 0) return "Has not written yet: only templates arrive";
  const ends = `${day.format(data.window_ends_ms)} ${time.format(data.window_ends_ms)}`;
  return data.window_ends_ms > now ? `The business may answer until ${ends}` : `24-hour window closed ${ends}: only templates arrive`;
}

function bubble(message, whose, sms) {
  const parts = [];
  if (message.reply_to) parts.push(el("span", { class: "quote" }, "Reply"));
  if (message.media) parts.push(attachment(message.media));
  else if (message.kind !== "text" && !message.body) parts.push(el("em", {}, message.kind));
  if (message.body) parts.push(el("span", { class: "body" }, message.body));
  const meta = el("span", { class: "meta" }, time.format(message.at_ms));
  if (message.from_customer && !sms) meta.append(" ", ticks(message.tick));
  parts.push(meta);
  if (message.reaction) parts.push(el("span", { class: "reaction", role: "img", "aria-label": `Reaction ${message.reaction}` }, message.reaction));
  const side = message.from_customer ? "mine" : "theirs";
  const item = el("li", { class: side }, el("span", { class: "quiet" }, message.from_customer ? "You: " : "Business: "), ...parts);
  if (!message.from_customer && !sms) item.append(actions(message, whose));
  return item;
}

function ticks(tick) {
  const [text, label] = { sent: ["✓", "Sent"], delivered: ["✓✓", "Delivered"], read: ["✓✓", "Read"] }[tick] || ["!", "Failed"];
  return el("span", { class: `ticks ${tick}`, role: "img", "aria-label": label }, text);
}

function attachment(media) {
  const source = `/simulator/api/media/${encodeURIComponent(media.id)}`;
  const name = media.file_name || media.mime_type;
  if (/^image\/(png|jpeg|gif|webp)$/.test(media.mime_type)) return el("img", { src: source, alt: name, loading: "lazy" });
  if (media.mime_type.startsWith("audio/")) return el("audio", { src: source, controls: true, "aria-label": name });
  if (media.mime_type.startsWith("video/")) return el("video", { src: source, controls: true, "aria-label": name });
  return el("a", { href: source, download: name }, `${name} (${Math.ceil(media.size / 1024)} kB)`);
}

function actions(message, whose) {
  const row = el("span", { class: "actions" });
  for (const button of message.buttons) {
    const tap = el("button", { type: "button" }, button.title);
    tap.addEventListener("click", () => post("tap", { ...whose, message_id: message.id, button_id: button.id }));
    row.append(tap);
  }
  const liked = message.reaction === "👍";
  const like = el("button", { type: "button", class: "plain", "aria-label": liked ? "Take back the reaction" : "React with thumbs up" }, "👍");
  like.addEventListener("click", () => post("react", { ...whose, message_id: message.id, emoji: liked ? "" : "👍" }));
  row.append(like);
  return row;
}

function toggle(label, change) {
  const box = el("input", { type: "checkbox" });
  box.addEventListener("change", () => change(box.checked));
  return { element: el("label", { class: "check" }, box, el("span", {}, label)), set: (on) => (box.checked = on) };
}
