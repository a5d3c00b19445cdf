/* The New Job form: answers never write into what is typed. */
(() => {
  const doc = document, $ = id => doc.getElementById(id), form = $("job"), on = (at, what, act) => at.addEventListener(what, act);
  if (!form) return;
  let touched, sent;
  const send = (at, what) => at.dispatchEvent(new Event(what));
  const say = (tone, text) => {
    let at = $("verdict").firstElementChild;
    at.className = "notice " + tone;
    at = at.querySelector("strong");
    at.textContent = text;
    return at;
  };
  const again = () => send(form, "again");
  const retry = () => $("created").open && send($("try"), "again");
  const stale = () => {
    touched = 1;
    sent = 0;
    send(form, "htmx:abort");
    say("", "Checking …");
    retry();
  };
  const does = {
    add: ({ value }) => {
      const { innerHTML, dataset } = $("blank." + value), rows = $("rows." + value);
      const key = `${value}.${900 + rows.children.length}`;
      rows.insertAdjacentHTML("beforeend", innerHTML.replaceAll(dataset.key, key));
      $("l." + key).focus();
    },
    toggle: by => {
      const now = by.textContent;
      $(by.value).checked ^= 1;
      by.textContent = by.dataset.other;
      by.dataset.other = now;
    },
    check: () => {},
  };
  on(form, "input", stale);
  on(doc, "htmx:before:request", e => {
    if (e.target.value === "submit") sent = send(form, "htmx:abort");
    else if (e.target === form && sent) e.preventDefault();
  });
  on(form, "submit", e => {
    const by = e.submitter, act = does[by.name] || does[by.value];
    if (!act) return;
    e.preventDefault();
    act(by);
    stale();
    again();
  });
  on(doc, "click", e => {
    const to = e.target.closest("a[data-load]"), at = e.target.closest("#verdict a")?.hash.slice(1);
    if (to && touched) {
      $("load").formAction = to.href;
      form.requestSubmit($("load"));
    } else if (at) {
      for (let one = $(at); one; one = one.parentElement) one.open = 1;
      $(at).focus();
    } else return;
    e.preventDefault();
  });
  on($("created"), "toggle", retry);

  const renew = () => {
    for (const one of doc.querySelectorAll("#renewed data")) {
      const { focus } = one.dataset, to = $(one.dataset.for) || {};
      if (to.type === "checkbox") to.checked = one.value === "true";
      else to.value = one.value;
      if (focus) form.querySelector(`[id="v.${focus}"], [id^="v.${focus}."]`)?.focus();
      one.remove();
    }
    for (const one of form.elements)
      if (one.id) one.ariaInvalid = form.querySelector(`[data-at="${one.id}"]`) && "true";
  };
  on(doc, "htmx:finally:request", () => setTimeout(renew));
  const failed = ({ target, detail }) => {
    if (!target.closest("#job, .aside")) return;
    const page = new DOMParser().parseFromString(detail.ctx?.text || "<p>the console does not answer", "text/html");
    say("warn", "Not checked: ").append(...page.querySelector("[role=alert] p, body > p").childNodes);
    sent = 0;
    setTimeout(again, 3e3);
  };
  on(doc, "htmx:error", failed);
  on(doc, "htmx:response:error", failed);
})();
