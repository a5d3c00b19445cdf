/* The New Job form: answers go beside controls, never into what is typed. */
(() => {
  const $ = id => document.getElementById(id), form = $("job"), on = (at, what, does) => at.addEventListener(what, does);
  if (!form) return;
  let touched;
  const send = (at, what) => at.dispatchEvent(new Event(what));
  const say = (tone, text) => {
    const at = $("verdict").firstElementChild;
    at.className = "notice " + tone;
    at.querySelector("strong").textContent = text;
  };
  const again = () => send(form, "again");
  const retry = () => $("created").open && send($("objects").querySelector("button"), "again");
  const stale = () => {
    touched = true;
    send(form, "htmx:abort");
    say("", "Checking …");
    retry();
  };
  const does = {
    add: ({ value }) => {
      const { innerHTML, dataset } = $("blank." + value), rows = $("rows." + value);
      const key = value + "." + (900 + rows.children.length);
      rows.insertAdjacentHTML("beforeend", innerHTML.replaceAll(dataset.key, key));
      $("l." + key).focus();
    },
    toggle: button => {
      const box = $(button.value), other = button.dataset.other;
      box.checked = !box.checked;
      button.dataset.other = button.textContent;
      button.textContent = other;
    },
    check: () => {},
  };
  on(form, "input", stale);
  on(form, "submit", event => {
    const by = event.submitter, act = does[by.name] || does[by.value];
    if (!act) return;
    event.preventDefault();
    act(by);
    stale();
    again();
  });
  on(document, "click", event => {
    const to = event.target.closest("a[data-load]"), at = event.target.closest("#verdict a")?.hash.slice(1);
    if (to && touched) {
      $("load").formAction = to.href;
      form.requestSubmit($("load"));
    } else if (at) {
      for (let one = $(at); one; one = one.parentElement) one.open = true;
      $(at).focus();
    } else return;
    event.preventDefault();
  });
  on($("created"), "toggle", retry);

  const renew = () => {
    for (const one of document.querySelectorAll("#renewed data")) {
      const { link, focus } = one.dataset, to = $(one.dataset.for);
      if (to?.type === "checkbox") to.checked = one.value === "true";
      else if (to) to.value = one.value;
      if (link) $("link").href = link;
      if (focus) form.querySelector(`[id="v.${focus}"], [id^="v.${focus}."]`)?.focus();
      one.remove();
    }
    for (const one of form.elements)
      if (/^v\./.test(one.id)) one.ariaInvalid = form.querySelector(`[data-at="${one.id}"]`) ? "true" : null;
  };
  on(document, "htmx:finally:request", () => setTimeout(renew));
  const failed = ({ target, detail }) => {
    if (!target.closest("#job, .aside")) return;
    const page = new DOMParser().parseFromString(detail.ctx?.text || "", "text/html");
    const why = page.querySelector("[role=alert]")?.textContent.trim() || "the console does not answer";
    say("warn", `Not checked: ${why}. What you typed is still here`);
    setTimeout(again, 3e3);
  };
  on(document, "htmx:error", failed);
  on(document, "htmx:response:error", failed);
})();
