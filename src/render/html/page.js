"use strict";
// The page works without this script, which searches, filters, expands and moves between operations.
(() => {
  const form = document.querySelector("form");
  const chips = document.querySelector(".chips");
  const cards = [...document.querySelectorAll(".cards > details")];
  const count = (card) => Number(card.dataset.n || 1);
  const total = cards.reduce((sum, card) => sum + count(card), 0);
  let texts = null;
  const entities = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  const read = (card) => {
    const fields = card.querySelector("noscript")?.textContent.replace(/<[^>]*>/g, " ")
      .replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => entities[name]);
    return `${fields === undefined ? card.textContent : `${card.firstChild.textContent} ${fields}`}`.toLowerCase();
  };
  // Of a large plan, the fields of an operation are parsed when they are asked for.
  const fill = (card) => {
    const fields = card.querySelector(":scope > noscript");
    if (fields) fields.outerHTML = fields.textContent;
  };
  document.addEventListener("toggle", ({ target }) => { if (target.open) fill(target); }, true);
  const visible = () => cards.filter((card) => !card.hidden);

  const wanted = () => {
    const all = {};
    for (const { dataset } of chips.querySelectorAll("[aria-pressed=true]")) {
      (all[dataset.f] ||= new Set()).add(dataset.v);
    }
    return all;
  };
  const show = () => {
    const words = form.querySelector("input").value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) texts ||= cards.map(read);
    const { a, c, k, d } = wanted();
    let found = 0;
    cards.forEach((card, at) => {
      const fits = (!a || a.has(card.classList[0])) && (!c || c.has(card.dataset.c)) && (!k || card.dataset.k.split(" ").some((kind) => k.has(kind)))
        && (!d || "d" in card.dataset) && words.every((word) => texts[at].includes(word));
      if (card.hidden === fits) card.hidden = !fits;
      if (fits) found += count(card);
    });
    for (const list of document.querySelectorAll(".cards, .list")) {
      list.hidden = !list.querySelector(".cards > details:not([hidden])");
    }
    const all = !words.length && !a && !c && !k && !d;
    const number = (value) => value.toLocaleString("en");
    form.querySelector("output").textContent = all ? "" : `${number(found)} of ${number(total)}`;
  };

  // Large plans are searched once the typing pauses.
  let pause;
  const soon = () => { clearTimeout(pause); pause = setTimeout(show, cards.length > 500 ? 120 : 0); };
  const fold = (open) => { for (const card of visible()) card.open = open; };

  // A link to an operation shows it, wherever it is folded or filtered out.
  const go = () => {
    const id = location.hash.slice(1);
    const target = id && (document.getElementById(id) || document.getElementById(decodeURIComponent(id)));
    if (!target) return;
    if (target.closest(".cards > details")?.hidden) {
      form.reset();
      chips.querySelectorAll("[aria-pressed=true]").forEach((chip) => chip.setAttribute("aria-pressed", "false"));
      show();
    }
    for (let at = target; at; at = at.parentElement) if (at.localName === "details") { fill(at); at.open = true; }
    target.scrollIntoView({ block: "start" });
    target.querySelector("summary")?.focus({ preventScroll: true });
  };
  const step = (by) => {
    const all = visible();
    const at = all.indexOf(document.activeElement?.closest(".cards > details"));
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
    next?.querySelector("summary").focus();
  };

  if (form) {
    form.hidden = chips.hidden = false;
    form.addEventListener("submit", (event) => { event.preventDefault(); show(); });
    form.querySelector("input").addEventListener("input", soon);
    form.querySelector("[name=open]").addEventListener("click", () => fold(true));
    form.querySelector("[name=close]").addEventListener("click", () => fold(false));
    chips.addEventListener("click", ({ target }) => {
      const chip = target.closest("button");
      if (!chip) return;
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      show();
    });
    addEventListener("keydown", (event) => {
      const typing = event.target === form.querySelector("input");
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape" && typing) { form.reset(); show(); event.target.blur(); }
      if (typing) return;
      if (event.key === "/") { event.preventDefault(); form.querySelector("input").focus(); }
      if (event.key === "j") step(1);
      if (event.key === "k") step(-1);
    });
  }
  let printed = [];
  addEventListener("beforeprint", () => {
    printed = [...document.querySelectorAll("details:not([open])")];
    for (const one of printed) { fill(one); one.open = true; }
  });
  addEventListener("afterprint", () => { for (const one of printed) one.open = false; });
  addEventListener("hashchange", go);
  go();
})();
