  var root = document.documentElement;
  var SHOWN = 10;
  var announcer = make("div", { class: "unseen", role: "status" });
  document.body.append(announcer);

  function make(name, attributes, text) {
    var element = document.createElement(name);
    for (var key in attributes || {}) element.setAttribute(key, attributes[key]);
    if (text !== undefined) element.textContent = text;
    return element;
  }
  // ---- numbers and times in few characters ----

  function trim(value, digits) { return String(Number(value.toPrecision(digits))); }

  function write(value, unit, short) {
    if (value === null || value === undefined) return "–";
    if (unit === "bytes") {
      var names = ["B", "kB", "MB", "GB", "TB"], n = 0;
      while (Math.abs(value) >= 1000 && n < 4) { value /= 1000; n += 1; }
      return (n === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)) + " " + names[n];
    }
    if (unit === "seconds") {
      var size = Math.abs(value);
      if (size === 0) return "0 s";
      if (size < 1e-3) return trim(value * 1e6, 3) + " µs";
      if (size < 1) return trim(value * 1e3, 3) + " ms";
      return size < 60 ? trim(value, 3) + " s" : size < 3600 ? trim(value / 60, 3) + " min" : trim(value / 3600, 3) + " h";
    }
    if (short) {
      var size2 = Math.abs(value);
      if (size2 >= 1e9) return trim(value / 1e9, 3) + "G";
      if (size2 >= 1e6) return trim(value / 1e6, 3) + "M";
      if (size2 >= 1e4) return trim(value / 1e3, 3) + "k";
    }
    return Number.isInteger(value) ? value.toLocaleString("en-US") : trim(value, 4);
  }

  function moment(seconds, days) {
    var text = new Date(seconds * 1000).toISOString();
    return text.slice(0, 10) + (days ? "" : " " + text.slice(11, 16));
  }
