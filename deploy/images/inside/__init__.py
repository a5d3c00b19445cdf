"""What runs inside an image or its build, by the base's Python: nothing here imports anything outside this folder."""
