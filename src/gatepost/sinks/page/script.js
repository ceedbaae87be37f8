// Filters, copy buttons and opening what a link points at. Without scripts every row still shows.
"use strict";
const form = document.getElementById("filters");
const fields = form.elements;
const rows = [...document.querySelectorAll("[data-f]")].map((row) => ({
  row,
  tokens: row.dataset.f.split(" "),
}));

function applyFilters() {
  const wanted = ["level", "severity", "system", "owner"].map((name) => fields[name].value).filter(Boolean);
  const text = fields.text.value.trim().toLowerCase();
  let shown = 0;
  for (const entry of rows) {
    if (text) entry.text ??= entry.row.textContent.toLowerCase();
    const fits = wanted.every((token) => entry.tokens.includes(token)) && (!text || entry.text.includes(text));
    entry.row.hidden = !fits;
    shown += fits;
  }
  for (const section of document.querySelectorAll("section.level")) {
    section.hidden = !section.querySelector("[data-f]:not([hidden])");
  }
  const all = rows.length.toLocaleString("en");
  fields.shown.value = shown === rows.length ? `all ${all} shown` : `${shown.toLocaleString("en")} of ${all} shown`;
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.closest("[hidden]")) {
    form.reset();
    applyFilters();
  }
  const folded = target.closest("details");
  if (folded) folded.open = true;
  target.scrollIntoView();
}

async function copyCode(button, code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(code);
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

for (const code of document.querySelectorAll("pre")) {
  const frame = document.createElement("div");
  const button = document.createElement("button");
  frame.className = "code";
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", () => copyCode(button, code));
  code.replaceWith(frame);
  frame.append(code, button);
}
for (const facts of document.querySelectorAll(".detail > dl")) {
  const link = document.createElement("a");
  link.href = `#${facts.closest("details").id}`;
  link.textContent = "Link to this check";
  facts.append(document.createElement("dt"), document.createElement("dd"));
  facts.lastChild.append(link);
}
for (const link of document.querySelectorAll("[data-find]")) {
  link.addEventListener("click", () => {
    form.reset();
    fields.text.value = link.dataset.find;
    applyFilters();
  });
}
form.hidden = false;
form.addEventListener("input", applyFilters);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(applyFilters));
addEventListener("hashchange", openTarget);
applyFilters();
openTarget();
