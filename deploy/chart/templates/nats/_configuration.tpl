{{/* The configuration of NATS. It holds no secret: passwords are variables of the container. */}}
{{- define "slipway.natsConfiguration" -}}
server_name: $POD_NAME
listen: "0.0.0.0:4222"
http: "0.0.0.0:8222"
jetstream { store_dir: "/data/jetstream" }
tls {
  cert_file: "/etc/nats/tls/tls.crt"
  key_file: "/etc/nats/tls/tls.key"
  handshake_first: true
  timeout: 10
}
authorization {
  timeout: 10
  users: [
  {{- range $user, $allowed := .Files.Get "files/bus.json" | fromJson }}
  {{- range $generation := $.Values.bus.generations }}
    {
      user: "{{ $user }}-{{ $generation }}"
      password: {{ include "slipway.natsVariable" (list $user $generation) | printf "$%s" }}
      permissions: {
        {{- range $action, $rule := $allowed }}
        {{ $action }}: { allow: [
          {{- range $rule.allow }}
          {{ . | squote | replace "'" "\"" }}
          {{- end }}
        ] }
        {{- end }}
      }
    }
  {{- end }}
  {{- end }}
  ]
}
{{- end }}

{{/* The variable with the password of a user. Takes (user, generation). */}}
{{- define "slipway.natsVariable" -}}
{{ index . 0 | upper }}_PASSWORD_{{ index . 1 }}
{{- end }}
