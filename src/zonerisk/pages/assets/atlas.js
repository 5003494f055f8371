/* The atlas: filters, search and sorting, clusters on the map, two regions side by side; its state
   stands in the address. Text of the records only ever becomes text nodes. */
addEventListener("started", () => {
  "use strict";
  const {make} = told, {map, layers, features} = zonerisk;
  const table = document.getElementById("regions-table"), body = table.tBodies[0];
  const rows = Array.from(body.rows), byId = new Map(rows.map((row) => [row.dataset.id, row]));
  const heads = Array.from(table.tHead.rows[0].cells), find = document.getElementById("find");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const choices = Object.fromEntries(["provider", "country", "zones", "cause"]
    .map((key) => [key, document.getElementById(`by-${key}`)]).filter(([, box]) => box));
  const classes = Array.from(document.querySelectorAll(".counts button"));
  const marks = new Map(Array.from(document.querySelectorAll(".wall .c"), (mark) => [mark.dataset.id, mark]));
  const ORDER = classes.map((button) => button.dataset.class);
  let state = {}, kept = new Set(byId.keys()), flying = false, landing;

  /* ---- searching -------------------------------------------------------------------- */

  const plain = (text) => text.normalize("NFD").replace(/[\p{M}.]/gu, "").toLowerCase();
  const parted = (text) => plain(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const words = new Map(rows.map((row) => [row, parted([row.cells[0].textContent, row.cells[1].textContent,
    row.dataset.town, row.dataset.country, row.dataset.names].join(" "))]));
  const reasons = new Map(rows.map((row) => [row, parted([row.dataset.class, row.dataset.word, row.cells[5].textContent, row.dataset.cause, row.dataset.rule].join(" "))]));
  /* A word of two letters is a whole one; a longer one begins a word, of the class and its cause too, or stands anywhere if it begins none. */
  function found(row, wanted, amid) {
    return wanted.every((word) => words.get(row).some((one) => (word.length < 3 ? one === word : amid ? one.includes(word) : one.startsWith(word)))
      || (word.length > 2 ? reasons.get(row).some((one) => one.startsWith(word)) : wanted.length > 2 && reasons.get(row).includes(word)));
  }

  function narrow() {
    const wanted = parted(state.find || "");
    const fits = (row) => Object.keys(choices).every((key) => !state[key] || row.dataset[key] === state[key])
      && (!state.class || row.dataset.class === state.class || row.dataset.word === state.class);
    const amid = !rows.some((row) => found(row, wanted, false));
    kept = new Set();
    for (const row of rows) {
      row.hidden = !(fits(row) && found(row, wanted, amid));
      if (!row.hidden) kept.add(row.dataset.id);
      marks.get(row.dataset.id).classList.toggle("dim", row.hidden);
    }
    const all = `${rows.length} region${rows.length === 1 ? "" : "s"}`;
    document.getElementById("tally").textContent = kept.size === rows.length ? all : `${kept.size} of ${all}`;
    document.getElementById("nothing").hidden = kept.size > 0;
    fly();
    cluster();
  }

  /* ---- sorting ---------------------------------------------------------------------- */

  function value(row, column) {
    const cell = row.cells[column], text = cell.dataset.sort ?? cell.textContent.trim();
    return text !== "" && !Number.isNaN(Number(text)) ? Number(text) : text;
  }

  function sort() {
    const [column, down] = state.sort ? [Number(state.sort.replace("-", "")), state.sort.startsWith("-")] : [2, false];
    for (const head of heads) head.removeAttribute("aria-sort");
    if (!heads[column]) return;
    if (state.sort) heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
    const sorted = rows.map((row) => [value(row, column), row]).sort(([a], [b]) => {
      const way = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en");
      return down ? -way : way;
    });
    body.append(...sorted.map(([, row]) => row));
  }

  /* ---- the map ---------------------------------------------------------------------- */

  const regions = rows.map((row) => (features.get(`region:${row.dataset.id}`) || [])[0]).filter(Boolean).map((made) => made.one);

  function fly() {
    const points = regions.filter((one) => kept.has(one.id)).map((one) => one.at);
    if (!points.length || state.map) return;
    flying = true;
    clearTimeout(landing);
    if (kept.size === rows.length) zonerisk.home(!still);
    else map.fitBounds(points, {animate: !still, maxZoom: 8, padding: [50, 50]});
    landing = setTimeout(() => { flying = false; }, 900);
  }

  /* Marks that would lie on one another are one, with their number; it opens on a click. */
  layers.regions.unbindPopup().unbindTooltip();
  function cluster() {
    layers.regions.clearLayers();
    const piles = [];
    for (const one of regions.filter(({id}) => kept.has(id))) {
      const at = map.latLngToLayerPoint(one.at);
      const pile = piles.find(({middle}) => Math.abs(middle.x - at.x) < 30 && Math.abs(middle.y - at.y) < 30);
      if (pile) pile.all.push(one); else piles.push({middle: at, at: one.at, all: [one]});
    }
    for (const {at, all} of piles) {
      const worst = ORDER.find((name) => all.some((one) => key(one) === name));
      const size = all.length === 1 ? 24 : 24 + Math.min(14, 3 * Math.log2(all.length));
      const face = make("span", "pin", make(all.length > 1 ? "b" : "i", all.length > 1 ? "" : `c ${worst}`, all.length > 1 ? String(all.length) : ""));
      if (all.length > 1) face.style.background = ring(all);
      const title = all.length > 1 ? `${all.length} regions, ${all[0].name} and others; the worst: ${worst.replace("-", " ")}` : `${all[0].name}, ${all[0].class}`;
      const pin = L.marker(at, {icon: L.divIcon({html: face, iconSize: [size, size], className: ""}), title, alt: title});
      pin.one = all[0];
      pin.all = all;
      pin.on("click", () => open(pin));
      layers.regions.addLayer(pin);
      pin.getElement()?.setAttribute("aria-label", title);
    }
    zonerisk.write();
  }
  const TONES = {shared: "fail", partly: "fail", "not-shown": "unknown", near: "warn", apart: "pass", "one-zone": "edge"};
  /* A ring of the classes in it, by their numbers. */
  function ring(all) {
    let turn = 0;
    const parts = ORDER.flatMap((name) => {
      const from = turn;
      turn += all.filter((one) => key(one) === name).length / all.length;
      return turn > from ? [`var(--${TONES[name]}) ${from}turn ${turn}turn`] : [];
    });
    return `conic-gradient(${parts.join(", ")})`;
  }
  const key = (one) => one.class.replace(" ", "-");

  function open({all, _latlng: at}) {
    const box = L.latLngBounds(all.map((one) => one.at));
    if (all.length > 1 && map.getZoom() < 12 && box.getSouthWest().distanceTo(box.getNorthEast()) > 2000) {
      map.fitBounds(box, {animate: !still, maxZoom: 12, padding: [60, 60]});
      return;
    }
    const list = make("ul", "plain", ...all.map((one) => {
      const link = make("a", "", one.name);
      link.href = one.page;
      return make("li", "", make("i", `c ${key(one)}`), " ", link, make("small", "", `${one.class}: ${one.why}`));
    }));
    L.popup({maxWidth: Math.min(360, map.getSize().x - 60)}).setLatLng(at).setContent(list).openOn(map);
  }

  /* ---- two regions side by side ----------------------------------------------------- */

  for (const row of rows) {
    const box = make("input", "pair");
    box.type = "checkbox";
    box.setAttribute("aria-label", `Compare ${row.cells[0].querySelector("a").textContent}`);
    box.addEventListener("change", () => {
      const pair = (state.compare || "").split(",").filter((id) => id && id !== row.dataset.id);
      if (box.checked) pair.push(row.dataset.id);
      set({compare: pair.slice(-2).join(",")}, true);
      if (pair.length > 1) document.getElementById("compare").focus();
    });
    row.cells[0].prepend(box);
  }

  function compare() {
    const pair = (state.compare || "").split(",").map((id) => byId.get(id)).filter(Boolean);
    for (const row of rows) row.querySelector(".pair").checked = pair.includes(row);
    const section = document.getElementById("compare");
    section.hidden = pair.length < 2;
    if (section.hidden) return;
    const [a, b] = pair.map((row) => (regions.find((one) => one.id === row.dataset.id) || {}).at);
    const lines = heads.slice(1).map((head, index) => make("tr", "", scoped("row", head.textContent), ...pair.map((row) => {
      const cell = make("td");
      cell.append(...Array.from(row.cells[index + 1].childNodes, (node) => node.cloneNode(true)));
      return cell;
    })));
    const far = a && b ? [make("p", "quiet", `About ${Number((map.distance(a, b) / 1000).toPrecision(2)).toLocaleString("en")} km apart, from place to place.`)] : [];
    section.replaceChildren(make("h2", "", "Side by side"), make("table", "data",
      make("thead", "", make("tr", "", make("td"), ...pair.map((row) => scoped("col", row.cells[0].querySelector("a").cloneNode(true))))),
      make("tbody", "", ...lines)), ...far);
  }

  function scoped(scope, words) {
    const cell = make("th", "", words);
    cell.scope = scope;
    return cell;
  }

  /* ---- the address ------------------------------------------------------------------ */

  function apply() {
    state = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    find.value = state.find || "";
    for (const [name, box] of Object.entries(choices)) {
      box.value = state[name] || "";
      if (box.selectedIndex < 0) box.value = state[name] = "";
    }
    if (!rows.some(({dataset}) => [dataset.class, dataset.word].includes(state.class))) state.class = "";
    for (const button of classes) button.setAttribute("aria-pressed", String(button.dataset.class === state.class));
    if (state.map) {
      const [zoom, lat, lon] = state.map.split("/").map(Number);
      if ([zoom, lat, lon].every(Number.isFinite)) map.setView([lat, lon], zoom, {animate: false});
    }
    narrow();
    sort();
    compare();
    tell();
  }

  function tell() {
    const all = document.getElementById("all-events");
    for (const one of document.querySelectorAll(".events li.told")) one.classList.remove("told");
    const item = state.event && document.getElementById(`event=${state.event}`);
    if (!item) return;
    all.open = true;
    item.classList.add("told");
    item.focus({preventScroll: true});
    item.scrollIntoView({block: "center"});
  }

  function set(changed, push) {
    state = {...state, ...changed};
    const kept = new URLSearchParams(Object.entries(state).filter(([, value]) => value)).toString().replaceAll("%2C", ",").replaceAll("%2F", "/");
    history[push ? "pushState" : "replaceState"](null, "", kept ? `#${kept}` : location.href.split("#")[0]);
    if ("map" in changed && changed.map) return;
    apply();
  }

  find.addEventListener("input", () => set({find: find.value.trim(), map: ""}, false));
  for (const [name, box] of Object.entries(choices)) box.addEventListener("change", () => set({[name]: box.value, map: ""}, true));
  for (const button of classes) {
    button.addEventListener("click", () => set({class: state.class === button.dataset.class ? "" : button.dataset.class, map: ""}, true));
  }
  document.getElementById("clear").addEventListener("click", () => set(Object.fromEntries(Object.keys(state).map((name) => [name, ""])), true));
  for (const [column, head] of heads.entries()) {
    head.firstElementChild.addEventListener("click", () => set({sort: state.sort === String(column) ? `-${column}` : String(column)}, true));
  }
  for (const mark of document.querySelectorAll(".years .c")) {
    mark.addEventListener("click", (event) => { event.preventDefault(); set({event: mark.hash.slice(7)}, true); });
  }
  addEventListener("hashchange", apply);
  addEventListener("popstate", apply);
  map.on("zoomend", cluster);
  map.on("moveend", () => {
    if (flying) return;
    const {lat, lng} = map.getCenter();
    set({map: `${map.getZoom()}/${lat.toFixed(2)}/${lng.toFixed(2)}`}, false);
  });
  const bar = document.querySelector(".controls");
  new ResizeObserver(() => document.documentElement.style.setProperty("--bar", `${bar.offsetHeight}px`)).observe(bar);
  document.body.classList.add("live");
  apply();
});
