{{/* What every service may connect to: DNS and the API server. */}}
{{- define "slipway.egress" -}}
{{- $policies := .Values.networkPolicies -}}
- ports:
  - {port: 53, protocol: UDP}
  - {port: 53, protocol: TCP}
- ports:
  {{- range $policies.apiServerPorts }}
  - {port: {{ . }}}
  {{- end }}
  {{- with $policies.apiServer }}
  to:
  {{- range . }}
  - ipBlock: {cidr: {{ . }}}
  {{- end }}
  {{- end }}
{{- end }}
