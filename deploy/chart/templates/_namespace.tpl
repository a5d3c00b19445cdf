{{/* Whether an object exists that another one than this release made. Takes (root, apiVersion, kind, namespace, name). */}}
{{- define "slipway.foreign" -}}
{{- $root := index . 0 -}}
{{- $there := lookup (index . 1) (index . 2) (index . 3) (index . 4) -}}
{{- $by := dig "metadata" "annotations" "meta.helm.sh/release-name" "" $there -}}
{{- $in := dig "metadata" "annotations" "meta.helm.sh/release-namespace" "" $there -}}
{{- if and $there (or (ne $by $root.Release.Name) (ne $in $root.Release.Namespace)) -}}true{{- end -}}
{{- end }}

{{- define "slipway.namespace" -}}
{{- $root := index . 0 -}}{{- $name := index . 1 -}}
{{- if not (include "slipway.foreign" (list $root "v1" "Namespace" "" $name)) }}
---
apiVersion: v1
kind: Namespace
metadata:
  name: {{ $name }}
  annotations:
    helm.sh/resource-policy: keep
  labels:
    app.kubernetes.io/part-of: slipway
{{- end }}
{{- end }}
