{{/* Labels of everything: who made it. */}}
{{- define "slipway.labels" -}}
app.kubernetes.io/part-of: slipway
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Labels by which the pods of one component are found; they never change. Takes the name. */}}
{{- define "slipway.selector" -}}
app.kubernetes.io/name: slipway
app.kubernetes.io/component: {{ . }}
{{- end }}

{{- define "slipway.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{/* Have Helm leave an object alone when the release is upgraded without it, or uninstalled. Takes the text of manifests. */}}
{{- define "slipway.kept" -}}
{{- $parts := list -}}
{{- range splitList "\n---\n" . -}}
{{- if contains "\n  annotations:\n" . -}}
{{- $parts = append $parts (regexReplaceAllLiteral "(?m)^  annotations:$" . "  annotations:\n    helm.sh/resource-policy: keep") -}}
{{- else -}}
{{- $parts = append $parts (regexReplaceAllLiteral "(?m)^metadata:$" . "metadata:\n  annotations:\n    helm.sh/resource-policy: keep") -}}
{{- end -}}
{{- end -}}
{{ join "\n---\n" $parts }}
{{- end }}

{{/* The users of the bus, and whether the chart runs their services. */}}
{{- define "slipway.generation" -}}
{{ last .Values.bus.generations }}
{{- end }}

{{/* The Secret by which a user connects to the bus. Takes (root, user). */}}
{{- define "slipway.login" -}}
{{- $root := index . 0 -}}{{- $user := index . 1 -}}
{{- if $root.Values.nats.enabled -}}
slipway-bus-{{ $user }}-{{ include "slipway.generation" $root }}
{{- else -}}
{{ $root.Values.externalNats.logins }}-{{ $user }}
{{- end -}}
{{- end }}

{{/* The Secret with the broker's certificate. */}}
{{- define "slipway.natsTls" -}}
{{ .Values.nats.tls.secret | default (printf "slipway-bus-tls-%s" (include "slipway.generation" .)) }}
{{- end }}

{{- define "slipway.natsUrl" -}}
{{- if .Values.nats.enabled -}}
tls://slipway-nats.{{ .Release.Namespace }}.svc:4222
{{- else -}}
{{ required "externalNats.url is not set: state the address of your NATS, or set nats.enabled to true" .Values.externalNats.url }}
{{- end -}}
{{- end }}

{{- define "slipway.seal" -}}
{{ .Values.seal.secret | default "slipway-seal" }}
{{- end }}

{{/* The Secret with the keys that seal sign-ins of the console. */}}
{{- define "slipway.consoleKeys" -}}
{{ .Values.console.keys.secret | default "slipway-console" }}
{{- end }}

{{/* The name under which people find the console. */}}
{{- define "slipway.consoleHost" -}}
{{- $address := required "console.address is not set: state where people find the console, such as https://slipway.example.com" .Values.console.address -}}
{{ (urlParse $address).host | splitList ":" | first }}
{{- end }}

{{/* What every pod of this chart has: who runs it, where, and with which limits on what it can do. */}}
{{- define "slipway.pod" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 0 }}
{{- end }}
{{- with .Values.priorityClass.name }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 0 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "slipway.container" -}}
# a service whose settings are wrong says so in its last lines
terminationMessagePolicy: FallbackToLogsOnError
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* A token of the pod's account that the kubelet renews every hour, where a program in a pod looks for it. */}}
{{- define "slipway.account" -}}
- name: account
  projected:
    defaultMode: 0440
    sources:
    - serviceAccountToken: {path: token, expirationSeconds: 3607}
    - configMap:
        name: kube-root-ca.crt
        items: [{key: ca.crt, path: ca.crt}]
    - downwardAPI:
        items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]
{{- end }}

{{- define "slipway.accountMount" -}}
- {name: account, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
{{- end }}

{{/* How a program reaches the bus as one user. Takes (root, user). */}}
{{- define "slipway.bus" -}}
{{- $root := index . 0 -}}
SLIPWAY_NATS_URL: {{ include "slipway.natsUrl" $root | quote }}
SLIPWAY_NATS_LOGIN: /etc/slipway/login
{{- if or $root.Values.nats.enabled $root.Values.externalNats.ca.secret }}
SLIPWAY_NATS_CA: /etc/slipway/bus/ca.crt
{{- end }}
SLIPWAY_STREAM_REPLICAS: {{ $root.Values.stream.replicas | quote }}
{{- end }}

{{- define "slipway.busVolumes" -}}
{{- $root := index . 0 -}}
- name: login
  secret:
    secretName: {{ include "slipway.login" . }}
    defaultMode: 0440
{{- if $root.Values.nats.enabled }}
- name: bus
  secret:
    secretName: {{ include "slipway.natsTls" $root }}
    defaultMode: 0440
    items: [{key: ca.crt, path: ca.crt}]
{{- else if $root.Values.externalNats.ca.secret }}
- name: bus
  secret:
    secretName: {{ $root.Values.externalNats.ca.secret }}
    defaultMode: 0440
    items: [{key: {{ $root.Values.externalNats.ca.key }}, path: ca.crt}]
{{- end }}
{{- end }}

{{- define "slipway.busMounts" -}}
{{- $root := index . 0 -}}
- {name: login, mountPath: /etc/slipway/login, readOnly: true}
{{- if or $root.Values.nats.enabled $root.Values.externalNats.ca.secret }}
- {name: bus, mountPath: /etc/slipway/bus, readOnly: true}
{{- end }}
{{- end }}

{{/* Variables as a container lists them. Takes a map. */}}
{{- define "slipway.env" -}}
{{- range $name, $value := . }}
- {name: {{ $name }}, value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}}
{{- end }}
{{- end }}
