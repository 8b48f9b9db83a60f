"use strict";
// The page works without this script, which only searches and expands.
const form = document.querySelector("form");
const found = form.querySelector("output");
const all = [...document.querySelectorAll("main details")].map((details) => ({
  details,
  text: details.textContent.toLowerCase(),
}));
const fold = (open) => all.forEach(({ details }) => { if (!details.hidden) details.open = open; });
const find = (wanted) => {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { details, text } of all) {
    details.hidden = !words.every((word) => text.includes(word));
    if (!details.hidden) count += 1;
  }
  for (const section of document.querySelectorAll("section.cause-of")) {
    section.hidden = !section.querySelector("details:not([hidden])");
  }
  found.textContent = words.length ? `${count} of ${all.length}` : "";
};
form.hidden = false;
form.addEventListener("submit", (event) => event.preventDefault());
form.querySelector("input").addEventListener("input", (event) => find(event.target.value));
form.querySelector("[name=open]").addEventListener("click", () => fold(true));
form.querySelector("[name=close]").addEventListener("click", () => fold(false));
