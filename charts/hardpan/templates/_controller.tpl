{{- /* The Deployment of one controller. Given: root, part, values, secrets, ports, environment, token, strategy. */ -}}

{{- define "hardpan.controller" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "hardpan.metadata" . | nindent 2 }}
spec:
  replicas: {{ .values.replicas }}
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      {{- include "hardpan.selector" . | nindent 6 }}
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  template:
    metadata:
      {{- include "hardpan.podMetadata" (merge (dict "monitored" true) .) | nindent 6 }}
    spec:
      serviceAccountName: hardpan-{{ .part }}
      automountServiceAccountToken: {{ .token }}
      enableServiceLinks: false
      terminationGracePeriodSeconds: 30
      {{- include "hardpan.pullSecrets" .root | nindent 6 }}
      securityContext:
        {{- include "hardpan.podSecurity" . | nindent 8 }}
      {{- include "hardpan.placement" . | nindent 6 }}
      containers:
        - name: {{ .part }}
          image: {{ include "hardpan.image" .root | quote }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: [{{ .part }}]
          env:
            {{- include "hardpan.environment" (dict "root" .root "namespace" (include "hardpan.home" .root)) | nindent 12 }}
            - {name: HARDPAN_MONITOR, value: "{{ .root.Values.listenAddress }}:9090"}
            {{- with .environment }}{{ . | trim | nindent 12 }}{{ end }}
          ports:
            - {name: monitor, containerPort: 9090}
            {{- range $name, $port := .ports }}
            - {name: {{ $name }}, containerPort: {{ $port }}}
            {{- end }}
          {{- include "hardpan.probes" . | nindent 10 }}
          {{- if .drains }}
          # What is on its way to a pod that ends still arrives: endpoints take a moment to be taken away everywhere.
          lifecycle: {preStop: {sleep: {seconds: 5}}}
          {{- end }}
          resources: {{ toYaml .values.resources | nindent 12 }}
          securityContext:
            {{- include "hardpan.containerSecurity" . | nindent 12 }}
          volumeMounts:
            {{- include "hardpan.secretMounts" .secrets | nindent 12 }}
      volumes:
        {{- include "hardpan.secretVolumes" .secrets | nindent 8 }}
{{- end -}}

{{- define "hardpan.probes" -}}
startupProbe: {httpGet: {path: /healthz, port: monitor}, periodSeconds: 1, failureThreshold: 60}
readinessProbe: {httpGet: {path: /readyz, port: monitor}, periodSeconds: 2, timeoutSeconds: 2}
livenessProbe: {httpGet: {path: /healthz, port: monitor}, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3}
{{- end -}}

{{- define "hardpan.account" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "hardpan.metadata" . | nindent 2 }}
automountServiceAccountToken: false
{{- end -}}
