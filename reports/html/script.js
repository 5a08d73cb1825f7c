"use strict";
(() => {
  const clauses = [...document.querySelectorAll(".clause")];
  const search = document.getElementById("search");
  const boxes = [...document.querySelectorAll("input[name=verdict]")];
  const found = document.getElementById("found");
  const fold = document.getElementById("fold");
  const rows = [...document.querySelectorAll(".grid .row")];
  const changed = document.getElementById("changed");
  const words = new Map(clauses.map((c) => [c, c.textContent.toLowerCase()]));
  rows.forEach((r) => words.set(r, (r.textContent + " " + r.querySelector("th").title).toLowerCase()));

  function filter() {
    const wanted = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const shown = new Set(boxes.filter((b) => b.checked).map((b) => b.value));
    let count = 0;
    for (const clause of clauses) {
      const fits = shown.has(clause.dataset.verdict) && wanted.every((w) => words.get(clause).includes(w));
      clause.hidden = !fits;
      count += fits ? 1 : 0;
    }
    // The grid follows the same filters: a row fits if one of its cells does.
    for (const row of rows) {
      row.hidden = !row.dataset.verdict.split(" ").some((v) => shown.has(v)) || !wanted.every((w) => words.get(row).includes(w)) ||
        (changed.checked && !("changed" in row.dataset));
    }
    for (const part of document.querySelectorAll(".grid tbody")) {
      part.hidden = [...part.querySelectorAll(".row")].every((r) => r.hidden);
    }
    for (const page of document.querySelectorAll(".page")) {
      const inside = [...page.querySelectorAll(".clause")];
      page.hidden = inside.length > 0 && inside.every((c) => c.hidden);
    }
    found.textContent = count + " of " + clauses.length + " promises shown";
  }

  // A link lands on what it names, also where that is folded or filtered away.
  function land() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let e = target; e; e = e.parentElement) {
      if (e.hidden) e.hidden = false;
      if (e.tagName === "DETAILS") e.open = true;
    }
    target.scrollIntoView();
  }

  function go(step, only) {
    const list = clauses.filter((c) => !c.hidden && (!only || c.dataset.verdict === only));
    if (list.length === 0) return;
    const at = list.indexOf(document.activeElement.closest ? document.activeElement.closest(".clause") : null);
    const next = list[(at + step + list.length) % list.length];
    next.querySelector("summary").focus();
    next.scrollIntoView({ block: "center" });
  }

  search.addEventListener("input", filter);
  boxes.forEach((b) => b.addEventListener("change", filter));
  if (changed) changed.addEventListener("change", filter);
  fold.addEventListener("click", () => {
    const open = clauses.some((c) => c.open);
    clauses.forEach((c) => { c.open = !open; });
    fold.textContent = open ? "Unfold all" : "Fold all";
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") { search.value = ""; boxes.forEach((b) => { b.checked = true; }); if (changed) changed.checked = false; filter(); return; }
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.matches("input[type=search]")) return;
    if (e.key === "/") { e.preventDefault(); search.focus(); }
    if (e.key === "n") go(1);
    if (e.key === "p") go(-1);
    if (e.key === "b") go(1, "fail");
  });
  document.addEventListener("click", async (e) => {
    if (!e.target.matches(".copy")) return;
    const text = e.target.previousElementSibling.textContent;
    try {
      await navigator.clipboard.writeText(text);
      e.target.textContent = "Copied";
    } catch {
      // A page from the disk may not use the clipboard: the text is marked, to be copied by hand.
      getSelection().selectAllChildren(e.target.previousElementSibling);
      e.target.textContent = "Marked: copy it with your keyboard";
    }
  });
  addEventListener("hashchange", land);
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
  filter();
  land();
})();
