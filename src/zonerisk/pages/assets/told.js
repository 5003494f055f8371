/* What a page tells of a feature, in its popup and its label. Text of the records only ever
   becomes text nodes; addresses become links only if they are http(s). */
const told = (() => {
  "use strict";
  document.documentElement.classList.add("scripted");

  const read = (id) => {
    const element = document.getElementById(id);
    return element ? JSON.parse(element.textContent) : null;
  };
  const sources = read("sources");

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
    const digits = one.radius < 20 ? 5 : one.radius < 200 ? 4 : one.radius < 2000 ? 3 : 2;
    return one.at.map((value) => value.toFixed(digits)).join(", ");
  }

  const ms = (value) => (value === null ? "not known" : `${value.toFixed(2)} ms`);

  function between(low, best, high, say) {
    const ends = high === null ? `at least ${say(low)}` : `${say(low)} to ${say(high)}`;
    return best === null ? ends : `${say(best)} (${ends})`;
  }

  /* The best figure alone only where the evidence holds it within half of it. */
  function brief(one, of, say) {
    const [low, best, high] = ["low", "best", "high"].map((end) => one[`${of}_${end}`]);
    if (low === null && high === null) return "not known";
    if (high === null) return `at least ${say(low)}`;
    return best === null || Math.max(best - low, high - best) > best / 2 ? `${say(low)} to ${say(high)}` : say(best);
  }

  function facts(rows) {
    const list = make("dl", "facts");
    for (const [term, words] of rows) {
      if (words) list.append(make("div", "", make("dt", "", term), make("dd", "", words)));
    }
    return list;
  }

  /* A column of few different values has them listed, its rows their numbers; a column of one value has nothing in the rows. */
  function unpack(columns, values) {
    let next = 0;
    return columns.map((few) => (few ? few[few.length > 1 ? values[next++] : 0] : values[next++]));
  }
  function cited(indices) {
    const list = make("ul", "cited");
    for (const index of indices || []) list.append(source(window.sharedData ? sharedData.sources[sources[index] - 1] : unpack(sources.few, sources.rows[index])));
    return list.childElementCount ? list : "";
  }

  function source([grade, given, url, day, claim, second]) {
    const title = given ?? `OpenStreetMap ${url.replace("/", " ")}`;
    const address = given === null ? `https://www.openstreetmap.org/${url}` : url;
    return make("li", "", make("span", "grade", grade), " ", link(address, title),
      `, read ${day}${second ? " (second-hand)" : ""}. `, make("span", "claim", claim));
  }

  /* Where pages share their sources, numbers become what they stand for. */
  for (const short of window.sharedData ? document.querySelectorAll("p.evidence") : []) {
    const list = make("ul", "", ...Array.from(short.children, (one) => source(sharedData.sources[one.hash.slice(2) - 1])));
    short.replaceWith(make("details", "evidence", make("summary", "", `Evidence (${list.childElementCount})`), list));
  }

  const DESCRIBE = {
    site: (one) => [
      facts([
        ["Serves", one.zones || "the region; its zone is not disclosed"], ["Judged", one.outcome],
        ["Kind", one.site_kind],
        ["Stands at", `${degrees(one)}, within ${km(one.radius)}`],
        ["Got from", one.method], ["Record", one.id],
      ]), cited(one.sources)],
    separation: (one) => [
      facts([
        ["Outcome", one.outcome],
        ["Straight", between(one.distance_m_low, one.distance_m_best, one.distance_m_high, km)],
        ["Fibre", between(one.fibre_m_low, one.fibre_m_best, one.fibre_m_high, km)],
        ["Round trip, measured", one.rtt_ms_measured == null ? null : `${one.rtt_ms_measured} ms`],
        ["Round trip", one.rtt_ms_measured != null || one.rtt_ms_least < 0.005 ? null : `at least ${ms(one.rtt_ms_least)}, by light alone`],
        ["Shared", one.shared],
      ])],
    "shared-risk": (one) => [
      facts([["Outcome", one.outcome], ["Hits", one.members]]),
      ...one.told.split("\n").map((words) => make("p", "", words)), make("p", "quiet", "Outlined: the sites that it hits, with their doubt and some room. Nothing between them is meant.")],
    "dr-region": (one) => [facts([["Outcome", one.outcome], ["Nearest site", one.site && `${one.site}, within ${km(one.radius)}`]]),
      make("p", "", document.querySelector(`[data-region="${CSS.escape(one.id)}"] .quiet`)?.textContent ?? "")],
    retired: (one) => [
      facts([["Fate", one.fate], ["Until", one.until], ["Within", km(one.radius)], ["Record", one.id]]), cited(one.sources)],
    region: (one) => [
      facts([["Class", one.class], ["Why", one.why]]), make("p", "", link(one.page, "Open its page"))],
    "dr-limit": () => [],
    spread: () => [make("p", "quiet", "Outlined: the buildings on record. Which zone stands where is not disclosed, and there may be others.")],
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
    const crowd = one.here && one.here.length > 1 && make("p", "quiet", `${one.here.length} marks have this very point; they stand around it: ${one.here.join(", ")}.`);
    return make("div", "popup", make("h4", "", one.name), ...DESCRIBE[one.kind](one), crowd || "");
  }

  return {read, make, km, ms, brief, describe, unpack};
})();
