// Keeps the start page at the state of /api/status; without it the page is loaded anew.
"use strict";

const EVERY = 3000;
const byId = (id) => document.getElementById(id);

function cell(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function row(service, link) {
  const made = document.createElement("tr");
  const name = cell("th", link ? "" : service.name);
  name.scope = "row";
  if (link) {
    const anchor = cell("a", service.name);
    anchor.href = link;
    name.append(anchor);
  }
  const health = cell("td", "", `health ${service.health}`);
  const shape = cell("span", service.shape);
  shape.setAttribute("aria-hidden", "true");
  health.append(shape, ` ${service.word}`);
  const log = document.createElement("td");
  log.append(cell("code", service.log_command));
  made.append(name, health, cell("td", service.reason, "reason"), cell("td", service.since_words, "since"),
    cell("td", service.memory_words, "number"), log);
  return made;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function warn(text) {
  byId("stale").hidden = !text;
  setText(byId("stale"), text);
}

function show(status) {
  const isEmpty = !status.checked_at;
  byId("empty").hidden = !isEmpty;
  byId("services").hidden = isEmpty;
  if (isEmpty) return warn("");
  const focused = document.activeElement && document.activeElement.getAttribute("href");
  const rows = status.services.map((service) => row(service, status.links[service.name]));
  byId("services").tBodies[0].replaceChildren(...rows);
  if (focused) document.querySelector(`#services a[href="${focused}"]`)?.focus();
  setText(byId("summary"), `${status.healthy} of ${status.services.length} healthy`);
  setText(byId("asof"), `As of ${status.checked_at} · ${status.memory_words} of memory in use · ` +
    `${status.disk_free_words} of disk free`);
  warn(status.is_stale
    ? `The last look was ${status.age_words} ago: what follows may be wrong. okr status on the machine tells more.`
    : "");
}

async function refresh() {
  try {
    const answer = await fetch("/api/status", { headers: { Accept: "application/json" }, cache: "no-store" });
    if (answer.status === 401) return location.assign("/sign-in?next=/&ended=1");
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    show(await answer.json());
  } catch (problem) {
    warn(`The API cannot be reached (${problem.message}): what follows may be old. okr status on the machine tells more.`);
  }
  setTimeout(refresh, EVERY);
}

setTimeout(refresh, EVERY);
