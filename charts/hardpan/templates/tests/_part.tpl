{{- /* What `helm test` makes is there for the test alone: afterwards nobody has these rights any more. */ -}}

{{- define "hardpan.test.annotations" -}}
helm.sh/hook: test
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{- define "hardpan.test.guest" -}}
name: hardpan-test-guest
namespace: {{ .root.Values.test.tenant }}
labels:
  {{- include "hardpan.labels" . | nindent 2 }}
{{- include "hardpan.annotations" . }}
{{- end -}}

{{- define "hardpan.test.environment" }}
{{- $gateway := printf "hardpan-gateway.%s.svc" .Release.Namespace }}
{{- $redis := printf "rediss://hardpan-redis.%s.svc:%v" .Release.Namespace .Values.redis.bundled.service.port }}
- {name: HARDPAN_TEST_GATEWAY, value: "https://{{ $gateway }}:{{ .Values.gateway.service.port }}"}
# The name by which nodes call it: somebody's own certificate may have no other.
- {name: HARDPAN_TEST_GATEWAY_NAME, value: {{ .Values.gateway.externalNames | first | default $gateway | quote }}}
- {name: HARDPAN_TEST_GATEWAY_CA, value: /etc/hardpan/gateway/ca.crt}
- {name: HARDPAN_TEST_QUEUE, value: {{ ternary $redis .Values.redis.external.url .Values.redis.bundled.enabled | quote }}}
- {name: HARDPAN_TEST_QUEUE_CA, value: /etc/hardpan/queue/ca.crt}
{{- if .Values.test.secret }}
- {name: HARDPAN_TEST_TOKEN, value: {{ .Values.test.token | quote }}}
- {name: HARDPAN_TEST_TENANT, value: {{ .Values.test.tenant | quote }}}
- {name: HARDPAN_TEST_SEED, value: /etc/hardpan/guest/seed}
- {name: HARDPAN_TEST_KEY, value: /etc/hardpan/guest/key}
{{- end }}
{{- end }}
