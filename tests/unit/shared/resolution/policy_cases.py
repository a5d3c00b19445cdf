"""Workload, base workload, policy, and the sentences of the refusal: none if it is accepted."""

FIXED = "tty: {rules: {required: true, canEdit: false}, value: true}\nstdin: {value: true}"

HARDWIRED = """
ports:
  rules: {canAdd: false}
  itemRules: {container: {min: 30000, max: 32767}, external: {max: 32767}}
  items:
    a: {rules: {canRemove: false, canEdit: false}, value: {container: 30100, external: 8080}}
    b: {value: {container: 30101, external: 8081}}
"""

CASES = {
    "canEdit false with a default, another value": (
        "tty: {value: false}",
        None,
        FIXED,
        ["tty: cannot be changed (policy value is true)"],
    ),
    "canEdit false with a default, another value from the base": (
        "",
        "tty: {value: false}",
        FIXED,
        [
            "tty: cannot be changed (policy value is true) "
            "(base workload big has false, which the policy does not allow)"
        ],
    ),
    "canEdit false, the base differs and the workload restores it": (
        "tty: {value: true}",
        "tty: {value: false}",
        FIXED,
        [],
    ),
    "canEdit false, the identical value": ("tty: {value: true}", None, FIXED, []),
    "canEdit false, the identical value written otherwise": (
        "{gpu: {value: 1.0}, memory: {value: 1024Mi}, imagePullPolicy: {value: always}}",
        None,
        "gpu: {rules: {canEdit: false}, value: '1'}\nmemory: {rules: {canEdit: false}, value: 1Gi}\n"
        "imagePullPolicy: {rules: {canEdit: false}, value: {value: Always}}",
        [],
    ),
    "canEdit false without a default must stay unset": (
        "gpu: {value: '1'}",
        None,
        "gpu: {rules: {canEdit: false}}",
        ["gpu: cannot be changed (the policy leaves it unset)"],
    ),
    "canEdit false without a default, unset": ("", None, "gpu: {rules: {canEdit: false}}", []),
    "required, canEdit false, value true forces it": ("", None, FIXED, []),
    "canAdd false, a label from the workload": (
        "ports: {items: {c: {value: {container: 30102}}}}",
        None,
        HARDWIRED,
        ["ports.c: items cannot be added"],
    ),
    "canAdd false, a label from the base": (
        "",
        "ports: {items: {c: {value: {container: 30102}}}}",
        HARDWIRED,
        ["ports.c: items cannot be added (base workload big has {container: 30102}, which the policy does not allow)"],
    ),
    "canAdd false does not freeze what is there": (
        "ports: {items: {b: {value: {container: 30102}}}}",
        None,
        HARDWIRED,
        [],
    ),
    "an item with canEdit false, restated differently": (
        "ports: {items: {a: {value: {container: 30100, external: 8081}}, b: {deleted: true}}}",
        None,
        HARDWIRED,
        ["ports.a: cannot be changed (policy value is {container: 30100, external: 8080})"],
    ),
    "an item with canEdit false, restated identically": (
        "ports: {items: {a: {value: {external: 8080, container: 30100}}}}",
        None,
        HARDWIRED,
        [],
    ),
    "an item with canRemove false, deleted": (
        "ports: {items: {a: {deleted: true}}}",
        None,
        HARDWIRED,
        ["ports.a: cannot be removed"],
    ),
    "an item with canRemove false, deleted by the base": (
        "",
        "ports: {items: {a: {deleted: true}}}",
        HARDWIRED,
        ["ports.a: cannot be removed (base workload big deletes it)"],
    ),
    "canEdit false alone does not forbid removal": (
        "ports: {items: {a: {deleted: true}}}",
        None,
        "ports: {items: {a: {rules: {canEdit: false}, value: {container: 80}}}}",
        [],
    ),
    "deleted by the base, restated identically by the workload: no change": (
        "ports: {items: {a: {value: {container: 30100, external: 8080}}}}",
        "ports: {items: {a: {deleted: true}}}",
        HARDWIRED,
        [],
    ),
    "deleted by the base, restated differently by the workload: an edit": (
        "ports: {items: {a: {value: {container: 30105, external: 8080}}}}",
        "ports: {items: {a: {deleted: true}}}",
        HARDWIRED,
        ["ports.a: cannot be changed (policy value is {container: 30100, external: 8080})"],
    ),
    "deleted together with a value": (
        "ports: {items: {c: {deleted: true, value: {container: 30100}}}}",
        None,
        None,
        ["ports.c: cannot be deleted and have a value; give one of them"],
    ),
    "itemRules, every member of every item": (
        "ports: {items: {b: {value: {container: 80, external: 40000}}}}",
        None,
        HARDWIRED,
        ["ports.b.container: must be no less than 30000", "ports.b.external: must be no greater than 32767"],
    ),
    "itemRules required: the member must be in every item": (
        "ports: {items: {c: {value: {container: 80}}, d: {value: {container: 81, external: 81}}}}",
        None,
        "ports: {itemRules: {external: {required: true}}}",
        ["ports.c.external: cannot be blank"],
    ),
    "itemRules canEdit: the member stays as in the policy's item, others may change": (
        "ports: {items: {a: {value: {container: 81, external: 90}}, c: {value: {container: 82, external: 92}}}}",
        None,
        "ports: {itemRules: {external: {canEdit: false}}, items: {a: {value: {container: 80, external: 90}}}}",
        [],
    ),
    "itemRules canEdit: the member changed": (
        "ports: {items: {a: {value: {container: 80}}}}",
        None,
        "ports: {itemRules: {external: {canEdit: false}}, items: {a: {value: {container: 80, external: 90}}}}",
        ["ports.a.external: cannot be changed (policy value is 90)"],
    ),
    "itemRules canEdit: left out and written as its default are the same": (
        "volumes: {items: {a: {value: {sourcePath: /a, targetPath: /a, readOnly: false}}}}",
        None,
        "volumes: {rules: {canAdd: true}, itemRules: {readOnly: {canEdit: false}}, "
        "items: {a: {value: {sourcePath: /b, targetPath: /b}}}}",
        [],
    ),
    "itemRules options of a text member": (
        "volumes: {items: {a: {value: {sourcePath: /c, targetPath: /a}}}}",
        None,
        "volumes: {itemRules: {sourcePath: {options: [/a, {value: /b, displayed: Beta}]}}}",
        ["volumes.a.sourcePath: must be a valid value: /a, /b"],
    ),
    "required without a value": ("", None, "gpu: {rules: {required: true}}", ["gpu: cannot be blank"]),
    "required, a policy default satisfies it": ("", None, "gpu: {rules: {required: true}, value: '1'}", []),
    "required, a built-in default does not satisfy it": (
        "",
        None,
        "imagePullPolicy: {rules: {required: true}}",
        ["imagePullPolicy: cannot be blank"],
    ),
    "required items, all of them deleted": (
        "ports: {items: {a: {deleted: true}}}",
        None,
        "ports: {rules: {required: true}, items: {a: {value: {container: 80}}}}",
        ["ports: cannot be blank"],
    ),
    "min, max and options bind nothing that is not set": (
        "",
        None,
        "{gpu: {rules: {min: 1, max: 2}}, serviceType: {rules: {options: [nodeport]}}}",
        [],
    ),
    "options as texts and as objects, in any case where case does not count": (
        "serviceType: {value: NodePort}\nports: {items: {a: {value: {container: 80}}}}",
        None,
        "serviceType: {rules: {options: [{value: nodeport, displayed: Node port}, loadbalancer]}}",
        [],
    ),
    "none of the options": (
        "image: {value: debian}",
        None,
        "image: {rules: {options: [{value: python, displayed: Python}, jupyter/scipy-notebook]}}",
        ["image: must be a valid value: python, jupyter/scipy-notebook"],
    ),
    "several at once, in the catalogue's order": (
        "{memory: {value: 1Gi}, gpu: {value: '5'}, image: {value: ''}}",
        None,
        "memory: {rules: {max: 1G}}\ngpu: {rules: {max: '4', step: '2'}}",
        [
            "image: cannot be blank",
            "gpu: must be no greater than 4",
            "gpu: must be multiple of 2",
            "memory: must be no greater than 1G",
        ],
    ),
    "a policy default that breaks its own rules": (
        "",
        None,
        "gpu: {rules: {max: 4}, value: 5}",
        ["gpu: must be no greater than 4 (the policy's own default is 5)"],
    ),
    "a policy's own item that breaks its own rules": (
        "",
        None,
        "ports: {itemRules: {container: {min: 30000}}, items: {a: {value: {container: 80}}}}",
        ["ports.a.container: must be no less than 30000 (the policy's own default is 80)"],
    ),
    "a policy default that is no value": (
        "",
        None,
        "gpu: {value: many}",
        [
            "gpu: must be a whole number of GPUs, or a fraction of one GPU such as 0.5 "
            "(the policy's own default is many)"
        ],
    ),
    "a wrong policy default that the workload replaces": (
        "gpu: {value: 1}",
        None,
        "gpu: {rules: {max: 4}, value: 5}",
        [],
    ),
    "a rule that makes no sense": (
        "gpu: {value: 1}",
        None,
        "gpu: {rules: {max: many}}",
        ["gpu: cannot be checked: invalid rule max in the policy: many, expected a decimal number such as 1 or 0.5"],
    ),
    "a step that is none": (
        "gpu: {value: 1}",
        "",
        "gpu: {rules: {step: 0}}",
        [
            "gpu: cannot be checked: invalid rule step in the policy: 0, expected a decimal number such as 1 or 0.5, "
            "greater than 0"
        ],
    ),
    "a rule that is not known": (
        "tty: {value: false}",
        None,
        "tty: {rules: {max: 1}}",
        ["tty: cannot be checked: unknown rule max in the policy; expected one of required, canEdit"],
    ),
    "an item without a value, of the base": (
        "",
        "ports: {items: {a: {}}}",
        None,
        ["ports.a: cannot be blank (in base workload big)"],
    ),
    "rules of members where there are none": (
        "",
        None,
        "gpu: {memberRules: {value: {required: true}}}",
        ["gpu.memberRules.value: cannot be used here, since the value has no members (in the policy)"],
    ),
    "itemRules of items without members: the value itself": (
        "environment: {items: {A: {value: x}, B: {value: y}}}",
        None,
        "environment: {itemRules: {value: {options: [x]}}}",
        ["environment.B: must be a valid value: x"],
    ),
    "itemRules of items without members, in the base": (
        "",
        "extendedResources: {items: {example.com/fpga: {value: 3}}}",
        "extendedResources: {rules: {canAdd: true}, itemRules: {value: {max: 2}}}",
        [
            "extendedResources.example.com/fpga: must be no greater than 2 "
            "(base workload big has 3, which the policy does not allow)"
        ],
    ),
    "itemRules of items without members: the policy's own stay, others are free": (
        "environment: {items: {A: {value: y}, B: {value: y}}}",
        None,
        "environment: {itemRules: {value: {canEdit: false}}, items: {A: {value: x}}}",
        ["environment.A: cannot be changed (policy value is x)"],
    ),
    "itemRules of items without members know no other member": (
        "",
        None,
        "environment: {itemRules: {name: {required: true}}}",
        ["environment.itemRules.name: unknown field; expected one of value (in the policy)"],
    ),
    "options of capabilities bind those that only their label names, in any spelling": (
        "capabilities: {items: {KILL: {}, cap_net_admin: {}, mine: {value: net_ADMIN}, SYS_PTRACE: {}}}",
        None,
        "capabilities: {itemRules: {value: {options: [NET_ADMIN, CAP_KILL]}}}",
        ["capabilities.SYS_PTRACE: must be a valid value: NET_ADMIN, CAP_KILL"],
    ),
    "the identical capability, named by its label alone": (
        "capabilities: {items: {KILL: {}}}",
        None,
        "capabilities: {items: {KILL: {rules: {canEdit: false}, value: cap_kill}}}",
        [],
    ),
    "the identical groups, written otherwise": (
        "{runAsUser: {value: true}, runAsUid: {value: 1}, supplementalGroups: {value: '2, 1'}}",
        None,
        "supplementalGroups: {rules: {canEdit: false}, value: 1;2}",
        [],
    ),
    "another name of a parameter, in policy and workload": (
        "jobNamePrefix: {value: mine}",
        None,
        "jobNamePrefix: {rules: {canEdit: false}, value: team}",
        ["namePrefix: cannot be changed (policy value is team)"],
    ),
}

OBJECTS = {
    "every member of the value": (
        "runPolicy: {value: {backoffLimit: 9, cleanPodPolicy: none, ttlSecondsAfterFinished: 7}}",
        None,
        "runPolicy: {memberRules: {backoffLimit: {max: 3}, cleanPodPolicy: {options: [Running, All]}, "
        "ttlSecondsAfterFinished: {min: 0, step: 5}}}",
        [
            "runPolicy.backoffLimit: must be no greater than 3",
            "runPolicy.cleanPodPolicy: must be a valid value: Running, All",
            "runPolicy.ttlSecondsAfterFinished: must be multiple of 5",
        ],
    ),
    "a member that must be there": (
        "runPolicy: {value: {backoffLimit: 1}}",
        None,
        "runPolicy: {memberRules: {activeDeadlineSeconds: {required: true, max: 3600}}}",
        ["runPolicy.activeDeadlineSeconds: cannot be blank"],
    ),
    "a member that must be there, where the value is left out": (
        "",
        None,
        "runPolicy: {memberRules: {activeDeadlineSeconds: {required: true}}}",
        [],
    ),
    "a member that must be there, and its value too": (
        "",
        None,
        "runPolicy: {rules: {required: true}, memberRules: {activeDeadlineSeconds: {required: true}}}",
        ["runPolicy: cannot be blank"],
    ),
    "a member of the base": (
        "",
        "runPolicy: {value: {backoffLimit: 9}}",
        "runPolicy: {memberRules: {backoffLimit: {max: 3}}}",
        [
            "runPolicy.backoffLimit: must be no greater than 3 "
            "(base workload big has 9, which the policy does not allow)"
        ],
    ),
    "a member of the policy's own default": (
        "",
        None,
        "runPolicy: {memberRules: {backoffLimit: {max: 3}}, value: {value: {backoffLimit: 9}}}",
        ["runPolicy.backoffLimit: must be no greater than 3 (the policy's own default is 9)"],
    ),
    "a member that stays as the policy has it, others may change": (
        "runPolicy: {value: {backoffLimit: 1, cleanPodPolicy: all, activeDeadlineSeconds: 5}}",
        None,
        "runPolicy: {memberRules: {cleanPodPolicy: {canEdit: false}}, value: {cleanPodPolicy: All}}",
        [],
    ),
    "a member that stays as the policy has it, changed": (
        "runPolicy: {value: {backoffLimit: 1}}",
        None,
        "runPolicy: {memberRules: {cleanPodPolicy: {canEdit: false}}, value: {cleanPodPolicy: All}}",
        ["runPolicy.cleanPodPolicy: cannot be changed (policy value is All)"],
    ),
    "a member that stays unset": (
        "runPolicy: {value: {backoffLimit: 1, activeDeadlineSeconds: 5}}",
        None,
        "runPolicy: {memberRules: {backoffLimit: {canEdit: false}, cleanPodPolicy: {canEdit: false}}}",
        ["runPolicy.backoffLimit: cannot be changed (the policy leaves it unset)"],
    ),
    "a member that the value does not have": (
        "",
        None,
        "runPolicy: {memberRules: {other: {max: 3}}}",
        [
            "runPolicy.memberRules.other: unknown field; expected one of cleanPodPolicy, backoffLimit, "
            "activeDeadlineSeconds, ttlSecondsAfterFinished (in the policy)"
        ],
    ),
    "a rule that cannot be understood": (
        "runPolicy: {value: {backoffLimit: 1}}",
        None,
        "runPolicy: {memberRules: {backoffLimit: {max: many}}}",
        ["runPolicy.backoffLimit: cannot be checked: invalid rule max in the policy: many, expected a whole number"],
    ),
    "not of its form": (
        "",
        None,
        "runPolicy: {memberRules: 1}",
        ["runPolicy: must be written as {rules: {...}, memberRules: {...}, value: ...} (in the policy)"],
    ),
}
