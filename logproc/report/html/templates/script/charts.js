  // ---- charts: drawn by uPlot in place of the SVG once they come into view ----

  var plots = [], sync = uPlot.sync("time");

  function colour(name) { return getComputedStyle(root).getPropertyValue(name).trim(); }

  function faded(hex, alpha) {
    var n = parseInt(hex.slice(1), 16);
    return "rgba(" + (n >> 16) + "," + ((n >> 8) & 255) + "," + (n & 255) + "," + alpha + ")";
  }

  function greatest(lines) {
    return lines.reduce(function (most, values) { return values.reduce(function (a, b) { return Math.max(a, b); }, most); }, 0);
  }

  function chart(figure) {
    var place = figure.querySelector(".plot"), script = figure.querySelector("script");
    if (!script || !place.clientWidth) return;
    var data = JSON.parse(script.textContent);
    if (!data.x) return;
    var times = [], now = 0;
    data.x.forEach(function (step) { now += step; times.push(now); });
    var broken = data.breaks.length > 0, n = times.length;
    var days = times.every(function (t) { return t % 86400 === 0; });
    var x = broken ? times.map(function (_, i) { return i; }) : times;
    var muted = colour("--muted"), line = colour("--line"), tip = make("div", { class: "tip", hidden: "" });
    var font = "11px " + getComputedStyle(document.body).fontFamily;
    var series = [{}];
    data.lines.forEach(function (_, i) {
      var stroke = colour("--c" + data.colours[i]);
      var filled = data.kind === "area" || data.kind === "band";
      series.push({
        label: data.names[i], stroke: stroke, width: 1.6, spanGaps: false,
        fill: filled ? faded(stroke, data.kind === "band" ? 0.13 : 0.18) : undefined,
        points: { show: n < 40, size: 4 }
      });
    });
    function tell(plot) {
      var i = plot.cursor.idx;
      if (i === null || i === undefined || plot.cursor.left < 0 || data.breaks.includes(i)) { tip.hidden = true; return; }
      tip.textContent = "";
      var part = i === 0 && data.begun ? ", from " + data.begun : i === n - 1 && data.until ? ", until " + data.until : "";
      tip.append(make("strong", {}, moment(times[i], days) + (days ? "" : " UTC") + part));
      data.lines.forEach(function (values, k) {
        var row = make("div"), mark = make("span", { class: "key c" + data.colours[k] });
        row.append(mark, data.names[k] + " " + write(values[i], data.unit, false));
        tip.append(row);
      });
      tip.hidden = false;
      var left = plot.cursor.left + plot.bbox.left / devicePixelRatio, wide = tip.offsetWidth;
      tip.style.left = Math.max(0, left + wide + 24 > place.clientWidth ? left - wide - 12 : left + 12) + "px";
      tip.style.top = "4px";
    }
    var options = {
      width: place.clientWidth, height: place.clientHeight, legend: { show: false }, series: series, padding: [null, 30, null, null],
      tzDate: function (t) { return uPlot.tzDate(new Date(t * 1000), "Etc/UTC"); },
      cursor: { y: false, sync: broken ? undefined : { key: sync.key, setSeries: false }, drag: { x: true, y: false } },
      scales: { x: { time: !broken }, y: { range: function (_, low, high) { return [0, high > 0 ? high * 1.06 : 1]; } } },
      axes: [
        { stroke: muted, font: font, grid: { show: false }, ticks: { stroke: line, width: 1 }, size: broken ? 26 : 38, space: broken ? 90 : 60 },
        { stroke: muted, font: font, grid: { stroke: line, width: 1 }, ticks: { show: false }, size: data.unit === "seconds" ? 62 : 52, space: 34,
          values: function (_, ticks) { return ticks.map(function (v) { return write(v, data.unit, true); }); } }
      ],
      hooks: { setCursor: [tell], drawClear: [] }
    };
    // 50 s and 1 min are marks of an axis, 1.67 min is none.
    if (data.unit === "seconds" && greatest(data.lines) > 60) options.axes[1].incrs = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000, 86400, 172800, 432000, 864000, 1728000, 4320000, 8640000];
    if (!broken) {
      options.axes[0].values = function (_, ticks) {
        return ticks.map(function (t, i) {
          var text = moment(t, false), day = text.slice(5, 10), clock = text.slice(11);
          return clock === "00:00" ? day : i ? clock : day + "\n" + clock;
        });
      };
    }
    if (broken) {
      var marked = data.breaks.length <= 12 ? data.breaks : [];
      options.axes[0].incrs = [1, 2, 6, 12, 24, 48, 96, 168, 336, 720, 1440];
      options.axes[0].values = function (_, ticks) {
        return ticks.map(function (i) { return Number.isInteger(i) && times[i] !== undefined ? moment(times[i], true) : ""; });
      };
      options.hooks.drawClear.push(function (plot) {
        var pen = plot.ctx;
        pen.save();
        pen.strokeStyle = muted;
        pen.setLineDash([2, 4]);
        marked.forEach(function (i) {
          var at = plot.valToPos(i, "x", true);
          if (at < plot.bbox.left || at > plot.bbox.left + plot.bbox.width) return;
          pen.beginPath();
          pen.moveTo(at, plot.bbox.top);
          pen.lineTo(at, plot.bbox.top + plot.bbox.height);
          pen.stroke();
        });
        pen.restore();
      });
    }
    if (data.begun || data.until) {
      options.hooks.drawClear.push(function (plot) {
        var pen = plot.ctx;
        pen.save();
        pen.strokeStyle = faded(muted, 0.45);
        [[data.begun, 0], [data.until, n - 2]].forEach(function (part) {
          if (!part[0]) return;
          var at = Math.max(plot.bbox.left, plot.valToPos(x[part[1]], "x", true)), end = Math.min(plot.bbox.left + plot.bbox.width, plot.valToPos(x[part[1] + 1], "x", true));
          for (at += 2; at < end; at += 5 * devicePixelRatio) {
            pen.beginPath();
            pen.moveTo(at, plot.bbox.top);
            pen.lineTo(at, plot.bbox.top + plot.bbox.height);
            pen.stroke();
          }
        });
        pen.restore();
      });
    }
    figure.classList.add("live");
    // What is drawn now cannot be read aloud: the figure says what the picture said.
    figure.setAttribute("aria-label", figure.dataset.about || figure.querySelector(".static").getAttribute("aria-label"));
    var holder = make("div", { "aria-hidden": "true" });
    place.append(holder);
    var plot = new uPlot(options, [x].concat(data.lines), holder);
    place.append(tip);
    plots.push({ figure: figure, plot: plot, holder: holder, tip: tip });
  }

  function drop(entry) {
    entry.plot.destroy();
    entry.holder.remove();
    entry.tip.remove();
    entry.figure.classList.remove("live");
    entry.figure.removeAttribute("aria-label");
  }

  function charts(within) { return within.querySelectorAll("figure.chart:not(.slim)"); }
  var seen = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (entry.isIntersecting) { seen.unobserve(entry.target); chart(entry.target); }
    });
  }, { rootMargin: "300px" });

  function redraw() {
    plots.splice(0).forEach(function (entry) { drop(entry); seen.observe(entry.figure); });
  }

  var width = innerWidth;
  addEventListener("resize", function () {
    if (innerWidth !== width) { width = innerWidth; redraw(); }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", function () { plots.splice(0).forEach(function (entry) { drop(entry); }); });
  addEventListener("afterprint", function () { watch(document); });

  function watch(within) { charts(within).forEach(function (figure) { seen.observe(figure); }); }
