// What makes the pages quicker to use. Everything that they say is there without it.

// Filters act when they are changed.
for (const form of document.querySelectorAll("form[data-filters]")) {
  form.addEventListener("change", event => {
    const { from, to, period } = form.elements;
    if (from && (event.target === from || event.target === to)) {
      if (!from.value || !to.value || from.value > to.value) return;
      period.value = "custom";
    }
    if (from && period.value !== "custom") from.disabled = to.disabled = true;
    form.requestSubmit();
  });
}

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

// Keys: / or ⌘K for search, [ and ] for periods, g and a letter for a page, t for tables, ? for these.
let going = false;
document.addEventListener("keydown", event => {
  const search = document.querySelector("input[type=search]");
  if ((event.metaKey || event.ctrlKey) && event.key === "k") {
    event.preventDefault();
    search?.focus();
    return;
  }
  if (event.metaKey || event.ctrlKey || event.altKey || event.target.closest("input, select, textarea, [contenteditable], dialog")) return;
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.switch[open]")) menu.open = false;
  } else if (event.key === "/") {
    event.preventDefault();
    search?.focus();
  } else if (event.key === "?") {
    document.getElementById("keys")?.showModal();
  } else if (event.key === "g") {
    going = true;
    setTimeout(() => { going = false; }, 1500);
    return;
  } else if (event.key === "t") {
    for (const table of document.querySelectorAll("figure.chart details")) table.open = !table.open;
  } else {
    const place = going ? `nav [data-key="${CSS.escape(event.key)}"]` : `.arrows [data-key="${CSS.escape(event.key)}"]`;
    document.querySelector(place)?.click();
  }
  going = false;
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
