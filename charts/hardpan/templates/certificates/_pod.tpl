{{- define "hardpan.certificates" -}}
metadata:
  {{- include "hardpan.podMetadata" . | nindent 2 }}
spec:
  restartPolicy: OnFailure
  serviceAccountName: hardpan-certificates
  automountServiceAccountToken: true
  enableServiceLinks: false
  {{- include "hardpan.pullSecrets" .root | nindent 2 }}
  securityContext:
    {{- include "hardpan.podSecurity" . | nindent 4 }}
  {{- include "hardpan.placement" . | nindent 2 }}
  containers:
    - name: certificates
      image: {{ include "hardpan.image" .root | quote }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      args: [certificates]
      env:
        {{- include "hardpan.environment" (dict "root" .root "namespace" .root.Release.Namespace) | nindent 8 }}
        {{- include "hardpan.certificates.environment" .root | trim | nindent 8 }}
      resources: {{ toYaml .values.resources | nindent 8 }}
      securityContext:
        {{- include "hardpan.containerSecurity" . | nindent 8 }}
      volumeMounts:
        {{- include "hardpan.secretMounts" dict | nindent 8 }}
  volumes:
    {{- include "hardpan.secretVolumes" dict | nindent 4 }}
{{- end -}}

{{- define "hardpan.certificates.environment" }}
{{- $names := join "," .Values.gateway.externalNames }}
- {name: HARDPAN_CERTIFICATES_DOMAIN, value: {{ .Values.clusterDomain | quote }}}
- {name: HARDPAN_CERTIFICATES_GATEWAY_NAMES, value: {{ $names | quote }}}
- {name: HARDPAN_CERTIFICATES_REDIS_NAMES, value: {{ $names | quote }}}
- {name: HARDPAN_CERTIFICATES_REDIS, value: {{ ternary "bundled" "external" .Values.redis.bundled.enabled }}}
- {name: HARDPAN_CERTIFICATES_REDIS_MEMORY, value: {{ .Values.redis.bundled.memory | quote }}}
- {name: HARDPAN_CERTIFICATES_REDIS_CONNECTIONS, value: {{ .Values.redis.bundled.connections | quote }}}
{{- $elsewhere := ternary (list "hardpan-site-ca") list (ne .Values.home "") }}
{{- if .Values.tls.certManager.enabled }}
{{- $elsewhere = concat $elsewhere (list "hardpan-gateway-tls" "hardpan-admission-tls") }}
{{- end }}
{{- with $elsewhere }}
- {name: HARDPAN_CERTIFICATES_ELSEWHERE, value: {{ join "," . | quote }}}
{{- end }}
{{- end }}

{{- define "hardpan.madeSecrets" -}}
hardpan-site-ca hardpan-gateway-tls hardpan-gateway-client-tls hardpan-admission-tls hardpan-ledger-tls hardpan-supervisor-tls hardpan-redis-tls hardpan-redis
{{- end -}}
