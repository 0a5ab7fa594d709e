// Many participants on one canvas: only the rows in sight are drawn. The table beneath says the same.
const height = 18, head = 26, top = 20, label = 150, width = 10000;

async function draw(crowd) {
  const read = async () => (await fetch(crowd.dataset.crowd, { headers: { "X-By-Itself": "1" } })).json();
  let data = await read();
  const frame = crowd.querySelector(".crowd-rows"), inner = frame.firstElementChild, canvas = frame.querySelector("canvas");
  const search = crowd.querySelector("input"), said = crowd.querySelector("[data-said]");
  const token = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const numbers = new Intl.NumberFormat(document.documentElement.lang);
  let lines = [];

  function arrange() {
    const wanted = search.value.trim().toLowerCase();
    const rows = data.rows.filter(row => !wanted || row.user.toLowerCase().includes(wanted));
    lines = data.roles.flatMap((role, rank) => {
      const its = rows.filter(row => row.role === rank);
      return its.length ? [{ role, count: its.length }, ...its.map(row => ({ row, role }))] : [];
    });
    let y = top;
    for (const line of lines) {
      line.y = y;
      y += line.row ? height : head;
    }
    inner.style.height = `${y}px`;
    said.textContent = crowd.dataset.count.replace("{0}", numbers.format(rows.length)).replace("{1}", numbers.format(data.rows.length));
    paint();
  }

  function paint() {
    const [w, h, scale] = [frame.clientWidth, frame.clientHeight, devicePixelRatio || 1];
    canvas.width = w * scale;
    canvas.height = h * scale;
    canvas.style.width = `${w}px`;
    canvas.style.height = `${h}px`;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const text = { size: 12, family: getComputedStyle(document.body).fontFamily };
    const left = w < 500 ? 90 : label, place = at => left + at / width * (w - left - 8);
    pen.textBaseline = "middle";
    for (const line of lines) {
      const y = line.y - frame.scrollTop;
      if (y < -head || y > h) continue;
      if (!line.row) {
        pen.fillStyle = token("--text");
        pen.font = `600 ${text.size}px ${text.family}`;
        pen.fillText(`${line.role.name} (${numbers.format(line.count)})`, 8, y + head / 2);
        continue;
      }
      pen.fillStyle = token("--muted");
      pen.font = `${text.size}px ${text.family}`;
      pen.fillText(line.row.user.length > 20 ? `${line.row.user.slice(0, 19)}…` : line.row.user, 8, y + height / 2, left - 16);
      pen.fillStyle = token(`--${line.role.colour}`);
      for (const [at, wide, high, board] of line.row.bars) {
        pen.fillRect(place(at), board ? y + height - 3 : y + (height - 3 - high) / 2, Math.max(1, place(at + wide) - place(at)), high);
      }
    }
    pen.fillStyle = token("--surface");
    pen.fillRect(0, 0, w, top);
    pen.fillStyle = token("--muted");
    pen.font = `${text.size}px ${text.family}`;
    pen.textAlign = "center";
    let last = -Infinity;
    for (const mark of data.axis) {
      if (place(mark.at) - last < 48) continue;
      last = place(mark.at);
      pen.fillText(mark.text, last, top / 2);
    }
    canvas.dataset.drawn = String(lines.filter(line => line.row).length);
  }

  crowd.addEventListener("changed", async () => {
    try {
      data = await read();
      arrange();
    } catch {
      // The stream says when the server is there again.
    }
  });
  frame.addEventListener("scroll", paint);
  search.addEventListener("input", arrange);
  canvas.addEventListener("mousemove", event => {
    const y = event.offsetY + frame.scrollTop;
    const line = lines.find(its => its.row && y >= its.y && y < its.y + height);
    canvas.title = line ? `${line.row.user}, ${line.role.name}, ${line.row.minutes}` : "";
  });
  new ResizeObserver(paint).observe(frame);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  arrange();
}

for (const crowd of document.querySelectorAll("main [data-crowd]")) draw(crowd);
