/* Sorts and searches the atlas's table, and keeps the map to the rows that are left. */
(() => {
  "use strict";
  const table = document.getElementById("regions-table"), body = table.tBodies[0];
  const find = document.getElementById("find"), outcome = document.getElementById("by-outcome");
  const rows = Array.from(body.rows);
  const words = new Map(rows.map((row) => [row, row.dataset.find.toLowerCase()]));

  function narrow() {
    const wanted = find.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const keep = new Set();
    for (const row of rows) {
      const fits = wanted.every((word) => words.get(row).includes(word))
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
