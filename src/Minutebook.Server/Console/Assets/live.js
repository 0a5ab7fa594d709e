// Figures that change in place: when the server tells that some did, the page is asked for again and what differs is put in.
// Rows stay where they are; what has come since is only counted.
const least = 2000, patience = 10000;
const main = document.getElementById("main");
const list = () => main.querySelector("table[data-list]");
const first = Number(list()?.dataset.count ?? NaN);
let asking = false, again = false, last = Date.now();

// Whoever is at a link of it by the keyboard stays there.
function replace(old, now) {
  if (!now || old.outerHTML === now.outerHTML) return false;
  const links = () => [...old.querySelectorAll("a, button, summary")];
  const held = links().indexOf(document.activeElement);
  if (old.innerHTML !== now.innerHTML) {
    old.innerHTML = now.innerHTML;
    if (held >= 0) links()[held]?.focus({ preventScroll: true });
  }
  old.className = now.className;
  Object.assign(old.dataset, now.dataset);
  return true;
}

// Only cells that differ; a table that has other rows by now is put in whole.
const sizeOf = rows => [...rows.rows].map(row => row.cells.length).join();
function replaceCells(old, now) {
  if (!now || sizeOf(old) !== sizeOf(now)) return replace(old, now);
  return [...old.rows].map((row, at) => {
    const other = now.rows[at];
    Object.assign(row.dataset, other.dataset);
    return [...row.cells].map((cell, i) => replace(cell, other.cells[i])).includes(true);
  }).includes(true);
}

const keysOf = rows => [...rows.rows].map(row => row.dataset.row).join("\n");

function take(page) {
  for (const old of main.querySelectorAll("[data-live]")) replace(old, page.querySelector(`#main [data-live="${CSS.escape(old.dataset.live)}"]`));
  // Who comes into a class that is looked at gets a row; not under who is reading one by the keyboard.
  for (const [at, rows] of [...main.querySelectorAll("tbody[data-rows]")].entries()) {
    const now = page.querySelectorAll("#main tbody[data-rows]")[at];
    if (now && keysOf(rows) !== keysOf(now) && !rows.contains(document.activeElement)) replace(rows, now);
  }
  for (const crowd of main.querySelectorAll("[data-crowd]")) crowd.dispatchEvent(new Event("changed"));
  for (const row of main.querySelectorAll("tr[data-row]")) {
    const now = page.querySelector(`#main tr[data-row="${CSS.escape(row.dataset.row)}"]`);
    if (now && now.cells.length === row.cells.length) [...row.cells].forEach((cell, i) => replace(cell, now.cells[i]));
  }
  for (const figure of main.querySelectorAll("figure[data-chart]")) {
    const body = figure.querySelector("details tbody");
    if (replaceCells(body, page.querySelector(`#${figure.id} details tbody`))) {
      replace(figure.querySelector("tfoot"), page.querySelector(`#${figure.id} tfoot`));
      replace(figure.querySelector(".bars"), page.querySelector(`#${figure.id} .bars`));
      figure.dispatchEvent(new Event("changed"));
    }
  }
  const more = Number(page.querySelector("table[data-list]")?.dataset.total ?? NaN) - first;
  const notice = main.querySelector("[data-new]");
  if (notice && more > 0) {
    notice.firstElementChild.textContent = notice.dataset[more === 1 ? "one" : "other"].replace("{0}", new Intl.NumberFormat(document.documentElement.lang).format(more));
    notice.hidden = false;
  }
}

async function ask() {
  if (asking) { again = true; return; }
  const wait = last + least - Date.now();
  asking = true;
  if (wait > 0) await new Promise(done => setTimeout(done, wait));
  again = false;
  last = Date.now();
  try {
    const answer = await fetch(list()?.dataset.here || location.href, { headers: { Accept: "text/html", "X-By-Itself": "1" } });
    if (answer.ok && !answer.redirected) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // The stream says when the server is there again.
  }
  asking = false;
  if (again) ask();
}

const state = document.querySelector("[data-live-state]");
const show = isOn => { if (state) { state.dataset.on = isOn; state.textContent = state.dataset[isOn ? "good" : "lost"]; } };
let feed = null;

// Who does not look needs no stream: browsers keep few connections to one server.
function listen() {
  if (document.hidden) {
    feed?.close();
    feed = null;
  } else if (!feed) {
    feed = new EventSource(main.dataset.feed);
    feed.addEventListener("figures", ask);
    feed.addEventListener("open", () => show(true));
    feed.addEventListener("error", () => {
      show(false);
      // A browser tries again by itself where nobody answered, and gives up where somebody refused: a proxy, while the server starts.
      if (feed?.readyState !== EventSource.CLOSED) return;
      feed = null;
      setTimeout(listen, patience);
    });
  }
}

listen();
document.addEventListener("visibilitychange", listen);
addEventListener("pagehide", () => feed?.close());
