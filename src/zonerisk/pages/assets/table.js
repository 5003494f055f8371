/* Sorts and searches the atlas's table, and keeps the map to the rows that are left. */
(() => {
  "use strict";
  const table = document.getElementById("regions-table"), body = table.tBodies[0];
  const find = document.getElementById("find"), outcome = document.getElementById("by-outcome");
  const rows = Array.from(body.rows);
  const names = new Intl.DisplayNames(["en"], {type: "region", fallback: "none"});
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const country = (code) => { try { return names.of(code) || ""; } catch { return ""; } };
  const words = new Map(rows.map((row) => [row, plain(`${row.dataset.find} ${country(row.dataset.country)}`)]));
  /* A code of two letters is a word; whatever is longer may stand within one. */
  const holds = (text, word) => (word.length > 2 ? text.includes(word) : text.split(/[^\p{L}\p{N}]+/u).includes(word));

  function narrow() {
    const wanted = plain(find.value.trim()).split(/\s+/).filter(Boolean);
    const keep = new Set();
    for (const row of rows) {
      const fits = wanted.every((word) => holds(words.get(row), word))
        && (!outcome.value || row.dataset.outcome === outcome.value);
      row.hidden = !fits;
      if (fits) keep.add(row.dataset.id);
    }
    document.getElementById("tally").textContent = keep.size === rows.length
      ? `${rows.length} regions` : `${keep.size} of ${rows.length} regions`;
    document.getElementById("nothing").hidden = keep.size > 0;
    zonerisk.only(keep);
  }

  function value(row, column) {
    const cell = row.cells[column], text = cell.dataset.sort ?? cell.textContent.trim();
    return text !== "" && !Number.isNaN(Number(text)) ? Number(text) : text;
  }

  function sort(column, head) {
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const sorted = rows.map((row) => [value(row, column), row]).sort(([a], [b]) => {
      const way = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en");
      return up ? way : -way;
    });
    body.append(...sorted.map(([, row]) => row));
  }

  for (const [column, head] of Array.from(table.tHead.rows[0].cells).entries()) {
    head.firstElementChild.addEventListener("click", () => sort(column, head));
  }
  find.addEventListener("input", narrow);
  outcome.addEventListener("change", narrow);
})();
