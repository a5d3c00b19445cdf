/* Lists: ages that go on, and how many rows are chosen. The page works without it. */
(() => {
  const span = seconds => {
    const whole = Math.max(0, Math.floor(seconds));
    for (const [limit, size, unit] of [[60, 1, "s"], [3600, 60, "m"], [86400, 3600, "h"], [31536000, 86400, "d"]])
      if (whole < limit) return Math.floor(whole / size) + unit;
    return Math.floor(whole / 31536000) + "y";
  };
  setInterval(() => {
    for (const one of document.querySelectorAll("[data-at]")) {
      const text = span(Date.now() / 1000 - one.dataset.at);
      if (one.textContent !== text) one.textContent = text;
    }
  }, 5000);
  const boxes = () => [...document.querySelectorAll("#rows input")], kept = new Set();
  const said = () => {
    const all = document.getElementById("all"), text = document.getElementById("chosen");
    if (!all || !text) return;
    const every = boxes(), chosen = every.filter(one => one.checked).length;
    all.hidden = false;
    all.checked = chosen > 0 && chosen === every.length;
    all.indeterminate = chosen > 0 && chosen < every.length;
    text.textContent = chosen ? chosen + " chosen" : "Choose jobs in the list";
  };
  document.addEventListener("change", event => {
    if (event.target.id === "all") for (const one of boxes()) one.checked = event.target.checked;
    for (const one of boxes()) kept[one.checked ? "add" : "delete"](one.closest("tr").id);
    said();
  });
  document.addEventListener("htmx:after:swap", () => {
    for (const one of boxes()) one.checked = kept.has(one.closest("tr").id); // all rows may be new: after a restart
    said();
  });
  said();
})();
