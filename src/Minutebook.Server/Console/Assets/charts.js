// Draws a picture that somebody looks closer at, from the table beneath it: over the bars that the server drew, and like them.
import { init } from "./echarts.js";

const root = document.documentElement;
const token = name => getComputedStyle(root).getPropertyValue(name).trim();
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const scales = { byte: [1000, ["B", "KB", "MB", "GB", "TB", "PB"]], "byte-hour": [1000, ["B·h", "KB·h", "MB·h", "GB·h", "TB·h", "PB·h"]] };

function axisLabel(unit, name, value) {
  const numbers = new Intl.NumberFormat(root.lang, { notation: "compact", maximumFractionDigits: 1 });
  if (unit.startsWith("money:")) return `${value < 0 ? "−" : ""}${unit.slice(6)}${numbers.format(Math.abs(value))}`;
  const scale = scales[unit];
  if (!scale) return `${numbers.format(value)}${name ? ` ${name}` : ""}`;
  const step = Math.min(scale[1].length - 1, value > 0 ? Math.floor(Math.log(value) / Math.log(scale[0]) + 1e-9) : 0);
  return `${numbers.format(value / scale[0] ** step)} ${scale[1][step]}`;
}

function read(figure) {
  const table = figure.querySelector("details table");
  const series = [...table.querySelectorAll("thead th[data-series]")].map(head => ({
    key: head.dataset.series, name: head.textContent.trim(), style: head.dataset.style,
  }));
  const bars = [...table.querySelectorAll("tbody tr")].map(row => ({
    name: row.querySelector("th > *").textContent,
    note: row.querySelector("th .muted")?.textContent.trim(), link: row.querySelector("th a")?.href,
    mark: row.dataset.mark, day: row.dataset.day, last: row.dataset.last,
    cells: [...row.querySelectorAll("td")].map(cell => ({ text: cell.firstElementChild.textContent, value: Number(cell.dataset.value), note: cell.querySelector(".note")?.textContent.trim() })),
  }));
  return { series, bars };
}

function tip(data, index, only) {
  const bar = data.bars[index];
  const box = document.createElement("div");
  box.className = "tip";
  const name = box.appendChild(document.createElement("strong"));
  name.textContent = bar.note ? `${bar.name} · ${bar.note}` : bar.name;
  const table = box.appendChild(document.createElement("table"));
  const total = bar.cells[bar.cells.length - 1];
  const line = (style, label, cell, share) => {
    const row = table.insertRow();
    const first = row.insertCell();
    if (style) first.appendChild(document.createElement("span")).className = `swatch ${style}`;
    first.append(` ${label}`);
    for (const text of [cell.text, share, cell.note ?? ""]) {
      const at = row.insertCell();
      at.className = "number";
      at.textContent = text;
    }
  };
  data.series.forEach((series, i) => {
    if ((only && only !== series.key) || bar.cells[i].value === 0) return;
    line(series.style, series.name, bar.cells[i], total.value > 0 ? `${Math.round(bar.cells[i].value / total.value * 100)} %` : "");
  });
  if (!only && data.series.length > 1) line("", figureWord("total"), total, "");
  return box;
}

const figureWord = key => document.querySelector(`tfoot th`)?.textContent ?? key;
const sayable = box => [box.querySelector("strong").textContent, ...[...box.querySelectorAll("tr")].map(row => [...row.cells].map(cell => cell.textContent.trim()).filter(Boolean).join(" "))].join(", ");

export function draw(figure, sign) {
  const canvas = figure.querySelector(".canvas");
  const bars = canvas.querySelector(".bars");
  let data = read(figure);
  const live = canvas.appendChild(document.createElement("div"));
  live.className = "live-bars";
  const chart = init(live, null, { renderer: "canvas" });
  const drawn = figure.dataset.only || "";
  let only = drawn;
  let focused = -1;

  function colour(style) {
    return token(style === "outlined" ? "--data-1" : `--${style.replace("series-", "data-")}`);
  }

  function options() {
    const [text, muted, border, surface] = ["--text", "--muted", "--border", "--surface"].map(token);
    const cut = data.bars.flatMap((bar, i) => bar.mark === "cut-over" ? [{ xAxis: i, label: { formatter: bar.note ?? "", color: muted, fontSize: 12, position: "end", align: i > data.bars.length / 2 ? "right" : "left" } }] : []);
    // What the server drew has its scale; another choice of series has one of its own.
    const same = only === drawn;
    const marks = [...bars.querySelectorAll(".scale text")].map(mark => mark.textContent);
    const names = new Set([...bars.querySelectorAll(".names text")].filter(name => getComputedStyle(name).display !== "none").map(name => name.textContent));
    return {
      animation: !still && canvas.dataset.drawn === "true", animationDuration: 120, animationDurationUpdate: 120,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 72, right: 8, top: cut.length ? 28 : 12, bottom: 28, outerBoundsMode: "none" },
      tooltip: {
        trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: border, opacity: 0.35 } }, confine: true, padding: 0, borderWidth: 0,
        backgroundColor: "transparent", extraCssText: "box-shadow:none", transitionDuration: 0, formatter: points => tip(data, points[0].dataIndex, only),
      },
      xAxis: { type: "category", data: data.bars.map(bar => bar.name), axisTick: { show: false }, axisLine: { lineStyle: { color: border } }, axisLabel: { color: muted, fontSize: 12, interval: (_, name) => names.has(name) }, splitArea: { show: true, interval: 0, areaStyle: { color: data.bars.map(bar => bar.mark === "weekend" ? `${token("--border")}40` : "transparent") } } },
      yAxis: { type: "value", min: 0, max: same ? Number(bars.dataset.top) : null, interval: same ? Number(bars.dataset.step) : null, splitNumber: 4, axisLabel: { color: muted, fontSize: 12, formatter: (value, index) => same && marks[index] || axisLabel(figure.dataset.unit, figure.dataset.unitName, value) }, splitLine: { lineStyle: { color: border } } },
      series: data.series.map((series, i) => ({
        type: "bar", id: `series-${series.key}`, name: series.name, stack: "all", barMaxWidth: 40, barCategoryGap: "28%", color: colour(series.style),
        emphasis: { disabled: true },
        markLine: i === 0 && cut.length ? { symbol: "none", silent: true, lineStyle: { color: muted, type: "dashed" }, data: cut } : undefined,
        data: data.bars.map(bar => ({
          value: (!only || only === series.key) && bar.cells[i].value > 0 ? bar.cells[i].value : "-",
          itemStyle: series.style === "outlined" ? { color: surface, borderColor: colour(series.style), borderType: "dashed" } : bar.mark === "now" ? { decal: { symbol: "rect", symbolSize: 1, dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4, color: surface } } : undefined,
        })),
      })),
    };
  }

  const paint = () => chart.setOption(options());
  paint();
  canvas.dataset.drawn = "true";
  new ResizeObserver(() => {
    chart.resize();
    paint();
  }).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  figure.addEventListener("changed", () => {
    data = read(figure);
    paint();
  });

  function show(index) {
    focused = Math.max(0, Math.min(data.bars.length - 1, index));
    chart.dispatchAction({ type: "showTip", seriesIndex: 0, dataIndex: focused });
    figure.querySelector("[data-said]").textContent = sayable(tip(data, focused, only));
  }

  canvas.addEventListener("keydown", event => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -data.bars.length, End: data.bars.length }[event.key];
    if (step) {
      event.preventDefault();
      show(focused < 0 && step === 1 ? 0 : focused + step);
    } else if (event.key === "Enter" && data.bars[focused]?.link) {
      location.href = data.bars[focused].link;
    } else if (event.key === "Escape") {
      chart.dispatchAction({ type: "hideTip" });
    }
  });

  const at = event => Math.round(chart.convertFromPixel({ seriesIndex: 0 }, [event.offsetX, event.offsetY])[0]);
  let begun = null;
  const mark = (first, last) => chart.setOption({ series: [{ markArea: { silent: true, itemStyle: { color: token("--accent"), opacity: 0.15 }, data: first === null ? [] : [[{ xAxis: first }, { xAxis: last }]] } }] });
  chart.getZr().on("mousedown", event => { begun = at(event); });
  chart.getZr().on("mousemove", event => {
    if (begun !== null && figure.dataset.period && at(event) !== begun) mark(Math.min(begun, at(event)), Math.max(begun, at(event)));
  });
  chart.getZr().on("mouseup", event => {
    const [first, last] = [begun, at(event)].sort((a, b) => a - b);
    if (begun !== null) mark(null);
    begun = null;
    if (first === null || !data.bars[first] || !data.bars[last]) return;
    if (first === last) {
      if (data.bars[first].link) location.href = data.bars[first].link;
    } else if (figure.dataset.period) {
      const address = new URL(figure.dataset.period, location.href);
      address.searchParams.set("from", data.bars[first].day);
      address.searchParams.set("to", data.bars[last].last);
      location.href = address;
    }
  });

  if (sign instanceof PointerEvent) {
    const box = canvas.getBoundingClientRect();
    chart.dispatchAction({ type: "showTip", x: sign.clientX - box.left, y: sign.clientY - box.top });
  }

  // The legend: one click shows that series alone, the next shows all.
  for (const button of figure.querySelectorAll("button[data-series]")) {
    button.addEventListener("click", event => {
      event.preventDefault();
      only = only === button.dataset.series ? "" : button.dataset.series;
      for (const other of figure.querySelectorAll("button[data-series]")) other.setAttribute("aria-pressed", String(other.dataset.series === only));
      const address = new URL(location.href);
      const choose = its => { if (only) its.searchParams.set(button.name, only); else its.searchParams.delete(button.name); };
      choose(address);
      history.replaceState(null, "", address);
      // Other months and another department are shown with it.
      for (const link of document.querySelectorAll(".arrows a")) {
        const there = new URL(link.href);
        choose(there);
        link.href = there;
      }
      for (const form of document.querySelectorAll("form[data-filters]")) {
        form.querySelector(`[name="${button.name}"]`)?.remove();
        if (only) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: only }));
      }
      paint();
    });
  }
}
