/* Draws what the page's data islands hold on the map that folium composed. Text of the
   records only ever becomes text nodes; addresses become links only if they are http(s). */
const zonerisk = (() => {
  "use strict";

  const read = (id) => {
    const element = document.getElementById(id);
    return element ? JSON.parse(element.textContent) : null;
  };
  const page = read("page");
  const sources = read("sources");
  const layers = {};
  const features = new Map();
  const painted = [];
  const labels = [];
  const lines_ = [];
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let map, halo, ground, palette, bandGroup;

  /* ---- words ------------------------------------------------------------------------ */

  function make(tag, name, ...children) {
    const element = document.createElement(tag);
    if (name) element.className = name;
    element.append(...children.filter((child) => child !== null && child !== ""));
    return element;
  }

  function link(address, words) {
    if (typeof address !== "string" || !/^(https?:\/\/|[\w.-]+\.html$)/.test(address)) {
      return make("cite", "", words);
    }
    const anchor = make("a", "", words);
    anchor.href = address;
    if (address.startsWith("http")) {
      anchor.target = "_blank";
      anchor.rel = "noopener noreferrer nofollow";
    }
    return anchor;
  }

  function km(metres) {
    if (metres === null || metres === undefined) return "not known";
    if (metres < 1000) return `${Math.round(metres)} m`;
    const far = metres / 1000;
    return `${far < 100 ? far.toFixed(1) : Math.round(far).toLocaleString("en")} km`;
  }

  /* No more decimals than the doubt leaves a meaning to. */
  function degrees(one) {
    const digits = one.radius < 300 ? 5 : one.radius < 3000 ? 4 : one.radius < 30000 ? 3 : 2;
    return one.at.map((value) => value.toFixed(digits)).join(", ");
  }

  const ms = (value) => (value === null ? "not known" : `${value.toFixed(2)} ms`);

  function between(low, best, high, say) {
    const ends = high === null ? `at least ${say(low)}` : `${say(low)} to ${say(high)}`;
    return best === null ? ends : `${say(best)} (${ends})`;
  }

  function facts(rows) {
    const list = make("dl", "facts");
    for (const [term, words] of rows) {
      if (words) list.append(make("div", "", make("dt", "", term), make("dd", "", words)));
    }
    return list;
  }

  function cited(indices) {
    const list = make("ul", "cited");
    for (const index of indices || []) {
      const [grade, given, url, day, claim] = sources.rows[index].map((value, column) => (sources.few[column] ? sources.few[column][value] : value));
      const title = given ?? `OpenStreetMap ${url.replace("/", " ")}`;
      const address = given === null ? `https://www.openstreetmap.org/${url}` : url;
      list.append(make("li", "", make("span", "grade", grade), " ", link(address, title),
        `, read ${day}. `, make("span", "claim", claim)));
    }
    return list.childElementCount ? list : "";
  }

  const DESCRIBE = {
    site: (one) => [
      facts([
        ["Serves", one.zones || (one.zone === null ? "the region; its zone is not disclosed" : "")],
        ["Kind", one.site_kind],
        ["Stands at", `${degrees(one)}, within ${km(one.radius)}`],
        ["Got from", one.method], ["Record", one.id],
      ]), cited(one.sources)],
    separation: (one) => [
      facts([
        ["Outcome", one.outcome],
        ["Straight", between(one.distance_m_low, one.distance_m_best, one.distance_m_high, km)],
        ["Fibre", between(one.fibre_m_low, one.fibre_m_best, one.fibre_m_high, km)],
        ["Round trip", between(one.rtt_ms_low, one.rtt_ms_best, one.rtt_ms_high, ms)],
        ["Shared", one.shared],
      ])],
    "shared-risk": (one) => [
      facts([["Kind", one.risk_kind], ["Grade", one.grade], ["Outcome", one.outcome], ["Hits", one.members]]),
      make("p", "quiet", "Outlined: the sites that it hits, with their doubt.")],
    "dr-region": (one) => [facts([["Outcome", one.outcome], ["Nearest site", one.site]]), make("p", "", one.message)],
    retired: (one) => [
      facts([["Fate", one.fate], ["Until", one.until], ["Within", km(one.radius)], ["Record", one.id]])],
    region: (one) => [
      facts([["Outcome", one.outcome], ["Zones as sold", String(one.sold)], ["Worth", one.worth], ["Score", one.score]]),
      make("p", "", link(one.page, "Open its page"))],
    "dr-limit": () => [],
    station: (one) => [
      facts([
        ["On record", one.standing], ["Near", one.near],
        ["Stands at", `${degrees(one)}, within ${km(one.radius)}`],
        ["Mapped in", make("span", "", one.osm ? link(`https://www.openstreetmap.org/${one.osm}`, `OpenStreetMap ${one.osm.replace("/", " ")}`) : "OpenStreetMap", `, ${one.mapped}`)],
      ]),
      make("p", "quiet", one.attribution)],
    circuit: (one) => [
      facts([["Codes", one.codes], ["By way of", one.via && `${one.via}, which has no place on the map`], ["Outcome", one.outcome]]),
      make("p", "", one.note), make("p", "quiet", one.attribution)],
    landmark: (one) => [
      facts([["Kind", one.risk_kind], ["Layer", one.layer], ["Good to", km(one.layer_error_m)]]),
      make("p", "quiet", one.attribution)],
  };

  function describe(one) {
    return make("div", "popup", make("h4", "", one.name), ...DESCRIBE[one.kind](one));
  }

  /* ---- looks ------------------------------------------------------------------------ */

  function corners(count, turn, dip) {
    return Array.from({length: dip ? count * 2 : count}, (_, index) => {
      const angle = turn + (index * 2 * Math.PI) / (dip ? count * 2 : count);
      const far = dip && index % 2 ? dip : 1.15;
      return [far * Math.sin(angle), -far * Math.cos(angle)];
    });
  }
  const UP = 0, FLAT = Math.PI / 4;
  const MARKS = [
    null, corners(4, FLAT), corners(3, UP).map(([x, y]) => [1.1 * x, 1.1 * y + 0.15]), corners(4, UP),
    corners(5, UP), corners(3, Math.PI).map(([x, y]) => [1.1 * x, 1.1 * y - 0.15]), corners(6, UP), corners(5, UP, 0.55),
  ];
  const CROSS = [[-1, -0.55], [-0.55, -1], [0, -0.45], [0.55, -1], [1, -0.55], [0.45, 0], [1, 0.55],
    [0.55, 1], [0, 0.45], [-0.55, 1], [-1, 0.55], [-0.45, 0]];
  const BOLT = [[0.25, -1.25], [-0.85, 0.25], [-0.1, 0.25], [-0.25, 1.25], [0.85, -0.25], [0.1, -0.25]];
  const BY_OUTCOME = {pass: MARKS[0], warn: MARKS[2], unknown: MARKS[3], fail: corners(8, Math.PI / 8)};

  const Mark = L.CircleMarker.extend({
    _project() {
      L.CircleMarker.prototype._project.call(this);
      if (this.one && this.one.shift) {
        this._point = this._point.add(this.one.shift);
        this._updateBounds();
      }
    },
    _updatePath() { this._renderer._updateMark(this); },
  });
  L.Canvas.include({
    _updateMark(layer) {
      if (!this._drawing || layer._empty()) return;
      const context = this._ctx, at = layer._point, size = layer._radius;
      context.beginPath();
      if (layer.options.mark) {
        for (const [x, y] of layer.options.mark) context.lineTo(at.x + size * x, at.y + size * y);
      } else {
        context.arc(at.x, at.y, size, 0, 2 * Math.PI);
      }
      context.closePath();
      this._fillStroke(context, layer);
    },
  });

  const NAMES = ["paper", "ink", "quiet", "accent", "land", "sea", "river", "border", "limit", "band", "wet", "hazard",
    "pass", "warn", "fail", "unknown", "z0", "z1", "z2", "z3", "z4", "z5", "z6", "z7"];
  function mix() {
    const style = getComputedStyle(document.documentElement);
    palette = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  }
  const zone = (index) => (index === null ? palette.quiet : palette[`z${index % 8}`]);
  const DASH = {pass: null, warn: "14 7", unknown: "2 8", fail: null};

  const WET = ["flood", "river", "coast"];
  const LOOK = {
    landmark: (one) => {
      const color = palette[WET.includes(one.risk_kind) ? "wet" : "hazard"];
      return one.ring ? {color, weight: 1.5, dashArray: "3 6", fill: false, interactive: false}
        : one.points.length === 1 ? {radius: 7, mark: MARKS[6], color: palette.paper, weight: 1.5, fillColor: color, fillOpacity: 1}
          : {color, weight: one.risk_kind === "flood" ? 1 : 3, fillColor: color, fillOpacity: 0.28, dashArray: one.risk_kind === "runway" ? "12 6" : null};
    },
    site: (one) => ({
      radius: one.crowd ? 4.5 : 7.5, mark: MARKS[one.zone === null ? 0 : one.zone % 8],
      color: one.zone === null ? palette.ink : palette.paper, weight: one.crowd ? 0.8 : 1.6,
      fillColor: one.zone === null ? palette.paper : zone(one.zone), fillOpacity: 1}),
    disc: (one) => ({color: zone(one.zone), weight: 1, opacity: 0.7, fillOpacity: 0.13, dashArray: one.crowd ? null : "3 3", interactive: false}),
    separation: (one) => ({
      color: palette[one.outcome || "quiet"], weight: one.outcome === "fail" ? 4.5 : 3,
      dashArray: DASH[one.outcome], opacity: 0.95}),
    "shared-risk": (one) => ({
      color: palette[one.outcome], weight: 2, fillColor: palette[one.outcome], fillOpacity: 0.1,
      dashArray: one.grade === "C" ? "7 6" : null}),
    station: (one) => ({
      radius: one.outcome ? 9 : 6.5, mark: BOLT, color: palette.paper, weight: 1.2,
      fillColor: palette[one.outcome || "quiet"], fillOpacity: 1}),
    circuit: (one) => ({color: palette[one.outcome || "quiet"], weight: 2, dashArray: "9 4 2 4", opacity: 0.9}),
    "dr-limit": () => ({color: palette.limit, weight: 2, dashArray: "12 8", fill: false, interactive: false}),
    "dr-region": (one) => ({
      radius: 7, mark: BY_OUTCOME[one.outcome], color: palette.paper, weight: 1.5,
      fillColor: palette[one.outcome], fillOpacity: 1}),
    retired: () => ({radius: 6.5, mark: CROSS, color: palette.paper, weight: 1.2, fillColor: palette.quiet, fillOpacity: 1}),
    region: (one) => ({
      radius: 5, mark: BY_OUTCOME[one.outcome], color: palette.paper, weight: 1,
      fillColor: palette[one.outcome], fillOpacity: 0.9}),
    band: (one) => ({color: palette.band, weight: 1.5, dashArray: one.inner ? "2 5" : "8 5", fill: false, interactive: false}),
    land: () => ({stroke: false, fillColor: palette.land, fillOpacity: 1, interactive: false}),
    water: () => ({stroke: false, fillColor: palette.sea, fillOpacity: 1, interactive: false}),
    rivers: () => ({color: palette.river, weight: 1.3, interactive: false}),
    borders: () => ({color: palette.border, weight: 1, dashArray: "5 3", interactive: false}),
  };

  function paint(layer, look, one) {
    Object.assign(layer.options, LOOK[look](one));
    painted.push([layer, look, one]);
    return layer;
  }

  function repaint() {
    mix();
    for (const [layer, look, one] of painted) layer.setStyle(LOOK[look](one));
  }

  /* ---- ground ----------------------------------------------------------------------- */

  function decode(text, scale) {
    const line = [];
    let lat = 0, lon = 0, index = 0;
    const next = () => {
      let value = 0, shift = 0, byte;
      do {
        byte = text.charCodeAt(index++) - 63;
        value |= (byte & 31) << shift;
        shift += 5;
      } while (byte >= 32);
      return value & 1 ? ~(value >> 1) : value >> 1;
    };
    while (index < text.length) {
      lat += next();
      lon += next();
      line.push([lat / scale, lon / scale]);
    }
    return line;
  }

  function lay(given) {
    map = given;
    mix();
    map.attributionControl.setPrefix('<a href="https://leafletjs.com" rel="noopener noreferrer">Leaflet</a>');
    for (const words of page.attribution) map.attributionControl.addAttribution(plain(words));
    map.createPane("ground").style.zIndex = 150;
    map.getPane("ground").style.pointerEvents = "none";
    ground = L.canvas({pane: "ground", padding: 0.4});
    for (const sheet of read("ground")) {
      for (const turn of page.turns) spread(sheet, turn);
    }
    const legend = document.getElementById("legend");
    if (legend && map.getSize().x < 620) legend.open = false;
    home(false);
    map.on("zoomend", lines);
    lines();
    const north_arrow = L.control({position: "topright"});
    north_arrow.onAdd = () => {
      const arrow = make("div", "north", "N");
      arrow.title = "North is up";
      return arrow;
    };
    north_arrow.addTo(map);
    L.control.zoom({position: "topright"}).addTo(map);
    const all = L.control({position: "topright"});
    all.onAdd = () => {
      const button = make("button", "whole", "Show all");
      button.type = "button";
      button.addEventListener("click", whole);
      const bar = make("div", "leaflet-bar", button);
      L.DomEvent.disableClickPropagation(bar);
      return bar;
    };
    all.addTo(map);
    L.control.scale({imperial: false, maxWidth: 140, position: "bottomright"}).addTo(map);
    halo = L.featureGroup().addTo(map);
  }

  /* Lays a sheet over the coarser one below it. */
  function spread([box, decimals, land, water, islands, rivers, borders], turn) {
    const options = {renderer: ground, pane: "ground"};
    const lay = (look, made) => paint(made, look, {}).addTo(map);
    const [south, west, north, east] = box;
    lay("water", L.rectangle([[south, west + turn], [north, east + turn]], options));
    for (const [look, lines] of [["land", land], ["water", water], ["land", islands], ["rivers", rivers], ["borders", borders]]) {
      for (const text of lines) {
        const line = decode(text, 10 ** decimals);
        const moved = turn ? line.map(([lat, lon]) => [lat, lon + turn]) : line;
        const area = look === "land" || look === "water";
        const made = lay(look, area ? L.polygon(moved, options) : L.polyline(moved, options));
        if (!area) lines_.push(made);
      }
    }
  }

  /* How much of the map's left the open legend takes. */
  function covered() {
    const legend = document.getElementById("legend");
    return legend && legend.open && map.getSize().x > 760 ? legend.offsetWidth + 12 : 0;
  }

  /* Fits a view into the part of the map that the legend and the credits leave free. */
  function fit([south, west, north, east], animate, padding, most) {
    const left = covered();
    const narrow = map.getSize().x < 620 ? 24 : 0;
    const credits = Math.min(map.attributionControl.getContainer().offsetHeight, map.getSize().y / 5);
    map.fitBounds([[south, west], [north, east]], {
      animate, maxZoom: most, paddingTopLeft: [padding + left, padding + narrow],
      paddingBottomRight: [padding + narrow, padding + Math.max(narrow, credits)]});
  }

  function home(animate) {
    fit(page.view, animate, 34, 16);
  }

  /* Close up, the ground's lines would say more than their error of a kilometre allows. */
  function lines() {
    const close = map.getZoom() > 13.5;
    if (close === lines.hidden) return;
    lines.hidden = close;
    for (const line of lines_) {
      if (close) line.remove(); else line.addTo(map);
    }
  }
  lines.hidden = false;

  function plain(words) {
    const holder = document.createElement("span");
    holder.textContent = words;
    return holder.innerHTML;
  }

  /* ---- features --------------------------------------------------------------------- */

  function layer(group, key) {
    layers[key] = group;
    const box = document.querySelector(`[data-layer="${key}"]`);
    if (box) {
            box.addEventListener("change", () => {
        if (box.checked) map.addLayer(group); else map.removeLayer(group);
        for (const top of ["sites", "regions"]) {
          if (layers[top] && map.hasLayer(layers[top])) layers[top].bringToFront();
        }
        write();
      });
    }
  }

  /* A column of few different values has them listed, its rows their numbers; a column of
     one value has nothing in the rows. */
  function rows(id) {
    const {kind, prefix, columns, rows: listed} = read(id);
    return listed.map(([key, name, points, ...values]) => {
      const rings = typeof points[0] === "string" ? points.map((text) => decode(text, 1e5)) : [[points]];
      const one = {kind, id: prefix + key, name, rings, points: rings[0], at: rings[0][0], crowd: listed.length > 300};
      let next = 0;
      for (const [word, few] of columns) {
        if (few && few.length === 1) one[word] = few[0];
        else one[word] = few ? few[values[next++]] : values[next++];
      }
      return one;
    });
  }

  const SHAPES = {
    point: (one) => new Mark(one.at),
    line: (one) => L.polyline(one.points),
    area: (one) => L.polygon(one.rings, {smoothFactor: 0.3}),
    any: (one) => SHAPES[one.points.length === 1 ? "point" : one.points[0].join() === one.points.at(-1).join() ? "area" : "line"](one),
  };

  /* Marks on one and the same point stand side by side, each within reach. */
  const crowded = new Map();
  function shift(one) {
    if (!page.single) return;
    const where = one.at.join();
    const before = crowded.get(where) || 0;
    crowded.set(where, before + 1);
    one.shift = before && before < 7 ? [19 * Math.ceil(before / 2) * (before % 2 ? 1 : -1), 0] : null;
  }

  function draw(group, key, shape) {
    const drawn = rows(key);
    if (shape === "point" && key !== "regions") drawn.forEach(shift);
    for (const one of drawn) {
      const made = paint(SHAPES[shape](one), one.kind, one);
      made.one = one;
      group.addLayer(made);
      const name = `${one.kind}:${one.id}`;
      if (!features.has(name)) features.set(name, []);
      features.get(name).push(made);
      label(one, key);
    }
    const popup = L.popup({maxWidth: Math.min(340, map.getSize().x - 70), autoPanPaddingTopLeft: [covered() + 20, 20], autoPanPaddingBottomRight: [20, 20]});
    popup.setContent((from) => describe(from.one));
    group.bindTooltip((from) => make("span", "", from.one.name), {sticky: true});
    group.bindPopup(popup);
    group.on("popupopen", () => group.closeTooltip());
    if (key === "sites") listSites();
  }

  function discs(group) {
    for (const one of rows("sites")) {
      if (one.radius) group.addLayer(paint(L.circle(one.at, {radius: one.radius}), "disc", one));
    }
  }

  function middle(points) {
    if (points.length % 2) return points[(points.length - 1) / 2];
    const [a, b] = [points[points.length / 2 - 1], points[points.length / 2]];
    return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  }

  function label(one, key) {
    const say = {
      site: () => [one.name, 1], retired: () => [`${one.name}, ${one.fate} ${one.until}`, 4],
      "dr-region": () => [`${one.name} ${km(one.distance_m_best)}`, 3],
      separation: () => [`${km(one.distance_m_best)} \u00b7 ${km(one.fibre_m_best)} fibre \u00b7 ${ms(one.rtt_ms_best)}`, 2],
      "shared-risk": () => [one.risk_kind, 5],
      station: () => [one.name, one.outcome ? 3 : 6],
      circuit: () => [`circuits${one.via && ` by ${one.via}`}, not their route`, 5],
      landmark: () => (one.risk_kind === "flood" ? null : [one.name, 4]), "dr-limit": () => [one.name, 6],
    }[one.kind];
    const said = say && say();
    if (!said || labels.length >= 2000) return;
    const [words, rank] = said;
    const at = one.kind === "dr-limit" || one.kind === "shared-risk" || one.ring
      ? one.points.reduce((top, point) => (point[0] > top[0] ? point : top))
      : middle(one.points);
    labels.push({words, rank, at, key, kind: one.kind, outcome: one.outcome, shift: one.shift});
  }

  /* Writes the labels that fit, most telling first; the others show as one zooms in. */
  function write() {
    const pane = map.getPane("labels");
    pane.textContent = "";
    const size = map.getSize(), taken = [], marks = [];
    if (page.single) {
      for (const one of labels) {
        if (!["site", "station"].includes(one.kind) || !map.hasLayer(layers[one.key])) continue;
        const at = map.latLngToContainerPoint(one.at).add(one.shift || [0, 0]);
        marks.push([at.x - 7, at.y - 8, at.x + 7, at.y + 8]);
      }
    }
    const free = (box, from) => from.every((other) => box[2] < other[0] || box[0] > other[2] || box[3] < other[1] || box[1] > other[3]);
    let written = 0;
    for (const one of labels) {
      if (!map.hasLayer(layers[one.key]) || written >= 120) continue;
      const at = map.latLngToContainerPoint(one.at).add(one.shift || [0, 0]);
      if (at.x < 0 || at.y < 0 || at.x > size.x || at.y > size.y) continue;
      const wide = one.words.length * 6.7 + 10, high = 18;
      const beside = ["separation", "circuit", "dr-limit", "shared-risk", "band"].includes(one.kind)
        ? [[-wide / 2, -high / 2], [-wide / 2, -high - 4], [-wide / 2, 6]]
        : [[11, -high / 2], [-wide - 11, -high / 2], [-wide / 2, -high - 10], [-wide / 2, 11]];
      for (const [x, y] of beside) {
        const box = [at.x + x, at.y + y, at.x + x + wide, at.y + y + high];
        if (box[0] < 2 || box[2] > size.x - 2 || !free(box, taken)) continue;
        /* What only adds to the picture hides no mark. */
        if (["station", "circuit"].includes(one.kind) && !free(box, marks)) continue;
        const element = make("span", `label ${one.kind} ${one.outcome || ""}`, one.words);
        L.DomUtil.setPosition(element, map.containerPointToLayerPoint([box[0], box[1]]).round());
        element.style.width = `${Math.ceil(wide)}px`;
        pane.append(element);
        taken.push(box);
        written += 1;
        break;
      }
    }
  }

  function band(group) {
    bandGroup = group;
  }

  function startBand(group) {
    const chooser = document.getElementById("band-of");
    const around = page.band.sites.map((id) => features.get(`site:${id}`)[0].one);
    around.forEach((one, index) => chooser.append(new Option(one.name, String(index))));
    const ring = () => {
      group.clearLayers();
      const one = around[Number(chooser.value)];
      const rest = labels.filter((each) => each.kind !== "band");
      labels.splice(0, labels.length, ...rest);
      for (const [kilometres, inner] of [[page.band.low_km, true], [page.band.high_km, false]]) {
        if (!kilometres) continue;
        const radius = (kilometres * 1000) / page.band.circuity;
        group.addLayer(paint(L.circle(one.at, {radius}), "band", {inner}));
        for (const side of [radius, -radius]) {
          labels.push({words: `${kilometres} km of fibre`, rank: 7, at: [one.at[0] + side / 111195, one.at[1]], key: "band", kind: "band"});
        }
      }
      write();
    };
    chooser.addEventListener("change", ring);
    ring();
  }

  /* ---- choosing --------------------------------------------------------------------- */

  function tell(words) {
    document.getElementById("status").textContent = words;
  }

  function light(names) {
    halo.clearLayers();
    for (const name of names) {
      for (const made of features.get(name) || []) {
        const look = {color: palette.accent, interactive: false};
        halo.addLayer(made.getLatLng
          ? L.circleMarker(made.getLatLng(), {...look, radius: 14, weight: 3.5, fill: false})
          : L.polyline(made.getLatLngs(), {...look, weight: made.one.kind === "circuit" ? 6 : 11, opacity: 0.4}));
      }
    }
  }

  /* On a phone the map lies above the lists. */
  function bring() {
    const box = map.getContainer().parentElement;
    if (box.getBoundingClientRect().bottom < 200) box.scrollIntoView({block: "nearest"});
  }

  function press(button) {
    for (const other of document.querySelectorAll(".pick[aria-pressed=true]")) other.setAttribute("aria-pressed", "false");
    if (button) button.setAttribute("aria-pressed", "true");
  }

  function show(index, button) {
    press(button);
    light(page.shows[index].features);
    map.closePopup();
    bring();
    fit(page.shows[index].bounds, !still.matches, 56, 16);
    tell(`The map shows ${page.shows[index].words}.`);
  }

  function whole() {
    press(null);
    halo.clearLayers();
    map.closePopup();
    home(!still.matches);
    tell("The map shows all sites.");
  }

  function listSites() {
    const list = document.getElementById("site-list"), search = document.getElementById("find-site");
    if (!list || !layers.sites) return;
    const most = 100;
    const fill = () => {
      const wanted = search.value.trim().toLowerCase();
      const found = layers.sites.getLayers().filter(({one}) => !wanted || `${one.name} ${one.id} ${one.zones}`.toLowerCase().includes(wanted));
      list.textContent = "";
      for (const made of found.slice(0, most)) {
        const button = make("button", "pick", made.one.name);
        button.type = "button";
        button.setAttribute("aria-pressed", "false");
        button.addEventListener("click", () => {
          press(button);
          light([`site:${made.one.id}`]);
          const near = L.latLng(made.one.at).toBounds(Math.max(600, 5 * made.one.radius));
          bring();
          fit([near.getSouth(), near.getWest(), near.getNorth(), near.getEast()], false, 20, 16);
          made.fire("click", {latlng: made.getLatLng()}, true);
          enter(button, made.one.name);
          tell(`The map shows ${made.one.name}.`);
        });
        list.append(make("li", "", button, " ", make("span", "quiet", `${made.one.zones || "candidate"}, within ${km(made.one.radius)}`)));
      }
      document.getElementById("site-more").textContent = found.length > most
        ? `${found.length - most} more; search to narrow the list.` : found.length ? "" : "No site goes by that name.";
    };
    search.addEventListener("input", fill);
    fill();
  }

  /* Whoever opened a popup from a list reads on in it, and comes back by Escape. */
  let origin = null;
  function enter(button, name) {
    const box = map.getPane("popupPane").querySelector(".leaflet-popup");
    if (!box) return;
    box.tabIndex = -1;
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", name);
    box.focus({preventScroll: true});
    origin = button;
  }

  function leave(event) {
    if (event.key !== "Escape") return;
    map.closePopup();
    if (origin) origin.focus();
    origin = null;
  }

  function only(keep) {
    if (!layers.regions) return;
    for (const made of features.values()) {
      for (const each of made) {
        if (keep.has(each.one.id)) layers.regions.addLayer(each); else layers.regions.removeLayer(each);
      }
    }
  }

  function start() {
    for (const button of document.querySelectorAll(".pick[data-show]")) {
      button.addEventListener("click", () => show(Number(button.dataset.show), button));
    }
    for (const button of document.querySelectorAll(".filter[data-filter]")) {
      button.addEventListener("click", () => {
        const on = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(on));
        for (const row of document.querySelectorAll(`.finding[data-outcome="${button.dataset.filter}"]`)) row.hidden = !on;
      });
    }
    for (const mark of document.querySelectorAll(".zone-mark")) sketch(mark);
    document.addEventListener("keydown", leave);
    for (const [key, group] of Object.entries(layers)) {
      const box = document.querySelector(`[data-layer="${key}"]`);
      if (box) box.checked = map.hasLayer(group);
    }
    if (layers.tiles) watchTiles();
    labels.sort((a, b) => a.rank - b.rank);
    map.createPane("labels").classList.add("leaflet-zoom-hide");
    if (bandGroup) startBand(bandGroup);
    map.on("moveend zoomend resize", write);
    write();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    let seen = map.getBounds();
    addEventListener("beforeprint", () => { seen = map.getBounds(); });
    matchMedia("print").addEventListener("change", () => {
      repaint();
      map.invalidateSize({animate: false});
      map.fitBounds(seen, {animate: false});
      write();
    });
  }

  function sketch(holder) {
    const index = Number(holder.dataset.zone), shape = MARKS[index % 8];
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    const form = document.createElementNS(space, shape ? "polygon" : "circle");
    svg.setAttribute("viewBox", "-10 -10 20 20");
    if (shape) form.setAttribute("points", shape.map(([x, y]) => `${7 * x},${7 * y}`).join(" "));
    else form.setAttribute("r", "7");
    form.setAttribute("class", `z${index % 8}`);
    svg.append(form);
    holder.append(svg);
  }

  function watchTiles() {
    layers.tiles.on("add", () => {
      tell(page.strict && location.protocol === "file:"
        ? "These servers may refuse a page that was opened from a file." : "The online map is on.");
    });
    layers.tiles.on("tileerror", () => tell("The online map does not answer; the ground in this page stays."));
  }

  return {lay, layer, draw, discs, band, start, only, show, whole, get map() { return map; }, layers, features};
})();
