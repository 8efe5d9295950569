/** Icon of the browser's tab: four blocks in a chain. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cg fill='%23d9622b'%3E" +
  "%3Crect x='1' y='1' width='6' height='6' rx='1.5'/%3E%3Crect x='9' y='9' width='6' height='6' rx='1.5'/%3E" +
  "%3C/g%3E%3Cg fill='%238a8f98'%3E%3Crect x='9' y='1' width='6' height='6' rx='1.5'/%3E" +
  "%3Crect x='1' y='9' width='6' height='6' rx='1.5'/%3E%3C/g%3E%3C/svg%3E";

/** The ops page: places that the script fills from /status. Both texts go in unchanged, for they are trusted by hash. */
export function pageHtml(style: string, script: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Rustorium</title>
<link rel="icon" href="${ICON}">
<style>${style}</style>
</head>
<body>
<header>
  <h1>Rustorium</h1>
  <dl id="identity"></dl>
  <form id="find" role="search">
    <input id="query" type="search" spellcheck="false" autocomplete="off"
      placeholder="Transaction id, partition:offset or address" aria-label="Transaction id, partition:offset or address">
  </form>
  <p id="live" role="status">Connecting…</p>
</header>
<main>
  <ul id="alerts" role="alert"></ul>
  <section id="figures" aria-label="Now"></section>
  <section aria-labelledby="shards-title">
    <h2 id="shards-title">Shards</h2>
    <div id="shards"></div>
  </section>
  <section aria-labelledby="load-title">
    <h2 id="load-title">Load</h2>
    <div class="scroll"><table><thead><tr><th>Shard</th><th class="end">Transactions a second</th>
    <th>Of its capacity</th><th class="end">Expected at most</th><th>By</th><th class="end">Latency p99</th></tr></thead>
    <tbody id="load"></tbody></table></div>
  </section>
  <section aria-labelledby="scaling-title">
    <h2 id="scaling-title">Decisions and alerts</h2>
    <div class="scroll"><table><tbody id="scaling"></tbody></table></div>
  </section>
  <div class="columns">
    <section aria-labelledby="validators-title">
      <h2 id="validators-title">Validators</h2>
      <table><thead><tr><th>Name</th><th>Stake</th><th>In certificates</th></tr></thead>
      <tbody id="validators"></tbody></table>
    </section>
    <section aria-labelledby="stages-title">
      <h2 id="stages-title">Stages</h2>
      <table><thead><tr><th>Stage</th><th>State</th><th class="end">Lag</th></tr></thead>
      <tbody id="stages"></tbody></table>
    </section>
    <section aria-labelledby="codes-title">
      <h2 id="codes-title">Refused by code</h2>
      <table><thead><tr><th>Code</th><th>Share</th><th class="end">Count</th></tr></thead>
      <tbody id="codes"></tbody></table>
    </section>
  </div>
  <section aria-labelledby="recent-title">
    <h2 id="recent-title">Latest notifications</h2>
    <div class="scroll"><table><thead><tr><th>Time</th><th>Event</th><th>Transaction</th><th>Account</th>
    <th>Block</th><th>Code</th></tr></thead><tbody id="recent"></tbody></table></div>
  </section>
</main>
<footer>
  <p><em>Final</em> means that more than two thirds of the stake signed the block, which is safe whoever runs the
  broker. That transactions get into a block rests on the broker and the stages.</p>
  <p><a href="/status">Status</a> <a href="/metrics">Metrics</a> <a href="/openapi.json">OpenAPI</a></p>
</footer>
<noscript>This page needs JavaScript; the same figures are in <a href="/status">/status</a>.</noscript>
<script>${script}</script>
</body>
</html>
`;
}
