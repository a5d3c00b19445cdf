"""Stories of the console, each told by what a person sees and presses in a real browser, by role and name.

    async def test_one_story(visit: Visitors, project: str, cluster: Cluster) -> None:
        page = await visit()                      # a researcher of `project`; STRANGER, ADMINISTRATOR, None: nobody
        await slow(page, "**/check", 0.6)         # answers of the console that take their time
        await page.goto(f"/p/{project}/jobs")
        await expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
        await tab_to(page, "button", "Submit")    # as somebody without a mouse
        assert await findings(page, "label") == []    # axe's, if it looked at labels
        assert await beyond(page) == []           # what makes the page scroll sideways

Each worker has one platform with simulated nodes, so that jobs run by themselves (fixture `console`: its processes and
address), and one browser. `visit(java_script_enabled=False)` and other options are playwright's. An error in a script,
a breach of the content policy, a request to another host and an internal error of the console fail the test.
"""
