  // ---- one host or one source of all: figures and their course are added up anew ----

  function choosing(section) {
    var data = JSON.parse(section.querySelector("script.counts").textContent);
    var figures = Array.from(section.querySelectorAll("figure.chart"));
    var values = Array.from(section.querySelectorAll(".tile .value")), asides = Array.from(section.querySelectorAll(".tile .aside"));
    var tiles = Array.from(section.querySelectorAll(".tile"));
    var selects = Array.from(section.querySelectorAll("select"));
    if (!selects.length) return;
    section.querySelector(".pick").hidden = false;
    var panels = follow(section);

    function chosen(name) {
      var found = selects.find(function (each) { return each.name === name; });
      return found ? found.value : "";
    }

    function wanted(place, name) {
      return !chosen(name) || place[name === "host" ? 1 : 0] === chosen(name);
    }

    function add(which, of) {
      return which.reduce(function (sum, k) { return sum + of(k); }, 0);
    }

    // What a count was in steps of the course, and how it differs from those before: as since.py says it.
    function then(which, m, time) {
      return add(which, function (k) {
        return data.counts[k][m].slice(time[1], time[2]).reduce(function (sum, value) { return sum + (value || 0); }, 0);
      });
    }

    function change(value, old) {
      if (!old) return value ? "none before" : "none, as before";
      var ratio = value / old, percent = 100 * (ratio - 1);
      if (ratio >= 10) return Math.round(ratio).toLocaleString("en-US") + " times";
      return (percent < 0 ? "\u2212" : "+") + Math.abs(percent).toFixed(1) + " %";
    }

    function compare(tile, which, m) {
      var since = tile.querySelector(".since");
      if (!since) return;
      var now = then(which, m, data.times[0]), parts = since.children;
      parts[0].firstChild.data = write(now, data.units[m], false) + " ";
      data.times.slice(1).forEach(function (time, i) {
        parts[i + 1].querySelector(".change").textContent = change(now, then(which, m, time));
      });
    }

    function update(said) {
      var which = [], every = data.pairs.map(function (_, k) { return k; });
      data.pairs.forEach(function (pair, k) { if (wanted(pair, "source") && wanted(pair, "host")) which.push(k); });
      data.units.forEach(function (unit, m) {
        var part = add(which, function (k) { return data.totals[k][m]; });
        var whole = add(every, function (k) { return data.totals[k][m]; });
        values[m].textContent = write(part, unit, false);
        asides[m].textContent = which.length === every.length ? "of all" : (whole ? trim(100 * part / whole, 3) : "0") + " % of all";
        compare(tiles[m], which, m);
        var figure = figures[m];
        if (!figure) return;
        var script = figure.querySelector("script");
        if (!script) return;
        var drawn = JSON.parse(script.textContent);
        if (which.length === every.length) delete figure.dataset.about;
        else figure.dataset.about = drawn.names[0] + " of what is chosen, " + values[m].textContent + " together";
        drawn.lines = [data.counts[0][m].map(function (value, i) {
          return value === null ? null : add(which, function (k) { return data.counts[k][m][i]; });
        })];
        script.textContent = JSON.stringify(drawn);
        plots.filter(function (entry) { return entry.figure === figure; }).forEach(function (entry) {
          plots.splice(plots.indexOf(entry), 1);
          drop(entry);
          chart(figure);
        });
      });
      panels.show(chosen("source"), chosen("host"), data.pairs).then(function () {
        if (said) announcer.textContent = values[0].textContent + " lines chosen";
      });
    }

    function reset() {
      selects.forEach(function (select) { select.value = ""; });
      update(true);
    }
    panels.all.addEventListener("click", function () { reset(); selects[0].focus(); });

    selects.forEach(function (select) { select.addEventListener("change", function () { update(true); }); });
    addEventListener("beforeprint", reset);
  }
