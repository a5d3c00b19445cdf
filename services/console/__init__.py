"""The web console: the New Job form, lists and details, with the rights of the person who looks."""
