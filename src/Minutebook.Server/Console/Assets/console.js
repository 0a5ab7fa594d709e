// What makes the pages quicker to use. Everything that they say is there without it.

// Filters act when they are changed. Whoever changed one stays where they were, and by the keyboard at that very field.
const changed = "filter-changed";
const arrival = performance.getEntriesByType("navigation")[0]?.type;
let byKey = false, byEnter = false;
addEventListener("keydown", event => { byKey = true; byEnter = event.key === "Enter"; }, true);
addEventListener("pointerdown", () => { byKey = byEnter = false; }, true);
for (const form of document.querySelectorAll("form[data-filters]")) {
  let sent = false;
  form.addEventListener("submit", () => {
    sent = true;
    form.setAttribute("action", location.pathname);
    const { name, type, value } = document.activeElement;
    sessionStorage.setItem(changed, JSON.stringify({ path: location.pathname, y: scrollY, byKey, name, value: type === "checkbox" ? value : null }));
  });
  form.addEventListener("change", event => {
    const { from, to, period } = form.elements;
    if (period && from && (event.target === from || event.target === to)) {
      if (!from.value || !to.value || from.value > to.value) return;
      period.value = "custom";
    }
    // A date that is typed is a date after each digit.
    if (byKey && ["date", "month"].includes(event.target.type)) {
      event.target.onblur = () => form.requestSubmit();
      return;
    }
    if (period && from && period.value !== "custom") from.disabled = to.disabled = true;
    // Enter changes a field and then sends the form by itself, mostly: sent twice, the page would come twice.
    sent = false;
    if (byEnter) setTimeout(() => sent || form.requestSubmit());
    else form.requestSubmit();
  });
  // What was chosen before this script was there.
  const shown = one => [...one.options].find(option => option.defaultSelected) ?? one.options[0];
  const early = arrival === "navigate" && [...form.querySelectorAll("select")].find(one => one.selectedOptions[0] !== shown(one));
  if (early) early.dispatchEvent(new Event("change", { bubbles: true }));
}

// What is being sent is not sent twice, whoever clicks twice. Back on the page, it can be sent again.
document.addEventListener("submit", event => {
  if (event.target.method !== "post" || event.defaultPrevented) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
addEventListener("pageshow", event => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  // Back on a page, its filters are what its address says, not what was chosen on the way from it.
  if (!event.persisted && arrival !== "back_forward") return;
  for (const form of document.querySelectorAll("form[data-filters]")) {
    form.reset();
    for (const field of form.elements) field.disabled = false;
  }
});

// A table's head stays in sight, where the table fits: one that is moved sideways takes its head along.
const fitting = new ResizeObserver(entries => {
  for (const rows of new Set(entries.map(its => its.target.closest(".rows")))) {
    rows.classList.toggle("fits", rows.querySelector("table").offsetWidth <= rows.clientWidth);
  }
});
for (const its of document.querySelectorAll(".rows:has(> table), .rows > table")) fitting.observe(its);

const before = JSON.parse(sessionStorage.getItem(changed));
sessionStorage.removeItem(changed);
if (before?.path === location.pathname) {
  const field = [...document.querySelectorAll("form[data-filters] :is(select, input:not([type=hidden]))")]
    .find(one => one.name === before.name && (before.value === null || one.value === before.value));
  field?.closest("details")?.setAttribute("open", "");
  scrollTo(0, before.y);
  if (before.byKey) field?.focus({ preventScroll: true });
}

// Who has chosen neither has what the system has, and the button is for the other.
const theme = document.querySelector("[data-theme-now=auto]");
if (theme && matchMedia("(prefers-color-scheme: dark)").matches) theme.value = "light";

// On a narrow window the page's own place in the bar and among the tabs is in sight.
for (const place of document.querySelectorAll(".rail [aria-current], .tabs [aria-current]")) {
  const bar = place.closest(".rail, .tabs");
  bar.scrollLeft = place.getBoundingClientRect().left + bar.scrollLeft - (bar.clientWidth - place.offsetWidth) / 2;
}

// Addresses are copied.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard?.writeText(button.dataset.copy);
    button.textContent = button.dataset.done;
  });
}

// Menus close when something else is chosen.
document.addEventListener("click", event => {
  for (const menu of document.querySelectorAll("details.switch[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// Keys: / or ⌘K for search, [ and ] for periods, g and a letter for a page, t for tables, ? for these. Those without ⌘ can be switched
// off, for who speaks to the machine or touches keys without meaning to.
const keys = document.getElementById("keys");
const single = keys?.querySelector("[data-single]");
if (single) {
  single.checked = localStorage.getItem("single-keys") !== "off";
  single.addEventListener("change", () => localStorage.setItem("single-keys", single.checked ? "on" : "off"));
  document.querySelector("[data-keys]")?.addEventListener("click", () => keys.showModal());
}
// By when the keys were struck: on a page that is busy both may be taken late.
let goingUntil = 0;
document.addEventListener("keydown", event => {
  const search = document.querySelector("input[type=search]");
  if ((event.metaKey || event.ctrlKey) && event.key === "k") {
    event.preventDefault();
    search?.focus();
    return;
  }
  if (event.metaKey || event.ctrlKey || event.altKey || event.target.closest("input, select, textarea, [contenteditable], dialog[open]")) return;
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.switch[open]")) {
      if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
      menu.open = false;
    }
  } else if (!single?.checked) {
    return;
  } else if (event.key === "/") {
    event.preventDefault();
    search?.focus();
  } else if (event.key === "?") {
    keys.showModal();
  } else if (event.key === "g") {
    goingUntil = event.timeStamp + 1500;
    return;
  } else if (event.key === "t") {
    for (const table of document.querySelectorAll("figure.chart details")) table.open = !table.open;
  } else {
    const place = event.timeStamp < goingUntil ? `nav [data-key="${CSS.escape(event.key)}"]` : `.arrows [data-key="${CSS.escape(event.key)}"]`;
    document.querySelector(place)?.click();
  }
  goingUntil = 0;
});

// The chart library is fetched when somebody looks closer at a picture: until then the server's bars say the same.
for (const figure of document.querySelectorAll("figure[data-chart]")) {
  const canvas = figure.querySelector(".canvas");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  let wanted = false;
  const wake = async sign => {
    if (wanted) return;
    wanted = true;
    (await import(document.body.dataset.charts)).draw(figure, sign);
  };
  for (const sign of ["pointerenter", "pointerdown", "focusin"]) figure.addEventListener(sign, wake);
}
if (document.querySelector("main[data-feed]")) import(document.body.dataset.live);
if (document.querySelector("main [data-crowd]")) import(document.body.dataset.crowd);

// What takes its time is asked for once the page stands; its outline keeps the place.
for (const outline of document.querySelectorAll("[data-later]")) {
  const answer = await fetch(outline.dataset.later, { headers: { Accept: "text/html" } }).catch(() => null);
  const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const worked = page?.querySelector("[data-worked]");
  if (worked) outline.replaceWith(worked); else location.href = outline.dataset.later;
}
