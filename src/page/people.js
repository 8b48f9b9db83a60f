"use strict";
// The page of people. Text from the portal becomes text nodes alone, never markup.

const app = document.getElementById("app");
const ROW = 40; // pixels; 2.5rem in the style sheet
const KINDS = {
  people: ["users"], numbers: ["numbers"], extensions: ["extensions"], templates: ["templates"],
  more: ["contacts", "groups", "instances", "locations", "schedules"],
};
const TABS = [
  ["people", "People"], ["numbers", "Numbers"], ["extensions", "Queues and menus"], ["templates", "Templates"],
  ["scopes", "Scopes"], ["more", "Other"],
];
const SECTIONS = [
  ["Profile", /^(username|first_name|last_name|alias|title|department|email|available_from_emails|address|time_zone|color|active|phone|click_to_dial)$/],
  ["Calls", /^(extension|outbound|dial_permission|emergency|directory|rings_|forwarding|dnd|answering_rules|destination)/],
  ["Voicemail", /^voicemail/],
  ["Phones", /^(phones|add_phone)/],
  ["Access", /^(scope|groups|permissions|password|seat|instance|features|extends)/],
];
let data, objects, byAddress, shown = [], tab = "people", selected = null, focused = -1;

const el = (tag, attributes, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child != null && child !== false));
  return node;
};
const kindOf = (address) => address.slice(0, address.indexOf("/"));
const keyOf = (address) => address.slice(address.indexOf("/") + 1);
const many = (count, one, several) => `${count.toLocaleString("en")} ${count === 1 ? one : several ?? `${one}s`}`;
const value = (item, path) => item.values.find(([at]) => data.texts[at] === path)?.[1];

/* What a row says at its left edge: the plan's sign, drift, or that nothing declares it. */
function mark(item) {
  const verb = item.change?.verb;
  if (verb === "create" || verb === "reactivate") return ["+", "plus", "will be created"];
  if (verb === "delete" || verb === "deactivate") return ["−", "minus", verb === "delete" ? "will be deleted" : "will be deactivated"];
  if (item.change?.drift) return ["≠", "drift", "changed on the portal"];
  if (verb) return ["~", "tilde", "will be changed"];
  if (item.managed === false && data.declares && !item.system) return ["∅", "none", "not managed"];
  return null;
}

function take(fresh) {
  data = fresh;
  objects = data.objects;
  byAddress = new Map(objects.map((item) => [item.address, item]));
  for (const item of objects) {
    const texts = [item.address, item.name, item.number, value(item, "email"), value(item, "username"), value(item, "alias"),
      value(item, "title"), value(item, "company")];
    const lists = ["phones", "numbers"].map((path) => value(item, path)).flat();
    item.searched = [...texts, ...lists].filter(Boolean).join("\n").toLowerCase();
  }
}

/* ---- The frame ---- */

function frame() {
  const { planned } = data;
  const unmanaged = data.declares ? objects.filter((item) => item.managed === false && !item.system).length : 0;
  const counts = [];
  if (planned?.blocked) counts.push(el("b", { class: "blocked" }, "blocked"));
  if (planned) counts.push(el("span", {}, el("b", {}, String(planned.changes)), " planned"), el("span", {}, el("b", {}, String(planned.drift)), " drift"));
  if (data.declares) counts.push(el("span", {}, el("b", {}, String(unmanaged)), " not managed"));
  const made = [`on ${data.portal}`, data.commit && `commit ${data.commit}`, data.date].filter(Boolean).join(" · ");
  const tabs = TABS.filter(([name]) => name === "people" || count(name) > 0);
  app.replaceChildren(
    el("header", {}, el("h1", {}, data.workspace), el("p", {}, made),
      el("p", { class: "counts" }, counts.flatMap((one, at) => (at ? [" · ", one] : [one])))),
    el("nav", { "aria-label": "Views" }, el("div", { role: "tablist", onkeydown: moveTab },
      tabs.map(([name, title]) => el("button", {
        type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "view", "aria-selected": String(name === tab),
        tabindex: name === tab ? "0" : "-1", onclick: () => open(name),
      }, title, el("span", {}, count(name).toLocaleString("en")))))),
    el("main", {}, el("div", { id: "view", role: "tabpanel", "aria-labelledby": `tab-${tab}` })),
  );
  view();
}

function count(name) {
  if (name === "scopes") return Object.keys(data.scopes).length;
  return objects.filter((item) => KINDS[name].includes(kindOf(item.address)) && !item.system).length;
}

function moveTab(event) {
  const tabs = [...app.querySelectorAll("[role=tab]")];
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
  open(next.id.slice("tab-".length));
  document.getElementById(next.id).focus();
}

function open(name, then) {
  tab = name;
  if (!then) selected = null;
  frame();
}

function view() {
  const panel = document.getElementById("view");
  panel.className = tab === "scopes" ? "single" : "";
  if (tab === "scopes") return panel.replaceChildren(matrix());
  panel.replaceChildren(left(), el("section", { class: "right", "aria-label": "Details", tabindex: "0" }));
  filter();
  details();
}

/* ---- The list ---- */

const settings = { query: "", activity: "active", hide: true };

function left() {
  const people = tab === "people";
  const choose = (name, title) => el("label", {}, el("input", {
    type: "radio", name: "activity", value: name, checked: settings.activity === name,
    onchange: () => { settings.activity = name; filter(); },
  }), ` ${title}`);
  return el("section", { class: `left ${tab}`, "aria-label": "List" },
    el("div", { class: "search", role: "search" },
      el("input", {
        type: "search", id: "search", "aria-label": "Search by name or number", placeholder: "Search by name or number  ( / )", autocomplete: "off",
        value: settings.query, oninput: (event) => { settings.query = event.target.value; filter(); },
        onkeydown: (event) => { if (event.key === "ArrowDown") { event.preventDefault(); list().focus(); if (focused < 0) move(0); } },
      }),
      el("output", { "aria-live": "polite" })),
    el("div", { class: "head", "aria-hidden": "true" }, el("span"), ["number", "name", "key", "mail"].map((name) =>
      el("span", { class: name }, { number: "Number", name: "Name", key: people ? "User name" : "Key", mail: { people: "E-mail", numbers: "Goes to", templates: "Followed by" }[tab] ?? "Kind" }[name]))),
    el("div", { role: "listbox", tabindex: "0", id: "list", "aria-label": "Results", onscroll: draw, onkeydown: moveRow },
      el("div", { class: "space", role: "presentation" })),
    people && el("div", { class: "below" },
      el("fieldset", {}, el("legend", { class: "quiet" }, "Which people"), choose("active", "Active"), choose("inactive", "Inactive"), choose("all", "All")),
      el("label", {}, el("input", {
        type: "checkbox", id: "hide", checked: settings.hide, onchange: (event) => { settings.hide = event.target.checked; filter(); },
      }), " Hide system users")));
}

const list = () => document.getElementById("list");

function filter() {
  const words = settings.query.toLowerCase().split(/\s+/).filter(Boolean);
  const kinds = tab === "people" && !settings.hide ? ["users", "extensions"] : KINDS[tab];
  shown = objects.filter((item) => {
    const kind = kindOf(item.address);
    if (!kinds.includes(kind)) return false;
    if (tab === "people") {
      if (settings.hide && item.system) return false;
      const active = item.active !== false;
      if (kind === "users" && settings.activity !== "all" && active !== (settings.activity === "active")) return false;
    }
    return words.every((word) => item.searched.includes(word));
  });
  if (tab === "people" && !settings.hide) {
    const order = (item) => item.number?.padStart(16, "0") ?? "~";
    shown.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }
  focused = shown.findIndex((item) => item.address === selected);
  app.querySelector("output").textContent = many(shown.length, tab === "people" && settings.hide ? "person" : "entry", tab === "people" && settings.hide ? "people" : "entries");
  list().scrollTop = 0;
  draw();
}

/* Only the rows in sight are in the page. */
function draw() {
  const box = list();
  const space = box.firstElementChild;
  space.style.height = `${shown.length * ROW}px`;
  const first = Math.max(0, Math.floor(box.scrollTop / ROW) - 8);
  const last = Math.min(shown.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW) + 8);
  if (!shown.length) return space.replaceChildren(el("p", { class: "empty", role: "option", "aria-selected": "false", "aria-disabled": "true" }, "Nothing is found."));
  const rows = [];
  for (let at = first; at < last; at += 1) rows.push(row(shown[at], at));
  space.replaceChildren(...rows);
  const active = shown[focused] && document.getElementById(`row-${focused}`);
  if (active) box.setAttribute("aria-activedescendant", active.id);
  else box.removeAttribute("aria-activedescendant");
}

function row(item, at) {
  const [sign, kind, words] = mark(item) ?? [];
  const of = kindOf(item.address);
  const followers = item.referrals?.filter(({ path }) => path === "template").length ?? 0;
  const more = {
    users: () => value(item, "email") ?? "", numbers: () => called(value(item, "destination")), templates: () => many(followers, "user"),
    extensions: () => value(item, "kind").replaceAll("_", " "),
  }[of]?.() ?? of;
  const node = el("div", {
    role: "option", id: `row-${at}`, "data-address": item.address, "aria-selected": String(item.address === selected), "aria-setsize": shown.length, "aria-posinset": at + 1,
    class: item.active === false ? "off" : "", onclick: () => choose(item.address),
  },
    el("span", { class: `mark ${kind ?? ""}`, title: words }, sign ? el("span", { "aria-hidden": "true" }, sign) : "", words ? el("span", { class: "quiet" }, words) : ""),
    el("span", { class: "number" }, item.number ?? ""), el("span", { class: "name" }, item.name),
    el("span", { class: "key" }, keyOf(item.address)), el("span", { class: "mail" }, [more].flat().join(", ")));
  node.style.top = `${at * ROW}px`;
  return node;
}

/* What a destination is called. */
function called(destination) {
  if (!destination) return "nowhere";
  const one = byAddress.get(`extensions/${destination}`) ?? byAddress.get(`users/${destination}`)
    ?? objects.find((item) => item.number === destination && item.address.startsWith("users/"));
  return one && one.name !== destination ? `${one.name} (${destination})` : destination;
}

function move(to) {
  focused = Math.max(0, Math.min(shown.length - 1, to));
  const box = list();
  const top = focused * ROW;
  if (top < box.scrollTop) box.scrollTop = top;
  if (top + ROW > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW - box.clientHeight;
  if (shown[focused]) choose(shown[focused].address, false);
}

function moveRow(event) {
  const page = Math.floor(list().clientHeight / ROW) - 1;
  const to = { ArrowDown: focused + 1, ArrowUp: focused - 1, PageDown: focused + page, PageUp: focused - page, Home: 0, End: shown.length - 1 }[event.key];
  if (event.key === "Enter" && shown[focused]) {
    event.preventDefault();
    choose(shown[focused].address);
    app.querySelector(".right").focus();
  } else if (to !== undefined) {
    event.preventDefault();
    move(to);
  }
}

/* Shows an object; `enter` also brings it to the front where there is room for one pane alone. */
function choose(address, enter = true) {
  selected = address;
  focused = shown.findIndex((item) => item.address === address);
  if (location.hash !== `#${encodeURI(address)}`) history.replaceState(null, "", `#${encodeURI(address)}`);
  document.getElementById("view").classList.toggle("open", enter);
  draw();
  details();
}

/* Goes to an object, whichever tab it is in. */
function go(address) {
  const item = byAddress.get(address);
  if (!item) return;
  const kind = kindOf(address);
  const found = Object.entries(KINDS).find(([, kinds]) => kinds.includes(kind));
  if (!found) return open("scopes");
  settings.query = "";
  if (item.active === false) settings.activity = "all";
  if (item.system) settings.hide = false;
  selected = address;
  open(found[0], true);
  choose(address);
  const at = shown.findIndex((one) => one.address === address);
  list().scrollTop = Math.max(0, at * ROW - list().clientHeight / 2);
  draw();
  app.querySelector(".right").focus();
}

/* ---- The details ---- */

const link = (address, text) => (byAddress.has(address)
  ? el("a", { href: `#${encodeURI(address)}`, onclick: (event) => { event.preventDefault(); go(address); } }, text ?? address)
  : text ?? address);

function place(at) {
  if (!at) return "";
  const [file, line] = at;
  const text = `${data.texts[file]}:${line}`;
  return data.links[file] ? el("a", { href: data.links[file] + line, rel: "noreferrer" }, text) : text;
}

function details() {
  const pane = app.querySelector(".right");
  if (!pane) return;
  const item = byAddress.get(selected);
  pane.scrollTop = 0;
  if (!item) return pane.replaceChildren(el("p", { class: "soft" }, tab === "people" ? "Choose somebody on the left." : "Choose an entry on the left."));
  const kind = kindOf(item.address);
  pane.replaceChildren(
    el("button", { type: "button", class: "back", onclick: () => { document.getElementById("view").classList.remove("open"); list().focus(); } }, "← Back to the list"),
    el("header", {}, el("h2", {}, item.name), el("p", {}, el("code", {}, item.address), item.place ? [" · ", place(item.place)] : ""), el("p", {}, tags(item))),
    ...changes(item), ...calls(item), ...values(item, kind), ...rights(item), ...referrals(item), ...commands(item, kind));
}

function tags(item) {
  const tag = (text, kind) => el("span", { class: `tag ${kind ?? ""}` }, text);
  const all = [];
  if (item.active === false) all.push(tag("inactive", "bad"));
  if (item.system) all.push(tag("built-in"));
  const [, , words] = mark(item) ?? [];
  if (words) all.push(tag(words, "warn"));
  for (const note of item.notes ?? []) if (note !== "built-in") all.push(tag(note));
  return all;
}

function changes(item) {
  const { change } = item;
  if (!change) return [];
  const rows = change.fields.map(([path, before, after]) => el("tr", {}, el("th", { scope: "row" }, path), el("td", {}, el("del", {}, before), " ", el("ins", {}, after))));
  const words = { create: "It is created with what follows.", delete: "It is deleted.", deactivate: "It is made inactive.", reactivate: "It is made active again." }[change.verb];
  return [el("h3", {}, "What the plan changes"), el("div", { class: `changes ${change.verb}` },
    words && el("p", {}, words), change.drift && el("p", {}, "Somebody changed it on the portal; the plan takes that back."),
    rows.length > 0 && el("table", {}, el("tbody", {}, rows)))];
}

function values(item, kind) {
  const own = item.values.map(([path, text, words, at]) => ({ path: data.texts[path], text, words: data.texts[words], at }));
  const set = new Set(own.map(({ path }) => path));
  const defaults = (data.defaults[kind] ?? []).map(([path, text]) => ({ path: data.texts[path], text, words: "the portal's default" }));
  const all = [...own, ...(item.live === false ? [] : defaults.filter(({ path }) => !set.has(path)))];
  const groups = kind === "users" ? SECTIONS.map(([title, pattern]) => [title, all.filter(({ path }) => pattern.test(path))]) : [["Details", all]];
  const rest = kind === "users" ? all.filter(({ path }) => !SECTIONS.some(([, pattern]) => pattern.test(path))) : [];
  return [...groups, ["More", rest]].filter(([, rows]) => rows.length).flatMap(([title, rows]) => [
    el("h3", {}, title),
    el("table", { class: "values" }, el("thead", { class: "quiet" }, el("tr", {}, ["Field", "Value", "From"].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, rows.map(({ path, text, words, at }) => el("tr", {},
        el("th", { scope: "row" }, path.replaceAll("_", " ").replaceAll(".", " › ")),
        el("td", {}, Array.isArray(text) ? el("ul", {}, text.map((one) => el("li", {}, named(path, one)))) : named(path, text)),
        el("td", {}, words, words && at ? ", " : "", place(at))))))]);
}

/* A value that names an object leads to it; what somebody is called names nobody else. */
function named(path, text) {
  if (/^(username|key|alias|title|name|first_name|last_name|email|extension)$/.test(path)) return text;
  for (const kind of ["users", "extensions", "numbers", "groups", "scopes", "templates", "instances", "schedules"]) {
    if (byAddress.has(`${kind}/${text}`)) return link(`${kind}/${text}`, text);
  }
  return text;
}

function rights(item) {
  if (!item.may) return [];
  const rows = item.may.map(([permission, from]) => el("tr", {}, el("th", { scope: "row" }, data.texts[permission]), el("td", {}, from.map((one) => data.texts[one]).join("; "))));
  return [el("h3", {}, "May"), el("details", {}, el("summary", {}, `Show ${many(rows.length, "permission")}`), el("table", { class: "values" }, el("tbody", {}, rows)))];
}

function referrals(item) {
  if (!item.referrals) return [];
  return [el("h3", {}, "Referred to by"), el("ul", { class: "plain" }, item.referrals.slice(0, 500).map(({ by, name, path, linked }) =>
    el("li", {}, linked ? link(by, name ?? byAddress.get(by)?.name) : by, el("span", { class: "soft" }, ` ${by} in ${path}`))),
  item.referrals.length > 500 && el("li", { class: "soft" }, `and ${many(item.referrals.length - 500, "more", "more")}`))];
}

function commands(item, kind) {
  const lines = [`callsheet show ${item.address}`];
  if (kind === "users" && item.live !== false) lines.push(`callsheet show ${item.address} --messages`);
  if (kind === "numbers" || kind === "extensions") lines.push(`callsheet trace ${item.address}`);
  if (item.live !== false) for (const action of data.actions[kind] ?? []) lines.push(`callsheet run ${action} ${item.address}`);
  const how = item.place
    ? ["To change it, edit ", place(item.place), ". To remove it, take it out of the file; the plan says who still refers to it."]
    : ["No file declares it. ", el("code", {}, `callsheet import ${item.address}`), " brings it into the files."];
  return [el("h3", {}, "What to do"), el("p", { class: "soft" }, how), el("pre", { tabindex: "0" }, lines.join("\n"))];
}

/* ---- Where calls go ---- */

function calls(item) {
  const kind = kindOf(item.address);
  if (kind !== "numbers" && kind !== "extensions") return [];
  const flow = data.flows[item.address];
  return [el("h3", {}, "Where calls go"), flow ? el("ul", { class: "flow" }, step(flow))
    : el("p", { class: "soft" }, "There is too much to draw it all; ", el("code", {}, `callsheet trace ${item.address}`), " follows this one.")];
}

function step({ when, label, address, end, cut, then }) {
  const item = address && byAddress.get(address);
  const key = address && keyOf(address);
  const words = item && label.startsWith(address) ? [link(address, item.name), " ", el("code", {}, key)] : [address ? link(address, label) : label];
  const kind = end ? (end.answered ? "rings" : "stops") : "";
  return el("li", {}, el("div", { class: `step ${kind}` }, when && el("span", { class: "when" }, when), words,
    end?.why && el("span", { class: "when" }, end.why), cut && el("span", { class: "when" }, "as drawn above")),
  then && el("ul", {}, then.map(step)));
}

/* ---- Scopes and what they permit ---- */

function matrix() {
  const names = Object.keys(data.scopes);
  const all = [...new Set(names.flatMap((name) => data.scopes[name].permissions))].sort();
  return el("div", { class: "matrix", tabindex: "0", role: "region", "aria-label": "Scopes and permissions" }, el("table", {},
    el("caption", { class: "soft" }, "What each scope permits, with what it extends."),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Permission"), names.map((name) =>
      el("th", { scope: "col" }, data.scopes[name].title ?? name, el("br"), el("span", { class: "soft" }, many(data.scopes[name].users, "user")))))),
    el("tbody", {}, all.map((permission) => el("tr", {}, el("th", { scope: "row" }, permission), names.map((name) =>
      (data.scopes[name].permissions.includes(permission) ? el("td", { class: "yes" }, el("span", { "aria-hidden": "true" }, "✓"), el("span", { class: "quiet" }, "yes")) : el("td", {}, el("span", { class: "quiet" }, "no")))))))));
}

/* ---- The page of a server: a token or a person's login, and data that is asked for again ---- */

const EVERY = 5000; // milliseconds
const TOKEN = "callsheet-token";

async function fetched(tag) {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem(TOKEN)}` };
  if (tag) headers["If-None-Match"] = tag;
  const answer = await fetch("data", { headers });
  if (answer.status === 304) return { tag };
  const body = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(body.detail ?? answer.statusText), { status: answer.status });
  return { tag: answer.headers.get("ETag"), body };
}

async function live() {
  if (!sessionStorage.getItem(TOKEN)) return login();
  let tag = null;
  const ask = async () => {
    try {
      const answer = await fetched(tag);
      tag = answer.tag;
      if (answer.body) {
        take(answer.body);
        const at = list()?.scrollTop;
        const { activeElement } = document;
        frame();
        if (selected && tab !== "scopes") choose(selected, false);
        if (at && list()) { list().scrollTop = at; draw(); }
        if (activeElement?.id) document.getElementById(activeElement.id)?.focus();
      }
    } catch (error) {
      if (error.status === 401) { sessionStorage.removeItem(TOKEN); return login(error.message); }
      if (!data) return login(error.message);
    }
    setTimeout(() => (document.hidden ? document.addEventListener("visibilitychange", ask, { once: true }) : ask()), EVERY);
  };
  await ask();
  hash();
}

function login(problem) {
  const known = JSON.parse(document.getElementById("login").textContent);
  const enter = (token) => { sessionStorage.setItem(TOKEN, token); app.replaceChildren(); live(); };
  const field = (name, type, title) => el("label", {}, title, el("input", { name, type, required: true, autocomplete: "off" }));
  const titles = { username: "User name", email: "E-mail address", password: "Password", account: "Account" };
  const person = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const body = Object.fromEntries(known.map((name) => [name, form.get(name)]));
    if (form.get("accept_eula")) body.accept_eula = true;
    const answer = await fetch("v1/sessions", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const told = await answer.json();
    if (answer.ok) enter(told.token);
    else login(told.detail);
  };
  app.replaceChildren(el("main", { class: "login" }, el("h1", {}, "Callsheet sandbox"),
    el("p", { role: "alert" }, problem ?? ""),
    known.length > 0 && el("form", { onsubmit: person }, el("h2", {}, "Log in as a person"),
      known.map((name) => field(name, name === "password" ? "password" : "text", titles[name])),
      el("label", { class: "box" }, el("input", { type: "checkbox", name: "accept_eula" }), " I accept the licence agreement"),
      el("button", {}, "Log in")),
    el("form", { onsubmit: (event) => { event.preventDefault(); enter(new FormData(event.target).get("token")); } },
      el("h2", {}, "Use a token"), field("token", "password", "Token"), el("button", {}, "Show"))));
}

/* ---- The start ---- */

function hash() {
  const address = decodeURI(location.hash.slice(1));
  if (data && byAddress.has(address) && address !== selected) go(address);
}

addEventListener("hashchange", hash);
addEventListener("resize", () => list() && draw());
addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    document.getElementById("search")?.focus();
  } else if (event.key === "Escape" && list()) {
    document.getElementById("view").classList.remove("open");
    list().focus();
  }
});

const embedded = document.getElementById("data");
if (embedded) {
  take(JSON.parse(embedded.textContent));
  document.title = `${data.workspace}: people`;
  frame();
  hash();
} else {
  document.title = "Callsheet sandbox";
  live();
}
