// A screen that is no longer fed says so, in words and colour, and since when: a dead screen must not look like a quiet office.
(function () {
  "use strict";
  var LIMIT_MS = 10000;
  var last = Date.now();
  function fed() { last = Date.now(); }
  document.addEventListener("htmx:sseMessage", fed);
  document.addEventListener("htmx:sseBeforeMessage", fed);
  document.addEventListener("htmx:sseOpen", fed);
  function clock(ms) { return new Date(ms).toTimeString().slice(0, 8); }
  setInterval(function () {
    var mark = document.getElementById("line");
    if (!mark) { return; }
    var alive = Date.now() - last < LIMIT_MS;
    var text = alive ? mark.getAttribute("data-live") : mark.getAttribute("data-cut") + " (" + clock(last) + ")";
    if (mark.textContent !== text) { mark.textContent = text; }
    mark.className = alive ? "good" : "bad";
    document.body.classList.toggle("cut", !alive);
  }, 1000);
})();
