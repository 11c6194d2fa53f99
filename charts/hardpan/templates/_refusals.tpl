{{- /* What is wrong before anything is made. `lookup` shows nothing to `helm template`, which then refuses nothing. */ -}}

{{- define "hardpan.refuse" -}}
{{- $installed := "helm install hardpan-crds charts/hardpan-crds" -}}
{{- if not .Values.cluster -}}
{{- fail "cluster is not set: `hardpan init` prints it; give it with --set cluster=sha256:..." -}}
{{- end -}}
{{- if not (include "hardpan.queueUrl" .) -}}
{{- fail "nodes would not find the queue: set queueUrl=rediss://host:port, or gateway.externalNames for the bundled Redis" -}}
{{- end -}}
{{- if and (not .Values.redis.bundled.enabled) (not .Values.redis.external.url) -}}
{{- fail "redis.bundled.enabled is false, and redis.external.url does not say where a Redis is: set it" -}}
{{- end -}}
{{- if and .Values.tls.certManager.enabled (not .Values.tls.certManager.issuer.name) -}}
{{- fail "tls.certManager.enabled is true: name its issuer with tls.certManager.issuer.name" -}}
{{- end -}}
{{- if and .Values.test.secret (not (and .Values.test.token .Values.test.tenant)) -}}
{{- fail "test.secret names whose keys they are only with test.token and test.tenant: set both" -}}
{{- end -}}
{{- $held := lookup "admissionregistration.k8s.io/v1" "ValidatingWebhookConfiguration" "" "hardpan" -}}
{{- $other := dig "metadata" "annotations" "meta.helm.sh/release-namespace" .Release.Namespace $held -}}
{{- $home := include "hardpan.home" . -}}
{{- if and .Values.home (or (eq .Values.home .Release.Namespace) (ne .Values.cleanup "Nothing")) -}}
{{- fail "home names the namespace of the whole installation: this release needs another one, and no cleanup" -}}
{{- end -}}
{{- if and .Values.home $held (ne $other $home) -}}
{{- fail (printf "home is %s, but the whole installation is in namespace %s: set home to that" $home $other) -}}
{{- end -}}
{{- if and (not .Values.home) (ne $other .Release.Namespace) -}}
{{- fail (printf "this cluster has a Hardpan already, in namespace %s: upgrade that one, uninstall it first, or set home for one more region" $other) -}}
{{- end -}}
{{- if lookup "v1" "Namespace" "" "kube-system" -}}
{{- $kind := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" "deployments.hardpan.dev" -}}
{{- if not $kind -}}
{{- fail (printf "the kinds of Hardpan are not installed: run `%s` first" $installed) -}}
{{- end -}}
{{- $version := dig "metadata" "annotations" "hardpan.dev/version" "" $kind -}}
{{- if and $version (semverCompare (printf "<%s" .Chart.AppVersion) $version) -}}
{{- $words := "the kinds are of version %s, this chart needs %s: run `helm upgrade hardpan-crds charts/hardpan-crds` first" -}}
{{- fail (printf $words $version .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
{{- end -}}
