"""The controls of a page as a browser without script reads and sends them."""

import re
from html.parser import HTMLParser
from typing import Final

ONE_LINE: Final = re.compile(r"[\r\n]")
VOID: Final = frozenset({"input", "br", "img", "link", "meta", "hr", "data", "path"})


class Controls(HTMLParser):
    """Reads a page; `sent` are the names and texts that its form sends."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.sent: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self._inert = 0  # templates that are open
        self._area: tuple[str, list[str]] | None = None
        self._select: tuple[str, list[tuple[str, bool]], bool] | None = None
        self.feed(page.replace("\r\n", "\n").replace("\r", "\n"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: text or "" for name, text in attrs}
        if tag == "template":
            self._inert += 1
        if self._inert:
            return
        self.ids += [has["id"]] if has.get("id") else []
        name, disabled = has.get("name", ""), "disabled" in has
        if tag == "input" and name and not disabled:
            self._input(name, has)
        elif tag == "textarea":
            self._area = (name, [])
        elif tag == "select":
            self._select = (name, [], disabled)
        elif tag == "option" and self._select:
            self._select[1].append((has["value"], "selected" in has))

    def _input(self, name: str, has: dict[str, str]) -> None:
        kind, text = has.get("type", "text"), has.get("value", "on")
        if kind in ("checkbox", "radio"):
            self.sent += [(name, text)] if "checked" in has else []
        elif kind == "hidden":
            self.sent.append((name, text.replace("\n", "\r\n")))
        else:
            self.sent.append((name, ONE_LINE.sub("", has.get("value", ""))))

    def handle_data(self, data: str) -> None:
        if self._area:
            self._area[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._inert -= 1
        elif tag == "textarea" and self._area:
            name, parts = self._area
            self.sent.append((name, "".join(parts).removeprefix("\n").replace("\n", "\r\n")))
            self._area = None
        elif tag == "select" and self._select:
            name, options, disabled = self._select
            chosen = [text for text, selected in options if selected] or [text for text, _ in options][:1]
            self.sent += [(name, chosen[-1])] if chosen and not disabled else []
            self._select = None
