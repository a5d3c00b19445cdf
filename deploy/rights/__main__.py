"""`python -m deploy.rights`: print the users of the bus with their permissions, as part of a NATS configuration."""

import json

from deploy.rights.bus import TABLE, permissions


def main() -> None:
    """Print an `authorization` block; each password is a variable of the environment, such as $CREATOR_PASSWORD."""
    print("authorization {\n  users: [")
    for user in TABLE:
        written = json.dumps({"user": user, **permissions(user).to_nats()}, indent=2).replace("\n", "\n    ")
        print(f"    {written[:-1].rstrip()},\n      password: ${user.upper()}_PASSWORD\n    }}")
    print("  ]\n}")


if __name__ == "__main__":
    main()
