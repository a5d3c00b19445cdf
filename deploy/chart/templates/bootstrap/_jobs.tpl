{{/*
A job whose name follows from what it runs, as Kubernetes lets nobody change the pods of a job, and from the revision of
the release, so that each `helm upgrade` looks again for what is missing.

Takes (root, name, spec).
*/}}
{{- define "slipway.job" -}}
{{- $root := index . 0 -}}{{- $name := index . 1 -}}{{- $spec := index . 2 -}}
{{- $all := list $spec (include "slipway.labels" $root) (toYaml $root.Values.podAnnotations) (toString $root.Release.Revision) | join "\n" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: slipway-{{ $name }}-{{ sha256sum $all | trunc 8 }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "slipway.selector" $name | nindent 4 }}
    {{- include "slipway.labels" $root | nindent 4 }}
spec:
  backoffLimit: 20
  template:
    metadata:
      labels:
        {{- include "slipway.selector" $name | nindent 8 }}
        {{- include "slipway.labels" $root | nindent 8 }}
      {{- with $root.Values.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- $spec | nindent 6 }}
{{- end }}

{{- define "slipway.credentialsSpec" -}}
{{- $settings := dict "BOOTSTRAP_NAMESPACE" .Release.Namespace -}}
{{- if .Values.nats.enabled }}
{{- $logins := dict -}}
{{- range $user, $_ := .Files.Get "files/bus.json" | fromJson }}
{{- range $generation := $.Values.bus.generations }}
{{- $_ := set $logins (printf "slipway-bus-%s-%v" $user $generation) (printf "%s-%v" $user $generation) }}
{{- end }}
{{- end }}
{{- $_ := set $settings "BOOTSTRAP_LOGINS" (toJson $logins) }}
{{- if not .Values.nats.tls.secret }}
{{- $host := printf "slipway-nats.%s" .Release.Namespace -}}
{{- $hosts := list "localhost" "127.0.0.1" "slipway-nats" $host (printf "%s.svc" $host) (printf "%s.svc.cluster.local" $host) }}
{{- $_ := set $settings "BOOTSTRAP_AUTHORITY" "slipway-bus-ca" }}
{{- $_ := set $settings "BOOTSTRAP_CERTIFICATE" (include "slipway.natsTls" .) }}
{{- $_ := set $settings "BOOTSTRAP_HOSTS" (toJson $hosts) }}
{{- end }}
{{- end }}
{{- if not .Values.seal.secret }}
{{- $_ := set $settings "BOOTSTRAP_SEAL" (include "slipway.seal" .) }}
{{- end }}
{{- if and .Values.console.enabled (not .Values.console.keys.secret) }}
{{- $_ := set $settings "BOOTSTRAP_CONSOLE" (include "slipway.consoleKeys" .) }}
{{- end }}
{{- if .Values.defaultPolicies }}
{{- $_ := set $settings "BOOTSTRAP_POLICIES" "/etc/slipway/policies/default.yaml" }}
{{- end -}}
serviceAccountName: slipway-bootstrap
{{ include "slipway.pod" . }}
restartPolicy: OnFailure
containers:
- name: credentials
  image: {{ include "slipway.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args: [services.bootstrap.credentials]
  env:
  {{- include "slipway.env" (mergeOverwrite $settings .Values.settings) | nindent 2 }}
  resources: {{- toYaml .Values.bootstrap.resources | nindent 4 }}
  {{- include "slipway.container" . | nindent 2 }}
  volumeMounts:
  {{- include "slipway.accountMount" . | nindent 2 }}
  {{- if .Values.defaultPolicies }}
  - {name: policies, mountPath: /etc/slipway/policies, readOnly: true}
  {{- end }}
volumes:
{{ include "slipway.account" . }}
{{- if .Values.defaultPolicies }}
- name: policies
  configMap: {name: slipway-default-policies}
{{- end }}
{{- end }}

{{- define "slipway.streamSpec" -}}
{{- $who := list . "bootstrap" -}}
{{ include "slipway.pod" . }}
restartPolicy: OnFailure
containers:
- name: stream
  image: {{ include "slipway.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args: [services.bootstrap]
  env:
  {{- include "slipway.env" (mergeOverwrite (include "slipway.bus" $who | fromYaml) .Values.settings) | nindent 2 }}
  resources: {{- toYaml .Values.bootstrap.resources | nindent 4 }}
  {{- include "slipway.container" . | nindent 2 }}
  volumeMounts:
  {{- include "slipway.busMounts" $who | nindent 2 }}
volumes:
{{ include "slipway.busVolumes" $who }}
{{- end }}
