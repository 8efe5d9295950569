/**
 * Script of the ops page: asks /status and fills the page. Plain JavaScript for the browser, without backticks or backslashes. Text
 * from topics gets into the page as text nodes only, never as markup.
 */
export const PAGE_SCRIPT = `
"use strict";
const REFRESH_MS = 1000;
const place = (id) => document.getElementById(id);

/* Builds an element: attributes, then children as nodes or text. */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
const fill = (id, children) => place(id).replaceChildren(...children);
const count = (value) => value.toLocaleString("en");
const short = (hex) => (hex === null ? "none" : hex.length > 16 ? hex.slice(0, 10) + "…" + hex.slice(-4) : hex);
const clock = (timeMs) => new Date(timeMs).toLocaleTimeString("en-GB") + "." + String(timeMs % 1000).padStart(3, "0");

function age(ms) {
  if (ms < 10000) return Math.max(0, ms / 1000).toFixed(1) + " s";
  if (ms < 120000) return Math.round(ms / 1000) + " s";
  if (ms < 7200000) return Math.round(ms / 60000) + " min";
  return Math.round(ms / 3600000) + " h";
}

function card(label, value, unit, note, extra) {
  const figure = make("p", { class: "value" }, value);
  if (unit) figure.append(make("small", {}, unit));
  const box = make("div", { class: "card" }, make("p", {}, label), figure);
  if (note) box.append(make("p", {}, note));
  if (extra) {
    box.classList.add("wide");
    box.append(extra);
  }
  return box;
}

function sparkline(values) {
  const svg = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const top = Math.max(1, ...values);
  const points = values.map((value, index) => index + "," + (1 + 28 * (1 - value / top)).toFixed(2));
  const last = values.length - 1;
  const chart = svg("svg", { class: "spark", viewBox: "0 0 " + last + " 30", preserveAspectRatio: "none", role: "img",
    "aria-label": "Final transactions in each of the last " + values.length + " seconds, at most " + top });
  chart.append(svg("path", { d: "M0,30 L" + points.join(" L") + " L" + last + ",30 Z" }));
  chart.append(svg("polyline", { points: points.join(" ") }));
  return chart;
}

function track(share) {
  const inner = make("span", {});
  inner.style.width = Math.round(100 * share) + "%";
  return make("span", { class: "track" }, inner);
}

function latency(label, percentiles) {
  if (!percentiles) return card(label, "–", "", "no transaction yet");
  return card(label, count(percentiles.p50Ms), "ms", "p99 " + count(percentiles.p99Ms) + " ms");
}

function figures({ activity, views }) {
  const { totals } = activity;
  const bad = totals.rejected + totals.refused;
  const all = bad + totals.final;
  const rate = activity.finalPerSecond;
  return [
    card("Final transactions", rate < 10 ? rate.toFixed(1) : count(Math.round(rate)), "a second",
      "last 2 minutes, peak " + count(Math.max(0, ...activity.finalHistory)), sparkline(activity.finalHistory)),
    latency("To pre-confirmed", activity.preConfirmed),
    latency("To final", activity.final),
    card("Final", count(totals.final), "", count(views.accountsHeld) + " accounts"),
    card("Refused", count(bad), "", all === 0 ? "" : (100 * bad / all).toFixed(1) + " % of all decided"),
    card("Between shards", count(totals.completed), "completed", count(totals.refunded) + " refunded"),
  ];
}

function checkpoint(last, nowMs) {
  if (last === null) return "no certified state yet";
  const apart = last.intervalMs === null ? "" : ", " + age(last.intervalMs) + " after the one before";
  return "state certified at " + count(last.height) + ", " + age(nowMs - last.timeMs) + " ago" + apart;
}

function shard(one, nowMs, globalRoot) {
  const name = one.shard === 0 ? "Main chain" : "Shard " + (one.path ?? one.shard);
  const behind = one.stateHeight === null ? null : one.height - one.stateHeight;
  const title = make("header", {}, make("span", { class: "name" }, name),
    make("span", { class: "mono quiet" }, one.prefix ? one.prefix + "…" : ""));
  const note = one.timeMs === null ? "no certified block yet" : "last block " + age(nowMs - one.timeMs) + " ago";
  const state = behind === null || behind <= 0 ? "" : ", state " + count(behind) + " behind";
  return make("div", { class: "card shard" }, title, make("p", { class: "value" }, count(one.height)),
    make("p", {}, note + state), make("p", { class: "quiet" }, checkpoint(one.checkpoint, nowMs)), make("p", { class: "mono", title: one.digest ?? "" }, short(one.digest)),
    ...(one.shard === 0 && globalRoot !== null
      ? [make("p", { class: "mono quiet", title: "global root of all shards' states, " + globalRoot.root }, "global root " + short(globalRoot.root))] : []));
}

function validators(list) {
  const total = list.reduce((sum, one) => sum + one.stake, 0) || 1;
  return list.map((one) => make("tr", {},
    make("td", { title: one.publicKey }, one.name + (one.status === "active" ? "" : " (" + one.status + ")")),
    make("td", {}, count(one.stake), make("span", { class: "quiet" }, " · " + (100 * one.stake / total).toFixed(0) + " %")),
    make("td", {}, track(one.signedShare), Math.round(100 * one.signedShare) + " %")));
}

const STATE_CLASS = { running: "good", starting: "warn", stopped: "quiet", faulted: "bad" };
function stages(list) {
  if (list === null) return [make("tr", {}, make("td", { colspan: "3", class: "warn" }, "Health could not be learnt."))];
  return list.map((one) => make("tr", { title: one.detail ?? "" }, make("td", {}, one.stage),
    make("td", { class: STATE_CLASS[one.state] }, one.state),
    make("td", { class: "end" }, one.lagRecords === null ? "–" : count(one.lagRecords))));
}

function codes(list) {
  if (list.length === 0) return [make("tr", {}, make("td", { colspan: "3", class: "quiet" }, "None so far."))];
  const most = list[0].count;
  return list.map((one) => make("tr", {}, make("td", { class: "mono" }, one.code),
    make("td", {}, track(one.count / most)), make("td", { class: "end" }, count(one.count))));
}

const EVENT = { REJECTED: ["rejected", "bad"], PRE_CONFIRMED: ["pre-confirmed", "quiet"], FINAL: ["final", "good"],
  COMPLETED: ["completed", "good"], REFUNDED: ["refunded", "warn"] };
function recent(list) {
  if (list.length === 0) return [make("tr", {}, make("td", { colspan: "6", class: "quiet" }, "None so far."))];
  return list.map((one) => {
    const [word, mood] = EVENT[one.event];
    const refused = one.event === "FINAL" && !one.applied;
    const link = (path, hex) => (hex === null ? "–" : make("a", { href: path + hex, title: hex }, short(hex)));
    return make("tr", {}, make("td", { class: "quiet" }, clock(one.timeMs)),
      make("td", { class: refused ? "bad" : mood }, refused ? "final, refused" : word),
      make("td", { class: "mono" }, link("/transactions/", one.transactionId)),
      make("td", { class: "mono" }, link("/accounts/", one.account)),
      make("td", {}, one.shard < 0 ? "–" : one.shard + " / " + count(one.height)),
      make("td", { class: "mono" }, one.code));
  });
}

const NEAR_CAPACITY = 0.8;
const perSecond = (value) => (value < 10 ? value.toFixed(1) : count(Math.round(value)));
function load({ shards }) {
  if (shards.length === 0) return [make("tr", {}, make("td", { colspan: "6", class: "quiet" }, "Nothing measured yet."))];
  return shards.map(({ shard, path, transactionsPerSecond, capacity, isCapacityMeasured, usedShare, bottleneck, latency, forecast }) => {
    const expected = forecast === null ? ["–"] : [perSecond(forecast.transactionsPerSecond),
      make("span", { class: "quiet" }, " in " + forecast.toSeconds + " s")];
    const isNear = forecast !== null && forecast.transactionsPerSecond > NEAR_CAPACITY * capacity;
    const p99 = latency === null ? "–" : latency.p99AtMostMs === null ? "> 30,000 ms" : "≤ " + count(latency.p99AtMostMs) + " ms";
    return make("tr", { title: bottleneck === null ? "" : "most work: " + bottleneck },
      make("td", {}, shard === 0 ? "Main chain" : "Shard " + path),
      make("td", { class: "end" }, perSecond(transactionsPerSecond)),
      make("td", { class: usedShare > NEAR_CAPACITY ? "warn" : "" }, track(Math.min(1, usedShare)),
        Math.round(100 * usedShare) + " % of " + count(capacity) + (isCapacityMeasured ? "" : " (not measured)")),
      make("td", { class: isNear ? "end warn" : "end" }, ...expected),
      make("td", { title: forecast?.reason ?? "" }, forecast === null ? "–" : forecast.source),
      make("td", { class: "end" }, p99));
  });
}

function scaling(latest) {
  const rows = [...latest.scaling.map((one) => ({ ...one, word: one.is, mood: one.is === "outcome" && one.code === "DONE" ? "good" : "" })),
    ...latest.alerts.map((one) => ({ ...one, word: "alert", mood: "warn" }))];
  if (rows.length === 0) return [make("tr", {}, make("td", { class: "quiet" }, "None so far."))];
  return rows.sort((a, b) => b.timeMs - a.timeMs).map((one) => make("tr", {},
    make("td", { class: "quiet" }, clock(one.timeMs)), make("td", { class: one.mood }, one.word), make("td", {}, one.text)));
}

const STALE_MS = 10000;
const LAG_SHOWN_RECORDS = 1000;
function alerts(status) {
  const found = [];
  const add = (mood, text) => found.push(make("li", { class: mood }, text));
  if (status.views.conflictingCertificates > 0) add("bad", "Two certificates contradict each other: safety is broken.");
  for (const one of status.stages ?? []) {
    if (one.state === "faulted") add("bad", one.stage + " has stopped with a fault. " + (one.detail ?? ""));
  }
  const lag = (status.viewLag ?? []).reduce((sum, one) => sum + one.lagRecords, 0);
  if (lag > LAG_SHOWN_RECORDS) add("", "This page is " + count(lag) + " records behind the topics.");
  const { timeMs } = status.load;
  if (timeMs !== null && status.timeMs - timeMs > STALE_MS) add("", "The newest measurement of load is " + age(status.timeMs - timeMs) + " old.");
  if (status.views.accountsOverflowed) add("", "More accounts exist than this gateway holds.");
  return found;
}

function show(status) {
  document.title = status.network + " · Rustorium";
  fill("identity", [["network", status.network], ["chain", String(status.chainId)], ["genesis", short(status.genesis)],
    ["consensus", status.consensus]].map(([term, text]) => make("div", {}, make("dt", {}, term), make("dd", {}, text))));
  fill("alerts", alerts(status));
  fill("figures", figures(status));
  fill("shards", status.shards.map((one) => shard(one, status.timeMs, status.globalRoot)));
  fill("load", load(status.load));
  fill("scaling", scaling(status.load));
  fill("validators", validators(status.validators));
  fill("stages", stages(status.stages));
  fill("codes", codes(status.activity.refusedByCode));
  // Rows that move away under the pointer can't be clicked.
  if (!place("recent").matches(":hover")) fill("recent", recent(status.activity.recent.slice(0, 16)));
}

let shownAtMs = 0;
async function refresh() {
  const live = place("live");
  try {
    const answer = await fetch("/status", { cache: "no-store" });
    if (!answer.ok) throw new Error("status " + answer.status);
    show(await answer.json());
    shownAtMs = Date.now();
    live.className = "ok";
    live.textContent = "Live";
  } catch {
    live.className = "lost";
    live.textContent = shownAtMs === 0 ? "No answer" : "No answer, figures are " + age(Date.now() - shownAtMs) + " old";
  }
  setTimeout(refresh, document.hidden ? 5 * REFRESH_MS : REFRESH_MS);
}

place("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const query = place("query").value.trim();
  const account = query.startsWith("sh") || /^0x[0-9a-fA-F]{40}$/.test(query);
  if (query) location.assign((account ? "/accounts/" : "/transactions/") + encodeURIComponent(query));
});
refresh();
`;
