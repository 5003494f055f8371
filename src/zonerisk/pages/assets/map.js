/* Draws what the page's data islands hold on the map that folium composed. Text of the
   records only ever becomes text nodes; addresses become links only if they are http(s). */
const zonerisk = (() => {
  "use strict";

  const {read, make, km, brief, ms, describe, unpack} = told;
  const page = read("page");
  const layers = {};
  const features = new Map();
  const painted = [];
  const labels = [];
  const marks = [];
  const towns = [];
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let wide = false, map, halo, ground, palette, farDiscs;

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
  const PLUS = [[-0.2, -1.3], [0.2, -1.3], [0.2, -0.2], [1.3, -0.2], [1.3, 0.2], [0.2, 0.2],
    [0.2, 1.3], [-0.2, 1.3], [-0.2, 0.2], [-1.3, 0.2], [-1.3, -0.2], [-0.2, -0.2]];
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

  const NAMES = ["paper", "ink", "quiet", "accent", "land", "sea", "urban", "river", "rail", "border", "limit", "wet", "hazard",
    "pass", "warn", "fail", "unknown", "z0", "z1", "z2", "z3", "z4", "z5", "z6", "z7"];
  function mix() {
    const style = getComputedStyle(document.documentElement);
    palette = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  }
  const zone = (index) => (index === null ? palette.quiet : palette[`z${index % 8}`]);
  const DASH = {pass: null, warn: "14 7", unknown: "2 8", fail: null};
  const WEIGHT = {fail: 5, pass: 2};

  /* What may be off by more pixels than this is drawn no sharper than it is known. */
  const BLUNT = 30;
  const pixels = (metres, zoom = map.getZoom(), {lat} = map.getCenter()) => metres * 2 ** (zoom + 8) / (40075017 * Math.cos(lat * Math.PI / 180));

  /* A river is drawn as wide as its place is in doubt. */
  function doubtful(weight) {
    const off = map._loaded ? pixels(page.blunt_m) : 0;
    return off > BLUNT ? {weight: Math.min(off, 300), opacity: 0.3} : {weight, opacity: 1};
  }

  const LOOK = {
    landmark: (one) => {
      const color = palette[page.wet.includes(one.risk_kind) ? "wet" : "hazard"];
      const off = pixels(one.layer_error_m);
      if (!one.ring && one.shape === "line" && off > BLUNT) return {color, weight: Math.min(2 * off, 4000), opacity: 0.13, dashArray: null};
      return one.ring ? {color, weight: 1.5, dashArray: "3 6", fill: false, interactive: false}
        : one.points.length === 1 ? {radius: 7, mark: MARKS[6], color: palette.paper, weight: 1.5, fillColor: color, fillOpacity: 1}
          : {color, weight: one.risk_kind === "flood" ? 1 : 3, opacity: 1, fillColor: color, fillOpacity: 0.28, dashArray: one.risk_kind === "runway" ? "12 6" : null};
    },
    site: (one) => {
      const metro = one.site_kind === "metro", look = {radius: one.crowd ? 4.5 : 7.5, weight: one.crowd ? 0.8 : 1.6, fillOpacity: 1};
      if (one.outcome) {
        const color = palette[one.outcome];
        return {...look, mark: BY_OUTCOME[one.outcome], color: metro ? color : palette.paper, fillColor: metro ? palette.paper : color};
      }
      if (metro) return {...look, mark: PLUS, weight: 1, color: palette.paper, fillColor: one.zone === null ? palette.ink : zone(one.zone)};
      return one.zone === null ? {...look, mark: null, color: palette.ink, fillColor: palette.paper}
        : {...look, mark: MARKS[one.zone % 8], color: palette.paper, fillColor: zone(one.zone)};
    },
    disc: (one) => ({color: zone(one.zone), weight: 1, opacity: 0.7, fillOpacity: one.site_kind === "metro" ? 0.03 : 0.13, dashArray: one.crowd ? null : "3 3", interactive: false}),
    separation: (one) => ({
      color: palette[one.outcome || "quiet"], weight: WEIGHT[one.outcome] || 3,
      dashArray: DASH[one.outcome], opacity: 0.95}),
    spread: () => ({color: palette.quiet, weight: 2, dashArray: "2 7", fillColor: palette.quiet, fillOpacity: 0.06}),
    "shared-risk": (one) => ({
      color: palette[one.outcome], weight: 2.5, fillColor: palette[one.outcome], fillOpacity: 0.1, dashArray: one.grade === "C" ? "7 6" : null}),
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
    land: () => ({stroke: false, fillColor: palette.land, fillOpacity: 1, interactive: false}),
    water: () => ({stroke: false, fillColor: palette.sea, fillOpacity: 1, interactive: false}),
    urban: () => ({stroke: false, fillColor: palette.urban, fillOpacity: 1, interactive: false}),
    rails: () => ({color: palette.rail, weight: 1, dashArray: "7 2 1 2", interactive: false}),
    rivers: () => ({color: palette.river, interactive: false, ...doubtful(1.3)}),
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
    map.options.renderer = L.canvas({tolerance: 4});
    mix();
    map.attributionControl.setPrefix('<a href="https://leafletjs.com" rel="noopener noreferrer">Leaflet</a>');
    for (const words of page.attribution) map.attributionControl.addAttribution(plain(words));
    map.createPane("ground").style.zIndex = 150;
    map.getPane("ground").style.pointerEvents = "none";
    ground = L.canvas({pane: "ground", padding: 0.4});
    for (const sheet of [...(read("ground") || []), ...(window.sheets || [])]) {
      for (const turn of page.turns) spread(sheet, turn);
    }
    const legend = document.getElementById("legend");
    if (legend && map.getSize().x < 620) legend.open = false;
    map.setMinZoom(Math.max(0, Math.floor(4 * Math.log2(map.getSize().x / 256)) / 4));
    home(false);
    map.on("zoomend", blunt);
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
    home(false);
    const lift = () => map.getContainer().parentElement.style.setProperty("--credits", `${map.attributionControl.getContainer().offsetHeight}px`);
    map.on("resize", lift);
    lift();
  }

  /* Lays a sheet over the coarser one below it. */
  function spread([box, decimals, [land, urban, water, islands, rivers, rails, borders], places], turn) {
    const options = {renderer: ground, pane: "ground"};
    const lay = (look, made) => paint(made, look, {}).addTo(map);
    const [south, west, north, east] = box;
    lay("water", L.rectangle([[south, west + turn], [north, east + turn]], options));
    for (const [look, lines] of [["land", land], ["urban", urban], ["water", water], ["land", islands], ["rivers", rivers], ["rails", rails], ["borders", borders]]) {
      for (const text of lines) {
        const line = decode(text, 10 ** decimals);
        const moved = turn ? line.map(([lat, lon]) => [lat, lon + turn]) : line;
        const area = look === "land" || look === "water" || look === "urban";
        lay(look, area ? L.polygon(moved, options) : L.polyline(moved, options));
      }
    }
    for (const [words, lat, lon, rank] of places) {
      const at = [lat, lon + turn];
      if (!towns.some((town) => town.words[0] === words && Math.abs(town.at[0] - lat) + Math.abs(town.at[1] - at[1]) < 0.1)) towns.push({words: [words], at, size: rank, kind: "town"});
    }
  }

  /* How much of the map's left the open legend takes. */
  function covered() {
    const legend = document.getElementById("legend");
    return legend && legend.open && document.getElementById("layers") && map.getSize().x > 760 ? legend.offsetWidth + 12 : 0;
  }

  /* Fits a view into the part of the map that the legend and the controls leave free. */
  function fit([south, west, north, east], animate, padding, most) {
    const size = map.getSize(), narrow = size.x < 620 ? 24 : 0;
    const corner = (name) => map.getContainer().querySelector(`.leaflet-${name}.leaflet-right`);
    /* The world takes all the room there is. */
    const [right, low] = east - west > 180 ? [0, 0] : [Math.min(corner("top").offsetWidth, size.x / 4), Math.min(corner("bottom").offsetHeight, size.y / 4)];
    if (east - west > 180) padding = 8;
    const box = L.latLngBounds([[south, west], [north, east]]);
    /* The note that the ground is schematic stands at the top of close views. */
    const zoom = Math.min(most ?? Infinity, map.getBoundsZoom(box));
    const note = document.getElementById("schematic") && pixels(page.blunt_m, zoom, box.getCenter()) > BLUNT ? narrow ? 80 : 40 : 0;
    map.fitBounds(box, {
      animate, maxZoom: most, paddingTopLeft: [padding + covered(), padding + narrow + note],
      paddingBottomRight: [padding + right, padding + Math.max(narrow, low)]});
  }

  /* A page opens on what decides its headline; all of it is one click away. */
  function home(animate, box = page.view) {
    fit(box, animate, 34, 16);
  }

  /* So close up that the ground may be off by many pixels, the page says so and offers the online map. */
  function blunt() {
    const close = pixels(page.blunt_m) > BLUNT, note = document.getElementById("schematic");
    map.getContainer().classList.toggle("schematic", close);
    if (note) note.hidden = !close || (layers.tiles && map.hasLayer(layers.tiles));
    for (const [layer, look, one] of painted) {
      if (look === "landmark" || (look === "rivers" && (close || wide))) layer.setStyle(LOOK[look](one));
    }
    wide = close;
  }

  function plain(words) {
    const holder = document.createElement("span");
    holder.textContent = words;
    return holder.innerHTML;
  }

  /* ---- features --------------------------------------------------------------------- */

  function layer(group, key, name, shape) {
    layers[key] = group;
    const list = document.getElementById("layers");
    if (list && name) {
      const box = make("input");
      box.type = "checkbox";
      box.dataset.layer = key;
      list.append(make("label", "", box, make("i", `swatch ${key}`), make("span", "", name)));
    }
    const box = document.querySelector(`[data-layer="${key}"]`);
    if (box) {
      box.addEventListener("change", () => {
        if (box.checked) map.addLayer(group); else map.removeLayer(group);
        for (const each of [...Object.values(layers), halo]) {
          if (map.hasLayer(each)) each.bringToFront();
        }
        write();
      });
    }
    if (shape) draw(group, key, shape); else if (name) discs(group);
  }

  function rows(id) {
    const {kind, prefix, digits, at, columns, rows: listed} = read(id);
    const dots = at && decode(at, 10 ** digits);
    return listed.map((row, index) => {
      /* Several pages share where other regions recover: a row has its number. */
      const peer = typeof row[0] === "number" ? sharedData.peers[row[0]] : null;
      const [key, name, ...rest] = peer ? [peer[0].slice(prefix.length), peer[1], ...row.slice(1)] : row;
      const rings = peer ? [[peer[2]]] : dots ? [[dots[index]]] : rest.shift().map((text) => decode(text, 10 ** digits));
      const one = {kind, id: prefix + key, name, ...(peer && {radius: peer[3], site: peer[4]}), rings, points: rings[0], at: rings[0][0], crowd: listed.length > 300};
      const told = unpack(columns.map(([, few]) => few), rest);
      columns.forEach(([word], column) => { one[word] = told[column]; });
      return one;
    });
  }

  const SHAPES = {
    point: (one) => new Mark(one.at),
    line: (one) => L.polyline(one.points),
    area: (one) => L.polygon(one.rings, {smoothFactor: 0.3}),
    any: (one) => {
      one.shape = one.points.length === 1 ? "point" : one.points[0].join() === one.points.at(-1).join() ? "area" : "line";
      return SHAPES[one.shape](one);
    },
  };

  /* Marks on one and the same point stand in rings around it, each within reach, and say so. */
  const crowded = new Map();
  function shift(one) {
    if (!page.single) return;
    const where = one.at.join();
    if (!crowded.has(where)) crowded.set(where, []);
    one.here = crowded.get(where);
    const before = one.here.push(one.name) - 1, ring = Math.ceil((Math.sqrt(9 + 12 * before) - 3) / 6);
    const angle = (before - 3 * ring * (ring - 1)) / (6 * ring) * 2 * Math.PI;
    one.shift = before ? [19 * ring * Math.cos(angle), 19 * ring * Math.sin(angle)] : null;
  }

  const shifted = (one) => map.latLngToContainerPoint(one.at).add(one.shift || [0, 0]);

  function draw(group, key, shape) {
    const drawn = rows(key);
    if (shape === "point") drawn.forEach(shift);
    /* Of undisclosed sites whose names begin alike the first says so, and the others what follows. */
    const open = page.single && key === "sites" ? drawn.filter((one) => one.zone === null && one.site_kind !== "metro") : [];
    const stem = open.length > 1 ? open.map(({name}) => name).reduce((a, b) => { let at = 0; while (at < a.length && a[at] === b[at]) at += 1; return a.slice(0, at); }).replace(/[^\s-]*$/, "") : "";
    for (const one of open.slice(1)) one.rest = one.name.slice(stem.length);
    /* No site whose zone is not disclosed hides one whose zone is. */
    for (const one of drawn.sort((a, b) => (a.zone != null) - (b.zone != null))) {
      const made = paint(SHAPES[shape](one), one.kind, one);
      if (one.points.length === 1) marks.push({one, key});
      made.one = one;
      group.addLayer(made);
      const name = `${one.kind}:${one.id}`;
      if (!features.has(name)) features.set(name, []);
      features.get(name).push(made);
      label(one, key);
    }
    const popup = L.popup({maxWidth: Math.min(340, map.getSize().x - 70), autoPanPaddingTopLeft: [covered() + 20, 44], autoPanPaddingBottomRight: [20, 20]});
    /* Where marks of many regions lie on one point, each tells of all. */
    const here = ({one}) => (page.single || one.points.length > 1 ? [one]
      : [one, ...group.getLayers().map((made) => made.one).filter((other) => other !== one && other.at.join() === one.at.join())]);
    popup.setContent((from) => make("div", "", ...here(from).map(describe)));
    group.bindTooltip((from) => make("span", "", from.one.name, here(from).length > 1 ? ` and ${here(from).length - 1} more here` : ""), {sticky: true});
    group.bindPopup(popup);
    group.on("popupopen", () => group.closeTooltip());
  }

  function discs(group) {
    const [ours, theirs] = ["sites", "recovery"].map((key) => (read(key) ? rows(key) : []).filter(({radius}) => radius)
      .map((one) => paint(L.circle(one.at, {radius: one.radius}), "disc", one)));
    for (const disc of ours) group.addLayer(disc);
    farDiscs = L.featureGroup(theirs);
  }

  function middle(points) {
    if (points.length % 2) return points[(points.length - 1) / 2];
    const [a, b] = [points[points.length / 2 - 1], points[points.length / 2]];
    return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  }

  function label(one, key) {
    const bare = (one.rest || one.name).replace(/ \([^()]*\)$/, ""), outcome = one.outcome ? `: ${one.outcome}` : "";
    const zoned = page.zoned && one.zones && !one.name.includes(one.zones);
    /* What it says, its rank, and what it says where there is less room. */
    const say = {
      site: () => [zoned ? `${one.zones}: ${one.name}` : one.rest || one.name, 1, zoned ? one.zones : bare], retired: () => [`${one.name}, ${one.fate} ${one.until}`, 4, bare],
      "dr-region": () => [`${one.name} ${brief(one, "distance_m", km)}`, 3, bare],
      separation: () => [`${brief(one, "distance_m", km)} \u00b7 fibre ${brief(one, "fibre_m", km)}${outcome}`, 2, `${brief(one, "distance_m", km)}${outcome}`],
      "shared-risk": () => [one.name, 5], spread: () => [one.name, 2],
      station: () => [one.name, one.outcome ? 3 : 6],
      circuit: () => [`circuits${one.via && ` by ${one.via}`}, not their route`, 5],
      landmark: () => (one.risk_kind === "flood" ? null : [one.name, 4]), "dr-limit": () => [one.name, 6],
    }[one.kind];
    const said = say && say();
    if (!said || labels.length >= 2000) return;
    const [usual, later, less] = said, first = page.first.includes(`${one.kind}:${one.id}`);
    /* What decides the headline says whom it hits. */
    const whom = one.kind === "shared-risk" ? one.members.length < 40 && usual.replace("share:", `${one.members} share`) : page.cause && `${page.cause}: ${usual}`;
    const words = [first && map.getSize().x > 620 && whom, usual, (first || one.kind !== "separation") && less].filter(Boolean);
    const [top, foot] = ["dr-limit", "shared-risk", "spread"].includes(one.kind) || one.ring
      ? [1, -1].map((way) => one.points.reduce((best, point) => (way * point[0] > way * best[0] ? point : best)))
      : [middle(one.points)];
    labels.push({words, rank: first ? 0 : later, at: top, foot, key, one, kind: one.kind, outcome: one.outcome, shift: one.shift});
  }

  /* Towns that are in view as far out as this, the greatest first; from a view that holds none, the ways there. */
  function townsAround(size) {
    const zoom = map.getZoom(), centre = map.getCenter();
    const seen = towns.filter(({at, size: rank}) => rank <= zoom && map.getBounds().contains(at)).sort((a, b) => a.size - b.size);
    if (seen.length || !page.single) return seen;
    /* A copy of the world across the date line has its towns in the wrong direction. */
    /* From the site next to it, as the card says; without one in view, from the middle. */
    const sites = marks.filter(({one, key}) => key === "sites" && one.site_kind !== "metro" && map.getBounds().contains(one.at)).map(({one}) => one.at);
    const near = towns.filter(({at}) => Math.abs(at[1] - centre.lng) < 180)
      .map((town) => ({town, far: Math.min(...(sites.length ? sites : [centre]).map((at) => map.distance(at, town.at)))})).filter(({far}) => far < 60000);
    return near.sort((a, b) => a.far * (3 + a.town.size) - b.far * (3 + b.town.size)).slice(0, 3).map(({town, far}) => {
      const {x, y} = map.latLngToContainerPoint(town.at).subtract(size.divideBy(2));
      const arrow = "\u2192\u2198\u2193\u2199\u2190\u2196\u2191\u2197"[(Math.round(Math.atan2(y, x) / (Math.PI / 4)) + 8) % 8];
      const words = [`${town.words} ${km(far)} ${arrow}`];
      const side = measured(words[0]) / 2 + 12, left = x < 0 ? covered() : 0;
      const shrink = Math.max(Math.abs(x) / (size.x / 2 - left - side - 4), Math.abs(y) / (size.y / 2 - 40));
      return {...town, words, edge: L.point(size.x / 2 + x / shrink, size.y / 2 + y / shrink)};
    });
  }

  /* Sites too near to each other for a label each share one. */
  function pile(size) {
    const piles = [];
    for (const one of marks.length > 400 ? [] : labels) {
      const at = one.kind === "site" && map.hasLayer(layers[one.key]) && shifted(one);
      if (!at || at.x < 0 || at.y < 0 || at.x > size.x || at.y > size.y) continue;
      const found = piles.find((other) => other.at.distanceTo(at) < 24);
      if (found) found.all.push(one); else piles.push({at, all: [one]});
    }
    return new Map(piles.flatMap(({all}) => {
      const names = [0, -1].map((at) => Array.from(new Set(all.map(({words}) => words.at(at)))));
      const words = all.length > 1 ? [...names.map((told) => told.join(", ")), ...names.map(([first]) => `${first} and ${all.length - 1} more`)] : all[0].words;
      return all.map((one) => [one, {words, all}]);
    }));
  }

  /* How wide a label is, in the letters that this browser writes it with. */
  const letters = make("canvas").getContext("2d"), widths = new Map();
  function measured(words) {
    if (!widths.has(words)) {
      letters.font = `600 11.5px ${getComputedStyle(map.getContainer()).fontFamily}`;
      widths.set(words, letters.measureText(words).width + 0.25 * words.length);
    }
    return widths.get(words);
  }

  /* Writes the labels that fit, most telling first; the others show as one zooms in. */
  function write() {
    const pane = map.getPane("labels");
    pane.textContent = "";
    const size = map.getSize(), box = map.getContainer(), frame = box.getBoundingClientRect();
    const around = ({x, y}, wide) => [x - wide, y - wide, x + wide, y + wide];
    const taken = Array.from(box.parentElement.querySelectorAll(".leaflet-control, .legend, .pin, .schematic-note:not([hidden])"), (one) => {
      const {left, top, right, bottom} = one.getBoundingClientRect();
      return [left - frame.left, top - frame.top, right - frame.left, bottom - frame.top];
    });
    const seen = marks.length > 400 ? [] : marks.filter(({key}) => map.hasLayer(layers[key])).map(({one}) => [one, shifted(one)]);
    const named = new Set(), piles = pile(size);
    const names = townsAround(size), head = labels.findIndex(({rank}) => rank > 3);
    const cut = head < 0 ? labels.length : head;
    for (const one of [...labels.slice(0, cut), ...names.slice(0, 2), ...labels.slice(cut), ...names.slice(2)]) {
      const piled = piles.get(one), says = piled ? piled.words : one.words;
      if ((one.key && !map.hasLayer(layers[one.key])) || taken.length >= 140 || named.has(says[0]) || (piled && piled.all[0] !== one)) continue;
      const at = one.edge || shifted(one);
      if (at.x < 0 || at.y < 0 || at.x > size.x || at.y > size.y) continue;
      const high = 18, edge = piled ? L.bounds(piled.all.map(shifted)) : L.bounds([at]);
      const amid = ["town", "separation", "circuit", "dr-limit", "shared-risk", "spread"].includes(one.kind);
      const foot = one.foot && map.latLngToContainerPoint(one.foot).subtract(at);
      /* A label hides no mark, and stands nearer to its own than to any other. */
      const others = seen.filter(([other]) => !(piled ? piled.all.some((each) => each.one === other) : other === one.one)).map(([{kind}, point]) => around(point, amid ? 9 : kind === "station" && one.kind === "site" ? 7 : 14));
      const rooms = says.flatMap((words) => {
        const wide = measured(words) + (amid ? 10 : 2);
        const beside = one.kind === "town" ? [[-wide / 2, -high / 2], [-wide / 2, 5], [-wide / 2, -high - 5], [5, -high / 2], [-wide - 5, -high / 2]] : amid
          ? [[-wide / 2, -high / 2], [-wide / 2, -high - 10], [-wide / 2, 10], ...(foot ? [[foot.x - wide / 2, foot.y - high / 2], [foot.x - wide / 2, foot.y + 10]] : [])]
          : [[edge.max.x - at.x + 12, -high / 2], [edge.min.x - at.x - wide - 12, -high / 2], [-wide / 2, edge.min.y - at.y - high - 10], [-wide / 2, edge.max.y - at.y + 11],
            [edge.min.x - at.x - wide + 8, edge.max.y - at.y + 9], [edge.max.x - at.x - 8, edge.max.y - at.y + 9]];
        return beside.map(([x, y]) => {
          /* Beside an outline or a line a label may move to stay within the map. */
          const left = one.kind !== "town" && x === -wide / 2 ? Math.max(2, Math.min(at.x + x, size.x - wide - 2)) : at.x + x;
          return {words, x, y, wide, room: [left, at.y + y, left + wide, at.y + y + high]};
        });
      });
      for (const {words, x, y, wide, room} of rooms) {
        const free = (other) => room[2] < other[0] || room[0] > other[2] || room[3] < other[1] || room[1] > other[3];
        if (room[0] < 2 || room[2] > size.x - 2 || !taken.every(free) || !others.every(free)) continue;
        const element = make("span", `label ${one.kind} ${one.outcome || ""}`, words);
        L.DomUtil.setPosition(element, map.containerPointToLayerPoint([room[0], room[1]]).round());
        element.style.textAlign = amid || y !== -high / 2 ? "" : x > 0 ? "left" : "right";
        element.style.width = `${Math.ceil(wide)}px`;
        pane.append(element);
        taken.push(room);
        if (one.kind === "landmark" || one.kind === "separation") named.add(says[0]);
        break;
      }
    }
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
        const ring = made.getLatLng && new Mark(made.getLatLng(), {...look, radius: 14, weight: 3.5, fill: false});
        if (ring) ring.one = made.one;
        halo.addLayer(ring || new made.constructor(made.getLatLngs(), {...look, fill: false, weight: made.one.kind === "circuit" ? 6 : 11, opacity: 0.4}));
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

  /* What is told of is drawn, though its layer was off. */
  function reveal(names) {
    for (const made of names.flatMap((name) => features.get(name) || [])) {
      const [key, group] = Object.entries(layers).find(([, each]) => each.hasLayer && each.hasLayer(made)) || [];
      if (!key || map.hasLayer(group)) continue;
      map.addLayer(group);
      const box = document.querySelector(`[data-layer="${key}"]`);
      if (box) box.checked = true;
    }
  }

  function show(index, button) {
    press(button);
    const finding = page.single && button.closest(".finding.rule");
    if (finding) history.replaceState(null, "", `#${finding.id}`);
    reveal(page.shows[index].features);
    light(page.shows[index].features);
    map.closePopup();
    bring();
    fit(page.shows[index].bounds, !still.matches, 56, 16);
    tell(`The map shows ${page.shows[index].words}.`);
  }

  /* The list tells of the nearest; the data names the others. */
  function farther() {
    const list = document.querySelector(".options");
    for (const {one} of list && layers.recovery ? layers.recovery.getLayers() : []) {
      if (list.querySelector(`[data-region="${CSS.escape(one.id)}"]`)) continue;
      const item = make("li", one.outcome, make("button", "pick", one.name), " ", make("span", "quiet", brief(one, "distance_m", km)));
      item.dataset.region = one.id;
      list.append(item);
    }
  }

  /* From all sites to the nearest of another region. */
  function reach(button) {
    const id = button.closest("li").dataset.region, {one} = features.get(`dr-region:${id}`)[0];
    const [south, west, north, east] = page.whole, [lat, lon] = one.at;
    press(button);
    reveal([...features.keys()].filter((name) => name.startsWith("site:") || name === `dr-region:${id}`));
    light([...features.keys()].filter((name) => name.startsWith("site:") || name === `dr-region:${id}`));
    map.closePopup();
    bring();
    fit([Math.min(south, lat), Math.min(west, lon), Math.max(north, lat), Math.max(east, lon)], !still.matches, 56, 16);
    tell(`The map shows ${one.name}.`);
  }

  /* The address names a finding: it is chosen, and told of. */
  function follow() {
    const item = location.hash.startsWith("#finding=") && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!item) return;
    const button = item.querySelector(".pick") || item;
    button.click();
    item.scrollIntoView({block: "nearest"});
    button.focus({preventScroll: true});
  }

  function whole() {
    press(null);
    halo.clearLayers();
    map.closePopup();
    home(!still.matches, page.whole);
    tell("The map shows all sites.");
  }

  function listSites() {
    const list = document.getElementById("site-list"), search = document.getElementById("find-site");
    if (!list || !layers.sites) return;
    /* Where regions are summed up below, the list leaves them in view. */
    const most = layers.sites.getLayers().length > 300 ? 10 : 100;
    const fill = () => {
      const wanted = search.value.trim().toLowerCase();
      const all = [...layers.sites.getLayers(), ...(layers.retired ? layers.retired.getLayers() : [])]
        .sort((a, b) => (a.one.zone == null) - (b.one.zone == null));
      const found = all.filter(({one}) => !wanted || `${one.name} ${one.id} ${one.zones}`.toLowerCase().includes(wanted));
      list.textContent = "";
      for (const made of found.slice(0, most)) {
        const button = make("button", "pick", made.one.name);
        button.type = "button";
        button.setAttribute("aria-pressed", "false");
        button.addEventListener("click", () => {
          press(button);
          light([`${made.one.kind}:${made.one.id}`]);
          const near = L.latLng(made.one.at).toBounds(Math.max(600, 5 * made.one.radius));
          bring();
          fit([near.getSouth(), near.getWest(), near.getNorth(), near.getEast()], false, 20, 16);
          made.fire("click", {latlng: map.containerPointToLatLng(shifted(made.one))}, true);
          enter(button, made.one.name);
          tell(`The map shows ${made.one.name}.`);
        });
        list.append(make("li", "", button, " ", make("span", "quiet", `${made.one.fate ? `${made.one.fate}, until ${made.one.until}` : made.one.zones || "zone not disclosed"}, within ${km(made.one.radius)}`)));
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

  function leave({popup}) {
    const at = document.activeElement;
    if (origin && (at === document.body || popup.getElement().contains(at))) origin.focus();
    origin = null;
  }

  function start() {
    for (const button of document.querySelectorAll(".pick[data-show]")) {
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => show(Number(button.dataset.show), button));
    }
    farther();
    for (const button of document.querySelectorAll("[data-region] .pick")) {
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => reach(button));
    }
    for (const button of document.querySelectorAll(".filter[data-filter]")) {
      button.addEventListener("click", () => {
        const on = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(on));
        for (const row of document.querySelectorAll(`.finding.rule.${button.dataset.filter}`)) row.hidden = !on;
      });
    }
    for (const mark of document.querySelectorAll(".zone-mark")) sketch(mark);
    document.addEventListener("keydown", ({key}) => { if (key === "Escape") map.closePopup(); });
    map.on("popupclose", leave);
    listSites();
    for (const key of page.off) if (layers[key]) map.removeLayer(layers[key]);
    if (layers.recovery && layers.discs) {
      const follow = () => layers.discs[map.hasLayer(layers.recovery) ? "addLayer" : "removeLayer"](farDiscs);
      layers.recovery.on("add remove", follow);
      follow();
    }
    for (const [key, group] of Object.entries(layers)) {
      const box = document.querySelector(`[data-layer="${key}"]`);
      if (box) box.checked = map.hasLayer(group);
    }
    if (layers.tiles) watchTiles();
    blunt();
    labels.sort((a, b) => a.rank - b.rank);
    map.createPane("labels").classList.add("leaflet-zoom-hide");
    addEventListener("hashchange", follow);
    map.on("moveend zoomend resize", write);
    write();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    let seen = map.getBounds();
    /* On paper the legend is open: nobody can open it there. */
    const legend = document.getElementById("legend"), open = legend && legend.open;
    map.on("moveend", () => { if (!matchMedia("print").matches) seen = map.getBounds(); });
    addEventListener("beforeprint", () => { if (legend) legend.open = true; });
    addEventListener("afterprint", () => { if (legend) legend.open = open; });
    matchMedia("print").addEventListener("change", () => {
      repaint();
      map.invalidateSize({animate: false});
      map.fitBounds(seen, {animate: false});
      write();
    });
    follow();
    dispatchEvent(new Event("started"));
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
    let dead = false;
    const button = document.getElementById("go-online"), box = document.querySelector("[data-layer=tiles]");
    if (button) button.addEventListener("click", () => box.click());
    layers.tiles.on("add remove", blunt);
    layers.tiles.on("add", () => {
      dead = false;
      tell(page.strict && location.protocol === "file:"
        ? "These servers may refuse a page that was opened from a file." : "The online map is on.");
    });
    layers.tiles.on("tileerror", () => {
      if (!dead) tell("The online map does not answer; what this page holds stays.");
      dead = true;
    });
  }

  return {lay, layer, start, home, show, whole, write, get map() { return map; }, layers, features};
})();
