"""Every sentence that describes a mistake in a value.

A sentence is shown after the path of what it is about: `gpu: must be no greater than 4`. It starts in lower case,
ends without a period and says what to do.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.names import PROJECT_LABEL, PROJECT_PREFIX
from shared.parameters.limits import LARGEST_VALUES_SET, MOST_SECRETS

# ---------------------------------------------------------------- the forms of values, also shown by `kubectl explain`
DECIMAL: Final = "a decimal number such as 1 or 0.5"
GPUS: Final = "a whole number of GPUs, or a fraction of one GPU such as 0.5"
QUANTITY: Final = "a quantity such as 500M, 1.5G or 40Gi"
DURATION: Final = "a duration such as 30s, 5m or 1h30m"
WHOLE_NUMBER: Final = "a whole number"
TRUE_OR_FALSE: Final = "true or false"
TEXT: Final = "a string; put it in quotes if it looks like a number, true or false"
LINE: Final = "text of one line, no longer than 253 characters"
OBJECT: Final = "an object with named members"
LABEL_OF_ITEM: Final = "letters, digits, '-', '_' and '.', no more than 63, with a letter or digit at both ends"
JOB_NAME: Final = (
    "a name of lower case letters, digits and '-', starting with a letter and ending with a letter or digit, "
    "no longer than 63 characters"
)
IMAGE: Final = "the name of a container image, without spaces, such as jupyter/scipy-notebook:latest"
WORDS: Final = "words separated by spaces, quoted as in a shell, with every quote closed"
ENVIRONMENT_NAME: Final = "a variable's name: letters, digits, '_', '-' and '.', not starting with a digit"
ENVIRONMENT_VALUE: Final = "a string, or SECRET:<name>,<key> for the value of a key of a Secret"
SECRET_REFERENCE: Final = "SECRET:<name>,<key>, naming a Secret of the project and one of its keys"  # noqa: S105 - a form, not a secret
LABEL_KEY: Final = (
    "a key such as team or example.com/team: letters, digits, '-', '_' and '.', no more than 63, "
    "with a letter or digit at both ends, after an optional domain and '/'"
)
LABEL_VALUE: Final = "letters, digits, '-', '_' and '.', no more than 63, with a letter or digit at both ends"
ABSOLUTE_PATH: Final = "an absolute path, starting with '/'"
MOUNT_PATH: Final = "an absolute path, starting with '/', without ':'"
TARGET_PATH: Final = "an absolute path, starting with '/', without ':' and '..'"
SOURCE_PATH: Final = "an absolute path, starting with '/', without '..'"
HOST: Final = "the name or address of a host"
CAPABILITY: Final = "a Linux capability such as NET_ADMIN or SYS_PTRACE, or ALL"
RESOURCE_NAME: Final = (
    "the name of an extended resource such as example.com/fpga: a domain, '/' and a name; "
    "request GPUs with gpu, gpuMemory or migProfile"
)
WHOLE_QUANTITY: Final = "a whole quantity such as 1 or 2k"
STORAGE_SIZE: Final = "a quantity greater than 0 such as 500M, 1.5G or 40Gi"
RESOURCE: Final = "a name of lower case letters, digits, '-' and '.', with a letter or digit at both ends"
REPOSITORY: Final = (
    "the address of a repository such as https://github.com/team/project.git, over http or https, "
    "without user and password"
)
REVISION: Final = "the name of a branch or of a tag, or the hash of a commit, without spaces"
CREDENTIAL: Final = (
    "SECRET:<name>,<key>, naming a Secret of the project and one of its keys; a plain value would be visible to others"
)
BUCKET: Final = "the name of a bucket, optionally with a folder in it, such as data or data/images"
ADDRESS: Final = "an address over http or https such as https://s3.example.com, without user and password"
EXPOSED_URL: Final = "an address such as https://lab.example.com/notes: http or https, a host name and an optional path"
GROUP_LIST: Final = "numbers of groups separated by ';' or ',', such as 100;2000"
NODE_POOLS: Final = "names of node pools separated by spaces, ',' or ';', each once, in order of preference"
LABEL_TEXT: Final = LABEL_VALUE
METRIC_NAME: Final = "the name of a metric: letters, digits, '-', '_', '.', ':' and '/', no more than 253"
AUTOSCALER_CLASS: Final = "the domain name of an autoscaler, such as kpa.autoscaling.knative.dev"


def described(form: str) -> str:
    """A form as a full sentence, for a description."""
    return f"{form[0].upper()}{form[1:]}."


# ---------------------------------------------------------------- a value on its own
def must_be(form: str) -> str:
    """The value does not have its form."""
    return f"must be {form}"


def any_of(words: Sequence[str]) -> str:
    """A list of words, one of which is expected."""
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def one_of(choices: Sequence[str]) -> str:
    """The value is not in its closed list."""
    return f"must be {'one of ' if len(choices) > 1 else ''}{any_of(choices)}"


def no_less_than(bound: object) -> str:
    """The value is below its bound, which is written as its author wrote it."""
    return f"must be no less than {bound}"


def no_greater_than(bound: object) -> str:
    """The value is above its bound, which is written as its author wrote it."""
    return f"must be no greater than {bound}"


def no_longer_than(characters: int) -> str:
    """The text is too long to store."""
    return f"must be no longer than {characters} characters"


def cannot_be_blank() -> str:
    """A value is required, and it is missing or empty."""
    return "cannot be blank"


def unknown_member(known: Sequence[str]) -> str:
    """The object holds a member that it cannot have."""
    return f"unknown field; expected one of {', '.join(known)}"


def of_pydantic(error: Mapping[str, Any]) -> str:
    """Our sentence for one of Pydantic's own errors; a type's own error already carries its sentence."""
    match error["type"]:
        case "missing":
            return cannot_be_blank()
        case "greater_than_equal":
            return no_less_than(error["ctx"]["ge"])
        case "less_than_equal":
            return no_greater_than(error["ctx"]["le"])
        case "int_type" | "int_parsing" | "int_from_float" | "int_parsing_size" | "finite_number":
            return must_be(WHOLE_NUMBER)
        case "bool_type" | "bool_parsing":
            return must_be(TRUE_OR_FALSE)
        case "string_type":
            return must_be(TEXT)
        case "model_type" | "model_attributes_type" | "dict_type":
            return must_be(OBJECT)
        case _:
            return str(error["msg"])


# ---------------------------------------------------------------- rules and resolution
LIST_OF_VALUES: Final = "a list of values"
MOST_SHOWN: Final = 10
"""The most names or values that one sentence lists."""
LONGEST_SHOWN: Final = 60
"""The most characters of a value that a sentence shows."""


def written(value: object) -> str:
    """A value as a sentence shows it: on one line, and short enough to read at a glance."""
    if isinstance(value, Mapping):
        text = "{" + ", ".join(f"{name}: {written(inner)}" for name, inner in value.items()) + "}"
    elif isinstance(value, list | tuple):
        text = "[" + ", ".join(map(written, value[:MOST_SHOWN])) + "]"
    else:
        text = (
            {True: "true", False: "false", None: "null"}[value]
            if value is None or value is True or value is False
            else str(value)
        )
    text = " ".join(text.split()) or '""'
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


def listed(words: Sequence[str]) -> str:
    """A list of words, and how many more there are."""
    shown = ", ".join(words[:MOST_SHOWN])
    return shown if len(words) <= MOST_SHOWN else f"{shown} and {len(words) - MOST_SHOWN} more"


def cannot_be_changed(policy_value: str | None) -> str:
    """The policy allows no other value; None if it allows no value at all."""
    return (
        f"cannot be changed (policy value is {policy_value})"
        if policy_value
        else "cannot be changed (the policy leaves it unset)"
    )


def cannot_be_removed() -> str:
    """The policy's item must stay."""
    return "cannot be removed"


def items_cannot_be_added() -> str:
    """The policy allows no items besides its own."""
    return "items cannot be added"


def not_an_option(options: Sequence[str]) -> str:
    """The value is not in the policy's closed list."""
    return f"must be a valid value: {listed([written(option) for option in options]) or 'the policy lists none'}"


def multiple_of(step: str, start: str = "") -> str:
    """The value lies between two steps; `start` is where the steps begin, unless that is itself a multiple."""
    return f"must be {start} plus a multiple of {step}" if start else f"must be multiple of {step}"


def greater_than_zero(form: str) -> str:
    """The form of a step."""
    return f"{form}, greater than 0"


def unreadable_rule(rule: str, value: str, form: str) -> str:
    """The policy's rule is invalid, so no value can satisfy it."""
    return f"cannot be checked: invalid rule {rule} in the policy: {value}, expected {form}"


def unknown_rule(rule: str, known: Sequence[str]) -> str:
    """The policy has a rule with an unknown name."""
    return f"cannot be checked: unknown rule {written(rule)} in the policy; expected one of {', '.join(known)}"


def own_default(message: str, value: str) -> str:
    """The same sentence about a value that is the policy's own default."""
    return f"{message} (the policy's own default is {value})"


def of_base(message: str, base: str, value: str, against_policy: bool) -> str:
    """The same sentence about a value that comes from the base workload."""
    refused = ", which the policy does not allow" if against_policy else ""
    return f"{message} ({_base(base)} has {value}{refused})"


def deleted_by_base(message: str, base: str) -> str:
    """The same sentence about an item that the base workload deletes."""
    return f"{message} ({_base(base)} deletes it)"


def built_in(message: str, value: str) -> str:
    """The same sentence about a built-in value, which no source states."""
    return f"{message} (the built-in default is {value})"


def in_base(message: str, base: str) -> str:
    """The same sentence about the base workload as it is stored."""
    return f"{message} (in {_base(base)})"


def in_policy(message: str) -> str:
    """The same sentence about the policy as it is stored."""
    return f"{message} (in the policy)"


def _base(name: str) -> str:
    return f"base workload {name}" if name else "the base workload"


def written_as(form: str) -> str:
    """The parameter does not have the required form in its spec."""
    return f"must be written as {form}"


def unknown_parameter(kind: str, meant: str = "") -> str:
    """The spec names a parameter that workloads of the kind do not have; `meant` is the one that is like it."""
    return f"is not a parameter of {kind} workloads{f'; did you mean {meant}?' if meant else ''}"


def one_spec_for_all() -> str:
    """The master of a distributed job should have settings of its own."""
    return "is not supported: the master and the workers of a job have the same parameters"


def two_names(one: str, other: str) -> str:
    """The same parameter is stated under two names, with different values."""
    return f"cannot differ between {one} and {other}, which are two names of the same parameter; give one of them"


def not_governed() -> str:
    """The policy mentions something that is not a value."""
    return "cannot be governed by a policy"


def no_members() -> str:
    """The policy has rules for members, but the value has none."""
    return "cannot be used here, since the value has no members"


def deleted_with_value() -> str:
    """An item is both deleted and has a value."""
    return "cannot be deleted and have a value; give one of them"


def no_label() -> str:
    """An item has a value, and no label."""
    return "an item has no label; give it one, or leave all of it empty"


def label_twice() -> str:
    """Two items have the same label, so that only one of them could be kept."""
    return "the label is given twice; change one of them"


def hidden_part() -> str:
    """A value contains the placeholder of a secret that is not shown, and is not the value that was shown."""
    return "contains (hidden), which stands for a secret that is not shown; write the whole value again"


def nothing_to_delete(path: str, by_base: bool) -> str:
    """A note: the deleted item does not exist."""
    if by_base:
        return f"{path}: the base workload deletes it, but the policy does not define it; nothing changes"
    return f"{path}: the workload deletes it, but neither the policy nor the base workload defines it; nothing changes"


def gives_way(path: str, other: str) -> str:
    """A note: a value is dropped because a stronger source states one that excludes it."""
    return f"{path}: left out, since {other} is given by a stronger source and they exclude each other"


def not_theirs(path: str) -> str:
    """A note: a label or annotation of the user's is not set on the pods."""
    return f"{path}: left out, since this key is set by Slipway, the scheduler or Kubernetes itself"


def variable_not_theirs(path: str) -> str:
    """A note: a variable of the user's gives way to the system's own."""
    return f"{path}: left out, since this variable is set by Slipway"


def ansi_quotes() -> str:
    """The text has quotes that shells read in different ways."""
    return "cannot contain $'...', which shells read in different ways; use '...' or \"...\" instead"


def switch_against(switch: str, member: str) -> str:
    """A switch means one value of a member, but its author gives another one."""
    return f"{switch} and {member} state different values; give one of them"


def refers_to_itself(circle: Sequence[str]) -> str:
    """Variables refer to each other in a circle, so that none of them can have a value."""
    return f"cannot refer to itself ({' -> '.join(circle)})"


def together_with(other: str) -> str:
    """Two values exclude each other and come from one source."""
    return f"cannot be given together with {other}; give one of them"


def job_name_too_long(characters: int) -> str:
    """The job's name is too long for the names derived from it."""
    return (
        f"must be no longer than {characters} characters, so that everything created for the job can be named after it"
    )


def prefix_too_long(characters: int) -> str:
    """The prefix is too long for the job's number and for the names derived from both."""
    return (
        f"must be no longer than {characters} characters, so that everything can be named after it and the job's number"
    )


def no_greater_than_other(other: str, value: str) -> str:
    """A value exceeds another parameter's."""
    return f"must be no greater than {value}, the value of {other}"


def no_less_than_other(other: str, value: str) -> str:
    """A value is below another parameter's."""
    return f"must be no less than {value}, the value of {other}"


def blank_without(other: str, value: str) -> str:
    """A value is required because of another parameter's value."""
    return f"cannot be blank when {other} is greater than {value}"


def needs(other: str) -> str:
    """A value needs another parameter to be true."""
    return f"needs {other} to be true"


def blank_where(other: str, value: str) -> str:
    """A value is required because another parameter has a certain value."""
    return f"cannot be blank when {other} is {value}"


def blank_beside(other: str) -> str:
    """A value is required because another one is given."""
    return f"cannot be blank when {other} is given"


def only_where(other: str, value: str) -> str:
    """A value is allowed only if another parameter has a certain value."""
    return f"can be given only when {other} is {value}"


def not_for_kind(kind: str) -> str:
    """Workloads of this kind never support the value."""
    return f"is not supported for {kind} workloads"


def only_true_for_kind(kind: str) -> str:
    """Workloads of this kind support the value only if it is true."""
    return f"must be true for {kind} workloads"


def kept_by(owner: str, kept: Sequence[object]) -> str:
    """The place is reserved by somebody else."""
    return f"must be a different value: {owner} reserves {listed([str(one) for one in kept])}"


def left_to(parameter: str, decider: str) -> str:
    """A note: something else decides the value, which has no effect."""
    return f"{parameter}: has no effect, since {decider} decides how requests reach the workload"


def other_port(path: str, served: str) -> str:
    """A note: requests arrive at one port only."""
    return f"{path}: has no effect, since requests are sent to one port only, that of {served}"


def needs_feature(path: str, system: str, features: Sequence[str]) -> str:
    """A note: the value works only if the administrator of another system enabled a feature."""
    return f"{path}: {system} accepts it only if its administrator has turned on {listed(features)}"


def set_by(setter: str) -> str:
    """The workload may not set the value, since somebody else sets it."""
    return f"cannot be set: {setter} sets it"


def never_zero(metric: str) -> str:
    """Without a metric of requests, nothing wakes up a workload that has no replicas."""
    return f"must be no less than 1 when the metric is {metric}; only throughput and concurrency scale to zero"


def never_zero_by(autoscaler: str) -> str:
    """The autoscaler always keeps at least one replica."""
    return f"must be no less than 1 when the class is {autoscaler}"


def other_autoscaler(autoscaler: str, metric: str) -> str:
    """The autoscaler does not take the metric."""
    return f"must be {autoscaler} when the metric is {metric}"


def needs_request_port() -> str:
    """The workload serves requests, but has no port."""
    return "cannot be blank: an inference workload receives its requests at a port"


def blank_unless(other: str) -> str:
    """A value is required unless something else determines it."""
    return f"cannot be blank unless {other} is true"


def needs_any(words: str) -> str:
    """A value needs one of several others."""
    return f"needs {words}"


def numbered_by_itself() -> str:
    """The system should choose the number of a port, but its author gives one."""
    return "cannot be given together with autoGenerate; give one of them"


def needs_ssh_of_user() -> str:
    """A note: what the MPI Operator starts in the workers supports only root as its user."""
    return (
        "runAsUser: the MPI Operator starts the workers' SSH server with settings for root; the image must contain one "
        "that this user can run, with keys that it can read"
    )


def annotations_too_large(kib: int) -> str:
    """The annotations together exceed what Kubernetes allows per object."""
    return f"must be no larger than {kib} KiB in total"


def not_with(other: str) -> str:
    """A value is not allowed while another parameter is true."""
    return f"cannot be combined with {other}"


def not_granted(reach: str, rule: str) -> str:
    """The value reaches beyond the workload's own pods, and the policy has no `rule` that grants it."""
    return f"{reach}, which is refused unless the policy grants it: {rule}"


def chooses_address(rule: str) -> str:
    """The value takes an address that others may rely on."""
    return not_granted("uses an address of the whole cluster", rule)


def uses_server(rule: str) -> str:
    """The value mounts a directory of a file server, which trusts the user number that the workload chooses."""
    return not_granted("uses a file server, which cannot check who reads", rule)


def opens_port(rule: str) -> str:
    """The value opens a port outside the cluster."""
    return not_granted("opens a port to everybody who reaches the cluster", rule)


def tolerates_kubernetes(rule: str) -> str:
    """The value tolerates a taint that keeps pods away from nodes that Kubernetes itself needs or drains."""
    return not_granted("tolerates a taint of Kubernetes itself", rule)


def requests_device(rule: str) -> str:
    """The value requests devices of a node."""
    return not_granted("requests devices of the node", rule)


def steers_others(rule: str) -> str:
    """The key has a domain: other software of the cluster may act on it."""
    return not_granted("has a domain and may steer other software of the cluster", rule)


def instead_of(limited: Sequence[str], rule: str) -> str:
    """The value takes the place of parameters that the policy limits."""
    return f"cannot be given instead of {any_of(limited)}, which the policy limits, unless it allows that: {rule}"


def no_limit_at_zero(bound: str) -> str:
    """The value 0 sets no limit, so that it exceeds every bound."""
    return f"must be from 1 to {bound}: 0 sets no limit"


def limit_as_request(message: str, request: str) -> str:
    """The limit is requested as well, since the workload states no request, and exceeds the policy's bound of it."""
    return f"{message}, the policy's bound of {request}: without {request}, the limit is requested as a whole"


def no_effect(parameter: str) -> str:
    """A note: the value has no effect, since the system determines it."""
    return f"{parameter}: has no effect, since the system sets it itself"


def inside_only(tool: str) -> str:
    """A note: a tool without a login is not exposed by the service type of the workload."""
    return f"{tool}: is reachable inside the cluster only, since it has no login; expose its port to change that"


def no_effect_on_existing(path: str) -> str:
    """A note: a setting of a claim has an effect only if the claim is created."""
    return f"{path}: has no effect on an existing claim"


def never_read_only(path: str) -> str:
    """A note: Kubernetes has no field to make such a device read-only."""
    return f"{path}: has no effect on the device of an ephemeral claim, which is always writable"


def needs_ports() -> str:
    """The service has nothing to expose."""
    return "ports must be provided when exposing a service"


def same_member(path: str) -> str:
    """Two items have the same value, which only one of them may have."""
    return f"cannot be the same as {path}"


def below_root() -> str:
    """A mount must be below the root: no container starts with a mount over its own root."""
    return "must be a directory below /"


def node_port(lowest: int, highest: int) -> str:
    """The port is outside the range of node ports."""
    return f"must be from {lowest} to {highest} when serviceType is nodeport"


def reaches_host(rule: str) -> str:
    """The value reaches the node itself."""
    return not_granted("gives access to the node", rule)


def too_large(kib: int) -> str:
    """The values set is too large for a message or for the API server."""
    return f"the values set is larger than {kib} KiB, which is the limit"


def object_too_large(kind: str, name: str, kib: int) -> str:
    """The object to create is too large for the API server."""
    return f"{kind} {name} would be larger than {kib} KiB, which is the limit for one object"


def base_not_found(name: str, project: str) -> str:
    """The base workload does not exist, or is of another kind."""
    return f"{name} not found in project {project} or among the global ones"


def base_of_itself() -> str:
    """The workload names itself as its base."""
    return "cannot be the workload itself"


def no_project(namespace: str, projects: Sequence[str] | None) -> str:
    """The workload is in a namespace that belongs to no project; `projects` is None if they cannot be listed."""
    which = "no project exists yet; `runai project create` creates one"
    if projects is None:
        which = f"the namespaces of projects begin with {PROJECT_PREFIX}"
    elif projects:
        which = f"the namespaces of projects are {listed(projects)}"
    return f"{namespace} is not the namespace of a project; {which}"


def unlabelled_project(namespace: str, project: str) -> str:
    """The namespace has the name of a project's, but not the label that the operator demands."""
    return (
        f"{namespace} is not the namespace of a project: its label {PROJECT_LABEL} must be {project}; "
        f"`runai project create {project}` adds it"
    )


def unsecured(namespace: str, label: str) -> str:
    """The project's namespace does not limit what pods may do to their node."""
    return (
        f"{namespace} has no Pod Security level, so no workload is accepted there; an administrator sets one: "
        f"kubectl label namespace {namespace} {label}=baseline"
    )


def foreign_host(host: str, hosts: Sequence[str], annotation: str) -> str:
    """The address is under a host that belongs to no project, or to another one."""
    known = f"its hosts are {listed(hosts)}" if hosts else f"its namespace has no annotation {annotation}"
    return f"{host} is not a host of the project; {known}"


def reserved_host(host: str) -> str:
    """The address is under a host that the cluster itself uses."""
    return f"{host} is reserved by the cluster"


def unknown_scheduler(label: str, value: str, known: Sequence[str]) -> str:
    """The project names an unknown scheduler."""
    return f"label {label} is {value} and {one_of(known)}"


def needs_gpu_sharing() -> str:
    """The value requests a fraction of a GPU, but the scheduler can only allocate whole ones."""
    return "is not supported: the cluster's scheduler cannot share a GPU; request whole GPUs"


def several_policies(namespace: str, counts: str, others: Sequence[str]) -> str:
    """A warning: a namespace has more than one policy of a kind."""
    others_do = f"{listed(others)} {'does' if len(others) == 1 else 'do'} not"
    return f"namespace {namespace} has several policies of the kind: the oldest, {counts}, counts; {others_do}"


NOT_STAMPED: Final = (
    "was stored without Slipway's admission policies, so nobody can tell who submitted it; once they are installed, "
    "delete it and submit it again"
)


# ---------------------------------------------------------------- sentences that the API server reports for us
TEMPLATE_WITH_BASE: Final = "a template cannot have a base workload"
SPEC_IMMUTABLE: Final = "a submitted workload cannot be changed; create another one"
USAGE_IMMUTABLE: Final = "cannot be changed; create another workload"
TOO_LARGE: Final = f"the workload is larger than {LARGEST_VALUES_SET} KiB, which is the limit"
TOO_MANY_SECRETS: Final = f"no more than {MOST_SECRETS} different Secrets can be used"


SECRET_DENIED: Final = "{user} cannot read Secret {secret}, so their workloads cannot use it"  # noqa: S105 - no secret
"""A user may not read a Secret that their workload names, or that its base workload or the policy names."""
SECRET_DENIED_TO_AUTHOR: Final = "{user} cannot read Secret {secret}, so their policies cannot name it"  # noqa: S105
"""The same for a policy."""


def secret_denied(secret: str, user: str) -> str:
    """The submitter may not read a Secret that their values refer to."""
    return SECRET_DENIED.format(secret=secret, user=user)


def submitter_unknown(secret: str) -> str:
    """Nobody knows whose right to read the Secret counts: the API server has not stamped the workload."""
    return f"cannot use Secret {secret}: the API server has not recorded who submitted the workload; submit it again"


def only_suspended(user: str) -> str:
    """CEL for the sentence that a user may change nothing of a job but its suspension; `user` is CEL too."""
    return (
        f"{user} + ' may only suspend and resume this job; everything else was decided when it was submitted, so "
        "submit another workload to run something else'"
    )


REPLICAS_NOT_RECORDED: Final = "none is recorded"
REPLICAS_NOT_KNOWN: Final = "patch the Deployment itself, which records it, instead of its scale"


def only_decided_replicas(user: str, decided: str) -> str:
    """CEL for the sentence that a user may not scale a Deployment beyond what was decided; both are CEL too."""
    return (
        f"{user} + ' may only suspend and resume this job, with 0 replicas or the number that was decided (' + "
        f"{decided} + ')'"
    )
