// <div data-chart='{"zone":"Europe/London","x":[unix seconds],"series":[{"label":"sent","values":[…]}]}'>
// draws the numbers that stand in a table below it, for who cannot see it.
import uPlot from "uplot";

const colours = { light: ["#0a6ebd", "#c2410c", "#2f7d32", "#7c3aed", "#b91c1c"], dark: ["#6cb6ff", "#ffb27a", "#7fd18a", "#c4a6ff", "#ff9a9a"] };

const isDark = () => {
  const chosen = document.documentElement.dataset.bsTheme;
  return chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
};

function draw(box) {
  const data = JSON.parse(box.dataset.chart);
  const palette = isDark() ? colours.dark : colours.light;
  const ink = isDark() ? "#c8d3e0" : "#414b57";
  const grid = isDark() ? "#33414f" : "#e3e8ee";
  const zone = data.zone || "UTC";
  // As pages write times: the day first, by the installation's clocks.
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: zone });
  const hour = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
  const times = (_, ticks, __, ___, step) => ticks.map((t) => (step >= 86400 ? day : hour).format(t * 1000));
  const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
  box.replaceChildren();
  return new uPlot(
    {
      width: box.clientWidth,
      height: Math.min(260, Math.max(160, box.clientWidth / 3)),
      series: [{}, ...data.series.map((s, i) => ({ label: s.label, stroke: palette[i % palette.length], width: 2, points: { show: data.x.length < 40 } }))],
      tzDate: (t) => uPlot.tzDate(new Date(t * 1000), zone),
      axes: [{ ...axis, values: times }, { ...axis, size: 60, values: (_, ticks) => ticks.map((t) => t.toLocaleString("en-GB")) }],
      scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.05)] } },
      legend: { live: false },
    },
    [data.x, ...data.series.map((s) => s.values)],
    box,
  );
}

const charts = new Map();
function drawAll() {
  for (const [box, chart] of charts) {
    chart.destroy();
    charts.delete(box);
  }
  for (const box of document.querySelectorAll("[data-chart]")) charts.set(box, draw(box));
}
drawAll();
let timer;
addEventListener("resize", () => {
  clearTimeout(timer);
  timer = setTimeout(drawAll, 150);
});
document.addEventListener("themechange", drawAll);
document.addEventListener("htmx:afterSettle", drawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
