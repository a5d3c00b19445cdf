/* The New Job form: answers go beside controls, never into what is typed. */
(() => {
  const doc = document, $ = id => doc.getElementById(id), form = $("job"), on = (at, what, act) => at.addEventListener(what, act);
  if (!form) return;
  let touched;
  const send = (at, what) => at.dispatchEvent(new Event(what));
  const say = (tone, text) => {
    const at = $("verdict").firstElementChild;
    at.className = "notice " + tone;
    const said = at.querySelector("strong");
    said.textContent = text;
    return said;
  };
  const again = () => send(form, "again");
  const retry = () => $("created").open && send($("try"), "again");
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
      const box = $(button.value), { textContent, dataset } = button;
      box.checked = !box.checked;
      button.textContent = dataset.other;
      dataset.other = textContent;
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
  on(doc, "click", event => {
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
    for (const one of doc.querySelectorAll("#renewed data")) {
      const { link, focus } = one.dataset, to = $(one.dataset.for) || {};
      if (to.type === "checkbox") to.checked = one.value === "true";
      else to.value = one.value;
      if (link) $("link").href = link;
      if (focus) form.querySelector(`[id="v.${focus}"], [id^="v.${focus}."]`)?.focus();
      one.remove();
    }
    for (const one of form.elements)
      if (one.id) one.ariaInvalid = form.querySelector(`[data-at="${one.id}"]`) && "true";
  };
  on(doc, "htmx:finally:request", () => setTimeout(renew));
  const failed = ({ target, detail }) => {
    if (!target.closest("#job, .aside")) return;
    const page = new DOMParser().parseFromString(detail.ctx?.text || "", "text/html").body;
    const why = page.querySelector("[role=alert]") || page.querySelector("p");
    say("warn", "Not checked: ").append(...(why?.childNodes || ["the console does not answer"]));
    setTimeout(again, 3e3);
  };
  on(doc, "htmx:error", failed);
  on(doc, "htmx:response:error", failed);
})();
