// The picture of a line: what its rule counted and the PSA's units as steps, with a mark on each day of change.
"use strict";

(() => {
  const place = document.getElementById("picture");
  const data = JSON.parse(document.getElementById("picture-data").textContent);
  if (!place || !window.echarts || (!data.counts.length && !data.units.length)) {
    place?.remove();
    return;
  }
  const style = getComputedStyle(document.documentElement);
  const colour = (name, other) => style.getPropertyValue(name).trim() || other;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const line = (name, points, dashed) => ({
    name,
    type: "line",
    step: "end",
    symbol: "none",
    connectNulls: false,
    lineStyle: { type: dashed ? "dashed" : "solid", width: 2 },
    labelLayout: { moveOverlap: "shiftY" },
    endLabel: { show: true, formatter: (one) => `${name} ${one.value[1]}`, color: colour("--ink", "#222") },
    data: points,
  });
  const two = (number) => String(number).padStart(2, "0");
  const written = (day) => `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
  const texts = (day) => data.marks.filter((mark) => mark.day === day).flatMap((mark) => mark.texts);
  const chart = window.echarts.init(place);
  chart.setOption({
    animation: !still,
    animationDuration: 120,
    color: [colour("--accent", "#1f5fbf"), colour("--quiet", "#666")],
    grid: { left: 44, right: 130, top: 16, bottom: 32 },
    xAxis: { type: "time", min: data.first, max: data.last },
    yAxis: { type: "value", minInterval: 1 },
    tooltip: {
      trigger: "axis",
      formatter: (shown) => {
        const day = written(new Date(shown[0].axisValue));
        const rows = shown.map((one) => `${one.seriesName}: ${one.value[1] ?? "–"}`);
        return [day, ...rows, ...texts(day)].map((text) => echarts.format.encodeHTML(text)).join("<br>");
      },
    },
    series: [
      {
        ...line(data.names.units, data.units, false),
        markLine: {
          symbol: "none",
          silent: true,
          lineStyle: { type: "dotted", width: 1 },
          label: { show: false },
          data: data.marks.map((mark) => ({ xAxis: mark.day })),
        },
      },
      line(data.names.counts, data.counts, true),
    ],
  });
  addEventListener("resize", () => chart.resize());
})();
