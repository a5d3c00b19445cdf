{{/*
The parts of a project, as `runai project create` makes them; of what several projects share, only what is not in `done`.

Takes (root, project, subjects, annotations, done).
*/}}
{{- define "slipway.project" -}}
{{- $root := index . 0 -}}{{- $project := index . 1 -}}{{- $subjects := index . 2 -}}{{- $annotations := index . 3 -}}
{{- $done := index . 4 -}}
{{- range $root.Files.Get "files/project.json" | replace "PROJECT" $project.name | fromJsonArray }}
{{- $metadata := .metadata }}
{{- $key := printf "%s/%s/%s" .kind (default "" $metadata.namespace) $metadata.name }}
{{- if not (or (hasKey $done $key) (include "slipway.foreign" (list $root .apiVersion .kind (default "" $metadata.namespace) $metadata.name))) }}
{{- $_ := set $done $key true }}
{{- $_ := set $metadata "annotations" (deepCopy $annotations) }}
{{- if eq .kind "Namespace" }}
{{- if hasKey $annotations "helm.sh/hook" }}{{ $_ := set $metadata.annotations "helm.sh/hook-weight" "-20" }}{{ end }}
{{- with $project.scheduler }}{{ $_ := set $metadata.labels "run.ai/scheduler" . }}{{ end }}
{{- with $project.security }}{{ $_ := set $metadata.labels "pod-security.kubernetes.io/enforce" . }}{{ end }}
{{- end }}
{{- if hasKey . "subjects" }}{{ $_ := set . "subjects" $subjects }}{{ end }}
---
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end }}

{{/* Who are the researchers of a project, as subjects of a binding. Takes the project. */}}
{{- define "slipway.researchers" -}}
{{- $groups := .groups -}}
{{- if not (or .groups .users) }}{{ $groups = list (printf "runai-%s" .name) }}{{ end -}}
{{- range .users }}
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: {{ . | quote }}}
{{- end }}
{{- range $groups }}
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: {{ . | quote }}}
{{- end }}
{{- end }}
