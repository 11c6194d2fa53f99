{{- /* What every pod has: nothing that Pod Security `restricted` refuses, and no more than its part needs. */ -}}

{{- define "hardpan.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "hardpan.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "hardpan.environment" -}}
{{- /* `namespace` is where leases and Secrets are. */ -}}
- {name: HARDPAN_NAMESPACE, value: {{ .namespace }}}
- {name: HARDPAN_CLUSTER, value: {{ .root.Values.cluster | quote }}}
- {name: HARDPAN_LOG, value: {{ .root.Values.log.format }}}
- {name: HARDPAN_LOG_LEVEL, value: {{ .root.Values.log.level }}}
{{- with .root.Values.tracing.endpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
{{- end }}
{{- end -}}

{{- define "hardpan.placement" -}}
{{- $values := .values -}}
{{- with $values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- if $values.topologySpreadConstraints }}
topologySpreadConstraints: {{ toYaml $values.topologySpreadConstraints | nindent 2 }}
{{- else }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "hardpan.selector" . | nindent 8 }}
{{- end }}
{{- end -}}

{{- define "hardpan.podMetadata" -}}
labels:
  {{- include "hardpan.labels" . | nindent 2 }}
{{- $annotations := dict }}
{{- if and .root.Values.metrics.annotations .monitored }}
{{- $annotations = dict "prometheus.io/scrape" "true" "prometheus.io/port" "9090" }}
{{- end }}
{{- with merge (deepCopy .values.podAnnotations) $annotations }}
annotations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "hardpan.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "hardpan.secretMounts" -}}
- {name: tmp, mountPath: /tmp}
{{- range $folder, $_ := . }}
- {name: {{ $folder }}, mountPath: /etc/hardpan/{{ $folder }}, readOnly: true}
{{- end }}
{{- end -}}

{{- define "hardpan.secretVolumes" -}}
- {name: tmp, emptyDir: {sizeLimit: 64Mi}}
{{- range $folder, $secret := . }}
- {name: {{ $folder }}, secret: {secretName: {{ $secret }}, defaultMode: 0440}}
{{- end }}
{{- end -}}
